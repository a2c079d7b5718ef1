//! The HTTP client's settings: time-outs, proxy, redirects, and the URLs that may receive a request.

use std::time::Duration;

use reqwest::{Client, Url, redirect::Policy};
use shared::identity_provider::may_be_fetched;

use crate::error::Error;

/// Longest time for connecting, TLS included.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Longest time for one request with its response. API Gateway answers within 29 seconds.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(35);
/// The header `User-Agent` (RFC 9110, section 10.1.5).
pub const USER_AGENT: &str = concat!("latchkey/", env!("CARGO_PKG_VERSION"));

/// Returns whether `url` keeps a credential confidential: HTTPS, or HTTP to this machine.
#[must_use]
pub fn is_secure(url: &str) -> bool {
    may_be_fetched(url)
}

/// Returns whether requests below `base_url` use the proxy of the environment. Plain HTTP goes to this machine only, and a
/// proxy would carry it, with the credential readable, to another machine.
#[must_use]
pub fn uses_proxy(base_url: &str) -> bool {
    !Url::parse(base_url).is_ok_and(|url| url.scheme() == "http")
}

/// Builds a client for URLs below `base_url`. It follows no redirect, so a credential reaches no other host.
///
/// # Errors
///
/// Returns [`Error::Other`] if the TLS backend cannot be initialized.
pub fn build_client(base_url: &str) -> Result<Client, Error> {
    let builder = Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(REQUEST_TIMEOUT)
        .redirect(Policy::none())
        .user_agent(USER_AGENT);
    let builder = if uses_proxy(base_url) { builder } else { builder.no_proxy() };
    builder.build().map_err(|error| client_error(&error))
}

/// The error of an HTTP client that cannot be built.
pub fn client_error(cause: &impl std::fmt::Display) -> Error {
    Error::Other(format!("cannot build the HTTP client: {cause}"))
}
