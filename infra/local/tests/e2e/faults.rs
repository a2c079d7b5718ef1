//! Fault injection: every call to `DynamoDB` and KMS under every fault. Checks the response, its duration, the stored state, and
//! that a retry succeeds once the fault has cleared.
//!
//! `cargo test --test e2e faults -- --nocapture` prints the table of results.

mod aws_calls;
mod fault_kinds;
mod report;
mod scenario;

use std::{
    collections::BTreeMap,
    sync::LazyLock,
    thread,
    time::{Duration, Instant},
};

use tokio::net::TcpSocket;

use self::{
    aws_calls::{AwsCall, CALLS_OF_AUTHORIZER, CALLS_OF_FUNCTIONS},
    fault_kinds::{FAULT_KINDS, FaultKind, Injection, Occurrence},
    report::Measurement,
    scenario::Scenario,
};
use crate::harness::TestStack;

/// Time limit of a response. The timeout of a function is 8 seconds, a call to AWS ends within 3 seconds.
const MAX_RESPONSE_TIME: Duration = Duration::from_secs(8);

/// Makes the function's calls fail. A fault of the connection, or of a call at the start, requires a restart of the function.
fn inject(stack: &TestStack, call: &AwsCall, kind: &FaultKind, occurrence: Occurrence) {
    match kind.injection {
        Injection::ConnectionRefused => {
            let url = format!("http://{}", REFUSING_SOCKET.local_addr().unwrap());
            stack.restart(call.function, BTreeMap::from([(call.endpoint_variable().to_owned(), url)]));
        }
        Injection::Fault(ref fault) => {
            let times = (occurrence == Occurrence::Once).then_some(1);
            stack.faults().inject_for(call.function, call.service, call.operation, fault(call.service), times);
            if call.is_at_start() {
                stack.restart(call.function, BTreeMap::new());
            }
        }
    }
}

fn clear(stack: &TestStack, call: &AwsCall, kind: &FaultKind) {
    stack.faults().clear_for(call.function);
    if matches!(kind.injection, Injection::ConnectionRefused) {
        let url = call.endpoint(stack.addresses()).to_owned();
        stack.restart(call.function, BTreeMap::from([(call.endpoint_variable().to_owned(), url)]));
    }
}

/// A socket that refuses connections. It is bound, so that no other process gets its port, and does not listen.
static REFUSING_SOCKET: LazyLock<TcpSocket> = LazyLock::new(|| {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    socket
});

/// Checks one call under one fault. The indices are those of the row and the column in the table.
fn check_case(
    stack: &TestStack,
    (call_index, call): (usize, &AwsCall),
    (kind_index, kind): (usize, &FaultKind),
    occurrence: Occurrence,
) -> Measurement {
    let case = format!("{} {}, {} ({occurrence:?})", call.function, call.operation, kind.name);
    let tag = format!("{}-{call_index}-{kind_index}-{occurrence:?}", call.function);
    let scenario = Scenario::new(stack, call, &tag);
    inject(stack, call, kind, occurrence);
    let started = Instant::now();
    let response = scenario.send(stack);
    let duration = started.elapsed();
    clear(stack, call, kind);
    assert!(duration < MAX_RESPONSE_TIME, "{case}: {duration:?}");
    let (status, code) = kind.outcome(call, occurrence).status_and_code(call.trigger);
    assert_eq!(response.status, status, "{case}: {}", response.body);
    if status >= 400 {
        response.assert_problem(status, code);
    }
    scenario.assert_recovery(stack, call, &response, &case);
    Measurement { call: call_index, kind: kind_index, status: response.status, duration }
}

/// Checks every call under every fault. Each call has a stack of its own, because its requests also cause other calls.
fn check_all(calls: &'static [AwsCall]) {
    let measurements: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = calls.iter().enumerate().map(|call| scope.spawn(move || check_call(call))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    report::print(calls, &measurements);
}

fn check_call(call: (usize, &AwsCall)) -> Vec<Measurement> {
    let stack = TestStack::new();
    let mut measurements = Vec::new();
    for kind in FAULT_KINDS.iter().enumerate().filter(|(_, kind)| kind.applies_to(call.1)) {
        measurements.push(check_case(&stack, call, kind, Occurrence::Permanent));
        if !matches!(kind.1.injection, Injection::ConnectionRefused) {
            measurements.push(check_case(&stack, call, kind, Occurrence::Once));
        }
    }
    measurements
}

#[test]
fn function_under_fault_is_prompt_consistent_and_retryable() {
    check_all(&CALLS_OF_FUNCTIONS);
}

/// *(deny by default)*
#[test]
fn authorizer_under_fault_grants_nothing_and_recovers() {
    check_all(&CALLS_OF_AUTHORIZER);
}
