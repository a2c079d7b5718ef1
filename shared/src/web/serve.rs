//! The one wrapper around every endpoint: it reads the request, renders the answer, and tells the log.

use std::{convert::Infallible, future::Future, time::Instant};

use lambda_http::{Body, Request, Response, service_fn};

use super::{Answer, Incoming, answer::refusal};
use crate::{
    deadline::within,
    failure::Failure,
    telemetry::{self, Told},
};

/// Why a function cannot serve.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// An operation behind a route.
pub trait Endpoint: Send + Sync {
    /// The operation's id in the contract.
    fn operation(&self) -> &'static str;

    /// Answers one request.
    fn answer(&self, request: &Incoming) -> impl Future<Output = Result<Answer, Failure>> + Send;
}

/// Serves `endpoint` until the Lambda runtime ends.
///
/// # Errors
///
/// Those of the Lambda runtime.
pub async fn serve(endpoint: impl Endpoint) -> Result<(), Error> {
    let endpoint = &endpoint;
    lambda_http::run(service_fn(|request| async move { Ok::<_, Infallible>(handle(endpoint, request).await) })).await
}

/// *(a failure is logged once)* Here.
async fn handle(endpoint: &impl Endpoint, request: Request) -> Response<Body> {
    let started = Instant::now();
    let request = Incoming::new(request);
    let answer = within(endpoint.answer(&request), Failure::Unavailable).await;
    let mut told =
        Told { operation: endpoint.operation(), request_id: request.request_id().to_owned(), ..Told::default() };
    if let Ok(caller) = request.caller() {
        (told.org, told.principal) = (caller.org.to_string(), caller.principal.to_string());
    }
    let response = match answer {
        Ok(answer) => {
            (told.status, told.code) = (answer.status().as_u16(), "ok");
            answer.into_response()
        }
        Err(failure) => {
            let response = refusal(&failure, request.request_id());
            (told.status, told.code, told.ours) = (response.status().as_u16(), failure.code(), failure.is_ours());
            failure.cause().unwrap_or_default().clone_into(&mut told.cause);
            response
        }
    };
    telemetry::tell(&told, started.elapsed());
    response
}
