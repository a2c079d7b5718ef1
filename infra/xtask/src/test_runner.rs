//! Runs a test binary for `cargo test` and lets it report how long each test took.
//!
//! The test harness of a stable compiler reports durations only if `RUSTC_BOOTSTRAP` is set. Set for cargo, the variable would
//! change the build; cargo's setting `runner` puts this program between cargo and the test binary.

use std::{
    ffi::OsString,
    os::unix::process::CommandExt,
    path::Path,
    process::{Command, ExitCode},
};

use crate::Error;

/// The subcommand of `xtask`.
pub const COMMAND: &str = "run-test";

/// The variable that unlocks unstable options. Tests that run cargo must remove it.
pub const UNSTABLE_VARIABLE: &str = "RUSTC_BOOTSTRAP";

/// Replaces this process by the test binary in `arguments`.
///
/// # Errors
///
/// Returns the operating system's error if the binary cannot be started.
pub fn exec(arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    let mut arguments = arguments.into_iter();
    let binary = arguments.next().ok_or("no test binary")?;
    let mut command = Command::new(&binary);
    command.args(arguments);
    // Other binaries that cargo starts, such as those of documentation tests, do not have the harness's options.
    if Path::new(&binary).components().any(|component| component.as_os_str() == "deps") {
        command.args(["-Zunstable-options", "--report-time"]).env(UNSTABLE_VARIABLE, "1");
    }
    Err(format!("cannot start `{}`: {}", binary.display(), command.exec()).into())
}
