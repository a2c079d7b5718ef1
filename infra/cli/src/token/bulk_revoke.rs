//! Revoking all tokens that match a filter, page by page, until none is left.

use std::time::Duration;

use serde_json::json;

use super::current_token::CurrentToken;
use crate::{
    api_client::{
        ApiClient,
        revoke_tokens::{RequestFailure, RevokedPage, TokensToRevoke},
    },
    error::Error,
    output::{OutputFormat, print_json, print_message, print_result},
};

/// Most attempts of one request that fails.
const MAX_ATTEMPTS: u32 = 5;
/// Most times that one request waits because of the rate of requests.
const MAX_THROTTLED_ATTEMPTS: u32 = 60;
/// The wait before the first repetition of a failed request. It doubles each time.
const FIRST_BACKOFF: Duration = Duration::from_millis(500);
/// The wait after a throttled request without a `Retry-After` header.
const THROTTLED_WAIT: Duration = Duration::from_secs(1);
/// Longest wait that a service may request.
const MAX_WAIT: Duration = Duration::from_mins(1);
/// The wait before another pass. A new token can take about one second to be reflected in the list that the service reads.
const PASS_INTERVAL: Duration = Duration::from_secs(2);

/// A revocation of all tokens that match a filter.
pub struct BulkRevocation<'a> {
    /// The client.
    pub client: &'a ApiClient,
    /// The tokens.
    pub tokens: &'a TokensToRevoke,
    /// The format in which each revoked id is printed.
    pub output: OutputFormat,
}

impl BulkRevocation<'_> {
    /// Revokes the tokens in passes until one finds none, and prints the id of each revoked token. The credential's own token is the last
    /// one, after which no request is possible.
    ///
    /// # Errors
    ///
    /// Returns the error of a request that failed repeatedly or that a repetition does not cure.
    pub async fn run(&self) -> Result<(), Error> {
        let current = CurrentToken::fetch(self.client).await?;
        let mut total = 0;
        let result = self.run_passes(current.as_ref(), &mut total).await;
        match &result {
            Ok(_) if total == 0 => print_message(&format!("no {}", self.tokens)),
            Ok(_) => print_message(&format!("{total} revoked")),
            Err(_) => print_message(&format!("{total} revoked: repeat the command to revoke the rest")),
        }
        if let Some(end_of_credential) = result? {
            print_message(&end_of_credential);
        }
        Ok(())
    }

    /// Counts the revoked tokens in `total`. Returns why the credential is inactive, if it is.
    async fn run_passes(&self, current: Option<&CurrentToken>, total: &mut usize) -> Result<Option<String>, Error> {
        loop {
            let found = *total;
            let mut cursor = None;
            loop {
                let page = self.request(cursor.as_deref()).await?;
                *total += page.revoked.len();
                self.print(&page.revoked)?;
                match current.and_then(|current| current.end_after(&page.revoked)) {
                    Some(end) if page.cursor.is_none() => return Ok(Some(end)),
                    // The token succeeds a matching one, and the service could not tell before.
                    Some(end) => return Err(Error::NoCredential(format!("{end}, but others are left"))),
                    None => {}
                }
                if page.cursor.is_some() && page.cursor == cursor {
                    return Err(Error::Other("the cursor of the next page repeats a page".to_owned()));
                }
                cursor = page.cursor;
                if cursor.is_none() {
                    break;
                }
            }
            if *total == found {
                return Ok(None);
            }
            tokio::time::sleep(PASS_INTERVAL).await;
        }
    }

    /// Requests one page, and repeats the request after a failure that may pass.
    async fn request(&self, cursor: Option<&str>) -> Result<RevokedPage, Error> {
        let mut failed_attempts = 0;
        let mut throttled_attempts = 0;
        loop {
            let RequestFailure { error, retry_after } = match self.client.revoke_tokens(self.tokens, cursor).await {
                Ok(page) => return Ok(page),
                Err(failure) => failure,
            };
            let wait = match &error {
                Error::Api { status: 429, .. } if throttled_attempts < MAX_THROTTLED_ATTEMPTS => {
                    throttled_attempts += 1;
                    retry_after.unwrap_or(THROTTLED_WAIT)
                }
                Error::Unreachable(_) | Error::Api { status: 500.., .. } if failed_attempts + 1 < MAX_ATTEMPTS => {
                    failed_attempts += 1;
                    let backoff = FIRST_BACKOFF * 2_u32.pow(failed_attempts - 1);
                    retry_after.unwrap_or_default().max(backoff)
                }
                Error::Api { status: 401, .. } if failed_attempts > 0 => return Err(rejected_after_failure(error)),
                _ => return Err(error),
            };
            let wait = wait.min(MAX_WAIT);
            print_message(&format!("{error}; retrying in {} ms", wait.as_millis()));
            tokio::time::sleep(wait).await;
        }
    }

    fn print(&self, ids: &[String]) -> Result<(), Error> {
        ids.iter().try_for_each(|id| match self.output {
            OutputFormat::Table => print_result(id),
            OutputFormat::Json => print_json(&json!({"id": id}).to_string()),
        })
    }
}

/// The request that failed before may have revoked the credential's own token, and another client may have.
fn rejected_after_failure(error: Error) -> Error {
    let Error::Api { service, status, detail, code } = error else { return error };
    let hint = "a request whose response was lost may have revoked the credential as the last token: repeat the command with another credential";
    Error::Api { service, status, detail: format!("{detail}; {hint}"), code }
}
