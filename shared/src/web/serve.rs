//! The one wrapper around every endpoint: it reads the request, renders the answer, and tells the log.

use std::{convert::Infallible, future::Future};

use lambda_http::{Body, Request, Response, service_fn};

use super::{Answer, Incoming, answer::refusal, cors::Cors};
use crate::{config::Config, deadline::within, failure::Failure, telemetry, token::TokenId};

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
/// Those of the Lambda runtime; an allowed origin that is no header's value.
pub async fn serve(endpoint: impl Endpoint, config: &Config) -> Result<(), Error> {
    let (endpoint, cors) = (&endpoint, &Cors::new(config.allowed_origins())?);
    let answer = |request| async move {
        let mut response = handle(endpoint, request).await;
        cors.permit(response.headers_mut());
        Ok::<_, Infallible>(response)
    };
    lambda_http::run(service_fn(answer)).await
}

/// *(a failure is logged once)* Here.
async fn handle(endpoint: &impl Endpoint, request: Request) -> Response<Body> {
    let mut told = telemetry::Request::begin(endpoint.operation());
    let request = Incoming::new(request);
    let answer = within(endpoint.answer(&request), Failure::Unavailable).await;
    request.request_id().clone_into(&mut told.request_id);
    if let Ok(caller) = request.caller() {
        told.by(&caller);
    }
    let response = match answer {
        Ok(answer) => {
            told.status = answer.status().as_u16();
            told.token_id = answer.token().map(ToString::to_string).unwrap_or_default();
            answer.into_response()
        }
        Err(failure) => {
            let response = refusal(&failure, request.request_id());
            (told.status, told.code, told.ours) = (response.status().as_u16(), failure.code(), failure.is_ours());
            // Only what is a token's id: the rest is whatever somebody wrote there.
            told.token_id = request.id().parse().map(|id: TokenId| id.to_string()).unwrap_or_default();
            told.reason = failure.reason();
            response
        }
    };
    told.end();
    response
}
