//! `latchkey token`.

mod asker;
mod bulk;
mod create;
mod list;
mod revoke;
mod verify;

use clap::{Args, Subcommand};

use crate::{
    access::Access,
    api::Api,
    error::Error,
    item::Item,
    output::{Output, print},
};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Makes a token, and prints it alone on standard output: this once and never again
    #[command(after_help = create::EXAMPLES)]
    Create(create::Create),
    /// Lists the live tokens of the organization, newest first
    #[command(after_help = list::EXAMPLES)]
    List(list::List),
    /// Shows one token
    #[command(after_help = GET_EXAMPLES)]
    Get(Get),
    /// Revokes tokens, at once and for good
    #[command(after_help = revoke::EXAMPLES)]
    Revoke(revoke::Revoke),
    /// Checks a token offline, by the issuer's published keys
    #[command(after_help = verify::EXAMPLES)]
    Verify(verify::Verify),
}

const GET_EXAMPLES: &str = "Examples:
  latchkey token get api_5ZugdRXasLfWBypHi93Fk
  LATCHKEY_TOKEN=$TOKEN latchkey token get self --output json";

/// `latchkey token get`.
#[derive(Debug, Args)]
pub struct Get {
    /// The token's id; `self` is the token that asks
    #[arg(value_parser = id)]
    id: String,
    /// How the token is written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    access: Access,
}

impl Token {
    /// Does what was asked for.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn run(self) -> Result<(), Error> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List(list) => list.run().await,
            Self::Get(get) => get.run().await,
            Self::Revoke(revoke) => revoke.run().await,
            Self::Verify(verify) => verify.run().await,
        }
    }
}

impl Get {
    async fn run(self) -> Result<(), Error> {
        let answer = Api::open(&self.access)?.token(&self.id).await?;
        match self.output {
            Output::Json => print(&answer.text),
            Output::Table => print(&Item::read(&answer.text)?.details()),
        }
    }
}

/// A token's id, or `self`, as far as it can stand in a path.
fn id(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    fits.then(|| text.to_owned()).ok_or_else(|| "a token's id has only A-Z a-z 0-9 _ -".to_owned())
}
