//! What the functions tell, a JSON object a line: one line for each request, with its metrics; one for each token that was made
//! or revoked; one for each trouble that belongs to no request.
//!
//! *(one exit for secrets)* The subscriber admits our own target only, whatever the environment says: at trace level the SDKs
//! print what was signed, and the signature. What a caller sent is in no line.

mod audit;
mod calls;
mod format;
mod metrics;
mod request;

use jiff::Timestamp;
use serde_json::json;
use tracing::{error, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

pub use self::{
    audit::{created, revoked},
    calls::{Calls, call},
    metrics::{METRICS, OPERATIONS, emits},
    request::{Outcome, Request},
};

/// The target whose lines are written from the configured level on.
const TARGET: &str = "latchkey";
/// The target of requests and audits, whose lines are always written: the metrics are in them.
const ALWAYS: &str = "latchkey::always";

/// Begins to write lines at `level` (`error`, `warn`, `info`, `debug` or `trace`; anything else means `info`) and above.
/// Requests and audits are written whatever it is, metrics under the namespace `metrics`.
pub fn start(level: &str, metrics: &str) {
    metrics::name(metrics);
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    let admitted = Targets::new().with_target(TARGET, level).with_target(ALWAYS, LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().event_format(format::Verbatim);
    // A second start finds the first one's subscriber in place, which is as good.
    let _ = tracing_subscriber::registry().with(lines).with(admitted).try_init();
}

/// Tells of something that somebody should look at and that belongs to no request.
pub fn trouble(sentence: &str) {
    let line = json!({"timestamp": now(), "level": "ERROR", "kind": "trouble", "message": sentence}).to_string();
    error!(target: TARGET, line);
}

/// Now, as lines have it: RFC 3339, to the millisecond.
fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
