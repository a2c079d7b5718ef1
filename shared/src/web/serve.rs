//! The one wrapper around every endpoint: it reads the request, renders the response, and writes the log line.

use std::{convert::Infallible, future::Future};

use lambda_http::{Body, Request, RequestExt, Response, service_fn};

use super::{ApiRequest, ApiResponse, cors::Cors, response::refusal};
use crate::{
    config::HttpConfig,
    error::ApiError,
    telemetry::{RequestLog, Telemetry},
    timeout::with_timeout,
    token::TokenId,
};

/// Why a function cannot serve.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// An operation behind a route.
pub trait Endpoint: Send + Sync {
    /// The operation's id in the contract.
    fn operation(&self) -> &'static str;

    /// Answers one request.
    fn handle(&self, request: &ApiRequest) -> impl Future<Output = Result<ApiResponse, ApiError>> + Send;
}

/// Serves `endpoint` until the Lambda runtime ends.
///
/// # Errors
///
/// Those of the Lambda runtime; an allowed origin that is not a valid header value.
pub async fn serve(endpoint: impl Endpoint, config: &HttpConfig) -> Result<(), Error> {
    let endpoint = &endpoint;
    let cors = &Cors::new(&config.allowed_origin)?;
    let telemetry = &Telemetry::new(&config.metrics_namespace);
    let handler = |request: Request| async move {
        let trace_id = request.lambda_context_ref().and_then(|context| context.xray_trace_id.clone());
        let mut response = telemetry.invocation(trace_id.as_deref(), handle(endpoint, request)).await;
        cors.permit(response.headers_mut());
        Ok::<_, Infallible>(response)
    };
    lambda_http::run(service_fn(handler)).await
}

/// *(a failure is logged once)* Here.
async fn handle(endpoint: &impl Endpoint, request: Request) -> Response<Body> {
    let mut log = RequestLog::new(endpoint.operation());
    let request = ApiRequest::new(request);
    let response = with_timeout(endpoint.handle(&request)).await.unwrap_or_else(|error| Err(error.into()));
    request.request_id().clone_into(&mut log.request_id);
    if let Ok(caller) = request.caller() {
        log.set_caller(&caller);
    }
    let response = match response {
        Ok(response) => {
            log.token_id = response.token().map(ToString::to_string).unwrap_or_default();
            response.into_response()
        }
        Err(error) => {
            // Only the id of a token: any other text is the caller's.
            log.token_id = request.id().parse().map(|id: TokenId| id.to_string()).unwrap_or_default();
            log.code = Some(error.code());
            log.reason = error.log_message();
            log.server_error = error.server_error().cloned();
            refusal(&error, request.request_id())
        }
    };
    log.status = response.status().as_u16();
    log.write();
    response
}
