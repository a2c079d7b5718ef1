//! What AWS does before a service: who calls, may they, and on the record with it. Then come the faults.

use std::{
    collections::HashMap,
    convert::Infallible,
    future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody, to_bytes},
    extract::Request,
    http::{StatusCode, header::CONTENT_LENGTH},
    response::Response,
};
use hyper::body::Frame;
use serde_json::json;

use super::{
    Service,
    calls::Calls,
    error::{self, ServiceError},
    faults::{Fault, Faults},
    forward::Forward,
    iam::{Caller, Principal},
    kms::Kms,
    request::{ApiRequest, Home},
    upstream::UpstreamKms,
    wire::{Answer, Cut},
};

/// `DynamoDB`'s limit for a request, in bytes; that of KMS is lower.
const LARGEST_REQUEST: usize = 16 * 1024 * 1024;

/// The service behind the front.
pub(super) enum Backend {
    DynamoDb(Forward),
    Kms(Kms),
    UpstreamKms(UpstreamKms),
}

/// What both services' fronts share.
#[derive(Clone)]
pub(super) struct Gate {
    pub(super) home: Home,
    /// By access key id.
    pub(super) principals: Arc<HashMap<String, Principal>>,
    pub(super) calls: Calls,
    pub(super) faults: Faults,
}

/// The front of one service.
pub(super) struct Front {
    pub(super) gate: Gate,
    pub(super) backend: Backend,
}

impl Front {
    /// Answers one request of a function.
    pub(super) async fn answer(&self, request: Request) -> Answer {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, LARGEST_REQUEST).await.map_err(|_| Cut::Closed)?;
        let request = ApiRequest::new(parts, body);
        let Some(caller) = Caller::identify(request.authorization(), &self.gate.principals) else {
            return Ok(unrecognized().answer(self.backend.service()));
        };
        let sequence = match self.admit(caller, &request) {
            Ok(sequence) => sequence,
            Err(refusal) => return Ok(refusal.answer(self.backend.service())),
        };
        let fault = self.fault(caller, &request);
        self.gate.calls.amend(sequence, request.invocation(), fault.as_ref());
        let answer = match fault {
            None => Ok(self.backend.answer(&request).await),
            Some(fault) => self.backend.answer_with(fault, &request).await,
        };
        if let Ok(answer) = &answer {
            self.gate.calls.answered(sequence, answer.body().size_hint().lower());
        }
        answer
    }

    /// Decides by the caller's policy, and records the call, whose number it gives.
    fn admit(&self, caller: Caller<'_>, request: &ApiRequest) -> Result<usize, ServiceError> {
        let action = format!("{}:{}", self.backend.service().prefix(), request.operation);
        let resources = request.resources(self.backend.service(), &self.gate.home);
        let context = request.context(self.backend.service());
        let refused_on = caller.refused_on(&action, &resources, &context);
        let sequence = self.gate.calls.record(caller.name(), &action, &resources, refused_on.is_none());
        refused_on.map_or(Ok(sequence), |resource| Err(self.denied(caller, &action, resource)))
    }

    fn denied(&self, caller: Caller<'_>, action: &str, resource: &str) -> ServiceError {
        let (account, name) = (&self.gate.home.account, caller.name());
        tracing::warn!(function = name, action, resource, "the function's policy does not allow this");
        let user = format!("arn:aws:sts::{account}:assumed-role/{name}/{name}");
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        ServiceError::new("AccessDeniedException", message)
    }

    fn fault(&self, caller: Caller<'_>, request: &ApiRequest) -> Option<Fault> {
        if caller == Caller::Operator {
            return None;
        }
        self.gate.faults.strike(caller.name(), self.backend.service(), &request.operation)
    }
}

impl Backend {
    fn service(&self) -> Service {
        match self {
            Self::DynamoDb(_) => Service::DynamoDb,
            Self::Kms(_) | Self::UpstreamKms(_) => Service::Kms,
        }
    }

    async fn answer(&self, request: &ApiRequest) -> Response {
        match self {
            Self::DynamoDb(dynamodb) => dynamodb.answer(request, request.body.clone()).await,
            Self::Kms(kms) => match kms.answer(&request.operation, &request.body) {
                Ok(body) => error::answer(Service::Kms, StatusCode::OK, body.to_string()),
                Err(error) => error.answer(Service::Kms),
            },
            Self::UpstreamKms(kms) => kms.answer(request).await,
        }
    }

    async fn answer_with(&self, fault: Fault, request: &ApiRequest) -> Answer {
        match fault {
            Fault::Down => Err(Cut::Closed),
            Fault::Reset => Err(Cut::Reset),
            Fault::Silence => future::pending().await,
            Fault::Status { status, error_type } => {
                let error = ServiceError::with_status(status, &error_type, "a fault was asked for");
                Ok(error.answer(self.service()))
            }
            Fault::Delay(delay) => {
                tokio::time::sleep(delay).await;
                Ok(self.answer(request).await)
            }
            Fault::LoseAnswer => {
                self.answer(request).await;
                Err(Cut::Reset)
            }
            Fault::WithholdAnswer => {
                self.answer(request).await;
                future::pending().await
            }
            Fault::Garble => halved(self.answer(request).await).await,
            Fault::Stall => stalled(self.answer(request).await).await,
            Fault::Unprocessed if request.operation == "BatchGetItem" => Ok(unprocessed(request)),
            Fault::Unprocessed => Ok(self.answer(request).await),
        }
    }
}

/// The first half of an answer, of which the rest does not come.
async fn stalled(answer: Response) -> Answer {
    let (parts, body) = halved(answer).await?.into_parts();
    let begun = to_bytes(body, LARGEST_REQUEST).await.map_err(|_| Cut::Closed)?;
    Ok(Response::from_parts(parts, Body::new(Endless(Some(begun)))))
}

/// A body that begins, and never ends.
struct Endless(Option<Bytes>);

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.take().map_or(Poll::Pending, |begun| Poll::Ready(Some(Ok(Frame::data(begun)))))
    }
}

/// The first half of an answer, as if that were all.
async fn halved(answer: Response) -> Answer {
    let (mut parts, body) = answer.into_parts();
    let body = to_bytes(body, LARGEST_REQUEST).await.map_err(|_| Cut::Closed)?;
    parts.headers.remove(CONTENT_LENGTH);
    // An answer without a body has no half; it must not look like a whole one either.
    let half = if body.len() < 4 { Bytes::from_static(b"{") } else { body.slice(..body.len() / 2) };
    Ok(Response::from_parts(parts, Body::from(half)))
}

/// `DynamoDB` API Reference, "Common Error Types".
fn unrecognized() -> ServiceError {
    let message = "the security token included in the request is invalid";
    ServiceError::with_status(StatusCode::FORBIDDEN, "UnrecognizedClientException", message)
}

fn unprocessed(request: &ApiRequest) -> Response {
    let body = json!({ "Responses": {}, "UnprocessedKeys": request.json()["RequestItems"] });
    error::answer(Service::DynamoDb, StatusCode::OK, body.to_string())
}
