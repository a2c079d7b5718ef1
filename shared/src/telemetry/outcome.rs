//! The outcome of a request, for the log and the metrics.

use serde::Serialize;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It succeeded.
    Ok,
    /// It was rejected because of what the caller is or sent.
    ClientError,
    /// It failed because of the service or its configuration.
    ServerError,
}
