//! Quotas on the size of a request, and on the time in which its body arrives.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    http::{HeaderMap, Uri},
};
use tokio::time::timeout;

use super::error::GatewayError;

const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;
/// Of the names and values of all headers.
const MAX_HEADERS_BYTES: usize = 10_240;
/// Of path and query.
const MAX_URI_BYTES: usize = 8 * 1024;
/// Longest wait for a request's body. AWS documents no value; observed is about this.
pub(super) const BODY_TIMEOUT: Duration = Duration::from_secs(30);

/// Rejects a request whose path or headers are too large.
pub(super) fn check_size(uri: &Uri, headers: &HeaderMap) -> Result<(), GatewayError> {
    if uri.path_and_query().is_some_and(|target| target.as_str().len() > MAX_URI_BYTES) {
        return Err(GatewayError::UriTooLong);
    }
    let size: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if size > MAX_HEADERS_BYTES { Err(GatewayError::HeadersTooLarge) } else { Ok(()) }
}

/// Reads the whole body.
pub(super) async fn read_body(body: Body, body_timeout: Duration) -> Result<Bytes, GatewayError> {
    let body = timeout(body_timeout, to_bytes(body, MAX_BODY_BYTES)).await;
    body.map_err(|_| GatewayError::RequestTimeout)?.map_err(|_| GatewayError::RequestTooLarge)
}
