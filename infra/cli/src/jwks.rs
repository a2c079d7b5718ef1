//! Fetching an issuer's published keys, as any offline verifier does.

use shared::{
    https::{Client, ClientConfig},
    jwt::KeySet,
    oidc,
};

use crate::{
    error::Error,
    http::{CONNECT_TIMEOUT, USER_AGENT, client_error, uses_proxy},
    slow_response::report_if_slow,
};

/// Fetches the keys that `issuer` publishes. The caller selects the issuer: a URL from a token is never fetched.
///
/// # Errors
///
/// Returns [`Error::Unreachable`] if the issuer returns no usable document.
pub async fn fetch(issuer: &str) -> Result<KeySet, Error> {
    let config = ClientConfig { connect: CONNECT_TIMEOUT, proxied: uses_proxy(issuer), agent: Some(USER_AGENT) };
    let client = Client::new(config).map_err(|error| client_error(&error))?;
    let keys = report_if_slow(issuer, oidc::fetch_keys(&client, issuer)).await;
    keys.map_err(|error| Error::Unreachable(error.to_string()))
}
