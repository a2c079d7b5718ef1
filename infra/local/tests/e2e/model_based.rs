//! Model-based test: random sequences of commands by users and tokens, while tokens expire, keys rotate, roles change and
//! responses get lost. Each command runs against the service and a simple model, and the results are compared.
//!
//! The model states the guarantees: a revoked token stays revoked; an acknowledged create request yields a usable token; an
//! idempotency key yields one active token; a child ends with its parent; no token is wider than its creator; the published keys
//! verify every active token; no caller reaches another organization.
//!
//! `LATCHKEY_MODEL_RUNS=200 cargo test --test e2e model_based -- --nocapture` runs 200 sequences.

mod commands;
mod domain;
mod harness;
mod model;
mod runner;

use std::{cell::RefCell, env, thread};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::{
    harness::{CommandCounts, ServiceUnderTest},
    runner::Runner,
};

/// Services that run sequences at the same time, because a sequence mostly waits for tokens to expire. Also the seeds of their
/// random number generators.
const SERVICES: u8 = 4;

/// Sequences in all, unless `LATCHKEY_MODEL_RUNS` is set.
const DEFAULT_SEQUENCES: u32 = 8;

const MAX_SHRINK_TIME_MS: u32 = 180_000;

/// Runs `count` sequences, generated from this seed, on one service. Returns how many ran, including those of shrinking.
fn run_sequences(seed: u8, count: u32) -> (usize, CommandCounts) {
    let key_spec = if seed.is_multiple_of(2) { "RSA_2048" } else { "ECC_NIST_P256" };
    let service = RefCell::new(ServiceUnderTest::new(key_spec));
    let config =
        Config { cases: count, failure_persistence: None, max_shrink_time: MAX_SHRINK_TIME_MS, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let result = TestRunner::new_with_rng(config, rng).run(&commands::sequence(), |commands| {
        Runner::new(&mut service.borrow_mut()).run(&commands);
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    service.into_inner().into_counts()
}

#[test]
fn service_matches_model_for_random_command_sequences() {
    let requested = env::var("LATCHKEY_MODEL_RUNS").map_or(DEFAULT_SEQUENCES, |count| count.parse().expect("a number"));
    let count = requested.div_ceil(SERVICES.into());
    let results: Vec<_> = thread::scope(|scope| {
        let services: Vec<_> = (1..=SERVICES).map(|seed| scope.spawn(move || run_sequences(seed, count))).collect();
        services.into_iter().map(|service| service.join().unwrap()).collect()
    });
    let sequences: usize = results.iter().map(|(sequences, _)| sequences).sum();
    let mut counts = CommandCounts::new();
    for (key, count) in results.into_iter().flat_map(|(_, counts)| counts) {
        *counts.entry(key).or_default() += count;
    }
    println!("\n| command | status | count |\n|---|---|---|");
    for ((command, status), count) in &counts {
        let status = status.map_or_else(String::new, |status| status.to_string());
        println!("| {command} | {status} | {count} |");
    }
    println!("\n{sequences} sequences, {} commands", counts.values().sum::<usize>());
    for required in [("create", Some(201)), ("use", Some(200))] {
        assert!(counts.contains_key(&required), "no command {required:?} was run");
    }
}
