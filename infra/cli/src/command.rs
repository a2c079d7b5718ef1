//! The command line.

use clap::{Parser, Subcommand};

use crate::{apply, error::Error, keys, rules, token::Token};

const AFTER: &str = "Environment:
  LATCHKEY_URL    the API's base URL
  LATCHKEY_TOKEN  the credential: a person's token or an access token
Beside a local service (`cargo local`) both may be absent: then the owner of the organization 123 asks.
A credential that another service knows needs the URL of that service.

Exit codes:
  0  done
  1  anything else
  2  wrong usage
  3  not authenticated or not permitted; a token that does not verify
  4  not found
  5  a request or a file that is not valid
  6  not reachable or not available: trying again may help";

/// API access tokens: make, list, revoke and check them
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, after_help = AFTER, arg_required_else_help = true)]
pub struct Command {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Makes, lists, shows, revokes and checks tokens
    #[command(subcommand, after_help = AFTER)]
    Token(Token),
    /// Shows the keys that verify tokens, and whether old ones are still needed
    #[command(after_help = keys::EXAMPLES)]
    Keys(keys::Keys),
    /// Writes roles and who has them to the ledger, as its operator
    #[command(after_help = apply::EXAMPLES)]
    Apply(apply::Command),
    /// Checks rules for the authorizer of your own APIs
    #[command(after_help = rules::EXAMPLES)]
    Rules(rules::Command),
}

impl Command {
    /// Does what was asked for.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub fn run(self) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Other(format!("no runtime can be made: {error}")))?;
        runtime.block_on(async {
            match self.task {
                Task::Token(token) => token.run().await,
                Task::Keys(keys) => keys.run().await,
                Task::Apply(apply) => apply.run().await,
                Task::Rules(rules) => rules.run(),
            }
        })
    }
}
