//! The commands of this repository that need only cargo: `cargo local`, `cargo latchkey` and `cargo xtask`.

mod launch;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Why a command failed: one sentence.
type Error = Box<dyn std::error::Error>;

const USAGE: &str = "Usage: cargo xtask <COMMAND>

Commands:
  local     Build and run the local stack (`cargo local`)
  latchkey  Build and run the command-line client (`cargo latchkey`)
";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let command = arguments.next().unwrap_or_default();
    match run(&command.to_string_lossy(), arguments.collect()) {
        Ok(code) => code,
        Err(error) => {
            print(&format!("error: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

fn run(command: &str, arguments: Vec<OsString>) -> Result<ExitCode, Error> {
    match command {
        "local" | "latchkey" => launch::build_and_exec(command, arguments),
        _ => {
            print(USAGE);
            Ok(ExitCode::from(2))
        }
    }
}

/// The root of the workspace.
fn workspace() -> PathBuf {
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest_dir).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Prints to standard error.
fn print(text: &str) {
    // Without standard error there is no place to report the failure.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}
