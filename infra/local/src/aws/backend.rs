//! The service behind an endpoint, and its responses under an injected fault.

use std::{
    convert::Infallible,
    future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    http::{StatusCode, header::CONTENT_LENGTH},
    response::Response,
};
use hyper::body::Frame;
use serde_json::json;

use super::{
    Service,
    error::{self, ServiceError},
    faults::Fault,
    kms::Kms,
    request::AwsRequest,
    service_client::ServiceClient,
    upstream::UpstreamKms,
};
use crate::http_server::{Abort, HandlerResult};

/// The service behind an endpoint.
pub(super) enum Backend {
    DynamoDb(ServiceClient),
    Kms(Kms),
    UpstreamKms(UpstreamKms),
}

impl Backend {
    pub(super) fn service(&self) -> Service {
        match self {
            Self::DynamoDb(_) => Service::DynamoDb,
            Self::Kms(_) | Self::UpstreamKms(_) => Service::Kms,
        }
    }

    pub(super) async fn respond(&self, request: &AwsRequest) -> Response {
        match self {
            Self::DynamoDb(dynamodb) => dynamodb.forward(request, request.body.clone()).await,
            Self::Kms(kms) => match kms.handle(&request.operation, &request.body) {
                Ok(body) => error::json_response(Service::Kms, StatusCode::OK, &body),
                Err(error) => error.response(Service::Kms),
            },
            Self::UpstreamKms(kms) => kms.respond(request).await,
        }
    }

    pub(super) async fn respond_with_fault(&self, fault: Fault, request: &AwsRequest) -> HandlerResult {
        match fault {
            Fault::ConnectionClosed => Err(Abort::Closed),
            Fault::ConnectionReset => Err(Abort::Reset),
            Fault::NoResponse => future::pending().await,
            Fault::ErrorResponse { status, error_type } => {
                let error = ServiceError::with_status(status, &error_type, "injected fault");
                Ok(error.response(self.service()))
            }
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                Ok(self.respond(request).await)
            }
            Fault::ResponseLost => {
                self.respond(request).await;
                Err(Abort::Reset)
            }
            Fault::ResponseWithheld => {
                self.respond(request).await;
                future::pending().await
            }
            Fault::ResponseTruncated => truncated(self.respond(request).await).await,
            Fault::ResponseStalled => stalled(self.respond(request).await).await,
            Fault::KeysUnprocessed if request.operation == "BatchGetItem" => Ok(keys_unprocessed(request)),
            Fault::KeysUnprocessed => Ok(self.respond(request).await),
        }
    }
}

/// The first half of a response as a complete body.
async fn truncated(response: Response) -> HandlerResult {
    let (parts, half) = first_half(response).await?;
    Ok(Response::from_parts(parts, Body::from(half)))
}

/// The first half of a response, whose rest never arrives.
async fn stalled(response: Response) -> HandlerResult {
    let (parts, half) = first_half(response).await?;
    Ok(Response::from_parts(parts, Body::new(StalledBody(Some(half)))))
}

async fn first_half(response: Response) -> Result<(axum::http::response::Parts, Bytes), Abort> {
    let (mut parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.map_err(|_| Abort::Closed)?;
    parts.headers.remove(CONTENT_LENGTH);
    // Half of `{}` or of an empty body could be taken for a complete body.
    let half = if body.len() < 4 { Bytes::from_static(b"{") } else { body.slice(..body.len() / 2) };
    Ok((parts, half))
}

/// A body that sends its first bytes and never ends.
struct StalledBody(Option<Bytes>);

impl HttpBody for StalledBody {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |bytes| Poll::Ready(Some(Ok(Frame::data(bytes)))))
    }
}

fn keys_unprocessed(request: &AwsRequest) -> Response {
    let body = json!({ "Responses": {}, "UnprocessedKeys": request.json["RequestItems"] });
    error::json_response(Service::DynamoDb, StatusCode::OK, &body)
}
