//! `latchkey`, the command line: tokens through the API, checks offline, and the operator's first steps on the ledger.
//!
//! What a program may want goes to standard output; everything said to a person goes to standard error. How a command ended
//! is its exit code, the same for all commands (see [`error::Error::exit_code`]): 0 done; 1 anything else; 2 wrong usage; 3 not
//! authenticated or not permitted, or a token that does not verify; 4 not found; 5 a request or file that is not valid;
//! 6 not reachable or not available. A credential is never an argument: arguments can be seen by everybody on the machine.

mod access;
mod api;
mod apply;
mod command;
mod error;
mod issuer;
mod item;
mod keys;
mod local_stack;
mod output;
mod rules;
mod token;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::Command::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            output::say(&format!("error: {error}"));
            error.exit_code()
        }
    }
}
