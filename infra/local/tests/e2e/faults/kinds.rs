//! The kinds of faults, and what is expected of each.

use std::time::Duration;

use axum::http::StatusCode;
use local::aws::{Service, faults::Fault};

use super::calls::{Call, Door};

/// What the caller is to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// What was asked for.
    Answered,
    /// 503, and that trying again later may help.
    Unavailable,
    /// 500: the service says that we asked for something that it does not know.
    Broken,
}

impl Outcome {
    /// The status, and the code of a refusal.
    pub fn told(self, door: Door) -> (u16, &'static str) {
        match self {
            Self::Answered if matches!(door, Door::Create | Door::CreateNaming) => (201, ""),
            Self::Answered => (200, ""),
            Self::Unavailable => (503, "unavailable"),
            Self::Broken => (500, "internal"),
        }
    }
}

/// How a fault comes about.
pub enum Strike {
    /// Nobody listens where the service is.
    Refused,
    /// The service plays it.
    Fault(fn(Service) -> Fault),
}

/// A kind of fault.
pub struct Kind {
    pub name: &'static str,
    pub strike: Strike,
    /// What is answered while it lasts.
    lasting: Outcome,
    /// What is answered where it strikes once.
    once: Outcome,
}

const fn outage(name: &'static str, fault: fn(Service) -> Fault) -> Kind {
    Kind { name, strike: Strike::Fault(fault), lasting: Outcome::Unavailable, once: Outcome::Answered }
}

fn status(status: StatusCode, error_type: &str) -> Fault {
    Fault::ErrorResponse { status, error_type: error_type.to_owned() }
}

fn failing(service: Service) -> Fault {
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
pub const KINDS: [Kind; 14] = [
    Kind { name: "refused", strike: Strike::Refused, lasting: Outcome::Unavailable, once: Outcome::Answered },
    outage("closed", |_| Fault::ConnectionClosed),
    outage("reset before", |_| Fault::ConnectionReset),
    outage("reset after", |_| Fault::ResponseLost),
    outage("silent before", |_| Fault::NoResponse),
    outage("silent after", |_| Fault::ResponseWithheld),
    outage("silent halfway", |_| Fault::ResponseStalled),
    Kind {
        name: "300 ms late",
        strike: Strike::Fault(|_| Fault::Delay(Duration::from_millis(300))),
        lasting: Outcome::Answered,
        once: Outcome::Answered,
    },
    outage("5 s late", |_| Fault::Delay(Duration::from_secs(5))),
    outage("500", failing),
    outage("throttled", throttling),
    Kind {
        name: "garbled",
        strike: Strike::Fault(|_| Fault::ResponseTruncated),
        lasting: Outcome::Unavailable,
        once: Outcome::Unavailable,
    },
    Kind {
        name: "invalid",
        strike: Strike::Fault(|_| status(StatusCode::BAD_REQUEST, "ValidationException")),
        lasting: Outcome::Broken,
        once: Outcome::Broken,
    },
    outage("unprocessed", |_| Fault::KeysUnprocessed),
];

impl Kind {
    /// Whether the fault can strike the call. Where the ledger refuses connections, no use is noted, since nothing is granted.
    pub fn fits(&self, call: &Call) -> bool {
        match self.name {
            "unprocessed" => call.operation == "BatchGetItem",
            "refused" => !call.may_fail(),
            _ => true,
        }
    }

    /// What the caller is to see of `call` under this fault. Where the authorizer cannot decide, the gateway says 503 whatever
    /// the cause.
    pub fn outcome(&self, call: &Call, once: bool) -> Outcome {
        let outcome = if once { self.once } else { self.lasting };
        match outcome {
            _ if call.may_fail() => Outcome::Answered,
            // Keys that could not be read at the start are read again for the first request.
            Outcome::Unavailable | Outcome::Broken if once && call.at_start() => Outcome::Answered,
            Outcome::Broken if call.function == "authorizer" => Outcome::Unavailable,
            other => other,
        }
    }
}
