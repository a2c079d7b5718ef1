//! The command line of `cargo local`.

mod run;
mod token;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use crate::aws::upstream::Endpoint;

/// The port of the gateway where none is named. The identity provider's is the next one.
const PORT: u16 = 8080;

/// Runs the whole service on this machine.
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(subcommand)]
    other: Option<Other>,
    #[command(flatten)]
    run: Run,
}

#[derive(Debug, Subcommand)]
enum Other {
    /// Prints the token of a person, with which to call the API
    Token(Token),
}

#[derive(Debug, Args)]
struct Run {
    /// The port of the API, 0 for a free one
    #[arg(long, default_value_t = PORT)]
    port: u16,
    /// The folder in which tokens, keys and people are kept
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data: PathBuf,
    /// The roles and people to write at each start; without it, the shipped ones are written into a new folder
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Keep everything in a folder of its own that goes when the service stops
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// Build the functions as they are deployed
    #[arg(long)]
    release: bool,
    /// Put the stage before every path, as at the API's own address on AWS
    #[arg(long)]
    stage: bool,
    /// A DynamoDB in place of the embedded one, such as an emulator; it keeps the table, named after the folder
    #[arg(long, value_name = "URL")]
    dynamodb_url: Option<Endpoint>,
    /// A KMS in place of the embedded one, such as an emulator; it makes and keeps the keys
    #[arg(long, value_name = "URL")]
    kms_url: Option<Endpoint>,
    /// A value for a parameter of template.yaml
    #[arg(long, value_name = "NAME=VALUE", value_parser = parameter)]
    set: Vec<(String, String)>,
}

#[derive(Debug, Args)]
struct Token {
    /// The person's organization
    #[arg(long)]
    org: String,
    /// The person
    #[arg(long)]
    user: String,
    /// Roles that the identity provider claims for the person, in place of those in the ledger
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    roles: Option<Vec<String>>,
    /// How long the token is valid, like 30m or 12h
    #[arg(long, default_value = "12h", value_parser = token::ttl)]
    ttl: std::time::Duration,
    /// The folder of the service
    #[arg(long, default_value = ".local", value_name = "DIR")]
    data: PathBuf,
}

impl Command {
    /// Does what was asked for. What goes wrong is one sentence on standard error, and the exit status 1.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let done = match self.other {
            None => run::run(self.run),
            Some(Other::Token(token)) => token::print(&token),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("error: {error}\n"));
                ExitCode::FAILURE
            }
        }
    }
}

fn parameter(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=').ok_or("a parameter is written NAME=VALUE")?;
    Ok((parts.0.to_owned(), parts.1.to_owned()))
}
