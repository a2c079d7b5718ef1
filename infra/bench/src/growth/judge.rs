//! Whether something grows.

use super::{Cost, Operation, Place, Seen, Series, Size};
use crate::spread::Spread;

/// How much more the functions may take in the largest ledger than in the smallest: a tenth.
const ALLOWED: f64 = 1.1;
/// In the short form, which runs beside whatever else a machine does.
const ALLOWED_SHORT: f64 = 10.0;

/// What a request costs in one ledger, of many times that it was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// Wire calls, in the middle. One that was sent again after a time-out is no growth.
    pub(super) calls: u64,
    /// Bytes, in the middle.
    pub(super) bytes: u64,
    /// The functions and the gateway.
    pub(super) rest: Spread,
    /// The answers of `DynamoDB`.
    pub(super) ledger: Spread,
    /// Everything.
    pub(super) whole: Spread,
}

impl Summary {
    /// Of the costs of one request.
    pub(super) fn of(costs: &[Cost]) -> Self {
        Self {
            calls: middle(costs.iter().map(|cost| cost.calls)),
            bytes: middle(costs.iter().map(|cost| cost.bytes)),
            rest: Spread::of(costs.iter().map(|cost| cost.rest)),
            ledger: Spread::of(costs.iter().map(|cost| cost.ledger)),
            whole: Spread::of(costs.iter().map(|cost| cost.whole())),
        }
    }
}

fn middle(all: impl Iterator<Item = u64>) -> u64 {
    let mut all: Vec<_> = all.collect();
    all.sort_unstable();
    all.get(all.len().saturating_sub(1) / 2).copied().unwrap_or_default()
}

/// How often the middle of `one` is that of `other`.
pub(super) fn times(one: Spread, other: Spread) -> f64 {
    one.p50.as_secs_f64() / other.p50.as_secs_f64().max(f64::MIN_POSITIVE)
}

impl Seen {
    /// What a request costs in one ledger.
    pub(super) fn summary(&self, place: Place) -> Summary {
        Summary::of(self.costs.get(&place).map_or(&[], Vec::as_slice))
    }
}

/// Each thing that grows, a sentence.
pub(super) fn broken(seen: &Seen) -> Vec<String> {
    let mut broken = Vec::new();
    for series in Series::ALL {
        for operation in Operation::ALL {
            let least = seen.summary((series, operation, 0));
            for number in 1..3 {
                let what = format!("{} of {} {}", operation.name(), seen.size.tokens(series)[number], series.org());
                broken.extend(grown(&what, least, seen.summary((series, operation, number))));
            }
            let most = seen.summary((series, operation, 2));
            broken.extend(slower(
                &format!("{} where most is {}", operation.name(), series.org()),
                least,
                most,
                seen.size,
            ));
        }
        let read: Vec<_> = (0..3).filter_map(|number| seen.read.get(&(series, number))).collect();
        if read.iter().any(|one| *one != read[0]) {
            broken.push(format!("the list's query reads more where more is {}: {read:?}", series.org()));
        }
    }
    broken
}

/// What is more in another ledger than in the smallest.
fn grown(what: &str, least: Summary, other: Summary) -> Vec<String> {
    let mut grown = Vec::new();
    if other.calls != least.calls {
        grown.push(format!("{what}: {} wire calls instead of {}", other.calls, least.calls));
    }
    if other.bytes != least.bytes {
        grown.push(format!("{what}: {} bytes instead of {}", other.bytes, least.bytes));
    }
    grown
}

/// Whether the functions take longer in the largest ledger than in the smallest.
fn slower(what: &str, least: Summary, most: Summary, size: Size) -> Option<String> {
    let (times, allowed) = (times(most.rest, least.rest), if size.short { ALLOWED_SHORT } else { ALLOWED });
    (times > allowed).then(|| format!("{what}: the functions take {times:.2} times as long"))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const LONG: Size = Size { short: false, release: false };
    const SHORT: Size = Size { short: true, release: false };

    fn summary(calls: u64, bytes: u64, rest: u64, ledger: u64) -> Summary {
        let cost = |more| Cost {
            calls,
            bytes,
            rest: Duration::from_micros(rest + more),
            ledger: Duration::from_micros(ledger),
        };
        Summary::of(&[cost(0), cost(0), cost(9)])
    }

    #[test]
    fn a_summary_is_of_the_middle() {
        let one = summary(2, 700, 1_000, 300);
        assert_eq!((one.calls, one.bytes), (2, 700));
        assert_eq!((one.rest.p50, one.whole.p50), (Duration::from_millis(1), Duration::from_micros(1_300)));
    }

    #[test]
    fn calls_bytes_and_the_time_of_the_functions_must_not_grow_and_that_of_the_ledger_may() {
        let least = summary(2, 700, 1_000, 300);
        assert!(grown("x", least, summary(2, 700, 9_000, 900)).is_empty());
        assert_eq!(grown("x", least, summary(3, 700, 1_000, 300)).len(), 1);
        assert_eq!(grown("x", least, summary(2, 701, 1_000, 300)).len(), 1);
        for (rest, long, short) in [(1_090, false, false), (1_110, true, false), (10_100, true, true)] {
            let most = summary(2, 700, rest, 9_000);
            assert_eq!(slower("x", least, most, LONG).is_some(), long, "{rest}");
            assert_eq!(slower("x", least, most, SHORT).is_some(), short, "{rest}");
        }
    }
}
