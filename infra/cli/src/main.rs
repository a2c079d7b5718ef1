//! `latchkey`, the command-line client: manages tokens through the API, verifies tokens offline and provisions roles.
//!
//! Results go to standard output, messages to standard error. Every command uses the same exit codes, see
//! [`error::Error::exit_code`]. A credential is read from the environment or from standard input, never from an argument,
//! because every user of the machine can list the arguments of a process.

mod api_client;
mod apply;
mod can;
mod command;
mod config_file;
mod credential;
#[cfg(feature = "aws")]
mod deployment;
mod endpoint;
mod error;
mod http;
mod jwks;
mod keys;
mod ledger;
mod local_stack;
mod output;
mod providers;
mod rules;
mod slow_response;
mod stored_access;
mod terminal;
mod token;
mod token_family;
mod token_metadata;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match command::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let prefix = if matches!(error, error::Error::Declined(_)) { "" } else { "error: " };
            output::print_message(&format!("{prefix}{error}"));
            error.exit_code()
        }
    }
}
