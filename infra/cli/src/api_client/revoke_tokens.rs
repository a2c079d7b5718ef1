//! Revoking many tokens: one page of a bulk revocation.

use std::{fmt, time::Duration};

use reqwest::{Method, header::CONTENT_TYPE};
use serde::Deserialize;
use serde_json::json;

use super::ApiClient;
use crate::{error::Error, token_family::ACCESS_TOKENS_PATH};

/// The tokens to revoke, of those that the caller may revoke.
#[derive(Debug, Clone)]
pub enum TokensToRevoke {
    /// The tokens that this user or token created.
    CreatedBy(String),
    /// The tokens that were created before this RFC 3339 time.
    CreatedBefore(String),
    /// Every token.
    All,
}

/// The response to one request.
#[derive(Debug, Deserialize)]
pub struct RevokedPage {
    /// The ids of the tokens that the request has revoked.
    pub revoked: Vec<String>,
    /// The position of the next page; `None` after the last one.
    pub cursor: Option<String>,
}

/// A failed request.
pub struct RequestFailure {
    /// Why it failed.
    pub error: Error,
    /// The wait that the service requests before a repetition.
    pub retry_after: Option<Duration>,
}

impl fmt::Display for TokensToRevoke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreatedBy(creator) => write!(f, "active tokens created by `{creator}`"),
            Self::CreatedBefore(time) => write!(f, "active tokens created before `{time}`"),
            Self::All => f.write_str("active tokens"),
        }
    }
}

impl From<Error> for RequestFailure {
    fn from(error: Error) -> Self {
        Self { error, retry_after: None }
    }
}

impl ApiClient {
    /// Revokes one page of `tokens`, the first one or the one at `cursor`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`], and [`Error::NotLatchkey`] for another response.
    pub async fn revoke_tokens(
        &self,
        tokens: &TokensToRevoke,
        cursor: Option<&str>,
    ) -> Result<RevokedPage, RequestFailure> {
        let mut body = match tokens {
            TokensToRevoke::CreatedBy(creator) => json!({"created_by": creator}),
            TokensToRevoke::CreatedBefore(time) => json!({"before": time}),
            TokensToRevoke::All => json!({"all": true}),
        };
        if let Some(cursor) = cursor {
            body["cursor"] = json!(cursor);
        }
        let request = self.request(Method::POST, self.url(&format!("{ACCESS_TOKENS_PATH}/revoke"))?);
        let request = request.header(CONTENT_TYPE, "application/json").body(body.to_string());
        let attempt = self.send_with_retry(request).await?;
        let retry_after = attempt.result.as_ref().ok().and_then(|(_, response)| response.retry_after);
        let response = self.check_status(attempt).map_err(|error| RequestFailure { error, retry_after })?;
        Ok(response.parse("a list of revoked tokens")?)
    }
}
