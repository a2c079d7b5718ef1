//! Time limits and retries of calls to AWS.

use std::time::Duration;

use aws_sdk_dynamodb::config::{retry::RetryConfig, timeout::TimeoutConfig};

/// Time limit of one call, retries included. It is far below the 29 seconds after which API Gateway stops waiting.
pub(super) const OPERATION_TIMEOUT: Duration = Duration::from_millis(2_900);

/// Time limits of every call: 500 ms to connect, 1 s for an attempt and 2.9 s for all attempts.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// Retry policy of every call: three attempts, with full jitter over 50 and 100 ms before the second and the third. The
/// SDK's retry quota stops retries of a client while most of its calls fail, so that retries do not overload a
/// recovering service.
pub(super) fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}
