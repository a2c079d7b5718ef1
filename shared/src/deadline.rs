//! The one limit on the time that a request may take.

use std::{future::Future, time::Duration};

/// Shorter than a function's time-out, so that a slow dependency ends in an answer and a line in the log, and not in a process
/// that is killed.
const LONGEST: Duration = Duration::from_secs(8);

/// What `work` gives, or `late` where it takes too long.
pub(crate) async fn within<T, E>(
    work: impl Future<Output = Result<T, E>>,
    late: impl FnOnce(String) -> E,
) -> Result<T, E> {
    let given = tokio::time::timeout(LONGEST, Box::pin(work)).await;
    given.unwrap_or_else(|_| Err(late("the request took too long".to_owned())))
}
