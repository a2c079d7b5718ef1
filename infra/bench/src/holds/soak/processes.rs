//! What the functions' processes take.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    holds::Size,
    stack::{Outcome, Running, handles, status},
};

/// How much a process may grow, in KiB, beside a tenth.
const SLACK: u64 = 1024;

/// How many more handles a process may have: a connection of each kind may be on its way out.
const MORE_HANDLES: usize = 4;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Process {
    /// How many events it has taken.
    pub(super) taken: usize,
    /// Its resident memory, in KiB.
    pub(super) resident: u64,
    /// Its open files, sockets and pipes.
    pub(super) handles: usize,
}

/// Each function's processes, by their ids.
#[derive(Debug, Default)]
pub(super) struct Processes(pub(super) BTreeMap<String, BTreeMap<u32, Process>>);

impl Processes {
    /// As they are now.
    pub(super) fn of(running: &Running) -> Outcome<Self> {
        let mut all = BTreeMap::new();
        for function in running.stack.local.functions.keys() {
            let mut processes = BTreeMap::new();
            for (id, taken) in running.stack.lambda.event_counts(function) {
                processes.insert(id, Process { taken, resident: status(id, "VmRSS")?, handles: handles(id)? });
            }
            all.insert(function.clone(), processes);
        }
        Ok(Self(all))
    }
}

/// The processes of one function that had done some work early, as they were then and as they are late.
pub(super) fn pairs(early: &BTreeMap<u32, Process>, late: &BTreeMap<u32, Process>, size: Size) -> Vec<[Process; 2]> {
    let warm = early.iter().filter(|(_, process)| process.taken >= size.pick(20, 200));
    warm.filter_map(|(id, process)| Some([*process, *late.get(id)?])).collect()
}

/// How many of the processes that were there early are there no more.
pub(super) fn ended(early: &Processes, late: &Processes) -> usize {
    let ids = |all: &Processes| all.0.values().flat_map(BTreeMap::keys).copied().collect::<BTreeSet<u32>>();
    ids(early).difference(&ids(late)).count()
}

/// Each promise that is broken.
pub(super) fn broken(early: &Processes, late: &Processes, size: Size) -> Vec<String> {
    let ended = ended(early, late);
    let mut broken = Vec::new();
    if ended > 0 {
        broken.push(format!("{ended} processes ended"));
    }
    for (function, early) in &early.0 {
        let late = late.0.get(function).cloned().unwrap_or_default();
        let grown = pairs(early, &late, size).into_iter().filter(grew);
        broken.extend(grown.map(|[early, late]| format!("a process of {function} grew: {early:?}, {late:?}")));
    }
    broken
}

/// Whether a process takes more than it may.
fn grew([early, late]: &[Process; 2]) -> bool {
    late.resident > early.resident + early.resident / 10 + SLACK || late.handles > early.handles + MORE_HANDLES
}

#[cfg(test)]
mod tests {
    use super::*;

    fn processes(id: u32, taken: usize, resident: u64, handles: usize) -> Processes {
        let one = BTreeMap::from([(id, Process { taken, resident, handles })]);
        Processes(BTreeMap::from([("f".to_owned(), one)]))
    }

    #[test]
    fn a_process_that_grows_or_hoards_handles_or_ends_breaks_the_promise() {
        let (size, early) = (Size { short: true }, processes(1, 20, 10_000, 9));
        let broken_by = |late: &Processes| broken(&early, late, size).len();
        assert_eq!(broken_by(&processes(1, 900, 12_024, 13)), 0);
        assert_eq!(broken_by(&processes(1, 900, 12_025, 13)), 1, "memory");
        assert_eq!(broken_by(&processes(1, 900, 12_024, 14)), 1, "handles");
        assert_eq!(broken_by(&processes(2, 900, 10_000, 9)), 1, "another process");
    }

    #[test]
    fn a_process_that_had_done_little_is_not_compared() {
        let late = processes(1, 900, 20_000, 9);
        assert!(broken(&processes(1, 19, 10_000, 9), &late, Size { short: true }).is_empty());
    }
}
