//! Reports a request that takes long.

use std::{future::Future, pin::pin, time::Duration};

use crate::terminal::print_message;

/// Time after which a service that has not responded is reported.
const SLOW_RESPONSE: Duration = Duration::from_secs(3);

/// Waits for `work`, a request to `url`, and reports on standard error that it takes long: a server that accepts the connection
/// and stays silent looks like a command that hangs.
pub async fn report_if_slow<T>(url: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    if let Ok(output) = tokio::time::timeout(SLOW_RESPONSE, &mut work).await {
        return output;
    }
    print_message(&format!("waiting for `{url}`, which has not responded yet"));
    work.await
}
