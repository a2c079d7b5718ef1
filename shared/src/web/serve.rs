//! Runs an endpoint as a Lambda function: parses the request, renders the response and writes the log line.

use std::{future::Future, pin::Pin};

use http::Response;
use lambda_runtime::{LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::{
    ApiRequest, ApiResponse,
    cors::Cors,
    event::ApiKind,
    response::{problem_response, render},
};
use crate::{
    config::HttpConfig,
    error::ApiError,
    panics,
    telemetry::{RequestLog, Telemetry},
    timeout::with_timeout,
    token::TokenId,
};

/// An error that ends the function.
pub type Error = Box<dyn std::error::Error + Send + Sync>;

/// An operation as an HTTP endpoint.
pub trait Endpoint: Send + Sync {
    /// The `operationId` in the OpenAPI document of the operation on `route`, which is empty if the event has none.
    fn operation(&self, route: &str) -> &'static str;

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
    let handler = |event: LambdaEvent<Box<RawValue>>| async move {
        let response = respond(endpoint, cors, event.payload.get());
        telemetry.invocation(event.context.xray_trace_id.as_deref(), response).await
    };
    lambda_runtime::run(service_fn(handler)).await
}

/// The response to one event. *(a failure is logged once)*: only here, in the log line of the request.
async fn respond(endpoint: &impl Endpoint, cors: &Cors, event: &str) -> Result<Box<RawValue>, Error> {
    let mut log = RequestLog::new(endpoint.operation(""));
    let mut kind = ApiKind::Rest;
    let answered = panics::catch(answer(endpoint, event, &mut kind, &mut log)).await;
    let mut response = answered.unwrap_or_else(|panic| fail(&ApiError::from(panic), &mut log));
    cors.add_headers(response.headers_mut());
    log.status = response.status().as_u16();
    log.write();
    Ok(render(&response, kind)?)
}

/// Parses one event and handles its request. Records in `kind` and `log` what is known of it.
async fn answer(endpoint: &impl Endpoint, event: &str, kind: &mut ApiKind, log: &mut RequestLog) -> Response<String> {
    let Some(request) = ApiRequest::parse(event) else {
        return fail(&ApiError::internal("the event is not a request of an API Gateway API"), log);
    };
    *kind = request.api_kind();
    log.operation = endpoint.operation(request.route());
    request.request_id().clone_into(&mut log.request_id);
    if let Ok(caller) = request.caller() {
        log.set_caller(&caller);
    }
    let mut response = handle(endpoint, &request, log).await;
    if request.is_head() {
        // The headers of the response to GET, without its content (RFC 9110, section 9.3.2).
        response.body_mut().clear();
    }
    response
}

/// Handles one request within its time limit.
async fn handle(endpoint: &impl Endpoint, request: &ApiRequest, log: &mut RequestLog) -> Response<String> {
    // A trait object, because this future is nested too deep for the compiler to compute its layout.
    let work: Pin<Box<dyn Future<Output = Result<ApiResponse, ApiError>> + Send + '_>> =
        Box::pin(endpoint.handle(request));
    match with_timeout(work).await.unwrap_or_else(|error| Err(error.into())) {
        Ok(response) => {
            log.token_id = response.token().map(ToString::to_string).unwrap_or_default();
            response.into_response()
        }
        Err(error) => {
            // Only a valid token id is logged: any other text in the path comes from the caller.
            log.token_id = request.id().parse().map(|id: TokenId| id.to_string()).unwrap_or_default();
            fail(&error, log)
        }
    }
}

/// The response to the request of `log`, which fails with `error`.
fn fail(error: &ApiError, log: &mut RequestLog) -> Response<String> {
    log.code = Some(error.code());
    log.reason = error.log_message();
    log.server_error = error.server_error().cloned();
    problem_response(error, &log.request_id)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// An endpoint that panics.
    struct Defect;

    impl Endpoint for Defect {
        fn operation(&self, _route: &str) -> &'static str {
            "getAccessToken"
        }

        async fn handle(&self, request: &ApiRequest) -> Result<ApiResponse, ApiError> {
            assert!(request.request_id().is_empty(), "{}", request.request_id());
            Err(ApiError::NotFound)
        }
    }

    async fn respond_to(event: &Value) -> Value {
        let response = respond(&Defect, &Cors::new("*").unwrap(), &event.to_string()).await.unwrap();
        serde_json::from_str(response.get()).unwrap()
    }

    #[tokio::test]
    async fn panic_becomes_problem_response() {
        let event = json!({"requestContext": {"resourcePath": "/v1/access-tokens/{id}", "requestId": "r-1"}});
        let response = respond_to(&event).await;
        let body: Value = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        assert_eq!((&response["statusCode"], &body["code"]), (&json!(500), &json!("internal")));
        assert_eq!(body["instance"], "r-1");
        assert_eq!(response["multiValueHeaders"]["access-control-allow-origin"], json!(["*"]));
    }

    #[tokio::test]
    async fn head_response_has_no_body() {
        let rest = json!({"httpMethod": "HEAD", "requestContext": {"resourcePath": "/tokens", "requestId": ""}});
        let http = json!({
            "version": "2.0",
            "requestContext": {"routeKey": "HEAD /tokens", "requestId": "", "http": {"method": "HEAD"}},
        });
        for event in [rest, http] {
            let response = respond_to(&event).await;
            assert_eq!((&response["statusCode"], &response["body"]), (&json!(404), &json!("")), "{event}");
        }
    }

    #[tokio::test]
    async fn event_of_another_source_is_internal_error() {
        let response = respond_to(&json!({"Records": []})).await;
        assert_eq!(response["statusCode"], 500);
    }
}
