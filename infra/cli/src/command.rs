//! The command line: the subcommands, the text of `--help`, and their dispatch.

use clap::{Parser, Subcommand};
use data_dir::StackSelection;

use crate::{
    apply::{self, ApplyCommand},
    can::{self, CanCommand},
    error::Error,
    keys::{self, KeysCommand},
    providers::{self, ProvidersCommand},
    rules::{self, RulesCommand},
    stored_access::{
        roles::{self, RolesCommand},
        users::{self, UsersCommand},
    },
    token::TokenCommand,
};

const HELP_FOOTER: &str = "Environment:
  LATCHKEY_URL    the API's base URL
  LATCHKEY_TOKEN  the credential: an identity provider's token or an access token
Both are optional while a local stack is running (`cargo local`): without a URL, requests go to the stack of the nearest
directory `.local`, here or above, or to the one of --data. The default credential there is a token of the owner of
organization 123. A credential of another service requires the URL of that service.

Exit codes:
  0  success
  1  any failure not listed here
  2  invalid arguments
  3  not authenticated, not permitted, or an invalid token
  4  not found
  5  invalid request or file
  6  unreachable or unavailable; a retry may succeed
  7  declined at a confirmation; nothing was changed";

/// Create, list, revoke and verify API access tokens
#[derive(Debug, Parser)]
#[command(name = "latchkey", version, after_help = HELP_FOOTER, arg_required_else_help = true)]
pub struct Cli {
    /// Makes the options global, so that they may precede the subcommand. The subcommands' own [`StackSelection`] has the values.
    #[command(flatten)]
    _stack: StackSelection,
    #[command(subcommand)]
    command: TopLevelCommand,
}

#[derive(Debug, Subcommand)]
enum TopLevelCommand {
    /// Create, list, show, rename, revoke and verify tokens
    #[command(subcommand, after_help = HELP_FOOTER)]
    Token(TokenCommand),
    /// Show whether the caller, or a token that it could create, is allowed an action
    #[command(after_help = can::HELP_EXAMPLES)]
    Can(CanCommand),
    /// Show the verification keys, and which old keys are still needed
    #[command(after_help = keys::HELP_EXAMPLES)]
    Keys(KeysCommand),
    /// Write roles and assignments to the ledger as an operator
    #[command(after_help = apply::HELP_EXAMPLES)]
    Apply(ApplyCommand),
    /// List, show, store and delete the roles of an organization
    #[command(subcommand, after_help = roles::HELP_EXAMPLES)]
    Roles(RolesCommand),
    /// List users with roles, assign roles to a user and take them
    #[command(subcommand, after_help = users::HELP_EXAMPLES)]
    Users(UsersCommand),
    /// Validate route rules for the authorizer
    #[command(after_help = rules::HELP_EXAMPLES)]
    Rules(RulesCommand),
    /// Validate identity providers for the authorizer and the token page
    #[command(after_help = providers::HELP_EXAMPLES)]
    Providers(ProvidersCommand),
}

impl Cli {
    /// Runs the subcommand on a single-threaded runtime.
    ///
    /// # Errors
    ///
    /// Returns the subcommand's [`Error`].
    pub fn run(self) -> Result<(), Error> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| Error::Other(format!("cannot start the runtime: {error}")))?;
        runtime.block_on(async {
            match self.command {
                TopLevelCommand::Token(command) => command.run().await,
                TopLevelCommand::Can(command) => command.run().await,
                TopLevelCommand::Keys(command) => command.run().await,
                TopLevelCommand::Apply(command) => command.run().await,
                TopLevelCommand::Roles(command) => command.run().await,
                TopLevelCommand::Users(command) => command.run().await,
                TopLevelCommand::Rules(command) => command.run(),
                TopLevelCommand::Providers(command) => command.run(),
            }
        })
    }
}
