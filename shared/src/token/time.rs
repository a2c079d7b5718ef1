//! Times in whole seconds and calendar days in UTC, in the formats of the API.

use std::fmt;

use jiff::{Timestamp, tz::Offset};
use serde::{Deserialize, Serialize};

/// Seconds since 1970-01-01T00:00:00Z, as in the `NumericDate` of a JWT (RFC 7519, section 2), up to the year 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct UnixTime(i64);

/// 9999-12-30T22:00:00Z, the last second whose date has a four-digit year in every time zone.
const MAX_UNIX_SECONDS: i64 = 253_402_207_200;

/// The number of seconds is outside the range of [`UnixTime`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a time must be between the years 1970 and 9999")]
pub struct TimeError;

/// A calendar day in UTC, written `YYYY-MM-DD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(jiff::civil::Date);

impl UnixTime {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(0);

    /// The first whole second that is not before the time `text`, an RFC 3339 `date-time`; `None` for any other text and a time outside
    /// of the range of this type.
    #[must_use]
    pub fn rounded_up_from_rfc_3339(text: &str) -> Option<Self> {
        let time: Timestamp = Some(text).filter(|text| is_rfc_3339(text))?.parse().ok()?;
        let has_fraction = time.subsec_nanosecond() > 0;
        let seconds = time.as_second() + i64::from(has_fraction);
        (time >= Timestamp::UNIX_EPOCH).then(|| Self::try_from(seconds).ok()).flatten()
    }

    /// The seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }

    /// The time `seconds` later, limited to the latest time.
    #[must_use]
    pub fn plus(self, seconds: u64) -> Self {
        Self(self.0.saturating_add_unsigned(seconds).min(MAX_UNIX_SECONDS))
    }

    /// The seconds from `earlier` to this time; 0 if it is not earlier.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> u64 {
        u64::try_from(self.0 - earlier.0).unwrap_or_default()
    }

    /// The day in UTC.
    #[must_use]
    pub fn date(self) -> Date {
        Date(Offset::UTC.to_datetime(self.timestamp()).date())
    }

    fn timestamp(self) -> Timestamp {
        Timestamp::from_second(self.0).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// Whether `text` has the format `date-time` of RFC 3339, section 5.6, in upper case. The parser of timestamps accepts others as well.
fn is_rfc_3339(text: &str) -> bool {
    let Some((date_time, rest)) = text.split_at_checked("2019-08-24T14:15:22".len()) else { return false };
    let offset = rest.strip_prefix('.').map(|fraction| fraction.trim_start_matches(|c: char| c.is_ascii_digit()));
    let has_empty_fraction = offset.is_some_and(|offset| offset.len() + 1 == rest.len());
    let offset = offset.unwrap_or(rest);
    let is_offset = offset == "Z" || has_form(offset, "+00:00") || has_form(offset, "-00:00");
    has_form(date_time, "0000-00-00T00:00:00") && is_offset && !has_empty_fraction
}

/// Whether `text` has a digit for each `0` in `form`, and its other characters.
fn has_form(text: &str, form: &str) -> bool {
    let matches = |(actual, expected): (u8, u8)| match expected {
        b'0' => actual.is_ascii_digit(),
        _ => actual == expected,
    };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(matches)
}

impl TryFrom<i64> for UnixTime {
    type Error = TimeError;

    fn try_from(seconds: i64) -> Result<Self, TimeError> {
        (0..=MAX_UNIX_SECONDS).contains(&seconds).then_some(Self(seconds)).ok_or(TimeError)
    }
}

impl From<UnixTime> for i64 {
    fn from(time: UnixTime) -> Self {
        time.0
    }
}

impl fmt::Display for UnixTime {
    /// RFC 3339 with `Z`: `2019-08-24T14:15:22Z`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.timestamp().fmt(f)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_is_displayed_as_rfc_3339_and_day_as_date() {
        let time = UnixTime::try_from(1_566_656_122).unwrap();
        assert_eq!(time.to_string(), "2019-08-24T14:15:22Z");
        assert_eq!(time.date().to_string(), "2019-08-24");
        assert_eq!(UnixTime::try_from(MAX_UNIX_SECONDS).unwrap().to_string(), "9999-12-30T22:00:00Z");
    }

    #[test]
    fn rfc_3339_time_is_rounded_up_to_a_second() {
        let parse = |text: &str| UnixTime::rounded_up_from_rfc_3339(text).map(UnixTime::seconds);
        for (text, seconds) in [
            ("2019-08-24T14:15:22Z", 1_566_656_122),
            ("2019-08-24T14:15:22.0Z", 1_566_656_122),
            ("2019-08-24T14:15:22.000000001Z", 1_566_656_123),
            ("2019-08-24T16:15:22+02:00", 1_566_656_122),
            ("2019-08-24T11:45:22.5-02:30", 1_566_656_123),
            ("1970-01-01T00:00:00-00:00", 0),
        ] {
            assert_eq!(parse(text), Some(seconds), "{text}");
        }
        for text in [
            "",
            "2019-08-24",
            "2019-08-24T14:15Z",
            "2019-08-24 14:15:22Z",
            "2019-08-24t14:15:22z",
            "2019-08-24T14:15:22",
            "2019-08-24T14:15:22.Z",
            "2019-08-24T14:15:22.+01:00",
            "2019-08-24T14:15:22+0200",
            "2019-08-24T14:15:22Z[UTC]",
            "2019-08-24T14:15:22+02:00:00",
            "2019-13-24T14:15:22Z",
            "2019-08-24T25:15:22Z",
            "20190824T141522Z",
            "1566656122",
            "1969-12-31T23:59:59.5Z",
            "9999-12-31T23:59:59Z",
            "+002019-08-24T14:15:22Z",
            "２019-08-24T14:15:22Z",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn time_outside_1970_to_9999_is_invalid() {
        assert_eq!(UnixTime::try_from(-1), Err(TimeError));
        assert_eq!(UnixTime::try_from(MAX_UNIX_SECONDS + 1), Err(TimeError));
        assert_eq!(UnixTime::try_from(MAX_UNIX_SECONDS).unwrap().plus(u64::MAX).seconds(), MAX_UNIX_SECONDS);
    }
}
