//! Tests that print what they saw, run longer than the gate runs them.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use super::Report;
use crate::stack::Outcome;

/// How many random programs are run.
const PROGRAMS: &str = "100";

/// Runs the end-to-end tests whose names begin with `name`, and gives the tables that they printed.
///
/// # Errors
///
/// When cargo cannot be started.
pub(super) fn measure(workspace: &Path, name: &str) -> Outcome<Report> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let test =
        ["test", "--locked", "--package", "local", "--test", "e2e", name, "--", "--nocapture", "--test-threads=1"];
    let ran = Command::new(cargo)
        .args(test)
        .env("LATCHKEY_MODEL_RUNS", PROGRAMS)
        .current_dir(workspace)
        .stderr(Stdio::inherit())
        .output()?;
    let printed = String::from_utf8_lossy(&ran.stdout);
    let broken = (!ran.status.success()).then(|| printed.clone().into_owned());
    Ok(Report { body: told(&printed), broken: broken.into_iter().collect() })
}

/// The tables in what a test printed, and the line behind each that sums it up.
fn told(printed: &str) -> String {
    let mut text = String::new();
    let mut in_table = false;
    for line in printed.lines() {
        let row = line.starts_with('|');
        let sum = in_table && line.starts_with(|first: char| first.is_ascii_digit());
        if row || sum || in_table && line.is_empty() {
            text.push_str(line);
            text.push('\n');
        }
        if sum {
            text.push('\n');
        }
        in_table = row || in_table && line.is_empty();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_and_their_sums_are_kept_and_nothing_else() {
        let printed = "running 2 tests\n| a |\n|---|\n| 1 |\n\n3 cases\ntest x ... ok\n\n4 passed\n| b |\n\n5 steps\n";
        assert_eq!(told(printed), "| a |\n|---|\n| 1 |\n\n3 cases\n\n| b |\n\n5 steps\n\n");
    }
}
