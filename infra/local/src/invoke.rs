//! The interface between the gateway and Lambda: invokes a function by its name.

use std::{future::Future, pin::Pin, time::Duration};

/// The future of one invocation.
pub type Invocation<'a> = Pin<Box<dyn Future<Output = Result<Vec<u8>, InvokeError>> + Send + 'a>>;

/// Invokes functions by name.
pub trait Invoke: Send + Sync + 'static {
    /// Sends `event` (JSON) to `function` (the name of its binary) and returns its result (JSON).
    ///
    /// `timeout` includes the wait for a free process.
    ///
    /// # Errors
    ///
    /// See [`InvokeError`].
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, timeout: Duration) -> Invocation<'a>;
}

/// Why an invocation has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvokeError {
    /// The function returned an error object.
    #[error("function failed: {message}")]
    Failed {
        /// The member `errorMessage`, by which API Gateway distinguishes `Unauthorized` from other failures.
        message: String,
    },
    /// The process ended without a result, could not be started, or did not initialize.
    #[error("the function's process ended without a result")]
    Crashed,
    /// The function's timeout expired, and its process was killed.
    #[error("the function timed out")]
    FunctionTimeout,
    /// The caller's timeout expired; the function continues.
    #[error("the caller's timeout expired")]
    CallerTimeout,
    /// No function has this name.
    #[error("unknown function `{0}`")]
    UnknownFunction(String),
}
