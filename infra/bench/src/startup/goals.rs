//! The goals of the measurement, and the limits that fail a run.

use std::collections::BTreeMap;

use super::{candidate::Family, report::Report, samples::Metric};
use crate::{output, stack::Result};

/// Time goals may be missed tenfold on a machine with other load before the run fails.
const TIME_TOLERANCE: f64 = 10.0;

/// A goal for a ratio or an amount.
struct Goal {
    description: String,
    value: f64,
    bound: Bound,
    /// The factor by which the bound may be missed before the run fails.
    tolerance: f64,
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    AtMost(f64),
    AtLeast(f64),
}

impl Goal {
    fn is_met_within(&self, tolerance: f64) -> bool {
        match self.bound {
            Bound::AtMost(bound) => self.value <= bound * tolerance,
            Bound::AtLeast(bound) => self.value >= bound / tolerance,
        }
    }

    fn cells(&self) -> Vec<String> {
        let bound = match self.bound {
            Bound::AtMost(bound) => format!("≤ {bound}"),
            Bound::AtLeast(bound) => format!("≥ {bound}"),
        };
        let is_met = if self.is_met_within(1.0) { "yes" } else { "**no**" };
        vec![self.description.clone(), format!("{:.2}", self.value), bound, is_met.to_owned()]
    }
}

pub fn table(report: &Report) -> String {
    output::table("goal|measured|bound|met", goals(report).iter().map(Goal::cells))
}

fn goals(report: &Report) -> Vec<Goal> {
    use Bound::{AtLeast, AtMost};
    use Metric::{FirstCpu, InitCpu, PeakMemory, WarmCpu, WarmWall};

    let Some(authorizer) = report.find(Family::Latchkey, "authorizer") else { return Vec::new() };
    let mut goals = Vec::new();
    let mut add = |description: String, value: f64, bound: Bound, tolerance: f64| {
        goals.push(Goal { description, value, bound, tolerance });
    };
    let own = |metric| authorizer.samples.get(metric).p50;
    for (family, name, metric, bound) in [
        (Family::Noop, "noop", InitCpu, AtMost(1.6)),
        (Family::Noop, "noop", FirstCpu, AtMost(2.5)),
        (Family::SdkOnly, "sdk_only_authorizer", InitCpu, AtMost(1.2)),
        (Family::SdkOnly, "sdk_only_authorizer", WarmCpu, AtMost(1.3)),
    ] {
        let Some(baseline) = report.find(family, name) else { continue };
        let ratio = own(metric) / baseline.samples.get(metric).p50;
        add(format!("{metric:?}: authorizer / `{name}`"), ratio, bound, TIME_TOLERANCE);
    }
    for (family, language) in [(Family::Node, "Node.js"), (Family::Python, "Python")] {
        let Some(other) = report.find(family, "authorizer") else { continue };
        for (metric, bound) in [(InitCpu, 50.0), (FirstCpu, 40.0), (WarmWall, 7.0), (PeakMemory, 6.0)] {
            let ratio = other.samples.get(metric).p50 / own(metric);
            add(format!("{metric:?}: {language} / authorizer"), ratio, AtLeast(bound), TIME_TOLERANCE);
        }
    }
    for row in report.rows.iter().filter(|row| row.candidate.family == Family::Latchkey) {
        let name = row.candidate.name;
        add(format!("peak memory of {name}, MiB"), row.samples.get(PeakMemory).p50, AtMost(12.0), 1.0);
        add(format!("zipped binary of {name}, MB"), row.size.zipped_mb, AtMost(3.0), 1.2);
    }
    goals
}

type Calls = &'static [(&'static str, f64)];

const AUTHORIZER_START: Calls = &[("dynamodb:BatchGetItem", 1.0), ("kms:GetPublicKey", 1.0)];
const AUTHORIZER_DECISION: Calls = &[("dynamodb:BatchGetItem", 1.0)];
const CREATE_START: Calls = &[("dynamodb:BatchGetItem", 1.0), ("kms:GetPublicKey", 2.0)];
const CREATE: Calls = &[("dynamodb:PutItem", 1.0), ("kms:Sign", 1.0)];

/// The designed AWS calls of a start and of a warm invocation.
const DESIGNED_CALLS: [(Family, &str, Calls, Calls); 5] = [
    (Family::Latchkey, "authorizer", AUTHORIZER_START, AUTHORIZER_DECISION),
    (Family::SdkOnly, "sdk_only_authorizer", AUTHORIZER_START, AUTHORIZER_DECISION),
    (Family::Latchkey, "create-token", CREATE_START, CREATE),
    (Family::Latchkey, "list-tokens", &[], &[("dynamodb:Query", 1.0)]),
    (Family::Latchkey, "revoke-token", &[], &[("dynamodb:UpdateItem", 1.0)]),
];

/// Checks what must hold on any machine: AWS calls, memory, sizes, and time goals with tolerance.
pub fn check(report: &Report) -> Result<()> {
    let missed = goals(report).into_iter().filter(|goal| !goal.is_met_within(goal.tolerance));
    let mut violations: Vec<_> = missed.map(|goal| format!("{}: {:.2}", goal.description, goal.value)).collect();
    for (family, name, start, warm) in DESIGNED_CALLS {
        let Some(row) = report.find(family, name) else { continue };
        for (calls, designed) in [(row.samples.start_calls(), start), (row.samples.warm_calls(), warm)] {
            if calls != designed.iter().copied().collect::<BTreeMap<_, _>>() {
                violations.push(format!("{name} makes the calls {calls:?}"));
            }
        }
    }
    output::require_none(&violations)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goal_within_tolerance_is_missed_but_not_violated() {
        for (bound, is_met, is_tolerated) in [
            (Bound::AtMost(2.0), true, true),
            (Bound::AtMost(1.0), false, true),
            (Bound::AtMost(0.5), false, false),
            (Bound::AtLeast(2.0), true, true),
            (Bound::AtLeast(6.0), false, true),
            (Bound::AtLeast(6.1), false, false),
        ] {
            let goal = Goal { description: String::new(), value: 2.0, bound, tolerance: 3.0 };
            assert_eq!((goal.is_met_within(1.0), goal.is_met_within(3.0)), (is_met, is_tolerated), "{bound:?}");
        }
    }
}
