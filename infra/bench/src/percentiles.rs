//! Order statistics of measured values.

use std::time::Duration;

/// Median, extremes and 99th percentile of some values, by nearest rank; zero for no values.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Percentiles {
    pub min: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
}

impl Percentiles {
    pub fn of(values: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = values.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let nearest_rank = |percent: usize| {
            let rank = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
            sorted.get(rank).copied().unwrap_or_default()
        };
        Self { min: nearest_rank(0), p50: nearest_rank(50), p99: nearest_rank(99), max: nearest_rank(100) }
    }

    /// Formats the median and the range, such as `4.06 (3.83 to 5.43)`.
    pub fn range(self, digits: usize) -> String {
        format!("{:.digits$} ({:.digits$} to {:.digits$})", self.p50, self.min, self.max)
    }
}

pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// Converts a count to a number for division.
pub fn float(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_by_nearest_rank() {
        let all = Percentiles::of((1..=200).rev().map(f64::from));
        assert_eq!(all, Percentiles { min: 1.0, p50: 100.0, p99: 198.0, max: 200.0 });
        assert_eq!(Percentiles::of([]), Percentiles::default());
    }
}
