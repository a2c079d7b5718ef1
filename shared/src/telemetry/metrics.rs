//! Metrics in the embedded metric format: `CloudWatch` takes them out of the line of a request.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use std::{collections::BTreeMap, sync::OnceLock, time::Duration};

use jiff::Timestamp;
use serde::Serialize;

use super::request::{Outcome, Request};

/// The namespace where none is named.
const NAMESPACE: &str = "Latchkey";

static NAMED: OnceLock<String> = OnceLock::new();

/// Every metric that there is, with its unit. Each has the dimension `operation`, and `Denied` also `operation` and `code`.
pub const METRICS: [(&str, &str); 7] = [
    ("Latency", "Milliseconds"),
    ("Issued", "Count"),
    ("Revoked", "Count"),
    ("Denied", "Count"),
    ("Failed", "Count"),
    ("Throttled", "Count"),
    ("KmsFailed", "Count"),
];

/// The operations that have lines: the contract's, the authorizer's, and that of the pages.
pub const OPERATIONS: [&str; 8] = [
    "authorize",
    "createAccessToken",
    "listAccessTokens",
    "getAccessToken",
    "revokeAccessToken",
    "getAccessTokenWellKnown",
    "listCurrentRoles",
    "getPage",
];

/// Those that use keys.
const WITH_KEYS: [&str; 3] = ["authorize", "createAccessToken", "getAccessTokenWellKnown"];

/// Whether each line of `operation` has `metric`. A count is given where it may be one.
#[must_use]
pub fn emits(operation: &str, metric: &str) -> bool {
    let known = OPERATIONS.contains(&operation) && METRICS.iter().any(|(name, _)| *name == metric);
    known
        && match metric {
            "Issued" => operation == "createAccessToken",
            "Revoked" => operation == "revokeAccessToken",
            "KmsFailed" => WITH_KEYS.contains(&operation),
            _ => true,
        }
}

/// The metrics of one request, as members of its line.
#[derive(Serialize)]
pub(super) struct Metrics {
    #[serde(rename = "_aws")]
    directive: Directive,
    #[serde(flatten)]
    values: BTreeMap<&'static str, f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Directive {
    timestamp: i64,
    #[serde(rename = "CloudWatchMetrics")]
    sets: Vec<Set>,
}

/// Metrics with the same dimensions.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Set {
    namespace: &'static str,
    dimensions: [&'static [&'static str]; 1],
    metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Metric {
    name: &'static str,
    unit: &'static str,
}

/// From now on metrics are under `namespace`, unless it is empty.
pub(super) fn name(namespace: &str) {
    if !namespace.is_empty() {
        let _ = NAMED.set(namespace.to_owned());
    }
}

impl Metrics {
    /// The metrics of a request that took `took`. A count that may be one is given where it is none as well, so that an alarm can
    /// tell none from silence.
    pub(super) fn of(request: &Request, took: Duration) -> Self {
        let outcome = request.outcome();
        let count = |holds: bool| if holds { 1.0 } else { 0.0 };
        let mut values = BTreeMap::from([
            ("Latency", took.as_secs_f64() * 1_000.0),
            ("Issued", count(outcome == Outcome::Ok)),
            ("Revoked", count(outcome == Outcome::Ok)),
            ("Denied", count(outcome == Outcome::Refused)),
            ("Failed", count(outcome == Outcome::Failed)),
            ("Throttled", count(request.was_throttled())),
            ("KmsFailed", count(request.was_kms())),
        ]);
        values.retain(|metric, _| emits(request.operation, metric));
        let mut sets = vec![Set::of(&["operation"], values.keys().copied())];
        if outcome == Outcome::Refused {
            sets.push(Set::of(&["operation", "code"], ["Denied"].into_iter()));
        }
        let directive = Directive { timestamp: Timestamp::now().as_millisecond(), sets };
        Self { directive, values }
    }
}

impl Set {
    fn of(dimensions: &'static [&'static str], names: impl Iterator<Item = &'static str>) -> Self {
        let unit = |name: &str| METRICS.iter().find(|(own, _)| *own == name).map_or("None", |(_, unit)| *unit);
        let metrics = names.map(|name| Metric { name, unit: unit(name) }).collect();
        Self { namespace: NAMED.get().map_or(NAMESPACE, String::as_str), dimensions: [dimensions], metrics }
    }
}
