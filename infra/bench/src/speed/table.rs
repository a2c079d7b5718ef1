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

/// Why the first three aims are what they are: what the authorizer does and the floor and the bare work do not.
fn reasons(report: &Report) -> String {
    let row = |family, name| report.find(family, name);
    let (Some(ours), Some(floor), Some(list)) =
        (row(Family::Ours, "authorizer"), row(Family::Floor, "floor"), row(Family::Ours, "list-tokens"))
    else {
        return String::new();
    };
    let bare = list.init_cpu_ms.median / floor.init_cpu_ms.median;
    let both = ours.warm_cpu_ms.median / (floor.warm_cpu_ms.median + report.bare_cpu_ms.median);
    format!(
        "\nA start of the authorizer shakes hands with KMS and with DynamoDB, so that no request has to; that of `list-tokens`, which \
         calls nobody yet, takes {bare:.2} times the floor's. A decision has the Runtime API's part beside the bare work: it takes \
         {both:.2} times what floor and bare work take together.\n"
    )
}

/// The name of a row.
pub fn name(row: &Row) -> String {
    match row.family {
        Family::Ours => format!("**{}**", row.name),
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
    let mut text = "| | init CPU | CPU to the first answer | warm p50 | warm CPU | peak | zipped |\n|---|---|---|---|---|---|---|\n"
        .to_owned();
    let others = report.subjects.iter().filter(|row| matches!(row.family, Family::Node | Family::Python));
    for theirs in others {
        let Some(ours) = report.find(Family::Ours, theirs.name) else { continue };
        let ratio = |of: fn(&Row) -> f64| format!("{:.1} |", of(theirs) / of(ours));
        let all: [fn(&Row) -> f64; 6] = [
            |row| row.init_cpu_ms.median,
            |row| row.first_cpu_ms.median,
            |row| row.warm_wall_ms.p50,
            |row| row.warm_cpu_ms.median,
            |row| row.peak_rss_mib.median,
            |row| megabytes(row.zip_bytes),
        ];
        let all: Vec<_> = all.into_iter().map(ratio).collect();
        let _ = writeln!(text, "| {} | {}", name(theirs), all.join(" "));
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
