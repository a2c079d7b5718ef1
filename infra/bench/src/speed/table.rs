//! The tables of `FIGURES.md`.

use std::fmt::Write;

use super::{
    report::{Report, Row, megabytes},
    sample::Middle,
    subject::Family,
    target,
};

/// All tables.
pub fn all(report: &Report) -> String {
    let mut text = costs(report);
    text.push_str("\nBeside ours, in the same run (theirs / ours):\n\n");
    text.push_str(&ratios(report));
    text.push_str("\nWhat is aimed at:\n\n| | is | aim | reached |\n|---|---|---|---|\n");
    text.extend(target::all(report).iter().map(target::Target::row));
    text.push_str(&reasons(report));
    text.push_str("\nWith the processor time of a memory size (a quota on the processor, the start held to it too), medians in ms:\n\n");
    text.push_str(&sizes(report));
    text.push_str("\nCalls to AWS, at a start and for a later request:\n\n");
    text.push_str(&calls(report));
    text
}

/// What is looked at, and how much of it there is.
type Looked = (&'static str, fn(&Row) -> f64);

const LOOKED_AT: [Looked; 6] = [
    ("init CPU", |row| row.init_cpu_ms.median),
    ("CPU to the first answer", |row| row.first_cpu_ms.median),
    ("warm p50", |row| row.warm_wall_ms.p50),
    ("warm CPU", |row| row.warm_cpu_ms.median),
    ("peak memory", |row| row.peak_rss_mib.median),
    ("zipped", |row| megabytes(row.zip_bytes)),
];

/// What is between the aims that are missed and the authorizer: the calls, and the libraries that make them.
fn reasons(report: &Report) -> String {
    let row = |family, name| report.find(family, name);
    let (Some(ours), Some(least), Some(floor)) =
        (row(Family::Ours, "authorizer"), row(Family::Least, "least"), row(Family::Floor, "floor"))
    else {
        return String::new();
    };
    let mut text = "\nThe same calls by the same libraries and a signature, without a line of the authorizer (`infra/baseline/src/bin/least.rs`), \
                    cost this many times what the floor does, and the authorizer this many times what they do. A start shakes \
                    hands with KMS and with DynamoDB, so that no request has to; a decision has the Runtime API's part beside \
                    the bare work.\n\n| | the same calls / floor | authorizer / the same calls |\n|---|---|---|\n"
        .to_owned();
    for (what, of) in LOOKED_AT {
        let _ = writeln!(text, "| {what} | {:.2} | {:.2} |", of(least) / of(floor), of(ours) / of(least));
    }
    text
}

/// The name of a row.
pub fn name(row: &Row) -> String {
    match row.family {
        Family::Ours => format!("**{}**", row.name),
        Family::Least => "the same calls and a signature, nothing else".to_owned(),
        Family::Floor => "floor: answers at once".to_owned(),
        Family::Node => format!("{}, Node.js", row.name),
        Family::Python => format!("{}, Python", row.name),
    }
}

fn costs(report: &Report) -> String {
    let mut text =
        "| | init, ms | init CPU, ms | CPU to the first answer, ms | warm p50, ms | warm p99, ms | warm CPU, ms | \
                    peak, MiB | file, MB | zipped, MB |\n|---|---|---|---|---|---|---|---|---|---|\n"
            .to_owned();
    for row in &report.subjects {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.3} | {:.3} | {} | {} | {:.2} | {:.2} |",
            name(row),
            middle(row.init_wall_ms, 1),
            middle(row.init_cpu_ms, 2),
            middle(row.first_cpu_ms, 2),
            row.warm_wall_ms.p50,
            row.warm_wall_ms.p99,
            middle(row.warm_cpu_ms, 3),
            middle(row.peak_rss_mib, 1),
            megabytes(row.plain_bytes),
            megabytes(row.zip_bytes),
        );
    }
    let bare = middle(report.bare_cpu_ms, 3);
    let _ = writeln!(text, "| the bare work: a signature verified, a row read | | | | | | {bare} | | | |");
    text
}

/// The middle, and how far the others lie.
fn middle(middle: Middle, digits: usize) -> String {
    let Middle { median, low, high } = middle;
    format!("{median:.digits$} ({low:.digits$} to {high:.digits$})")
}

fn ratios(report: &Report) -> String {
    let heads = LOOKED_AT.map(|(what, _)| what).join(" | ");
    let mut text = format!("| | {heads} |\n|---{}|\n", "|---".repeat(LOOKED_AT.len()));
    let others = report.subjects.iter().filter(|row| matches!(row.family, Family::Node | Family::Python));
    for theirs in others {
        let Some(ours) = report.find(Family::Ours, theirs.name) else { continue };
        let ratios = LOOKED_AT.map(|(_, of)| format!("{:.1}", of(theirs) / of(ours)));
        let _ = writeln!(text, "| {} | {} |", name(theirs), ratios.join(" | "));
    }
    text
}

fn sizes(report: &Report) -> String {
    let mut text = "| | MB | init | first answer | later, p50 | later, p99 |\n|---|---|---|---|---|---|\n".to_owned();
    for row in &report.subjects {
        for size in &row.sizes {
            let (init, first) = (size.init_wall_ms.median, size.first_wall_ms.median);
            let _ = writeln!(
                text,
                "| {} | {} | {init:.1} | {first:.1} | {:.2} | {:.2} |",
                name(row),
                size.memory_mb,
                size.warm_wall_ms.p50,
                size.warm_wall_ms.p99
            );
        }
    }
    text
}

fn calls(report: &Report) -> String {
    let mut text = "| | at a start | for a request |\n|---|---|---|\n".to_owned();
    for row in report.subjects.iter().filter(|row| row.family != Family::Floor) {
        let list = |calls: &std::collections::BTreeMap<String, f64>| {
            calls.iter().map(|(operation, count)| format!("{count} `{operation}`")).collect::<Vec<_>>().join(", ")
        };
        let _ = writeln!(text, "| {} | {} | {} |", name(row), list(&row.calls_at_start), list(&row.wire_calls));
    }
    text
}
