//! Instructions that functions execute, counted by callgrind. Counts do not depend on other load of the machine, so they reveal
//! regressions that times would hide.

use std::{collections::BTreeMap, fs, path::PathBuf};

use local::build;

use crate::{
    output,
    stack::Result,
    startup::{Candidate, Harness, Process},
};

const WARM_INVOCATIONS: u64 = 50;

/// Allowed increase in percent: random numbers and the order of arriving data vary the counts.
const TOLERANCE: u64 = 10;

/// Allowed increase of a start, during which connections are opened concurrently: one more connection is a fifth.
const START_TOLERANCE: u64 = 30;

/// Instructions by what they are of.
type Counts = BTreeMap<String, u64>;

/// Counts and compares with `counts.json`, or updates that file.
pub fn measure(update: bool, only: Option<&str>) -> Result<()> {
    let workspace = build::workspace();
    let harness = Harness::prepare(&workspace)?;
    let counts = harness.run(count(&harness, only))?;
    harness.stop()?;
    let file = workspace.join("infra/bench/counts.json");
    if update {
        fs::write(&file, serde_json::to_string_pretty(&counts)? + "\n")?;
    }
    let recorded: Counts = serde_json::from_slice(&fs::read(&file)?)?;
    let rows = counts.iter().map(|(name, count)| {
        let recorded = recorded.get(name).copied().unwrap_or_default();
        vec![name.clone(), count.to_string(), recorded.to_string()]
    });
    output::report(
        &workspace,
        "Counts",
        "xtask bench counts",
        &output::table("instructions of|counted|recorded", rows),
    )?;
    output::require_none(&exceeded(&counts, &recorded))
}

async fn count(harness: &Harness, only: Option<&str>) -> Result<Counts> {
    let mut counts = Counts::new();
    for candidate in harness.candidates.iter().filter(|candidate| only.is_none_or(|only| candidate.name == only)) {
        let start = instructions(candidate, 0).await?;
        let first = instructions(candidate, 1).await?;
        let warm = instructions(candidate, 1 + WARM_INVOCATIONS).await?;
        counts.insert(format!("{}, start", candidate.name), start);
        // Concurrent work of the start may end during the first request, which is therefore counted together with it.
        counts.insert(format!("{}, start and first request", candidate.name), first);
        counts.insert(format!("{}, warm request", candidate.name), warm.saturating_sub(first) / WARM_INVOCATIONS);
    }
    if counts.is_empty() { Err("unknown function or baseline".into()) } else { Ok(counts) }
}

/// Instructions of a process from its start until it has processed `events` events: the minimum of three runs, because a slow
/// handshake makes a client open another connection.
async fn instructions(candidate: &Candidate, events: u64) -> Result<u64> {
    let mut minimum = u64::MAX;
    for _ in 0..3 {
        minimum = minimum.min(count_once(candidate, events).await?);
    }
    Ok(minimum)
}

async fn count_once(candidate: &Candidate, events: u64) -> Result<u64> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("callgrind");
    let output_option = format!("--callgrind-out-file={}", file.display());
    let valgrind = ["/usr/bin/valgrind", "--tool=callgrind", &output_option].map(PathBuf::from);
    let command = [valgrind.to_vec(), candidate.command.clone()].concat();
    let candidate = Candidate { command, ..candidate.clone() };
    let (mut process, _) = Process::start(&candidate).await?;
    for _ in 0..events {
        process.invoke(&candidate).await?;
    }
    process.terminate()?;
    let text = fs::read_to_string(file)?;
    let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    Ok(total.ok_or("callgrind wrote no total")?.trim().parse()?)
}

/// The counts that exceed the recorded ones by more than the tolerance.
fn exceeded(counts: &Counts, recorded: &Counts) -> Vec<String> {
    let limit = |name: &str| {
        let recorded = recorded.get(name).copied().unwrap_or_default();
        let tolerance = if name.contains(", start") { START_TOLERANCE } else { TOLERANCE };
        recorded + recorded * tolerance / 100
    };
    let exceeding = counts.iter().filter(|(name, count)| **count > limit(name));
    exceeding.map(|(name, count)| format!("instructions of {name}: {count}, limit {}", limit(name))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exceeds(name: &str, count: u64, recorded: u64) -> bool {
        let counts = |count| Counts::from([(name.to_owned(), count)]);
        !exceeded(&counts(count), &counts(recorded)).is_empty()
    }

    #[test]
    fn count_exceeds_the_limit_one_instruction_above_the_tolerance() {
        assert!(!exceeds("a, warm request", 1_100, 1_000));
        assert!(exceeds("a, warm request", 1_101, 1_000));
        assert!(!exceeds("a, start", 1_300, 1_000));
        assert!(exceeds("a, start", 1_301, 1_000));
    }

    #[test]
    fn count_without_a_record_exceeds_the_limit() {
        assert_eq!(exceeded(&Counts::from([("a".to_owned(), 1)]), &Counts::new()).len(), 1);
    }
}
