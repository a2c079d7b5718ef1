//! The commands of this repository that need only cargo: `cargo local`, `cargo latchkey` and `cargo xtask`.

mod launch;
mod steps;
mod style;
mod test_runner;
mod tiers;

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::ExitCode,
};

/// Why a command failed: one sentence.
type Error = Box<dyn std::error::Error>;

const USAGE: &str = "Usage: cargo xtask <COMMAND>

Checks, each tier includes the one before:
  check     Before a commit: format, lints, unit and property tests, style
  ci        Each change: all tests, linters of templates, contract and dependencies, official clients, browser, deployment
  full      Nightly and before a release: emulators, identity providers, benchmarks, fuzzing, mutation tests

  --list        Print the steps of the tier
  --only NAME   Run one step of the tier
  --from NAME   Run the steps of the tier from this one on
  --keep-going  Run the remaining steps after a failure

Others:
  style     Check names and prose by the rules that can be automated
  bench     Measure (infra/bench)
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
        "local" | "latchkey" | "bench" => launch::build_and_exec(command, arguments),
        "check" | "ci" | "full" => tiers::run(command, &arguments),
        "style" => style::check(),
        test_runner::COMMAND => test_runner::exec(arguments),
        "help" | "--help" | "-h" => {
            print(USAGE);
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            print(USAGE);
            Ok(ExitCode::from(2))
        }
    }
}

/// The cargo that runs this program.
fn cargo() -> OsString {
    env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// The root of the workspace.
fn workspace() -> PathBuf {
    let manifest_dir = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    Path::new(&manifest_dir).ancestors().nth(2).unwrap_or(Path::new(".")).to_owned()
}

/// Prints to standard error.
fn print(text: &str) {
    // A failure to write to standard error cannot be reported.
    let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
}
