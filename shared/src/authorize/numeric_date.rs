//! The times in a user's token.

use std::time::Duration;

use serde_json::Value;

use crate::token::UnixTime;

/// Largest accepted time, in seconds since 1970: 2^40, the year 36812. Arithmetic with it does not overflow.
const MAX_SECONDS: f64 = 1_099_511_627_776.0;

/// A `NumericDate` (RFC 7519, section 2): seconds since 1970 as a JSON number, with or without fraction or exponent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NumericDate(Duration);

impl NumericDate {
    /// Parses a number from 0 to 2^40 by its value; `None` for any other value.
    pub(super) fn parse(value: &Value) -> Option<Self> {
        let seconds = value.as_f64().filter(|seconds| (0.0..=MAX_SECONDS).contains(seconds))?;
        Duration::try_from_secs_f64(seconds).ok().map(Self)
    }

    /// The time `span` later.
    pub(super) fn plus(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span))
    }
}

impl From<UnixTime> for NumericDate {
    /// A time before 1970 becomes the start of 1970.
    fn from(time: UnixTime) -> Self {
        Self(Duration::from_secs(u64::try_from(time.seconds()).unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Duration> {
        NumericDate::parse(&serde_json::from_str(text).ok()?).map(|date| date.0)
    }

    #[test]
    fn numeric_date_is_read_by_its_value() {
        for (text, expected) in [
            ("0", Duration::ZERO),
            ("-0", Duration::ZERO),
            ("-0.0", Duration::ZERO),
            ("1e-400", Duration::ZERO),
            ("1790000000", Duration::from_secs(1_790_000_000)),
            ("1790000000.0", Duration::from_secs(1_790_000_000)),
            ("1.79E9", Duration::from_secs(1_790_000_000)),
            ("179000000000e-2", Duration::from_secs(1_790_000_000)),
            ("1790000000.5", Duration::from_millis(1_790_000_000_500)),
            ("1099511627776", Duration::from_secs(1 << 40)),
            ("1099511627776.0", Duration::from_secs(1 << 40)),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn value_outside_the_range_is_not_a_numeric_date() {
        for text in [
            "-1",
            "-1e-9",
            "1099511627776.5",
            "1099511627777",
            "9007199254740993",
            "18446744073709551615",
            "18446744073709551616",
            "1e300",
            "1e400",
            "-1e400",
            "null",
            "true",
            "\"1790000000\"",
            "[1790000000]",
            "{}",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
