//! The table of what was seen.

use std::time::Duration;

use super::{calls::Call, kinds::KINDS};

/// How often a fault strikes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    /// Until it is taken away.
    Lasting,
    /// One call.
    Once,
}

/// What was seen of one call under one fault.
pub struct Seen {
    pub call: usize,
    pub kind: usize,
    pub often: Often,
    pub status: u16,
    pub took: Duration,
}

/// Prints it as Markdown: the status while the fault lasts and after how many seconds, then the same where it strikes once.
pub fn print(calls: &[Call], seen: &[Seen]) {
    let columns: Vec<_> = KINDS.iter().map(|kind| kind.name).collect();
    println!("\n| call | {} |\n|---|{}", columns.join(" | "), "---|".repeat(columns.len()));
    for (number, call) in calls.iter().enumerate() {
        let told: Vec<_> = (0..KINDS.len()).map(|kind| cell(seen, number, kind)).collect();
        println!("| {} `{}`{} | {} |", call.function, call.operation, call.remark(), told.join(" | "));
    }
    let longest = seen.iter().map(|seen| seen.took).max().unwrap_or_default();
    println!("\n{} cases, the longest {:.1} s", seen.len(), longest.as_secs_f32());
}

fn cell(seen: &[Seen], call: usize, kind: usize) -> String {
    let both = [Often::Lasting, Often::Once].into_iter();
    let found =
        both.filter_map(|often| seen.iter().find(|seen| (seen.call, seen.kind, seen.often) == (call, kind, often)));
    found.map(|seen| format!("{} {:.1}", seen.status, seen.took.as_secs_f32())).collect::<Vec<_>>().join(", ")
}
