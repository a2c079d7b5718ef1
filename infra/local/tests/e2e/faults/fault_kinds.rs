//! The kinds of faults, and the expected outcome of each.

use std::time::Duration;

use axum::http::StatusCode;
use local::aws::{Service, faults::Fault};

use super::aws_calls::{AwsCall, Trigger};

/// How often a fault occurs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occurrence {
    /// Until it is cleared.
    Permanent,
    /// For one call.
    Once,
}

/// The expected response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Success,
    /// 503: a retry may succeed.
    Unavailable,
    /// 500: the service rejects the call as invalid.
    Internal,
}

impl Outcome {
    /// The status, and the error code if it is an error.
    pub fn status_and_code(self, trigger: Trigger) -> (u16, &'static str) {
        match self {
            Self::Success if trigger.is_create() || trigger == Trigger::Rotate => (201, ""),
            Self::Success => (200, ""),
            Self::Unavailable => (503, "unavailable"),
            Self::Internal => (500, "internal"),
        }
    }
}

pub enum Injection {
    /// The service's endpoint refuses connections.
    ConnectionRefused,
    /// The emulated service fails in this way.
    Fault(fn(Service) -> Fault),
}

pub struct FaultKind {
    pub name: &'static str,
    pub injection: Injection,
    /// The outcome while the fault lasts.
    permanent: Outcome,
    /// The outcome if one call fails.
    once: Outcome,
}

/// A fault that the SDK retries.
const fn outage(name: &'static str, fault: fn(Service) -> Fault) -> FaultKind {
    FaultKind { name, injection: Injection::Fault(fault), permanent: Outcome::Unavailable, once: Outcome::Success }
}

/// A fault with the same outcome whether it is permanent or not.
const fn fault(name: &'static str, outcome: Outcome, fault: fn(Service) -> Fault) -> FaultKind {
    FaultKind { name, injection: Injection::Fault(fault), permanent: outcome, once: outcome }
}

fn status(status: StatusCode, error_type: &str) -> Fault {
    Fault::ErrorResponse { status, error_type: error_type.to_owned() }
}

fn internal_error(service: Service) -> Fault {
    let error_type = match service {
        Service::DynamoDb => "InternalServerError",
        Service::Kms => "KMSInternalException",
    };
    status(StatusCode::INTERNAL_SERVER_ERROR, error_type)
}

fn throttling(service: Service) -> Fault {
    let error_type = match service {
        Service::DynamoDb => "ProvisionedThroughputExceededException",
        Service::Kms => "ThrottlingException",
    };
    status(StatusCode::BAD_REQUEST, error_type)
}

/// Every kind, in the order of the table's columns.
pub const FAULT_KINDS: [FaultKind; 14] = [
    FaultKind {
        name: "refused",
        injection: Injection::ConnectionRefused,
        permanent: Outcome::Unavailable,
        once: Outcome::Success,
    },
    outage("closed", |_| Fault::ConnectionClosed),
    outage("reset before", |_| Fault::ConnectionReset),
    outage("reset after", |_| Fault::ResponseLost),
    outage("silent before", |_| Fault::NoResponse),
    outage("silent after", |_| Fault::ResponseWithheld),
    outage("silent halfway", |_| Fault::ResponseStalled),
    fault("300 ms late", Outcome::Success, |_| Fault::Delay(Duration::from_millis(300))),
    outage("5 s late", |_| Fault::Delay(Duration::from_secs(5))),
    outage("500", internal_error),
    outage("throttled", throttling),
    fault("malformed", Outcome::Unavailable, |_| Fault::ResponseTruncated),
    fault("invalid", Outcome::Internal, |_| status(StatusCode::BAD_REQUEST, "ValidationException")),
    outage("unprocessed", |_| Fault::KeysUnprocessed),
];

impl FaultKind {
    /// Whether the call can fail in this way. If `DynamoDB` refuses connections, no request is granted and no use recorded.
    pub fn applies_to(&self, call: &AwsCall) -> bool {
        match self.name {
            "unprocessed" => call.operation == "BatchGetItem",
            "refused" => !call.is_optional(),
            _ => true,
        }
    }

    /// The expected outcome. If the authorizer fails, API Gateway returns 503 whatever the cause.
    pub fn outcome(&self, call: &AwsCall, occurrence: Occurrence) -> Outcome {
        let outcome = match occurrence {
            Occurrence::Once => self.once,
            Occurrence::Permanent => self.permanent,
        };
        match outcome {
            _ if call.is_optional() => Outcome::Success,
            // DynamoDB rejects the first write, because the token was rotated, and this response is malformed.
            _ if self.name == "malformed" && call.trigger == Trigger::RevokeRotated => Outcome::Internal,
            // The first request reads the keys again that could not be read at the start.
            Outcome::Unavailable | Outcome::Internal if occurrence == Occurrence::Once && call.is_at_start() => {
                Outcome::Success
            }
            Outcome::Internal if call.function == "authorizer" => Outcome::Unavailable,
            other => other,
        }
    }
}
