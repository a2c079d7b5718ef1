//! Metrics in the embedded metric format: `CloudWatch` extracts them from the line of a request.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use super::{invocation::InvocationFields, outcome::Outcome};
use crate::{
    error::ServerError,
    ports::{PortErrorKind, Service},
};

/// A metric. Each has the dimension `operation`; [`Metric::ClientErrors`] is also counted by `operation` and `code`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Metric {
    /// Duration of the request.
    Latency,
    /// Tokens that were created.
    TokensCreated,
    /// Tokens that were revoked.
    TokensRevoked,
    /// Requests that were rejected because of what the caller is or sent.
    ClientErrors,
    /// Requests that failed because of the service, its dependencies or its configuration.
    ServerErrors,
    /// Requests that failed because AWS limited the rate of a call.
    Throttled,
    /// Requests that failed because of KMS or a key.
    KmsErrors,
    /// Errors in the configuration of the process, which serves requests nevertheless. It is written with each request while
    /// there are any, and not only at the start: an alarm stays raised as long as a process with them serves requests.
    ConfigurationErrors,
}

/// The operations that write request lines: those of the contract, the authorizer's and the token page's.
pub const OPERATIONS: [&str; 13] = [
    "authorize",
    "createAccessToken",
    "rotateAccessToken",
    "listAccessTokens",
    "getAccessToken",
    "revokeAccessToken",
    "revokeAccessTokens",
    "updateAccessToken",
    "getAccessTokenWellKnown",
    "listCurrentRoles",
    "simulatePermission",
    "managePermissions",
    "getPage",
];

/// The operations that revoke tokens.
const REVOKING_OPERATIONS: [&str; 2] = ["revokeAccessToken", "revokeAccessTokens"];

/// The operations that use signing or verification keys.
const OPERATIONS_WITH_KEYS: [&str; 4] =
    ["authorize", "createAccessToken", "rotateAccessToken", "getAccessTokenWellKnown"];

/// The operations that return a new token.
const CREATING_OPERATIONS: [&str; 2] = ["createAccessToken", "rotateAccessToken"];

impl Metric {
    /// Every metric.
    pub const ALL: [Self; 8] = [
        Self::Latency,
        Self::TokensCreated,
        Self::TokensRevoked,
        Self::ClientErrors,
        Self::ServerErrors,
        Self::Throttled,
        Self::KmsErrors,
        Self::ConfigurationErrors,
    ];

    /// The name in `CloudWatch`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latency => "Latency",
            Self::TokensCreated => "TokensCreated",
            Self::TokensRevoked => "TokensRevoked",
            Self::ClientErrors => "ClientErrors",
            Self::ServerErrors => "ServerErrors",
            Self::Throttled => "Throttled",
            Self::KmsErrors => "KmsErrors",
            Self::ConfigurationErrors => "ConfigurationErrors",
        }
    }

    /// The unit in `CloudWatch`.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Latency => "Milliseconds",
            _ => "Count",
        }
    }

    /// Whether each request line of `operation` has the metric. A count is written as 0 if nothing was counted, so that
    /// alarms can distinguish zero from missing data; only [`Metric::ConfigurationErrors`] is omitted then.
    #[must_use]
    pub fn is_emitted_by(self, operation: &str) -> bool {
        OPERATIONS.contains(&operation)
            && match self {
                Self::TokensCreated => CREATING_OPERATIONS.contains(&operation),
                Self::TokensRevoked => REVOKING_OPERATIONS.contains(&operation),
                Self::ConfigurationErrors => operation == "authorize",
                Self::KmsErrors => OPERATIONS_WITH_KEYS.contains(&operation),
                Self::Latency | Self::ClientErrors | Self::ServerErrors | Self::Throttled => true,
            }
    }
}

/// The metrics that count a server error in addition to [`Metric::ServerErrors`].
fn error_metrics(error: &ServerError) -> Vec<Metric> {
    match error {
        ServerError::Port(error) => port_error_metrics(error.service, error.kind),
        ServerError::RequestTimeout | ServerError::Internal(_) | ServerError::Panic(_) => Vec::new(),
    }
}

/// The metrics that count a failed call. Without a wildcard: a new service or kind does not compile until it is mapped.
fn port_error_metrics(service: Service, kind: PortErrorKind) -> Vec<Metric> {
    let of_service = match service {
        Service::Kms => Some(Metric::KmsErrors),
        Service::DynamoDb | Service::IdentityProvider => None,
    };
    let of_kind = match kind {
        PortErrorKind::Throttled => Some(Metric::Throttled),
        PortErrorKind::TimedOut
        | PortErrorKind::Unreachable
        | PortErrorKind::ServerError
        | PortErrorKind::MalformedResponse
        | PortErrorKind::UnusableDocument
        | PortErrorKind::Conflict
        | PortErrorKind::NoEnabledKey
        | PortErrorKind::SigningKeyDisabled
        | PortErrorKind::WrongKey
        | PortErrorKind::AccessDenied
        | PortErrorKind::Rejected
        | PortErrorKind::InvalidRequest
        | PortErrorKind::InvalidItem
        | PortErrorKind::Configuration => None,
    };
    of_service.into_iter().chain(of_kind).collect()
}

