//! What the functions tell: one JSON line for each request, one for each trouble.
//!
//! *(one exit for secrets)* The subscriber admits our own target only, whatever the environment says: at trace level the SDKs
//! print what was signed, and the signature.

use std::time::Duration;

use tracing::{error, info, level_filters::LevelFilter};
use tracing_subscriber::{filter::Targets, layer::SubscriberExt, util::SubscriberInitExt};

/// The one target whose lines are written.
const TARGET: &str = "latchkey";

/// What is told of a request.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// The operation's id in the contract.
    pub operation: &'static str,
    /// The gateway's id of the request.
    pub request_id: String,
    /// The organization in which the request acts, where that is known.
    pub org: String,
    /// Who asks, where that is known.
    pub principal: String,
    /// The status that was answered, or 0 where the answer has none.
    pub status: u16,
    /// The contract's code of a refusal, `ok` otherwise.
    pub code: &'static str,
    /// Why, where the caller is not told.
    pub cause: String,
    /// Whether it is our fault, so that somebody should look.
    pub ours: bool,
}

/// Begins to write lines at `level` (`error`, `warn`, `info`, `debug` or `trace`; anything else means `info`) and above.
pub fn start(level: &str) {
    let level: LevelFilter = level.parse().unwrap_or(LevelFilter::INFO);
    let lines = tracing_subscriber::fmt::layer().json().flatten_event(true).with_target(false).with_current_span(false);
    let admitted = Targets::new().with_target(TARGET, level);
    // A second start finds the first one's subscriber in place, which is as good.
    let _ = tracing_subscriber::registry().with(lines.with_span_list(false)).with(admitted).try_init();
}

/// *(a failure is logged once)* Tells of a request that was answered after `took`.
pub fn tell(told: &Told, took: Duration) {
    let Told { operation, request_id, org, principal, status, code, cause, ours } = told;
    let ms = took.as_secs_f64() * 1_000.0;
    if *ours {
        error!(target: TARGET, operation, request_id, org, principal, status, code, cause, ms, "failed");
    } else {
        info!(target: TARGET, operation, request_id, org, principal, status, code, cause, ms, "answered");
    }
}

/// Tells of something that somebody should look at and that belongs to no request.
pub fn trouble(sentence: &str) {
    error!(target: TARGET, "{sentence}");
}
