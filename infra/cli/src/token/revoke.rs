//! `latchkey token revoke`: revokes tokens by id, or all tokens that a principal created.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;

use super::{bulk_revoke::revoke_all, current_token::CurrentToken, token_id::parse_token_id};
use crate::{
    api_client::{ApiClient, ApiOptions, list_tokens::TokenFilter},
    error::Error,
    output::{OutputFormat, escape, plural, print_message},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token revoke api_5ZugdRXasLfWBypHi93Fk
  latchkey token revoke --created-by 'local|1001'
  latchkey token revoke --created-by api_5ZugdRXasLfWBypHi93Fk --yes --output json";

/// The arguments of `latchkey token revoke`.
#[derive(Debug, Args)]
pub struct RevokeCommand {
    /// Token ids; `self` is the token that authenticates the request
    #[arg(value_name = "ID", value_parser = parse_token_id, required_unless_present = "created_by")]
    ids: Vec<String>,
    /// Revoke all active tokens of every type that this user or token created
    #[arg(long, value_name = "PRINCIPAL", conflicts_with = "ids")]
    created_by: Option<String>,
    /// Skip the confirmation of --created-by
    #[arg(long)]
    yes: bool,
    /// Output format of the revoked tokens; `json` is one token per line
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl RevokeCommand {
    /// Revokes the given tokens, or after a confirmation those of the given creator.
    pub(super) async fn run(self) -> Result<(), Error> {
        let client = ApiClient::authenticated(&self.api)?;
        match &self.created_by {
            Some(creator) => self.revoke_tokens_of(creator, &client).await,
            None => revoke_all(&client, &self.ids, None, self.output).await,
        }
    }

    async fn revoke_tokens_of(&self, creator: &str, client: &ApiClient) -> Result<(), Error> {
        let filter = TokenFilter { created_by: Some(creator.to_owned()), ..TokenFilter::every_type() };
        let tokens = client.list_tokens(&filter).await?;
        let mut ids: Vec<String> = tokens.into_iter().map(|token| token.metadata.id).collect();
        if ids.is_empty() {
            print_message(&format!("no active tokens created by `{creator}`"));
            return Ok(());
        }
        if !self.yes && !confirm(&format!("revoke {} created by `{creator}`?", plural(ids.len(), "token")))? {
            return Err(Error::Declined("no token was revoked".to_owned()));
        }
        let current = CurrentToken::fetch(client).await?;
        if let Some(current) = &current {
            current.move_last(&mut ids);
        }
        revoke_all(client, &ids, current.as_ref(), self.output).await
    }
}

/// Asks `question` on the terminal. Every answer except `y` or `yes` declines.
fn confirm(question: &str) -> Result<bool, Error> {
    if !(io::stdin().is_terminal() && io::stderr().is_terminal()) {
        return Err(Error::Usage(format!("{question} the confirmation requires a terminal: pass `--yes`")));
    }
    let unreadable = |source| Error::Io { what: "cannot use the terminal".to_owned(), source };
    write!(io::stderr(), "{} [y/N] ", escape(question)).map_err(unreadable)?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer).map_err(unreadable)?;
    Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
}
