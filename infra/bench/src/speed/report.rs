//! What was measured, as it is kept in `speed.json`. Times are in milliseconds.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    sample::{Middle, Seen, Tail, count},
    size::Size,
    subject::{Family, Subject},
};

/// Everything of one run.
#[derive(Debug, Serialize)]
pub struct Report {
    /// The day.
    pub date: String,
    /// The machine.
    pub machine: String,
    /// How often each process was started.
    pub rounds: usize,
    /// The processor time of one turn of the bare work: a signature verified and a row read.
    pub bare_cpu_ms: Middle,
    /// Each subject.
    pub subjects: Vec<Row>,
}

/// One subject.
#[derive(Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub name: &'static str,
    /// By whom it is.
    pub family: Family,
    /// From before the program was loaded until it asked for an event.
    pub init_wall_ms: Middle,
    /// The processor time of that.
    pub init_cpu_ms: Middle,
    /// The first answer, from the event on.
    pub first_wall_ms: Middle,
    /// All processor time until the first answer, that of the start among it.
    pub first_cpu_ms: Middle,
    /// Later answers.
    pub warm_wall_ms: Tail,
    /// The processor time of one later event.
    pub warm_cpu_ms: Middle,
    /// The most memory resident, in MiB.
    pub peak_rss_mib: Middle,
    /// What is deployed, in bytes.
    pub plain_bytes: u64,
    /// The same, deflated.
    pub zip_bytes: u64,
    /// The calls of a start, by their operation.
    pub calls_at_start: BTreeMap<String, f64>,
    /// The calls of one later event, by their operation.
    pub wire_calls: BTreeMap<String, f64>,
    /// With less than a whole processor.
    pub sizes: Vec<Share>,
}

/// A subject with the processor time of a memory size.
#[derive(Debug, Clone, Serialize)]
pub struct Share {
    /// The memory size, in MB.
    pub memory_mb: u32,
    /// From before the program was loaded until it asked for an event.
    pub init_wall_ms: Middle,
    /// The first answer, from the event on.
    pub first_wall_ms: Middle,
    /// Later answers.
    pub warm_wall_ms: Tail,
}

impl Row {
    /// What was seen of `subject`, whose files have this size.
    pub fn of(subject: &Subject, seen: &Seen, size: Size, sizes: Vec<Share>) -> Self {
        let named = |(name, calls): (&str, f64)| (name.to_owned(), calls);
        Self {
            name: subject.name,
            family: subject.family,
            init_wall_ms: seen.init_wall.middle(),
            init_cpu_ms: seen.init_cpu.middle(),
            first_wall_ms: seen.first_wall.middle(),
            first_cpu_ms: seen.first_cpu.middle(),
            warm_wall_ms: seen.warm_wall.tail(),
            warm_cpu_ms: seen.warm_cpu.middle(),
            peak_rss_mib: seen.peak.middle(),
            plain_bytes: size.plain,
            zip_bytes: size.zipped,
            calls_at_start: seen.calls_at_start.iter().map(|(name, calls)| named((name, count(calls.count)))).collect(),
            wire_calls: seen.calls_of_one().into_iter().map(named).collect(),
            sizes,
        }
    }
}

impl Share {
    /// What was seen with the processor time of this memory size.
    pub fn of(memory_mb: u32, seen: &Seen) -> Self {
        Self {
            memory_mb,
            init_wall_ms: seen.init_wall.middle(),
            first_wall_ms: seen.first_wall.middle(),
            warm_wall_ms: seen.warm_wall.tail(),
        }
    }
}

impl Report {
    /// The row of `name` by `family`.
    pub fn find(&self, family: Family, name: &str) -> Option<&Row> {
        self.subjects.iter().find(|row| (row.family, row.name) == (family, name))
    }
}

/// Bytes in megabytes.
pub fn megabytes(bytes: u64) -> f64 {
    usize::try_from(bytes).map_or(f64::MAX, count) / 1e6
}
