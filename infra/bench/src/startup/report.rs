//! The report of a run.

use std::collections::BTreeMap;

use super::{
    candidate::{Candidate, Family},
    package_size::PackageSize,
    samples::{Metric, Samples},
};
use crate::output::table;

const COSTS: &str = "|init, ms|init CPU, ms|CPU to first response, ms|warm p50, ms|warm p99, ms|warm CPU, ms|peak memory, MiB|file, MB|zipped, MB";

pub struct Report {
    pub rows: Vec<ReportRow>,
}

pub struct ReportRow {
    pub candidate: Candidate,
    pub size: PackageSize,
    pub samples: Samples,
}

impl Report {
    pub fn find(&self, family: Family, name: &str) -> Option<&ReportRow> {
        self.rows.iter().find(|row| (row.candidate.family, row.candidate.name) == (family, name))
    }

    /// Formats the report. `goals` is the table of goals.
    pub fn to_markdown(&self, goals: &str) -> String {
        let costs = table(COSTS, self.rows.iter().map(costs));
        let calls = table("|start|warm invocation", self.rows.iter().map(calls));
        format!("Medians; ranges in parentheses.\n\n{costs}### Goals\n\n{goals}### AWS calls\n\n{calls}")
    }
}

fn costs(row: &ReportRow) -> Vec<String> {
    let range = |metric, digits| row.samples.get(metric).range(digits);
    let warm = row.samples.get(Metric::WarmWall);
    vec![
        row.candidate.label(),
        range(Metric::InitWall, 1),
        range(Metric::InitCpu, 2),
        range(Metric::FirstCpu, 2),
        format!("{:.3}", warm.p50),
        format!("{:.3}", warm.p99),
        range(Metric::WarmCpu, 3),
        range(Metric::PeakMemory, 1),
        format!("{:.2}", row.size.plain_mb),
        format!("{:.2}", row.size.zipped_mb),
    ]
}

fn calls(row: &ReportRow) -> Vec<String> {
    let list = |calls: BTreeMap<&str, f64>| {
        calls.iter().map(|(operation, count)| format!("{count} `{operation}`")).collect::<Vec<_>>().join(", ")
    };
    vec![row.candidate.label(), list(row.samples.start_calls()), list(row.samples.warm_calls())]
}
