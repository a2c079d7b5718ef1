//! Random programs of people and tokens, with time passing, keys rotating, roles changing and answers getting lost, run against
//! a plain model and against the service, compared after each step.
//!
//! The model states the promises: revoked stays revoked; an acknowledged create is usable; a key gives one living token; children
//! die with their parents; nothing ever widens; the published keys verify every living token; nobody reaches another tenant.
//!
//! `LATCHKEY_MODEL_RUNS=200 cargo test -p local --test e2e model_based -- --nocapture` runs 200 sequences.

mod commands;
mod domain;
mod harness;
mod model;
mod runner;

use std::{cell::RefCell, env, thread};

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use self::{
    harness::{Place, Tally},
    runner::Run,
};

/// How many services run programs at once, one after the other each: most of the time they wait for time to pass.
const PLACES: u8 = 4;

/// How many programs are run where nobody says.
const FEW: u32 = 8;

/// How long a program that fails is made smaller, in milliseconds.
const SHRINKING: u32 = 180_000;

/// Runs so many programs, drawn from this seed.
fn programs(seed: u8, count: u32) -> (usize, Tally) {
    let spec = if seed.is_multiple_of(2) { "RSA_2048" } else { "ECC_NIST_P256" };
    let place = RefCell::new(Place::new(spec));
    let config = Config { cases: count, failure_persistence: None, max_shrink_time: SHRINKING, ..Config::default() };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]);
    let ran = TestRunner::new_with_rng(config, rng).run(&commands::program(), |program| {
        Run::new(&mut place.borrow_mut()).run(&program);
        Ok(())
    });
    if let Err(error) = ran {
        panic!("{error}");
    }
    let place = place.into_inner();
    let (programs, tally) = place.tally();
    (programs, tally.clone())
}

#[test]
fn service_matches_model_for_random_command_sequences() {
    let wanted = env::var("LATCHKEY_MODEL_RUNS").map_or(FEW, |count| count.parse().expect("a number"));
    let count = wanted.div_ceil(PLACES.into());
    let ran: Vec<_> = thread::scope(|scope| {
        let places: Vec<_> = (1..=PLACES).map(|seed| scope.spawn(move || programs(seed, count))).collect();
        places.into_iter().map(|place| place.join().unwrap()).collect()
    });
    let (mut programs, mut all) = (0, Tally::new());
    for (count, tally) in ran {
        programs += count;
        for (step, times) in tally {
            *all.entry(step).or_default() += times;
        }
    }
    println!("\n| step | answer | times |\n|---|---|---|");
    for ((step, status), times) in &all {
        let status = if *status == 0 { String::new() } else { status.to_string() };
        println!("| {step} | {status} | {times} |");
    }
    println!("\n{programs} programs, {} steps", all.values().sum::<usize>());
    assert!(
        all.contains_key(&("create", 201)) && all.contains_key(&("use", 200)),
        "programs that do nothing show nothing"
    );
}
