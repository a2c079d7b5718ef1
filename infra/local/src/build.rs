//! Building the function binaries with cargo.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// Why the function binaries cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo cannot be started, or the workspace cannot be read.
    #[error("cannot build the functions: {0}")]
    Io(#[from] std::io::Error),
    /// Cargo reported the reason on standard error.
    #[error("the functions do not compile")]
    Failed,
}

/// The root of the workspace: that of the running `cargo`, or else that in which this crate was compiled.
#[must_use]
pub fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Builds the binaries of the functions and of the sample, and returns their paths by their names. Cargo prints its progress to
/// standard error.
///
/// A development build selects binaries and not packages, so that it has the features of the whole workspace: dependencies that
/// the running program was built with are not built again. A release build selects packages, so that the functions have the
/// features with which they are deployed.
///
/// # Errors
///
/// Returns [`BuildError`] if cargo fails.
pub fn binaries(workspace: &Path, release: bool) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let names = served(workspace)?;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    if release { released(workspace, &names) } else { build(workspace, "--bin", &names, &[]) }
}

/// The names of the binaries that a stack serves, each in a package of the same name.
fn served(workspace: &Path) -> Result<Vec<String>, BuildError> {
    let mut names = vec!["sample".to_owned()];
    for entry in fs::read_dir(workspace.join("functions"))? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}

/// Builds the binaries of these packages as they are deployed, and returns their paths by their names.
///
/// # Errors
///
/// Returns [`BuildError`] if cargo fails.
pub fn released(workspace: &Path, packages: &[&str]) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    build(workspace, "--package", packages, &["--bins", "--release"])
}

fn build(
    workspace: &Path,
    selector: &str,
    names: &[&str],
    options: &[&str],
) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--message-format", "json-render-diagnostics"]).args(options);
    command.args(names.iter().flat_map(|name| [selector, name]));
    // A test harness may have it for its own options. For cargo it would change the build.
    command.current_dir(workspace).stderr(Stdio::inherit()).env_remove("RUSTC_BOOTSTRAP");
    let output = command.output()?;
    if !output.status.success() {
        return Err(BuildError::Failed);
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    Ok(messages.filter_map(|message| binary(&serde_json::from_slice(message).ok()?)).collect())
}

/// The name and path of the binary that one of cargo's messages reports.
fn binary(message: &Value) -> Option<(String, PathBuf)> {
    let path = message.get("executable")?.as_str()?;
    Some((message.pointer("/target/name")?.as_str()?.to_owned(), path.into()))
}
