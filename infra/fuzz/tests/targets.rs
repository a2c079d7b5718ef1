//! Every target, driven by arbitrary bytes and by good inputs made bad. Bounded by a count.

#![expect(clippy::print_stdout, reason = "the test reports what it ran")]

use std::{fmt::Write as _, panic, thread};

use fuzz::{TARGETS, Target, choices::Choices, mutate};
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestError, TestRunner},
};

/// How often each target is run: as often as takes a second or two without optimization.
fn executions(name: &str) -> u32 {
    match name {
        "cursor" => 4_000,
        "claims" | "jws" | "roles" => 12_000,
        "authorizer" => 20_000,
        _ => 40_000,
    }
}

/// How the inputs of a target come about: a third is arbitrary, the others are its seeds, changed.
fn inputs(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changed = vec(any::<u8>(), 1..40).prop_map(move |bytes| {
        let mut choices = Choices::new(&bytes);
        mutate::bytes(choices.pick::<Vec<u8>>(&seeds), &seeds, &mut choices)
    });
    prop_oneof![1 => vec(any::<u8>(), 0..300), 2 => changed]
}

/// How often the target ran, and the smallest input that breaks a property, with what it says.
fn drive(target: &Target) -> (u32, Option<String>) {
    let (mut runs, cases) = (0, executions(target.name));
    let seeds = (target.seeds)();
    for seed in &seeds {
        runs += 1;
        if panic::catch_unwind(|| (target.run)(seed)).is_err() {
            return (runs, Some(format!("{:?}", String::from_utf8_lossy(seed))));
        }
    }
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let ended = TestRunner::new(config).run(&inputs(seeds), |bytes| {
        (target.run)(&bytes);
        Ok(())
    });
    match ended {
        Ok(()) => (runs + cases, None),
        Err(TestError::Fail(why, bytes)) => (runs, Some(format!("{:?}: {why}", String::from_utf8_lossy(&bytes)))),
        Err(TestError::Abort(why)) => (runs, Some(why.to_string())),
    }
}

#[test]
fn no_input_breaks_a_property_of_a_target() {
    let drive = |target: &'static Target| (target.name, thread::spawn(move || drive(target)));
    let driven = TARGETS.iter().map(drive).collect::<Vec<_>>();
    let (mut table, mut found) = ("| target | executions | findings |\n|---|---|---|\n".to_owned(), Vec::new());
    for (name, thread) in driven {
        let (runs, finding) = thread.join().unwrap();
        writeln!(table, "| {name} | {runs} | {} |", u8::from(finding.is_some())).unwrap();
        found.extend(finding.map(|finding| format!("{name}: {finding}")));
    }
    println!("{table}");
    assert!(found.is_empty(), "{}", found.join("\n"));
}
