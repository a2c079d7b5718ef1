//! Runs each target on its seeds, on mutated seeds and on arbitrary bytes.

#![expect(clippy::unwrap_used, reason = "the whole file is a test")]

use std::{panic, thread};

use arbitrary::{Result, Unstructured};
use fuzz::{TARGETS, Target, mutate};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestError, TestRunner},
};

/// Number of generated inputs: what takes one to three seconds of processor time without optimization.
fn case_count(target: &str) -> u32 {
    match target {
        "cursor" => 4_000,
        "claims" | "jws" | "role-grants" | "user-claims" => 12_000,
        "authorizer" => 20_000,
        _ => 40_000,
    }
}

/// One third arbitrary bytes, two thirds mutated seeds.
fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let mutated = vec(any::<u8>(), 1..40).prop_map(move |choices| mutate_seed(&seeds, &choices).unwrap());
    prop_oneof![1 => vec(any::<u8>(), 0..300), 2 => mutated]
}

fn mutate_seed(seeds: &[Vec<u8>], choices: &[u8]) -> Result<Vec<u8>> {
    let mut u = Unstructured::new(choices);
    mutate::bytes(u.choose(seeds)?, seeds, &mut u)
}

/// Runs the target; the error contains the smallest input that violates a property.
fn check(target: &Target) -> Result<(), String> {
    let seeds = (target.seeds)();
    for seed in &seeds {
        panic::catch_unwind(|| (target.run)(seed))
            .map_err(|_| format!("{}: seed {:?}", target.name, String::from_utf8_lossy(seed)))?;
    }
    let config = Config { cases: case_count(target.name), failure_persistence: None, ..Config::default() };
    let outcome = TestRunner::new(config).run(&inputs(seeds), |bytes| {
        (target.run)(&bytes);
        Ok(())
    });
    outcome.map_err(|error| match error {
        TestError::Fail(reason, bytes) => format!("{}: {:?}: {reason}", target.name, String::from_utf8_lossy(&bytes)),
        TestError::Abort(reason) => format!("{}: {reason}", target.name),
    })
}

#[test]
fn targets_with_generated_inputs_violate_no_property() {
    let violations: Vec<String> = thread::scope(|scope| {
        let runs = TARGETS.each_ref().map(|target| scope.spawn(|| check(target)));
        runs.into_iter().filter_map(|run| run.join().unwrap().err()).collect()
    });
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
