//! The time limit of a request.

use std::{future::Future, time::Duration};

use crate::error::ServerError;

/// Shorter than the time-out of the Lambda functions: a slow dependency ends in a response and a log line, and not in a process that
/// Lambda stops.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// The result of `work`.
///
/// # Errors
///
/// [`ServerError::RequestTimeout`] if it does not end within [`REQUEST_TIMEOUT`].
pub(crate) async fn with_timeout<T>(work: impl Future<Output = T>) -> Result<T, ServerError> {
    // On the heap: the future of a request is large.
    tokio::time::timeout(REQUEST_TIMEOUT, Box::pin(work)).await.map_err(|_| ServerError::RequestTimeout)
}
