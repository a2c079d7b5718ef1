//! What was seen, in tables.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    CLIENTS, ORGANIZATIONS, Seen,
    faults::OUTAGES,
    processes::{Process, ended, pairs},
};
use crate::{holds::Size, spread::Spread, stack::mib};

/// The tables, in Markdown.
pub(super) fn table(seen: &Seen, size: Size) -> String {
    let mut text = format!(
        "{CLIENTS} clients of {ORGANIZATIONS} organizations, while one call in a hundred to DynamoDB and KMS is struck by a fault \
         and {OUTAGES} times one of the two is away for 0.4 s.\n\n"
    );
    requests(&mut text, seen);
    faults(&mut text, seen);
    processes(&mut text, seen, size);
    others(&mut text, seen);
    let verdict = if seen.ledger.broken.is_empty() { "all are in the ledger as answered" } else { "NOT as answered" };
    let _ = writeln!(
        text,
        "\n{} tokens were given out, {} of them live: {verdict}, by get, by use and by the lists. {} creates and revokes were \
         answered 503 and asked for again.\n\nA function keeps some 150 bytes of each request, its trace id (ARCHITECTURE.md, Limits). The stack itself \
         grows, since it keeps the record of every call and answer for tests.",
        seen.ledger.made, seen.ledger.living, seen.log.repeated,
    );
    text
}

fn requests(text: &mut String, seen: &Seen) {
    let asked = &seen.log.asked;
    text.push_str("| request | status | how many | p50, ms | p99, ms | max, ms |\n|---|---|---|---|---|---|\n");
    let kinds: BTreeSet<_> = asked.iter().map(|asked| (asked.kind, asked.status)).collect();
    for (kind, status) in kinds {
        let these = asked.iter().filter(|asked| (asked.kind, asked.status) == (kind, status));
        let times: Vec<_> = these.map(|asked| asked.answered - asked.begun).collect();
        let _ =
            writeln!(text, "| {} | {status} | {} | {} |", kind.name(), times.len(), Spread::of(times.iter().copied()));
    }
    let all = Spread::of(asked.iter().map(|asked| asked.answered - asked.begun));
    let rate = 1_000 * u128::try_from(asked.len()).unwrap_or_default() / seen.took.as_millis().max(1);
    let _ = writeln!(text, "| all | | {} | {all} |\n\n{rate} requests a second.\n", asked.len());
}

fn faults(text: &mut String, seen: &Seen) {
    text.push_str("| fault | calls struck |\n|---|---|\n");
    for (fault, count) in &seen.faults {
        let _ = writeln!(text, "| {fault} | {count} |");
    }
    let explained = &seen.unavailable;
    let _ = writeln!(
        text,
        "\n{} calls failed in all three attempts; {} answers were 5xx, each a 503 `unavailable` with `Retry-After`, {} of them \
         without such a failure between the request and its answer.\n",
        explained.failures, explained.answers, explained.unexplained,
    );
}

fn processes(text: &mut String, seen: &Seen, size: Size) {
    text.push_str(
        "| function | processes | compared | resident after 20 %, MiB | at the end, MiB | most growth of one, KiB | \
         handles after 20 % | at the end |\n|---|---|---|---|---|---|---|---|\n",
    );
    let none = BTreeMap::new();
    for (function, late) in &seen.late.0 {
        let pairs = pairs(seen.early.0.get(function).unwrap_or(&none), late, size);
        let _ = writeln!(text, "| {function} | {} | {} | {} |", late.len(), pairs.len(), largest(&pairs));
    }
    let _ = writeln!(
        text,
        "\nOf each function the largest of those processes that had done some work after 20 % of the requests. {} of the processes \
         that were there then ended; more are started when more is asked at once.",
        ended(&seen.early, &seen.late),
    );
}

/// The most of each column that one of the processes has.
fn largest(pairs: &[[Process; 2]]) -> String {
    if pairs.is_empty() {
        return "| | | |".to_owned();
    }
    let resident = |at: usize| mib(pairs.iter().map(|pair| pair[at].resident).max().unwrap_or_default());
    let handles = |at: usize| pairs.iter().map(|pair| pair[at].handles).max().unwrap_or_default();
    let growth = pairs.iter().map(|[early, late]| late.resident.saturating_sub(early.resident)).max();
    let growth = growth.unwrap_or_default();
    format!("{} | {} | {growth} | {} | {}", resident(0), resident(1), handles(0), handles(1))
}

fn others(text: &mut String, seen: &Seen) {
    text.push_str("\n| who | is closed after, s | answer |\n|---|---|---|\n");
    for held in &seen.slow {
        let longest = held.longest.map_or("never".to_owned(), |longest| format!("{:.1}", longest.as_secs_f64()));
        let status = held.status.map_or("none".to_owned(), |status| status.to_string());
        let _ = writeln!(text, "| {} | {longest} | {status} |", held.way);
    }
    text.push_str("\n| too large | answer | reached a function |\n|---|---|---|\n");
    for refused in &seen.limits {
        let reached = if refused.reached { "yes" } else { "no" };
        let _ = writeln!(text, "| {} | {} | {reached} |", refused.what, refused.status);
    }
}
