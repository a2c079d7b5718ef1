//! The HTTP client that calls the service behind an endpoint.

use std::time::Duration;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::Response,
};
use serde_json::Value;

use super::{
    AwsError, Service,
    error::ServiceError,
    request::{ArnScope, AwsRequest},
};

/// Longest time for a response. The functions' own timeouts are shorter.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// How long an idle connection is reused: shorter than the idle timeout of any server, because a request on a connection
/// that the server is closing is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(2);

/// A client of one service at one URL.
#[derive(Debug, Clone)]
pub(super) struct ServiceClient {
    client: reqwest::Client,
    service: Service,
    url: String,
    authorization: HeaderValue,
}

impl ServiceClient {
    /// A client of `service` at `url`, `http://<host>:<port>`.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError::Client`] if the HTTP client cannot be created.
    pub(super) fn new(service: Service, url: &str, arn_scope: &ArnScope) -> Result<Self, AwsError> {
        let client = reqwest::Client::builder().no_proxy().timeout(REQUEST_TIMEOUT).pool_idle_timeout(IDLE_TIMEOUT);
        Ok(Self {
            client: client.build()?,
            service,
            url: url.to_owned(),
            authorization: authorization(service, arn_scope),
        })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Forwards a caller's request with the body `body`.
    pub(super) async fn forward(&self, request: &AwsRequest, body: Bytes) -> Response {
        let parts = &request.parts;
        match self.send(parts.method.clone(), parts.uri.path(), parts.headers.clone(), body).await {
            Ok(response) => response.map(Body::from),
            Err(error) => {
                tracing::error!(%error, service = self.service.name(), "the service did not respond");
                self.no_response().response(self.service)
            }
        }
    }

    /// Calls `operation` with `body` for the stack itself.
    ///
    /// # Errors
    ///
    /// Returns the service's error, or an internal error of the service if it does not respond.
    pub(super) async fn call(&self, operation: &str, body: &Value) -> Result<Value, ServiceError> {
        let target = format!("{}.{operation}", self.service.target_prefix());
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.service.content_type()));
        headers.insert(HeaderName::from_static("x-amz-target"), header_value(&target));
        headers.insert(HeaderName::from_static("x-amz-date"), HeaderValue::from_static("20260101T000000Z"));
        let response = self.send(Method::POST, "/", headers, body.to_string().into()).await;
        let response = response.map_err(|_| self.no_response())?;
        let body: Value = serde_json::from_slice(response.body()).unwrap_or_default();
        if response.status().is_success() { Ok(body) } else { Err(ServiceError::parse(response.status(), &body)) }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<axum::http::Response<Bytes>, reqwest::Error> {
        let mut headers = end_to_end(headers);
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let request = self.client.request(method, format!("{}{path}", self.url)).headers(headers);
        let received = request.body(body).send().await?;
        let status = received.status();
        let headers = end_to_end(received.headers().clone());
        let mut response = axum::http::Response::new(received.bytes().await?);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }

    fn no_response(&self) -> ServiceError {
        let name = self.service.internal_error();
        ServiceError::with_status(StatusCode::INTERNAL_SERVER_ERROR, name, "the service did not respond")
    }
}

/// The headers without the hop-by-hop ones (RFC 9110, section 7.6.1), the host and the length.
fn end_to_end(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::HOST, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers
}

/// The same credential for every caller, because emulators separate the data of each access key or account. The access key
/// id is the account's twelve digits, which emulators with accounts expect. The signature is a placeholder: emulators do
/// not verify it.
fn authorization(service: Service, arn_scope: &ArnScope) -> HeaderValue {
    let ArnScope { account, region } = arn_scope;
    let credential = format!("{account}/20260101/{region}/{}/aws4_request", service.action_prefix());
    header_value(&format!(
        "AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0"
    ))
}

fn header_value(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| unreachable!("the value is printable ASCII"))
}
