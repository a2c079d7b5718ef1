//! The time limit of a request.

use std::{future::Future, time::Duration};

use crate::error::ServerError;

/// Time limit of a request. It is shorter than the timeout of the Lambda functions, so that a slow dependency results
/// in a response and a log line instead of a process that Lambda stops.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(8);

/// Runs `work` with the time limit of a request.
///
/// # Errors
///
/// Returns [`ServerError::RequestTimeout`] if it does not end within [`REQUEST_TIMEOUT`].
pub(crate) async fn with_timeout<T>(work: impl Future<Output = T>) -> Result<T, ServerError> {
    // Moved to the heap, because the future of a request is large.
    tokio::time::timeout(REQUEST_TIMEOUT, Box::pin(work)).await.map_err(|_| ServerError::RequestTimeout)
}
