//! Builds a binary of the workspace and becomes it.
//!
//! `cargo run --package local` would build dependencies with the features of that package alone, and the functions, which
//! the local stack builds, would need them with other features. Here every binary is selected by `--bin` at the root of the
//! workspace, where cargo unifies the features of all members, so that no dependency is compiled twice. Unlike `cargo run
//! --bin`, this works in every directory of the workspace.

use std::{
    convert::Infallible,
    env,
    ffi::OsString,
    fs, io,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitCode},
    time::SystemTime,
};

use crate::{Error, cargo, test_runner, workspace};

/// Builds the binary `name` and replaces this process by it. Returns only if the build fails.
///
/// # Errors
///
/// Returns the operating system's error if cargo or the binary cannot be started.
pub fn build_and_exec(name: &str, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let current_exe = env::current_exe()?;
    let binary = current_exe.with_file_name(name);
    let mut build = Command::new(cargo());
    build.args(["build", "--bin", name]).current_dir(workspace()).env_remove(test_runner::UNSTABLE_VARIABLE);
    if is_up_to_date(&binary).unwrap_or(false) {
        // Cargo would print its last line even if there is nothing to do.
        build.arg("--quiet");
    }
    if !build.status()?.success() {
        return Ok(ExitCode::FAILURE);
    }
    exec(&binary, arguments).map(|never| match never {})
}

fn exec(binary: &Path, arguments: Vec<OsString>) -> Result<Infallible, Error> {
    let error = Command::new(binary).args(arguments).exec();
    Err(format!("cannot start `{}`: {error}", binary.display()).into())
}

/// Returns whether `binary` is newer than the sources that cargo lists next to it. It decides only what cargo prints.
fn is_up_to_date(binary: &Path) -> io::Result<bool> {
    let built = fs::metadata(binary)?.modified()?;
    let dependencies = fs::read_to_string(binary.with_extension("d"))?;
    let sources = dependencies.split_once(": ").map_or("", |(_, sources)| sources);
    let is_older = |path: &str| modified(Path::new(path)).is_some_and(|time| time <= built);
    Ok(sources.split_whitespace().all(is_older) && is_older(&workspace().join("Cargo.lock").to_string_lossy()))
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).ok()?.modified().ok()
}
