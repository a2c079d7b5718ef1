//! Memory and file descriptors of the functions' processes.

use std::collections::BTreeMap;

use crate::stack::{LocalStack, Result, open_files, process_status};

/// Allowed growth of a process in KiB, in addition to 10 %.
const MEMORY_TOLERANCE_KIB: u64 = 1024;

/// Allowed additional file descriptors: a connection of each kind may be closing.
const FILES_TOLERANCE: usize = 4;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessUsage {
    invocations: usize,
    resident_kib: u64,
    open_files: usize,
}

#[derive(Debug, Default)]
pub struct Processes(BTreeMap<(String, u32), ProcessUsage>);

impl Processes {
    pub fn of(stack: &LocalStack) -> Result<Self> {
        let mut all = BTreeMap::new();
        for function in stack.stack.addresses.functions.keys() {
            for (id, invocations) in stack.stack.lambda.event_counts(function) {
                let resident_kib = process_status(id, "VmRSS")?;
                let usage = ProcessUsage { invocations, resident_kib, open_files: open_files(id)? };
                all.insert((function.clone(), id), usage);
            }
        }
        Ok(Self(all))
    }

    /// Pairs the early and late usage of each process with enough early invocations to be warm.
    fn pairs<'a>(&'a self, late: &'a Self, min_invocations: usize) -> Vec<(&'a str, ProcessUsage, ProcessUsage)> {
        let warm = self.0.iter().filter(|(_, usage)| usage.invocations >= min_invocations);
        warm.filter_map(|(key, early)| Some((key.0.as_str(), *early, *late.0.get(key)?))).collect()
    }
}

pub fn violations(early: &Processes, late: &Processes, min_invocations: usize) -> Vec<String> {
    let ended = early
        .0
        .keys()
        .filter(|key| !late.0.contains_key(*key))
        .map(|(function, _)| format!("a process of {function} ended"));
    let pairs = early.pairs(late, min_invocations).into_iter().filter(|(_, early, late)| {
        late.resident_kib > early.resident_kib + early.resident_kib / 10 + MEMORY_TOLERANCE_KIB
            || late.open_files > early.open_files + FILES_TOLERANCE
    });
    let grown = pairs.map(|(function, early, late)| format!("a process of {function} grew: {early:?}, {late:?}"));
    ended.chain(grown).collect()
}

pub fn summary(early: &Processes, late: &Processes, min_invocations: usize) -> String {
    let pairs = early.pairs(late, min_invocations);
    let growth = pairs.iter().map(|(_, early, late)| late.resident_kib.saturating_sub(early.resident_kib)).max();
    let peak = pairs.iter().map(|(_, _, late)| late.resident_kib).max();
    let files = pairs.iter().map(|(_, _, late)| late.open_files).max();
    format!(
        "{} processes since 20 % of the requests: at most {} KiB resident, {} KiB of growth and {} open files.\n",
        pairs.len(),
        peak.unwrap_or_default(),
        growth.unwrap_or_default(),
        files.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processes(id: u32, invocations: usize, resident_kib: u64, open_files: usize) -> Processes {
        Processes([(("f".to_owned(), id), ProcessUsage { invocations, resident_kib, open_files })].into())
    }

    #[test]
    fn process_that_grows_or_ends_is_a_violation() {
        let early = processes(1, 20, 10_000, 9);
        let count = |late: &Processes| violations(&early, late, 20).len();
        assert_eq!(count(&processes(1, 900, 12_024, 13)), 0);
        assert_eq!(count(&processes(1, 900, 12_025, 13)), 1, "memory");
        assert_eq!(count(&processes(1, 900, 12_024, 14)), 1, "file descriptors");
        assert_eq!(count(&processes(2, 900, 10_000, 9)), 1, "ended");
    }

    #[test]
    fn process_with_few_early_invocations_is_not_compared() {
        let late = processes(1, 900, 20_000, 9);
        assert!(violations(&processes(1, 19, 10_000, 9), &late, 20).is_empty());
    }
}
