//! How large a request may be, and how slow.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Uri},
};
use tokio::time::timeout;

use super::refusal::Refusal;

/// The quota on a request's body, in bytes.
const BODY_LIMIT: usize = 10 * 1024 * 1024;
/// The quota on the names and values of all headers, in bytes.
const HEADERS_LIMIT: usize = 10_240;
/// The longest path and query, in bytes.
const URI_LIMIT: usize = 8 * 1024;
/// How long the headers of a request may take to arrive, and then its body. What AWS allows is nowhere said; it is about this.
pub(super) const SLOWEST: Duration = Duration::from_secs(30);
/// How long a connection may be without a request: the idle connection timeout of a REST API. Clients that keep connections give
/// them up earlier, so that none of their requests meets one that is being closed.
pub(super) const IDLEST: Duration = Duration::from_secs(310);

/// Refuses a request whose path or headers are too large.
pub(super) fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > URI_LIMIT) {
        return Err(Refusal::UriTooLong);
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > HEADERS_LIMIT { Err(Refusal::HeadersTooLarge) } else { Ok(()) }
}

/// The whole body, which may take `slowest` to arrive.
pub(super) async fn whole(body: Body, slowest: Duration) -> Result<Bytes, Refusal> {
    let body = timeout(slowest, to_bytes(body, BODY_LIMIT)).await;
    body.map_err(|_| Refusal::RequestTimeout)?.map_err(|_| Refusal::RequestTooLarge)
}
