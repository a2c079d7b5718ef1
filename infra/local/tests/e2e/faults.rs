//! What becomes of every call to `DynamoDB` and KMS under every fault, as a caller sees it: the answer, how long it took, what
//! the ledger holds, and that asking again mends it.
//!
//! `cargo test -p local --test e2e faults -- --nocapture` prints the table.

mod calls;
mod kinds;
mod request;
mod table;

use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use self::{
    calls::{Call, OF_AUTHORIZER, OF_FUNCTIONS},
    kinds::{KINDS, Kind, Strike},
    request::Request,
    table::{Often, Seen},
};
use crate::harness::World;

/// No answer may take longer: the time that a function has for a request. A call of a service ends within 3 seconds.
const LONGEST: Duration = Duration::from_secs(8);

/// Puts the fault before the function's calls. Where it must strike its start, or the way to the service, the function is
/// started anew.
fn strike(world: &World, call: &Call, kind: &Kind, often: Often) {
    let faults = &world.stack().aws.faults;
    let restart = |changes| world.run(world.stack().lambda.restart(call.function, changes)).unwrap();
    match kind.strike {
        Strike::Refused => restart(BTreeMap::from([(call.endpoint().to_owned(), dead_end())])),
        Strike::Fault(ref fault) => {
            let times = (often == Often::Once).then_some(1);
            faults.inject_for(call.function, call.service, call.operation, fault(call.service), times);
            if call.at_start() {
                restart(BTreeMap::new());
            }
        }
    }
}

/// Takes the fault away.
fn relieve(world: &World, call: &Call, kind: &Kind) {
    let local = &world.stack().local;
    world.stack().aws.faults.clear_for(call.function);
    if matches!(kind.strike, Strike::Refused) {
        let url = if call.endpoint().ends_with("KMS") { &local.kms_url } else { &local.dynamodb_url };
        let changes = BTreeMap::from([(call.endpoint().to_owned(), url.clone())]);
        world.run(world.stack().lambda.restart(call.function, changes)).unwrap();
    }
}

/// An address at which nobody listens.
fn dead_end() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}

/// One call under one fault.
fn cell(world: &World, (number, call): (usize, &Call), (column, kind): (usize, &Kind), often: Often) -> Seen {
    let what = format!("{} {}, {} ({often:?})", call.function, call.operation, kind.name);
    let tag = format!("{}-{number}-{column}-{often:?}", call.function);
    let request = Request::new(world, call, &tag);
    strike(world, call, kind, often);
    let started = Instant::now();
    let answer = request.send(world, call);
    let took = started.elapsed();
    relieve(world, call, kind);
    assert!(took < LONGEST, "{what}: {took:?}");
    let (status, code) = kind.outcome(call, often == Often::Once).told(call.door);
    assert_eq!(answer.status, status, "{what}: {}", answer.text);
    if status >= 400 {
        answer.assert_problem(status, code);
    }
    request.settle(world, call, &answer, &what);
    Seen { call: number, kind: column, often, status: answer.status, took }
}

/// Every call under every fault: the calls at once, each with a stack of its own, since by one call's requests others are made.
fn matrix(calls: &'static [Call]) {
    let seen: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = calls.iter().enumerate().map(|call| scope.spawn(move || row(call))).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    table::print(calls, &seen);
}

/// One call under every fault.
fn row(call: (usize, &Call)) -> Vec<Seen> {
    let world = World::new();
    let mut seen = Vec::new();
    for kind in KINDS.iter().enumerate().filter(|(_, kind)| kind.fits(call.1)) {
        seen.push(cell(&world, call, kind, Often::Lasting));
        if !matches!(kind.1.strike, Strike::Refused) {
            seen.push(cell(&world, call, kind, Often::Once));
        }
    }
    seen
}

#[test]
fn function_under_fault_is_prompt_consistent_and_retryable() {
    matrix(&OF_FUNCTIONS);
}

#[test]
fn authorizer_under_fault_grants_nothing_and_recovers() {
    matrix(&OF_AUTHORIZER);
}
