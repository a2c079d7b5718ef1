//! `latchkey token rotate`: creates the successor of a token and prints it once.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{
    create::{parse_lifetime, print_token},
    list::parse_span,
    token_id::parse_token_id,
};
use crate::{
    api_client::{ApiClient, ApiOptions, ApiResponse},
    error::Error,
    output::{OutputFormat, print_message},
    token_metadata::TokenMetadata,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  NEW=$(LATCHKEY_TOKEN=$OLD latchkey token rotate self)
  NEW=$(LATCHKEY_TOKEN=$OLD latchkey token rotate self --overlap 3d --if-older-than 12h)
  latchkey token rotate api_5ZugdRXasLfWBypHi93Fk --overlap 1h --expires-in 30d --output json

If the command fails or its output is lost, repeat it with the same options: until the first use of the new token it returns
the same one. The rotated token ends 60 seconds after that use.";

/// Most attempts of a request that fails.
const MAX_ATTEMPTS: u32 = 5;
/// The wait before the second attempt. It doubles before each further one.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);

/// The arguments of `latchkey token rotate`, serialized as the request's body.
#[derive(Debug, Args, Serialize)]
pub struct RotateCommand {
    /// Token id, or `self` for the token that authenticates the request
    #[arg(value_parser = parse_token_id)]
    #[serde(skip)]
    id: String,
    /// How long the rotated token remains valid at most, up to 30d; with `self` at least 5m (default: 24h)
    #[arg(long, value_name = "SPAN", value_parser = parse_lifetime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    overlap: Option<String>,
    /// Lifetime of the new token, such as 10h, 30d or 1y (default: as long as that of the rotated token, within its limits)
    #[arg(long, value_name = "SPAN", value_parser = parse_lifetime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<String>,
    /// Rotate only if the token was created longer ago than this, such as 12h or 7d; otherwise print nothing and succeed
    #[arg(long, value_name = "SPAN", value_parser = parse_span)]
    #[serde(skip)]
    if_older_than: Option<SignedDuration>,
    /// Output format; `table` prints only the token to standard output
    #[arg(long, value_enum, default_value_t)]
    #[serde(skip)]
    output: OutputFormat,
    #[command(flatten)]
    #[serde(skip)]
    api: ApiOptions,
}

impl RotateCommand {
    /// Rotates the token and prints its successor.
    ///
    /// # Errors
    ///
    /// Returns [`Error::RotationUnfinished`] if the successor may exist but was not printed.
    pub(super) async fn run(self) -> Result<(), Error> {
        let body = serde_json::to_string(&self).map_err(|error| Error::Other(error.to_string()))?;
        let client = ApiClient::authenticated(&self.api)?;
        if let Some(age) = self.if_older_than {
            let token: TokenMetadata = client.get_token(&self.id).await?.parse("a token")?;
            if token.created_at.saturating_add(age).is_ok_and(|due| Timestamp::now() < due) {
                print_message(&format!("{} was created at {}: it is not rotated yet", token.id, token.created_at));
                return Ok(());
            }
        }
        let response = with_retries(async || client.rotate_token(&self.id, &body).await).await?;
        print_token(&response, self.output).map_err(Error::with_unfinished_rotation)?;
        if self.output == OutputFormat::Table {
            print_message(&end_of_rotated_token(&client, &self.id).await);
        }
        Ok(())
    }
}

/// Repeats a rotation whose outcome is unknown, because the same request returns the same successor, and one that was
/// throttled.
async fn with_retries(rotate: impl AsyncFn() -> Result<ApiResponse, Error>) -> Result<ApiResponse, Error> {
    let mut backoff = FIRST_BACKOFF;
    for _ in 1..MAX_ATTEMPTS {
        match rotate().await {
            Err(error) if is_retryable(&error) => {
                print_message(&format!("{error}; retrying in {} ms", backoff.as_millis()));
                tokio::time::sleep(backoff).await;
                backoff *= 2;
            }
            result => return result,
        }
    }
    rotate().await.map_err(|error| if is_retryable(&error) { error.with_unfinished_rotation() } else { error })
}

fn is_retryable(error: &Error) -> bool {
    error.leaves_outcome_unknown() || matches!(error, Error::Api { status: 429, .. })
}

/// When the rotated token `id` ends. The rotation has succeeded, so that a failure to read the token is not an error.
async fn end_of_rotated_token(client: &ApiClient, id: &str) -> String {
    let rotated = client.get_token(id).await.and_then(|response| response.parse::<TokenMetadata>("a token"));
    let latest = rotated.ok().and_then(|token| Some(format!("at {}", token.ends_at?)));
    let latest = latest.unwrap_or_else(|| "at the end of the overlap".to_owned());
    format!("the rotated token ends {latest}, or 60 seconds after the first use of the new one")
}
