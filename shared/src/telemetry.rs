//! The log: one JSON object per line on standard output, with the metrics of each request in its line.
//!
//! There is one `start` line for each process, one `request` line for each invocation, one `audit` line for each token
//! that is created, changed or revoked and each change of a role or an assignment, and one `error` line for each error that does not end a request.
//!
//! *(returned only on creation)* The lines are written here and nowhere else. The AWS SDK and the Lambda runtime log through
//! `tracing`, at trace level also what is signed and the signature; no subscriber is installed, so their lines are
//! never written. No line contains text that a caller sent, except ids, the grants of a role in its audit line, and
//! an X-Ray trace id in its exact form.

mod audit;
mod invocation;
mod metrics;
mod outcome;
mod request_log;

use std::io::{self, Write};

use jiff::Timestamp;
use serde::Serialize;

use self::invocation::InvocationFields;
pub use self::{
    audit::{access_changed, token_created, token_revoked, token_rotated, token_updated},
    invocation::{Telemetry, count_aws_call},
    metrics::{Metric, OPERATIONS},
    outcome::Outcome,
    request_log::RequestLog,
};
use crate::{error::ServerError, ports::PortError};

/// The members that every line has.
#[derive(Serialize)]
struct LineFields {
    timestamp: String,
    level: Level,
    kind: LineKind,
    #[serde(flatten)]
    invocation: Option<InvocationFields>,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Level {
    Info,
    Warn,
    Error,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "lowercase")]
enum LineKind {
    Start,
    Request,
    Audit,
    Error,
}

/// A server-side error as fields of a log line.
#[derive(Debug, Clone, Copy, Serialize)]
struct ErrorFields {
    service: &'static str,
    operation: &'static str,
    kind: &'static str,
}

/// The line of the start of a process.
#[derive(Serialize)]
struct StartLine {
    #[serde(flatten)]
    line: LineFields,
    version: &'static str,
}

/// The line of an error that does not end a request.
#[derive(Serialize)]
struct ErrorLine<'a> {
    #[serde(flatten)]
    line: LineFields,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields>,
}

impl LineFields {
    fn new(level: Level, kind: LineKind, invocation: Option<InvocationFields>) -> Self {
        // RFC 3339, to the millisecond.
        let timestamp = format!("{:.3}", Timestamp::now());
        Self { timestamp, level, kind, invocation }
    }
}

impl ErrorFields {
    /// The fields of `error`. An error without a failed call is reported with the operation of the contract,
    /// `operation`.
    fn of(error: &ServerError, operation: &'static str) -> Self {
        match error {
            ServerError::Port(error) => Self::of_port(error),
            ServerError::RequestTimeout => Self { service: "latchkey", operation, kind: "timed_out" },
            ServerError::Internal(_) => Self { service: "latchkey", operation, kind: "internal" },
            ServerError::Panic(_) => Self { service: "latchkey", operation, kind: "panic" },
        }
    }

    fn of_port(error: &PortError) -> Self {
        Self { service: error.service.as_str(), operation: error.operation, kind: error.kind.as_str() }
    }
}

/// Logs the start of a process with the version of Latchkey.
pub fn started() {
    let line = LineFields::new(Level::Info, LineKind::Start, None);
    write_line(&StartLine { line, version: env!("CARGO_PKG_VERSION") });
}

/// Logs an error that does not end a request and that an operator may have to act on.
pub fn error(message: &str) {
    write_error(Level::Error, message, None);
}

/// Logs a condition that ends no request by itself and that an operator may have to act on.
pub fn warning(message: &str) {
    write_error(Level::Warn, message, None);
}

/// Logs a failed call that does not end a request.
pub fn port_error(error: &PortError) {
    write_error(Level::Error, &error.to_string(), Some(ErrorFields::of_port(error)));
}

fn write_error(level: Level, message: &str, error: Option<ErrorFields>) {
    let line = LineFields::new(level, LineKind::Error, InvocationFields::current());
    write_line(&ErrorLine { line, message, error });
}

/// Writes a line as a whole, so that lines of concurrent requests do not mix. A line that cannot be written is lost,
/// because there is nowhere else to report it.
fn write_line(line: &impl Serialize) {
    let Ok(mut bytes) = serde_json::to_vec(line) else { return };
    bytes.push(b'\n');
    let _ = io::stdout().lock().write_all(&bytes);
}
