//! `latchkey token`: the subcommands for access tokens.

mod bulk_revoke;
mod create;
mod current_token;
mod get;
mod list;
mod revoke;
mod revoke_by_id;
mod rotate;
mod token_id;
mod update;
mod verify;

pub use create::{RequestedGrant, parse_grant};

use clap::Subcommand;

use crate::error::Error;

/// The subcommands of `latchkey token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Create a token and print it to standard output; it cannot be shown again
    #[command(after_help = create::HELP_EXAMPLES)]
    Create(create::CreateCommand),
    /// List the active tokens of the organization, newest first
    #[command(after_help = list::HELP_EXAMPLES)]
    List(list::ListCommand),
    /// Show one token
    #[command(after_help = get::HELP_EXAMPLES)]
    Get(get::GetCommand),
    /// Rename or describe a token; the token itself stays valid
    #[command(after_help = update::HELP_EXAMPLES)]
    Update(update::UpdateCommand),
    /// Rotate a token and print its successor to standard output
    #[command(after_help = rotate::HELP_EXAMPLES)]
    Rotate(rotate::RotateCommand),
    /// Revoke tokens immediately and permanently
    #[command(after_help = revoke::HELP_EXAMPLES)]
    Revoke(revoke::RevokeCommand),
    /// Verify a token offline with the issuer's published keys
    #[command(after_help = verify::HELP_EXAMPLES)]
    Verify(verify::VerifyCommand),
}

impl TokenCommand {
    /// Runs the subcommand.
    ///
    /// # Errors
    ///
    /// Returns the subcommand's [`Error`].
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::Create(command) => command.run().await,
            Self::List(command) => command.run().await,
            Self::Get(command) => command.run().await,
            Self::Update(command) => command.run().await,
            Self::Rotate(command) => command.run().await,
            Self::Revoke(command) => command.run().await,
            Self::Verify(command) => command.run().await,
        }
    }
}