/// The metrics of one request, as members of its line.
#[derive(Serialize)]
pub(super) struct RequestMetrics {
    #[serde(rename = "_aws")]
    metadata: Metadata,
    #[serde(flatten)]
    values: BTreeMap<&'static str, f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    timestamp: i64,
    cloud_watch_metrics: Vec<MetricDirective>,
}

/// Metrics with the same dimensions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDirective {
    namespace: Arc<str>,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<MetricDefinition>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct MetricDefinition {
    name: &'static str,
    unit: &'static str,
}

impl RequestMetrics {
    /// The metrics of a request in this invocation.
    pub(super) fn new(
        operation: &str,
        outcome: Outcome,
        error: Option<&ServerError>,
        invocation: &InvocationFields,
    ) -> Self {
        let errors = error.map(error_metrics).unwrap_or_default();
        let count = |is_counted: bool| if is_counted { 1.0 } else { 0.0 };
        let value = |metric: Metric| match metric {
            Metric::Latency => invocation.duration.as_secs_f64() * 1_000.0,
            Metric::TokensCreated => count(outcome == Outcome::Ok),
            // Also of a request that failed after it had revoked some.
            Metric::TokensRevoked => f64::from(invocation.revoked_tokens),
            Metric::ClientErrors => count(outcome == Outcome::ClientError),
            Metric::ServerErrors => count(outcome == Outcome::ServerError),
            Metric::Throttled | Metric::KmsErrors => count(errors.contains(&metric)),
            Metric::ConfigurationErrors => f64::from(invocation.configuration_errors),
        };
        let is_emitted = |metric: &Metric| {
            metric.is_emitted_by(operation)
                && (*metric != Metric::ConfigurationErrors || invocation.configuration_errors > 0)
        };
        let emitted: Vec<_> = Metric::ALL.into_iter().filter(is_emitted).collect();
        let namespace = &invocation.namespace;
        let mut directives = vec![MetricDirective::new(namespace, &["operation"], &emitted)];
        if outcome == Outcome::ClientError {
            directives.push(MetricDirective::new(namespace, &["operation", "code"], &[Metric::ClientErrors]));
        }
        Self {
            metadata: Metadata { timestamp: Timestamp::now().as_millisecond(), cloud_watch_metrics: directives },
            values: emitted.into_iter().map(|metric| (metric.name(), value(metric))).collect(),
        }
    }
}

impl MetricDirective {
    fn new(namespace: &Arc<str>, dimensions: &'static [&'static str], metrics: &[Metric]) -> Self {
        let metrics = metrics.iter().map(|metric| MetricDefinition { name: metric.name(), unit: metric.unit() });
        Self { namespace: namespace.clone(), dimensions: [dimensions], metrics: metrics.collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::PortError;

    /// The metrics of each kind of error of `DynamoDB`. KMS errors are counted as `KmsErrors` as well.
    const METRICS_OF_KINDS: [(PortErrorKind, &[Metric]); 15] = [
        (PortErrorKind::Throttled, &[Metric::Throttled]),
        (PortErrorKind::TimedOut, &[]),
        (PortErrorKind::Unreachable, &[]),
        (PortErrorKind::ServerError, &[]),
        (PortErrorKind::MalformedResponse, &[]),
        (PortErrorKind::UnusableDocument, &[]),
        (PortErrorKind::Conflict, &[]),
        (PortErrorKind::NoEnabledKey, &[]),
        (PortErrorKind::SigningKeyDisabled, &[]),
        (PortErrorKind::WrongKey, &[]),
        (PortErrorKind::AccessDenied, &[]),
        (PortErrorKind::Rejected, &[]),
        (PortErrorKind::InvalidRequest, &[]),
        (PortErrorKind::InvalidItem, &[]),
        (PortErrorKind::Configuration, &[]),
    ];

    /// Every kind of error of every service has its metrics: the alarms for throttling and signing depend on them.
    #[test]
    fn port_error_kind_maps_to_its_metrics() {
        for kind in PortErrorKind::ALL {
            let mapped = METRICS_OF_KINDS.iter().find(|(of, _)| *of == kind);
            let (_, expected) = mapped.unwrap_or_else(|| panic!("{kind:?} has no metrics"));
            for service in Service::ALL {
                let metrics = error_metrics(&PortError::new(service, "Operation", kind).into());
                let kms = (service == Service::Kms).then_some(Metric::KmsErrors);
                assert_eq!(metrics, kms.into_iter().chain(expected.iter().copied()).collect::<Vec<_>>(), "{kind:?}");
            }
        }
    }
}
