//! Entry point of every function.

use std::{future::Future, process::ExitCode};

use crate::{
    config::{Environment, FunctionConfig},
    telemetry,
    web::Error,
};

/// Runs a function on one thread: reads its configuration from the environment and passes it to `bootstrap`, which serves until the
/// Lambda runtime ends. An error is logged.
pub fn run<C: FunctionConfig, F: Future<Output = Result<(), Error>>>(bootstrap: impl FnOnce(C) -> F) -> ExitCode {
    let config = C::read(&Environment::of_process()).map_err(Error::from);
    let ended = config.and_then(|config| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(bootstrap(config))
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::error(&format!("the function ends: {error}"));
            ExitCode::FAILURE
        }
    }
}
