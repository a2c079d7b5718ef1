//! What is aimed at, and whether it is reached.

use super::{
    quota::TEMPLATE,
    report::{Report, Row, Share, megabytes},
    subject::Family,
};
use crate::stack::Outcome;

/// A target: a quotient or a quantity, and its bound.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What is looked at.
    pub what: String,
    /// What it is.
    pub value: f64,
    /// What it is to be, at most or at least.
    pub bound: Bound,
    /// By how many times it may be missed before a run fails.
    room: f64,
}

/// A bound.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// Not more than this.
    AtMost(f64),
    /// Not less than this.
    AtLeast(f64),
}

impl Target {
    /// Whether it is reached.
    pub fn is_met(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound,
            Bound::AtLeast(bound) => self.value >= bound,
        }
    }

    /// Whether it is missed by so much that something must be broken.
    fn is_broken(&self) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value > bound * self.room,
            Bound::AtLeast(bound) => self.value < bound / self.room,
        }
    }

    /// As a row of a table.
    pub fn row(&self) -> String {
        let bound = match self.bound {
            Bound::AtMost(bound) => format!("≤ {bound}"),
            Bound::AtLeast(bound) => format!("≥ {bound}"),
        };
        format!("| {} | {:.2} | {bound} | {} |\n", self.what, self.value, if self.is_met() { "yes" } else { "**no**" })
    }
}

/// How much more time than is aimed at a run may take that looks for what is broken, on a machine that does other things as well.
const ROOM: f64 = 10.0;

/// What is looked at, how much of it there is, and a bound.
type Beside = (&'static str, fn(&Row) -> f64, f64);

/// What is looked at of a row, and by how much others are to be worse.
const BESIDE: [Beside; 4] = [
    ("init CPU", |row| row.init_cpu_ms.median, 50.0),
    ("CPU to the first answer", |row| row.first_cpu_ms.median, 40.0),
    ("warm answer, p50", |row| row.warm_wall_ms.p50, 7.0),
    ("peak memory", |row| row.peak_rss_mib.median, 6.0),
];

/// Every target that the report can tell of.
pub fn all(report: &Report) -> Vec<Target> {
    let Some(ours) = report.find(Family::Ours, "authorizer") else { return Vec::new() };
    let mut all = against_the_floor(report, ours);
    for (family, name) in [(Family::Node, "Node.js"), (Family::Python, "Python")] {
        let Some(theirs) = report.find(family, "authorizer") else { continue };
        all.extend(BESIDE.iter().map(|(what, of, bound)| Target {
            what: format!("{what}: {name} / authorizer"),
            value: of(theirs) / of(ours),
            bound: Bound::AtLeast(*bound),
            room: ROOM,
        }));
        if let (Some(ours), Some(theirs)) = (as_deployed(ours), as_deployed(theirs)) {
            all.push(Target {
                what: format!("warm answer, p50, with the CPU of {TEMPLATE} MB: {name} / authorizer"),
                value: theirs.warm_wall_ms.p50 / ours.warm_wall_ms.p50,
                bound: Bound::AtLeast(7.0),
                room: ROOM,
            });
        }
    }
    all.extend(by_itself(ours));
    all
}

/// With the processor time that the template gives.
fn as_deployed(row: &Row) -> Option<&Share> {
    row.sizes.iter().find(|size| size.memory_mb == TEMPLATE)
}

fn against_the_floor(report: &Report, ours: &Row) -> Vec<Target> {
    let target =
        |what: &str, value, bound| Target { what: what.to_owned(), value, bound: Bound::AtMost(bound), room: ROOM };
    let mut all = Vec::new();
    if let Some(floor) = report.find(Family::Floor, "floor") {
        let (init, first) = (floor.init_cpu_ms.median, floor.first_cpu_ms.median);
        all.push(target("init CPU: authorizer / floor", ours.init_cpu_ms.median / init, 1.6));
        all.push(target("CPU to the first answer: authorizer / floor", ours.first_cpu_ms.median / first, 2.5));
    }
    if let Some(least) = report.find(Family::Least, "least") {
        let (init, warm) = (least.init_cpu_ms.median, least.warm_cpu_ms.median);
        all.push(target("init CPU: authorizer / its calls alone", ours.init_cpu_ms.median / init, 1.2));
        all.push(target(
            "CPU of a decision: authorizer / its calls and a signature alone",
            ours.warm_cpu_ms.median / warm,
            1.3,
        ));
    }
    let bare = ours.warm_cpu_ms.median / report.bare_cpu_ms.median;
    all.push(target("CPU of a decision: authorizer / bare work", bare, 1.3));
    all
}

fn by_itself(ours: &Row) -> Vec<Target> {
    let target =
        |what: &str, value, bound, room| Target { what: what.to_owned(), value, bound: Bound::AtMost(bound), room };
    let mut all = vec![
        target("peak memory of the authorizer, MiB", ours.peak_rss_mib.median, 12.0, 1.0),
        target(
            "zipped authorizer for this processor (arm64, the default: *Sizes*), MB",
            megabytes(ours.zip_bytes),
            3.0,
            1.2,
        ),
    ];
    if let Some(small) = ours.sizes.iter().find(|size| size.memory_mb == 128) {
        all.push(target("first answer with the CPU of 128 MB, ms", small.first_wall_ms.median, 20.0, ROOM));
    }
    all
}

/// Calls by their operation.
type Calls = &'static [(&'static str, f64)];

