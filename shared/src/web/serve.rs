//! Runs an endpoint as a Lambda function: parses the request, renders the response and writes the log line.

use std::{convert::Infallible, future::Future};

use lambda_http::{Body, Request, RequestExt, Response, service_fn};

use super::{ApiRequest, ApiResponse, cors::Cors, response::problem_response};
use crate::{
    config::HttpConfig,
    error::ApiError,
    telemetry::{RequestLog, Telemetry},
    timeout::with_timeout,
    token::TokenId,
};

/// An error that ends the function.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// An operation as an HTTP endpoint.
pub trait Endpoint: Send + Sync {
    /// The `operationId` in the OpenAPI document.
    fn operation(&self) -> &'static str;

    /// Handles one request.
    fn handle(&self, request: &ApiRequest) -> impl Future<Output = Result<ApiResponse, ApiError>> + Send;
}

/// Handles requests with `endpoint` until the Lambda runtime ends.
///
/// # Errors
///
/// Returns the error of the Lambda runtime, or an error if the allowed origin is not a valid header value.
pub async fn serve(endpoint: impl Endpoint, config: &HttpConfig) -> Result<(), Error> {
    let endpoint = &endpoint;
    let cors = &Cors::new(&config.allowed_origin)?;
    let telemetry = &Telemetry::new(&config.metrics_namespace);
    let handler = |request: Request| async move {
        let trace_id = request.lambda_context_ref().and_then(|context| context.xray_trace_id.clone());
        let mut response = telemetry.invocation(trace_id.as_deref(), handle(endpoint, request)).await;
        cors.add_headers(response.headers_mut());
        Ok::<_, Infallible>(response)
    };
    lambda_http::run(service_fn(handler)).await
}

/// Handles one request. *(a failure is logged once)*: only here, in the log line of the request.
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
            // Only a valid token id is logged: any other text in the path comes from the caller.
            log.token_id = request.id().parse().map(|id: TokenId| id.to_string()).unwrap_or_default();
            log.code = Some(error.code());
            log.reason = error.log_message();
            log.server_error = error.server_error().cloned();
            problem_response(&error, request.request_id())
        }
    };
    log.status = response.status().as_u16();
    log.write();
    response
}
