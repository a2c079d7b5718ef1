//! Building the function binaries with cargo.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use serde_json::Value;

/// Why there are no binaries.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Cargo could not be run.
    #[error("cargo cannot be run: {0}")]
    Cargo(#[from] std::io::Error),
    /// Cargo said why on standard error.
    #[error("the functions cannot be built")]
    Failed,
}

/// The root of this repository, as cargo knows it when it runs a program of it.
#[must_use]
pub fn workspace() -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&package).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// The packages that are never deployed. A release build leaves them out, so that the functions have the features that they
/// are shipped with; a development build has one set of features for all, so that nothing is built twice.
const NOT_DEPLOYED: [&str; 5] = ["baseline", "bench", "cli", "contract-tests", "local"];

/// Builds the binaries of the workspace with one command, and gives their paths by their names. What cargo has to say goes to
/// standard error.
///
/// # Errors
///
/// See [`BuildError`].
pub fn binaries(workspace: &Path, release: bool) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let mut arguments = vec!["--workspace"];
    if release {
        arguments.push("--release");
        arguments.extend(NOT_DEPLOYED.iter().flat_map(|package| ["--exclude", package]));
    }
    build(workspace, &arguments)
}

/// Builds the binaries of these packages as they are deployed, and gives their paths by their names.
///
/// # Errors
///
/// See [`BuildError`].
pub fn released(workspace: &Path, packages: &[&str]) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let mut arguments = vec!["--release"];
    arguments.extend(packages.iter().flat_map(|package| ["--package", package]));
    build(workspace, &arguments)
}

fn build(workspace: &Path, arguments: &[&str]) -> Result<BTreeMap<String, PathBuf>, BuildError> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--bins", "--message-format", "json-render-diagnostics"]).args(arguments);
    command.current_dir(workspace).stderr(Stdio::inherit());
    let output = command.output()?;
    if !output.status.success() {
        return Err(BuildError::Failed);
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    Ok(messages.filter_map(|message| binary(&serde_json::from_slice(message).ok()?)).collect())
}

/// Name and path of a binary that a message of cargo's tells of.
fn binary(message: &Value) -> Option<(String, PathBuf)> {
    let path = message.get("executable")?.as_str()?;
    Some((message.pointer("/target/name")?.as_str()?.to_owned(), path.into()))
}
