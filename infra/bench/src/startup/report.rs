//! The report of a run.

use std::collections::BTreeMap;

use super::{
    candidate::{Candidate, Family},
    package_size::PackageSize,
    samples::{Metric, Samples},
};
use crate::{output::table, percentiles::Percentiles};

const COSTS: &str = "|init, ms|init CPU, ms|CPU to first response, ms|warm p50, ms|warm p99, ms|warm CPU, ms|peak memory, MiB|file, MB|zipped, MB";

pub struct Report {
    /// CPU time of one iteration of `verify_and_read_loop`, in ms.
    pub loop_cpu: Percentiles,
    pub rows: Vec<ReportRow>,
}

pub struct ReportRow {
    pub candidate: Candidate,
    pub size: PackageSize,
    /// Without a CPU limit.
    pub samples: Samples,
    /// With the CPU share of a memory size in MB.
    pub limited: BTreeMap<u32, Samples>,
}

impl Report {
    pub fn find(&self, family: Family, name: &str) -> Option<&ReportRow> {
        self.rows.iter().find(|row| (row.candidate.family, row.candidate.name) == (family, name))
    }

    /// Formats the report. `goals` is the table of goals.
    pub fn to_markdown(&self, goals: &str) -> String {
        let costs = table(COSTS, self.rows.iter().map(costs));
        let limited =
            self.rows.iter().flat_map(|row| row.limited.iter().map(move |limited| limited_costs(row, limited)));
        let limited = table("|memory, MB|init, ms|first response, ms|warm p50, ms|warm p99, ms", limited);
        let calls = table("|start|warm invocation", self.rows.iter().map(calls));
        format!(
            "Medians; ranges in parentheses.\n\n{costs}CPU time of one iteration of `verify_and_read_loop`, ms: {}.\n\n### Goals\n\n\
             {goals}### With the CPU share of a memory size\n\n{limited}### AWS calls\n\n{calls}",
            self.loop_cpu.range(3)
        )
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

fn limited_costs(row: &ReportRow, (memory, samples): (&u32, &Samples)) -> Vec<String> {
    let warm = samples.get(Metric::WarmWall);
    let times = [samples.get(Metric::InitWall).p50, samples.get(Metric::FirstWall).p50, warm.p50, warm.p99];
    let mut cells = vec![row.candidate.label(), memory.to_string()];
    cells.extend(times.map(|time| format!("{time:.1}")));
    cells
}

fn calls(row: &ReportRow) -> Vec<String> {
    let list = |calls: BTreeMap<&str, f64>| {
        calls.iter().map(|(operation, count)| format!("{count} `{operation}`")).collect::<Vec<_>>().join(", ")
    };
    vec![row.candidate.label(), list(row.samples.start_calls()), list(row.samples.warm_calls())]
}
