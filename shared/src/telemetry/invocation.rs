//! State of one invocation: trace id, start time, cold start and the numbers of AWS calls and revoked tokens.
//!
//! Lambda may send several invocations to one process at the same time, so all of it is task-local and nothing is
//! counted for the process.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde::Serialize;

tokio::task_local! {
    static CURRENT: Invocation;
}

/// Namespace of the metrics if no other is configured.
const DEFAULT_NAMESPACE: &str = "Latchkey";

/// Telemetry of one function: it starts an invocation for each event.
pub struct Telemetry {
    namespace: Arc<str>,
    /// Number of errors in the configuration of the process.
    configuration_errors: u32,
    /// Whether no invocation has started yet.
    is_cold: AtomicBool,
}

struct Invocation {
    namespace: Arc<str>,
    configuration_errors: u32,
    xray_trace_id: String,
    started: Instant,
    is_cold_start: bool,
    aws_calls: AtomicU64,
    revoked_tokens: AtomicU32,
}

/// The members of a line that describe the invocation in which it is written.
#[derive(Serialize)]
pub(super) struct InvocationFields {
    #[serde(skip_serializing_if = "String::is_empty")]
    xray_trace_id: String,
    #[serde(rename = "duration_ms", serialize_with = "milliseconds")]
    pub(super) duration: Duration,
    #[serde(skip)]
    pub(super) is_cold_start: bool,
    aws_calls: u64,
    #[serde(skip)]
    pub(super) namespace: Arc<str>,
    #[serde(skip)]
    pub(super) configuration_errors: u32,
    /// Number of revocations that were logged, which is 1 for each revoked token.
    #[serde(skip)]
    pub(super) revoked_tokens: u32,
}

impl Telemetry {
    /// Telemetry with metrics under `namespace`; empty means `Latchkey`.
    #[must_use]
    pub fn new(namespace: &str) -> Self {
        let namespace = if namespace.is_empty() { DEFAULT_NAMESPACE } else { namespace };
        Self { namespace: namespace.into(), configuration_errors: 0, is_cold: AtomicBool::new(true) }
    }

    /// The same telemetry, which reports this number of errors in the configuration with each request.
    #[must_use]
    pub fn with_configuration_errors(self, count: usize) -> Self {
        Self { configuration_errors: u32::try_from(count).unwrap_or(u32::MAX), ..self }
    }

    /// Runs `work` as one invocation: its lines get the invocation's trace id and counters. `tracing_header` is the
    /// invocation's tracing header (`Root=…;Parent=…;Sampled=…`), of which the trace id is logged:
    /// <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.
    pub async fn invocation<F: Future>(&self, tracing_header: Option<&str>, work: F) -> F::Output {
        let invocation = Invocation {
            namespace: self.namespace.clone(),
            configuration_errors: self.configuration_errors,
            xray_trace_id: tracing_header.map(trace_id).unwrap_or_default().to_owned(),
            started: Instant::now(),
            is_cold_start: self.is_cold.swap(false, Ordering::Relaxed),
            aws_calls: AtomicU64::new(0),
            revoked_tokens: AtomicU32::new(0),
        };
        CURRENT.scope(invocation, work).await
    }
}

impl InvocationFields {
    /// The fields of the current invocation; `None` outside an invocation, such as at the start of a function.
    pub(super) fn current() -> Option<Self> {
        let fields = |invocation: &Invocation| Self {
            xray_trace_id: invocation.xray_trace_id.clone(),
            duration: invocation.started.elapsed(),
            is_cold_start: invocation.is_cold_start,
            aws_calls: invocation.aws_calls.load(Ordering::Relaxed),
            namespace: invocation.namespace.clone(),
            configuration_errors: invocation.configuration_errors,
            revoked_tokens: invocation.revoked_tokens.load(Ordering::Relaxed),
        };
        CURRENT.try_with(fields).ok()
    }
}

/// The trace id in a tracing header; empty if the header has none. A caller may choose the id, so that only its exact form is logged:
/// `1-`, 8 hexadecimal digits, `-` and 24 hexadecimal digits.
fn trace_id(tracing_header: &str) -> &str {
    let root = tracing_header.split(';').find_map(|part| part.trim().strip_prefix("Root="));
    root.filter(|id| is_trace_id(id)).unwrap_or_default()
}

fn is_trace_id(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let is_hex = |part: &str, digits| part.len() == digits && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    matches!(parts[..], ["1", time, random] if is_hex(time, 8) && is_hex(random, 24))
}

/// Counts one request to a service for the current invocation. Each attempt counts.
pub fn count_aws_call() {
    let _ = CURRENT.try_with(|invocation| invocation.aws_calls.fetch_add(1, Ordering::Relaxed));
}

/// Counts one revoked token for the current invocation.
pub(super) fn count_revoked_token() {
    let _ = CURRENT.try_with(|invocation| invocation.revoked_tokens.fetch_add(1, Ordering::Relaxed));
}

fn milliseconds<S: serde::Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(duration.as_secs_f64() * 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "1-5759e988-bd862e3fe1be46a994272793";
    const SECOND: &str = "1-5759e989-bd862e3fe1be46a994272793";

    #[tokio::test]
    async fn concurrent_invocations_count_their_own_calls() {
        let telemetry = Telemetry::new("");
        let run = async |id: &'static str, calls: u64| {
            let work = async {
                for _ in 0..calls {
                    count_aws_call();
                    tokio::task::yield_now().await;
                }
                InvocationFields::current().unwrap()
            };
            telemetry.invocation(Some(&format!("Root={id};Parent=1;Sampled=0")), work).await
        };
        let (first, second) = tokio::join!(run(FIRST, 3), run(SECOND, 5));
        assert_eq!(first.aws_calls, 3);
        assert_eq!(second.aws_calls, 5);
        assert_eq!(first.xray_trace_id, FIRST);
        assert_eq!([first.is_cold_start, second.is_cold_start], [true, false]);
    }

    #[test]
    fn trace_id_of_another_form_is_not_logged() {
        let id = "1-5759e988-bd862e3fe1be46a994272793";
        assert_eq!(trace_id(&format!("Root={id};Parent=53995c3f42cd8ad8;Sampled=1")), id);
        assert_eq!(trace_id(&format!("Sampled=0; Root={id}")), id);
        for header in ["", "Root=", "Root=secret", "Root=1-5759e988-bd86", "Root=2-5759e988-bd862e3fe1be46a994272793"] {
            assert_eq!(trace_id(header), "", "{header}");
        }
    }

    #[test]
    fn calls_outside_an_invocation_are_not_counted() {
        count_aws_call();
        assert!(InvocationFields::current().is_none());
    }
}
