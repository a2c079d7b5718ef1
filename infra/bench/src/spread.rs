//! Many durations in three numbers.

use std::{fmt, time::Duration};

/// The middle one of some durations, the one that 99 % of them do not exceed, and the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spread {
    /// The middle one.
    pub p50: Duration,
    /// The one that 99 % do not exceed.
    pub p99: Duration,
    /// The longest.
    pub max: Duration,
}

impl Spread {
    /// The spread of `all`; zero of none.
    pub fn of(all: impl IntoIterator<Item = Duration>) -> Self {
        let mut all: Vec<_> = all.into_iter().collect();
        all.sort_unstable();
        let nearest = |percent: usize| all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        let at = |percent| nearest(percent).unwrap_or_default();
        Self { p50: at(50), p99: at(99), max: at(100) }
    }
}

/// In milliseconds, as three columns of a table.
impl fmt::Display for Spread {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, max] = [self.p50, self.p99, self.max].map(|duration| duration.as_secs_f64() * 1_000.0);
        write!(formatter, "{p50:.1} | {p99:.1} | {max:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_is_by_nearest_rank() {
        let spread = Spread::of((1..=200).rev().map(Duration::from_millis));
        let [p50, p99, max] = [100, 198, 200].map(Duration::from_millis);
        assert_eq!(spread, Spread { p50, p99, max });
        assert_eq!(spread.to_string(), "100.0 | 198.0 | 200.0");
        assert_eq!(Spread::of([]), Spread::default());
        assert_eq!(Spread::of([max]), Spread { p50: max, p99: max, max });
    }
}
