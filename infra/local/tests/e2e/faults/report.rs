//! The table of results.

use std::time::Duration;

use super::{aws_calls::AwsCall, fault_kinds::FAULT_KINDS};

/// The result of one call under one fault.
pub struct Measurement {
    /// Index of the call.
    pub call: usize,
    /// Index of the fault kind.
    pub kind: usize,
    pub status: u16,
    pub duration: Duration,
}

/// Prints a Markdown table with status and seconds: under the permanent fault, then under one that occurs once.
pub fn print(calls: &[AwsCall], measurements: &[Measurement]) {
    let columns: Vec<_> = FAULT_KINDS.iter().map(|kind| kind.name).collect();
    println!("\n| call | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
    for (index, call) in calls.iter().enumerate() {
        let fields: Vec<_> = (0..FAULT_KINDS.len()).map(|kind| cell(measurements, index, kind)).collect();
        println!("| {} `{}`{} | {} |", call.function, call.operation, call.remark(), fields.join(" | "));
    }
    let longest = measurements.iter().map(|measurement| measurement.duration).max().unwrap_or_default();
    println!("\n{} cases, the longest {:.1} s", measurements.len(), longest.as_secs_f32());
}

/// The measurements of a cell, in the order in which they were made.
fn cell(measurements: &[Measurement], call: usize, kind: usize) -> String {
    let of_cell = measurements.iter().filter(|measurement| (measurement.call, measurement.kind) == (call, kind));
    let texts = of_cell.map(|measurement| format!("{} {:.1}", measurement.status, measurement.duration.as_secs_f32()));
    texts.collect::<Vec<_>>().join(", ")
}
