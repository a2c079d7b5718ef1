//! How every function starts.

use std::{future::Future, process::ExitCode};

use crate::{config::Config, telemetry, web::Error};

/// Runs a function: the log first, then `door` on one thread, since a function has one request at a time. What `door` fails
/// with is told to the log.
pub fn start<F: Future<Output = Result<(), Error>>>(door: impl FnOnce(Config) -> F) -> ExitCode {
    let config = Config::from_env();
    telemetry::start(config.log_level(), config.metrics_namespace());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let ended = runtime.map_err(Error::from).and_then(|runtime| runtime.block_on(door(config)));
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::trouble(&format!("the function ends: {error}"));
            ExitCode::FAILURE
        }
    }
}
