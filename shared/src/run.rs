//! Entry point of every Lambda function.

use std::{future::Future, process::ExitCode};

use crate::{
    config::{Environment, FunctionConfig},
    panics, telemetry,
    web::Error,
};

/// Most errors of the configuration that a start logs. A file may have any number.
const MAX_LOGGED_ERRORS: usize = 50;

/// Runs a function on one thread: logs its version, reads its configuration from the environment and passes it to
/// `bootstrap`, which serves requests until the Lambda runtime ends. Logs each error with which the function starts
/// nevertheless. Logs an error and returns a failure code if the function cannot start or `bootstrap` fails.
pub fn run<C: FunctionConfig, F: Future<Output = Result<(), Error>>>(bootstrap: impl FnOnce(C) -> F) -> ExitCode {
    panics::set_hook();
    // Before the configuration is read, so that the log of a function that does not start has its version.
    telemetry::started();
    let config = C::read(&Environment::of_process()).map_err(Error::from);
    for error in config.iter().flat_map(C::entry_errors).take(MAX_LOGGED_ERRORS) {
        telemetry::error(&format!("invalid configuration: {error}"));
    }
    let result = config.and_then(|config| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(bootstrap(config))
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            telemetry::error(&format!("the function terminated: {error}"));
            ExitCode::FAILURE
        }
    }
}
