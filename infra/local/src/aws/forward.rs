//! Requests sent on to a service behind the front, and its answers as they come.

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
    request::{ApiRequest, Home},
};

/// How long an answer may take. Whoever asked has given up long before.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long an idle connection is kept: less than any server keeps one, since a request on one that the other side is closing
/// is lost.
const IDLE: Duration = Duration::from_secs(2);

/// Sends requests on to the service at one address.
#[derive(Debug, Clone)]
pub(super) struct Forward {
    client: reqwest::Client,
    service: Service,
    url: String,
    authorization: HeaderValue,
}

/// An answer: its status, its headers, its body.
type Answered = (StatusCode, HeaderMap, Bytes);

impl Forward {
    /// Sends on to `service` at `url`, `http://<host>:<port>`.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be made.
    pub(super) fn new(service: Service, url: &str, home: &Home) -> Result<Self, AwsError> {
        let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).pool_idle_timeout(IDLE).build()?;
        Ok(Self { client, service, url: url.to_owned(), authorization: authorization(service, home) })
    }

    /// Where it sends to.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Sends a caller's request on with the body `body`.
    pub(super) async fn answer(&self, request: &ApiRequest, body: Bytes) -> Response {
        let parts = &request.parts;
        match self.send(parts.method.clone(), parts.uri.path(), parts.headers.clone(), body).await {
            Ok((status, headers, body)) => {
                let mut response = Response::new(Body::from(body));
                *response.status_mut() = status;
                *response.headers_mut() = headers;
                response
            }
            Err(error) => {
                tracing::error!(%error, service = self.service.name(), "the service behind the front did not answer");
                self.unanswered().answer(self.service)
            }
        }
    }

    /// Calls `operation` with `body` on the stack's own behalf.
    ///
    /// # Errors
    ///
    /// What the service answers, or that it did not.
    pub(super) async fn call(&self, operation: &str, body: &Value) -> Result<Value, ServiceError> {
        let target = format!("{}.{operation}", self.service.target());
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.service.content_type()));
        headers.insert(HeaderName::from_static("x-amz-target"), text(&target));
        headers.insert(HeaderName::from_static("x-amz-date"), HeaderValue::from_static("20260101T000000Z"));
        let sent = self.send(Method::POST, "/", headers, body.to_string().into()).await;
        let (status, _, body) = sent.map_err(|_| self.unanswered())?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success() { Ok(body) } else { Err(ServiceError::read(status, &body)) }
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Result<Answered, reqwest::Error> {
        let mut headers = of_the_message(headers);
        headers.insert(header::AUTHORIZATION, self.authorization.clone());
        let request = self.client.request(method, format!("{}{path}", self.url)).headers(headers);
        let answer = request.body(body).send().await?;
        Ok((answer.status(), of_the_message(answer.headers().clone()), answer.bytes().await?))
    }

    fn unanswered(&self) -> ServiceError {
        let name = match self.service {
            Service::DynamoDb => "InternalServerError",
            Service::Kms => "KMSInternalException",
        };
        ServiceError::with_status(StatusCode::INTERNAL_SERVER_ERROR, name, "the service did not answer")
    }
}

/// The headers without those of the one connection (RFC 9110, section 7.6.1), the host and the length.
fn of_the_message(mut headers: HeaderMap) -> HeaderMap {
    for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::HOST, header::CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers
}

/// One caller for all, whom the front has let through: emulators keep the data of each access key or account apart. Those that
/// have accounts take twelve digits for one. Nothing is signed, since no emulator knows a secret.
fn authorization(service: Service, home: &Home) -> HeaderValue {
    let scope = format!("{}/20260101/{}/{}/aws4_request", home.account, home.region, service.prefix());
    text(&format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host;x-amz-date;x-amz-target, Signature=0"))
}

fn text(value: &str) -> HeaderValue {
    HeaderValue::from_str(value).unwrap_or_else(|_| unreachable!("it is printable ASCII"))
}
