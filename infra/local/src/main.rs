//! `cargo local`: the whole service on one machine.

use std::process::ExitCode;

use clap::Parser;
use local::command::Command;

fn main() -> ExitCode {
    Command::parse().run()
}
