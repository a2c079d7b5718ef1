//! Which local stack a command talks to.

use std::{fs, path::Path};

use crate::harness::{CliCommand, STACK, empty_dir};

/// Lists tokens from `directory` as the seeded owner.
fn list(directory: &Path, arguments: &str) -> CliCommand {
    CliCommand::new(directory, arguments)
}

#[test]
fn command_in_subdirectory_uses_nearest_stack() {
    let deep = STACK.directory.path().join("a/b");
    fs::create_dir_all(&deep).unwrap();
    list(&deep, "token list").run().expect_success();
}

#[test]
fn data_option_selects_stack_before_and_after_subcommand() {
    let directory = empty_dir();
    let data_dir = STACK.directory.path().join(".local").display().to_string();
    list(directory.path(), &format!("--data {data_dir} token list")).run().expect_success();
    list(directory.path(), &format!("token list --data {data_dir}")).run().expect_success();
    let dry_run = list(directory.path(), &format!("--data {data_dir} apply --owner local|1 --org 1 --dry-run"));
    assert!(dry_run.run().expect_success().stdout.contains("local|1"));
}

#[test]
fn data_option_overrides_url_of_environment() {
    let directory = empty_dir();
    let data_dir = STACK.directory.path().join(".local").display().to_string();
    let command = list(directory.path(), &format!("--data {data_dir} token list"));
    command.env("LATCHKEY_URL", "http://127.0.0.1:1").run().expect_success();
}

#[test]
fn data_option_without_stack_fails_and_creates_nothing() {
    let directory = empty_dir();
    let error = list(directory.path(), "token list --data elsewhere").run().expect_failure(6);
    let expected = "error: `elsewhere` is not the data directory of a local stack: start one with `cargo local --data elsewhere`\n";
    assert_eq!(error, expected);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn stopped_stack_is_reported_as_not_running() {
    let directory = empty_dir();
    fs::create_dir(directory.path().join(".local")).unwrap();
    fs::write(directory.path().join(".local/identity.json"), "{}").unwrap();
    let error = list(directory.path(), "token list").run().expect_failure(6);
    assert!(error.contains("is not running: start it with `cargo local --data "), "{error}");
}

#[test]
fn ephemeral_option_without_stack_is_an_error() {
    let directory = empty_dir();
    let command = list(directory.path(), "--ephemeral token list");
    let error = command.env("TMPDIR", &directory.path().display().to_string()).run().expect_failure(6);
    assert_eq!(error, "error: no ephemeral stack is running: start one with `cargo local --ephemeral`\n");
}

#[test]
fn data_and_ephemeral_and_url_exclude_each_other() {
    let directory = empty_dir();
    for options in ["--data x --ephemeral", "--data x --url http://127.0.0.1:1", "--ephemeral --url http://127.0.0.1:1"]
    {
        list(directory.path(), &format!("token list {options}")).run().expect_failure(2);
    }
}
