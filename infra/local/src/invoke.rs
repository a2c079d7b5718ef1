//! What the gateway needs from Lambda: a function called by its name.

use std::{future::Future, pin::Pin, time::Duration};

/// The answer to come of one invocation.
pub type Invocation<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, InvokeError>> + Send + 'a>>;

/// Calls functions by name.
pub trait Invoke: Send + Sync + 'static {
    /// Sends `event` (JSON) to `function` (its binary's name) and gives its answer (JSON).
    ///
    /// Waits `patience` at most, from now until the answer is complete, the wait for a free process included.
    ///
    /// # Errors
    ///
    /// See [`InvokeError`].
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, patience: Duration) -> Invocation<'a>;
}

/// Why an invocation gave no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function ran and answered with an error object.
    #[error("the function failed: {message}")]
    Failed {
        /// `errorMessage` of the error object, the text by which API Gateway tells `Unauthorized` from other failures.
        message: String,
    },
    /// The process ended before it answered, could not be started, or did not get through its initialization.
    #[error("the function's process ended before it answered")]
    Crashed,
    /// The function's own time-out ran out; its process was killed.
    #[error("the function did not answer within its time-out")]
    FunctionTimeout,
    /// The caller's patience ran out; the function goes on.
    #[error("the caller stopped waiting")]
    CallerTimeout,
    /// There is no such function.
    #[error("there is no function `{0}`")]
    Unknown(String),
}
