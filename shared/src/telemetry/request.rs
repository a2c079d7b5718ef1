//! The line of a request.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use serde::Serialize;
use tracing::info;

use super::{ALWAYS, Calls, metrics::Metrics, now};
use crate::caller::Caller;

/// Whether this process has had no request yet.
static COLD: AtomicBool = AtomicBool::new(true);

/// What says that a service wanted less of us. A batch that is read in part says it in the words of `aws/ledger/evidence.rs`.
const THROTTLING: [&str; 5] =
    ["Throttl", "ThroughputExceeded", "RequestLimitExceeded", " 429 ", "keys were left unprocessed"];

/// What says that a key is missing, in the words of `aws/keys.rs`.
const KEYS: [&str; 3] = ["kms:", "no key of the family is in use", "the key that signs is out of use"];

/// A request, from its beginning to its line.
#[derive(Debug)]
pub struct Request {
    /// The operation's id in the contract.
    pub operation: &'static str,
    /// The gateway's id of the request.
    pub request_id: String,
    /// The organization in which the request acts, where that is known.
    pub org: String,
    /// Who asks, where that is known.
    pub principal: String,
    /// The token that it is about: that was made, read or revoked, or that calls.
    pub token_id: String,
    /// The status that was answered, or 0 where the answer has none.
    pub status: u16,
    /// The contract's code of a refusal, `ok` otherwise.
    pub code: &'static str,
    /// Why. It holds nothing that the caller sent but ids.
    pub reason: String,
    /// Whether it is our fault, so that somebody should look.
    pub ours: bool,
    begun: Instant,
    calls: Calls,
}

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was granted or done.
    Ok,
    /// It was refused, for what the caller is or sent.
    Refused,
    /// It could not be done, for what lies on our side.
    Failed,
}

/// The line as it is written. An empty text is left out.
#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    level: &'static str,
    kind: &'static str,
    request_id: &'a str,
    operation: &'static str,
    outcome: Outcome,
    code: &'static str,
    #[serde(skip_serializing_if = "is_zero")]
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    org_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    principal: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    token_id: &'a str,
    ms: f64,
    cold_start: bool,
    wire_calls: u64,
    #[serde(flatten)]
    metrics: Metrics,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(status: &u16) -> bool {
    *status == 0
}

impl Request {
    /// A request that begins now.
    #[must_use]
    pub fn begin(operation: &'static str) -> Self {
        Self {
            operation,
            request_id: String::new(),
            org: String::new(),
            principal: String::new(),
            token_id: String::new(),
            status: 0,
            code: "ok",
            reason: String::new(),
            ours: false,
            begun: Instant::now(),
            calls: Calls::begin(),
        }
    }

    /// Says who asks.
    pub fn by(&mut self, caller: &Caller) {
        (self.org, self.principal) = (caller.org.to_string(), caller.principal.to_string());
    }

    /// How it ends.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self.code {
            "ok" => Outcome::Ok,
            _ if self.ours => Outcome::Failed,
            _ => Outcome::Refused,
        }
    }

    /// Whether a service on which it depends wanted less of us.
    #[must_use]
    pub fn was_throttled(&self) -> bool {
        self.ours && THROTTLING.iter().any(|word| self.reason.contains(word))
    }

    /// Whether it failed for a key: KMS gave none, or none is in use.
    #[must_use]
    pub fn was_kms(&self) -> bool {
        self.ours && KEYS.iter().any(|words| self.reason.contains(words))
    }

    /// *(a failure is logged once)* Writes the line.
    pub fn end(self) {
        let line = self.line(self.begun.elapsed(), COLD.swap(false, Ordering::Relaxed));
        info!(target: ALWAYS, line);
    }

    fn line(&self, took: Duration, cold_start: bool) -> String {
        let line = Line {
            timestamp: now(),
            level: if self.ours { "ERROR" } else { "INFO" },
            kind: "request",
            request_id: &self.request_id,
            operation: self.operation,
            outcome: self.outcome(),
            code: self.code,
            status: self.status,
            reason: &self.reason,
            org_id: &self.org,
            principal: &self.principal,
            token_id: &self.token_id,
            ms: took.as_secs_f64() * 1_000.0,
            cold_start,
            wire_calls: self.calls.count(),
            metrics: Metrics::of(self, took),
        };
        serde_json::to_string(&line).unwrap_or_default()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::telemetry::METRICS;

    fn line(change: impl FnOnce(&mut Request)) -> Value {
        let mut request = Request::begin("createAccessToken");
        change(&mut request);
        serde_json::from_str(&request.line(Duration::from_micros(1_500), true)).unwrap()
    }

    #[test]
    fn a_line_has_what_a_person_searches_by_and_no_empty_text() {
        let line = line(|request| {
            request.by(&crate::caller::tests::person(&[]));
            (request.request_id, request.token_id, request.status) = ("r".to_owned(), "api_x".to_owned(), 201);
        });
        for (name, value) in [
            ("kind", json!("request")),
            ("level", json!("INFO")),
            ("request_id", json!("r")),
            ("operation", json!("createAccessToken")),
            ("outcome", json!("ok")),
            ("code", json!("ok")),
            ("status", json!(201)),
            ("org_id", json!("123")),
            ("principal", json!("local|1001")),
            ("token_id", json!("api_x")),
            ("ms", json!(1.5)),
            ("cold_start", json!(true)),
            ("wire_calls", json!(0)),
            ("Issued", json!(1.0)),
            ("reason", Value::Null),
        ] {
            assert_eq!(line[name], value, "{name}");
        }
    }

    #[test]
    fn the_metrics_of_a_line_are_known_ones_whose_values_and_dimensions_stand_in_it() {
        let failed = |reason: &str| {
            let reason = reason.to_owned();
            line(move |request| (request.code, request.ours, request.reason) = ("unavailable", true, reason))
        };
        let refused = line(|request| request.code = "role_not_held");
        for (line, name, value) in [
            (&line(|_| {}), "Issued", 1.0),
            (&line(|request| request.operation = "revokeAccessToken"), "Revoked", 1.0),
            (&refused, "Denied", 1.0),
            (&refused, "Issued", 0.0),
            (&failed("dynamodb:PutItem: not reachable"), "Failed", 1.0),
            (&failed("dynamodb:PutItem: not reachable"), "KmsFailed", 0.0),
            (&failed("kms:Sign: not reachable"), "KmsFailed", 1.0),
            (&failed("unavailable: kms:GetPublicKey: not reachable"), "KmsFailed", 1.0),
            (&failed("the key that signs is out of use"), "KmsFailed", 1.0),
            (&failed("dynamodb:GetItem: 400 ThrottlingException"), "Throttled", 1.0),
            (&failed("dynamodb:BatchGetItem: keys were left unprocessed"), "Throttled", 1.0),
            (&failed("dynamodb:BatchGetItem: not reachable"), "Throttled", 0.0),
        ] {
            assert_eq!(line[name], value, "{name}: {line}");
            for set in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                assert_eq!(set["Namespace"], "Latchkey");
                for metric in set["Metrics"].as_array().unwrap() {
                    let known = METRICS.iter().find(|(own, _)| metric["Name"] == *own);
                    assert_eq!(metric["Unit"], known.unwrap().1);
                    assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{line}");
                }
                for dimension in set["Dimensions"][0].as_array().unwrap() {
                    assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
                }
            }
        }
        let by_code = &refused["_aws"]["CloudWatchMetrics"][1];
        assert_eq!(by_code["Dimensions"], json!([["operation", "code"]]));
    }
}
