//! `latchkey token revoke`: revokes tokens by id, or all tokens that match a filter.

use std::io::{self, BufRead, IsTerminal, Write};

use clap::Args;
use shared::token::UnixTime;

use super::{bulk_revoke::BulkRevocation, revoke_by_id::revoke_by_id, token_id::parse_token_id};
use crate::{
    api_client::{ApiClient, ApiOptions, revoke_tokens::TokensToRevoke},
    error::Error,
    output::OutputFormat,
    terminal::escape,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token revoke api_5ZugdRXasLfWBypHi93Fk
  latchkey token revoke api_5ZugdRXasLfWBypHi93Fk --family
  latchkey token revoke --created-by 'local|1001'
  latchkey token revoke --before 2026-01-31T08:00:00Z
  latchkey token revoke --all --yes --output json

With --created-by, --before and --all, a failed request is repeated, and the command ends when no matching token is left. The
token that authenticates the requests is revoked last.";

/// The arguments of `latchkey token revoke`.
#[derive(Debug, Args)]
pub struct RevokeCommand {
    /// Token ids; `self` is the token that authenticates the request
    #[arg(value_name = "ID", value_parser = parse_token_id, required_unless_present_any = ["created_by", "before", "all"])]
    ids: Vec<String>,
    /// Revoke all active tokens of every type that this user or token created
    #[arg(long, value_name = "PRINCIPAL", conflicts_with_all = ["ids", "before", "all"])]
    created_by: Option<String>,
    /// Revoke all active tokens of every type that were created before this RFC 3339 time
    #[arg(long, value_name = "TIME", value_parser = parse_time, conflicts_with_all = ["ids", "all"])]
    before: Option<String>,
    /// Revoke all active tokens of every type
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Also revoke all tokens before and after each token in its chain of rotations
    #[arg(long, conflicts_with_all = ["created_by", "before", "all"])]
    family: bool,
    /// Skip the confirmation of --created-by, --before and --all
    #[arg(long)]
    yes: bool,
    /// Output format of the revoked tokens; `json` is one token per line
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl RevokeCommand {
    /// Revokes the given tokens, or after a confirmation those that match the given filter.
    pub(super) async fn run(self) -> Result<(), Error> {
        let client = ApiClient::authenticated(&self.api)?;
        let Some(tokens) = self.filter() else {
            return revoke_by_id(&client, &self.ids, self.family, self.output).await;
        };
        if !self.yes && !confirm(&format!("revoke all {tokens} that the credential may revoke?"))? {
            return Err(Error::Declined("no token was revoked".to_owned()));
        }
        BulkRevocation { client: &client, tokens: &tokens, output: self.output }.run().await
    }

    /// The tokens that the options select; `None` without one of these options.
    fn filter(&self) -> Option<TokensToRevoke> {
        let created_by = self.created_by.clone().map(TokensToRevoke::CreatedBy);
        let before = self.before.clone().map(TokensToRevoke::CreatedBefore);
        created_by.or(before).or(self.all.then_some(TokensToRevoke::All))
    }
}

fn parse_time(text: &str) -> Result<String, String> {
    let time = UnixTime::rounded_up_from_rfc_3339(text);
    let rule = "an RFC 3339 time between the years 1970 and 9999 is required, such as 2026-01-31T08:00:00Z";
    time.map(|_| text.to_owned()).ok_or_else(|| rule.to_owned())
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
