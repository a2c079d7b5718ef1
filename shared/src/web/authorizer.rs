//! The Lambda authorizer of REST and HTTP APIs: parses the event, logs the decision and renders the response.

mod event;
mod response;

use std::{future::Future, pin::Pin};

use event::Event;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::Error;
use crate::{
    authorize::{Authorize, AuthorizeError, AuthorizerPorts, Decision},
    error::ServerError,
    panics,
    telemetry::{RequestLog, Telemetry},
    timeout::with_timeout,
};

/// Handles authorizer events until the Lambda runtime ends.
///
/// # Errors
///
/// Returns the error of the Lambda runtime.
pub async fn serve_authorizer<P: AuthorizerPorts>(authorize: Authorize<P>, telemetry: Telemetry) -> Result<(), Error> {
    let authorize = &authorize;
    let telemetry = &telemetry;
    // Raw JSON on both sides: each event is parsed once, and each response serialized once.
    let handler = |event: LambdaEvent<Box<RawValue>>| async move {
        let response = answer_event(authorize, event.payload.get());
        telemetry.invocation(event.context.xray_trace_id.as_deref(), response).await
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// *(deny by default)* The response to one authorizer event: an IAM policy for a REST API, the simple format for an
/// HTTP API, at most 8,192 bytes.
///
/// # Errors
///
/// Returns `Unauthorized` if the credential is invalid; the gateway responds with 401. Any other error means that no
/// decision was possible, or names the authorizer setting to change; the gateway rejects the request. An error contains
/// nothing of the event.
pub async fn answer_event<P: AuthorizerPorts>(
    authorize: &Authorize<P>,
    event: &str,
) -> Result<Box<RawValue>, Diagnostic> {
    let mut log = RequestLog::new("authorize");
    let answered = panics::catch(answer(authorize, event, &mut log.request_id)).await;
    let (decision, response) = answered.unwrap_or_else(|panic| response::reject(AuthorizeError::Undecided(panic)));
    record(&mut log, &decision);
    log.write();
    response
}

/// Parses the event, sets `request_id` and decides.
async fn answer<P: AuthorizerPorts>(
    authorize: &Authorize<P>,
    event: &str,
    request_id: &mut String,
) -> (Decision, Result<Box<RawValue>, Diagnostic>) {
    match Event::read(event) {
        Ok(event) => {
            *request_id = event.request_id();
            response::render(&event, decide(authorize, &event).await)
        }
        Err(message) => response::reject(AuthorizeError::InvalidEvent(message)),
    }
}

async fn decide<P: AuthorizerPorts>(authorize: &Authorize<P>, event: &Event) -> Decision {
    let undecided = |error| Decision::Reject(AuthorizeError::Undecided(error));
    let Some(request) = event.authorization_request() else {
        return undecided(ServerError::Internal("the event contains no API id".to_owned()));
    };
    // A trait object, because this future is nested too deep for the compiler to compute its layout.
    let decision: Pin<Box<dyn Future<Output = Decision> + '_>> = Box::pin(authorize.decide(&request));
    with_timeout(decision).await.unwrap_or_else(undecided)
}

/// Adds the decision to the log line. An inactive token is logged by its id, and not as the caller, because it
/// authenticates no caller.
fn record(log: &mut RequestLog, decision: &Decision) {
    log.code = decision.code();
    if let Some(caller) = decision.caller() {
        log.set_caller(caller);
        log.token_id = caller.token().map(|token| token.id.to_string()).unwrap_or_default();
    }
    let Decision::Reject(error) = decision else { return };
    match error {
        AuthorizeError::Unauthenticated { cause, token } => {
            log.reason.clone_from(cause);
            if let Some(token) = token {
                log.org = token.org.to_string();
                log.token_id = token.id.to_string();
            }
        }
        AuthorizeError::Denied(denial) => log.reason = denial.log_message(),
        AuthorizeError::Undecided(error) => {
            log.reason = error.to_string();
            log.server_error = Some(error.clone());
        }
        AuthorizeError::InvalidEvent(message) => {
            (*message).clone_into(&mut log.reason);
            log.server_error = Some(ServerError::Internal((*message).to_owned()));
        }
    }
}

#[cfg(test)]
mod tests;
