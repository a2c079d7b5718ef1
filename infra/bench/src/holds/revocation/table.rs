//! What was seen, in tables.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{CLIENTS, PROCESSES, Seen};
use crate::spread::Spread;

/// The tables, in Markdown: the ways to revoke, then how the requests were spread over the processes.
pub(super) fn table(seen: &[Seen], taken: &BTreeMap<u32, usize>) -> String {
    let mut text = format!(
        "{CLIENTS} clients use one token without a pause, through the gateway; then token is revoked over another connection. \
         Times are in ms from the revoke's 200.\n\n"
    );
    counts(&mut text, seen);
    times(&mut text, seen);
    processes(&mut text, seen, taken);
    text
}

fn counts(text: &mut String, seen: &[Seen]) {
    text.push_str(
        "| revoked | rounds | requests | granted before | under way, granted | under way, refused | \
         **begun after, granted** | begun after, refused |\n|---|---|---|---|---|---|---|---|\n",
    );
    for Seen { way, judged, rounds, .. } in seen {
        let (granted, refused) = (judged.under_way_granted.len(), judged.under_way_refused.len());
        let _ = writeln!(
            text,
            "| {} | {rounds} | {} | {} | {granted} | {refused} | **{}** | {} |",
            way.name(),
            judged.requests,
            judged.granted_before,
            judged.granted_after.len(),
            judged.refused_after,
        );
    }
}

fn times(text: &mut String, seen: &[Seen]) {
    text.push_str("\n| revoked | | p50 | p99 | max |\n|---|---|---|---|---|\n");
    for Seen { way, judged, .. } in seen {
        for (what, times) in [
            ("answer to a request under way, granted", &judged.under_way_granted),
            ("answer to a request under way, refused", &judged.under_way_refused),
            ("first refusal of a request begun after", &judged.first_refusal),
        ] {
            let _ = writeln!(text, "| {} | {what} | {} |", way.name(), Spread::of(times.iter().copied()));
        }
    }
}

fn processes(text: &mut String, seen: &[Seen], taken: &BTreeMap<u32, usize>) {
    let mut busy: Vec<usize> = seen.iter().flat_map(|seen| seen.busy.clone()).collect();
    let mut taken: Vec<usize> = taken.values().copied().collect();
    busy.sort_unstable();
    taken.sort_unstable();
    let three = |all: &[usize]| {
        [Some(0), Some(all.len() / 2), all.len().checked_sub(1)]
            .map(|at| at.and_then(|at| all.get(at)).copied().unwrap_or_default())
    };
    let ([few, usual, many], [least, middle, most]) = (three(&busy), three(&taken));
    let _ = writeln!(
        text,
        "\n{PROCESSES} processes of the authorizer were started beforehand, {} answered. In a round {few} to {many} of them were \
         asked, {usual} in the median; in all each was asked {least} to {most} times, {middle} in the median.",
        taken.iter().filter(|taken| **taken > 0).count(),
    );
}
