//! The command line of `cargo local`.

mod greeting;
mod run;
mod token;

use std::{error::Error, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use data_dir::StackSelection;

use crate::{aws::upstream::UpstreamUrl, terminal::LogFormat};

/// The default port of the gateway. The identity provider and the sample use the next ones.
const DEFAULT_PORT: u16 = 8080;

/// Run the whole service on this machine
#[derive(Debug, Parser)]
#[command(name = "cargo local", bin_name = "cargo local", version, args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(subcommand)]
    subcommand: Option<Subcommands>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    /// Print a user's bearer token for the API
    Token(TokenArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Port of the API, 0 for a free one
    #[arg(long, default_value_t = DEFAULT_PORT)]
    port: u16,
    /// Directory of tokens, keys and users (default: the nearest `.local` in this directory or above, or else in the
    /// workspace)
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Roles and users that are written at each start; without it, those of infra/local/seed.json are written into a new
    /// directory
    #[arg(long, value_name = "FILE")]
    seed: Option<PathBuf>,
    /// Store all data in a temporary directory that is removed at the end
    #[arg(long, conflicts_with = "data")]
    ephemeral: bool,
    /// Build the functions as they are deployed
    #[arg(long)]
    release: bool,
    /// Put the stage before every path, as at the API's own address on AWS
    #[arg(long)]
    stage: bool,
    /// DynamoDB endpoint instead of the embedded one, such as an emulator; its table is named after the data directory
    #[arg(long, value_name = "URL")]
    dynamodb_url: Option<UpstreamUrl>,
    /// KMS endpoint instead of the embedded one, such as an emulator; it creates and stores the keys
    #[arg(long, value_name = "URL")]
    kms_url: Option<UpstreamUrl>,
    /// Value of a parameter of template.yaml
    #[arg(long, value_name = "NAME=VALUE", value_parser = parse_parameter)]
    set: Vec<(String, String)>,
    /// Format of the log lines
    #[arg(long, value_enum, default_value_t)]
    log: LogFormat,
}

#[derive(Debug, Args)]
struct TokenArgs {
    /// Organization of the user
    #[arg(long)]
    org: String,
    /// User
    #[arg(long)]
    user: String,
    /// Roles that the identity provider claims for the user, instead of those that are assigned in the table
    #[arg(long, value_delimiter = ',', value_name = "ROLES")]
    roles: Option<Vec<String>>,
    /// Lifetime of the token, such as 30m or 12h
    #[arg(long, default_value = "12h", value_parser = token::parse_ttl)]
    ttl: std::time::Duration,
    /// Do not check that the user has roles in the organization
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    stack: StackSelection,
}

impl Command {
    /// Runs the command. A failure is one sentence on standard error and exit code 1.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let result = match self.subcommand {
            None => run::run(self.run),
            Some(Subcommands::Token(arguments)) => token::print(&arguments),
        };
        match result {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("error: {error}\n"));
                ExitCode::FAILURE
            }
        }
    }
}

fn parse_parameter(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("a parameter has the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Runs `future` on a runtime of its own.
fn block_on<T>(future: impl Future<Output = Result<T, Box<dyn Error>>>) -> Result<T, Box<dyn Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(future)
}