const OF_A_START: Calls = &[("dynamodb:BatchGetItem", 1.0), ("kms:GetPublicKey", 1.0)];
const OF_A_DECISION: Calls = &[("dynamodb:BatchGetItem", 1.0)];

/// What our functions call at a start and for a request, as the design says, and what is held against the authorizer too.
const CALLS: [(Family, &str, Calls, Calls); 5] = [
    (Family::Ours, "authorizer", OF_A_START, OF_A_DECISION),
    (Family::Least, "least", OF_A_START, OF_A_DECISION),
    (
        Family::Ours,
        "create-token",
        &[("dynamodb:BatchGetItem", 1.0), ("kms:GetPublicKey", 2.0)],
        &[("dynamodb:PutItem", 1.0), ("kms:Sign", 1.0)],
    ),
    (Family::Ours, "list-tokens", &[], &[("dynamodb:Query", 1.0)]),
    (Family::Ours, "revoke-token", &[], &[("dynamodb:UpdateItem", 1.0)]),
];

/// Whether what may not be missed on any machine is kept: calls, sizes, and times with tenfold room.
///
/// # Errors
///
/// Where it is not, with everything that is not.
pub fn hold(report: &Report) -> Outcome<()> {
    let missed = all(report).into_iter().filter(Target::is_broken);
    let mut broken: Vec<_> = missed.map(|target| format!("{}: {:.2}", target.what, target.value)).collect();
    for (family, name, start, request) in CALLS {
        let Some(row) = report.find(family, name) else { continue };
        for (calls, expected) in [(&row.calls_at_start, start), (&row.wire_calls, request)] {
            let expected = expected.iter().map(|(operation, count)| ((*operation).to_owned(), *count)).collect();
            if *calls != expected {
                broken.push(format!("{name} makes the calls {calls:?}"));
            }
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(broken.join("; ").into()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(bound: Bound) -> Target {
        Target { what: "what".to_owned(), value: 2.0, bound, room: 3.0 }
    }

    #[test]
    fn a_target_is_missed_before_it_is_broken() {
        for (bound, met, broken) in [
            (Bound::AtMost(2.0), true, false),
            (Bound::AtMost(1.0), false, false),
            (Bound::AtMost(0.5), false, true),
            (Bound::AtLeast(2.0), true, false),
            (Bound::AtLeast(6.0), false, false),
            (Bound::AtLeast(6.1), false, true),
        ] {
            assert_eq!((target(bound).is_met(), target(bound).is_broken()), (met, broken), "{bound:?}");
        }
    }
}
