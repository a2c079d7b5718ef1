//! The lifetime of a token: parses `expires_in`, enforces the limits, and computes the expiration.

use std::str::FromStr;

use super::{TypeName, UnixTime};

pub(super) const MINUTE_SECONDS: u64 = 60;
const HOUR_SECONDS: u64 = 60 * MINUTE_SECONDS;
pub(super) const DAY_SECONDS: u64 = 24 * HOUR_SECONDS;
const WEEK_SECONDS: u64 = 7 * DAY_SECONDS;
/// A year of `expires_in` always has 365 days.
const YEAR_SECONDS: u64 = 365 * DAY_SECONDS;
/// Shortest lifetime of any type, in seconds.
const MIN_LIFETIME_SECONDS: u64 = 30;
/// Fixed lifetime of tokens of type assume, in seconds. A request cannot change it.
const ASSUME_LIFETIME_SECONDS: u64 = HOUR_SECONDS;

/// A requested lifetime in whole seconds, within the limits of the token's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(u64);

/// Why a lifetime is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifetimeError {
    /// The text is not a duration.
    #[error("`expires_in` must be whole seconds, or a number and a unit like `10h`, `7d` or `2 days`")]
    Form,
    /// The duration is outside the limits of the type.
    #[error("`expires_in` must be between 30 seconds and {days} days for tokens of type {type_name}")]
    Bounds {
        /// The requested type.
        type_name: TypeName,
        /// Longest lifetime of the type, in days.
        days: u64,
    },
    /// The type has a fixed lifetime.
    #[error("`expires_in` is not allowed for tokens of type {0}, which expire after one hour")]
    Fixed(TypeName),
    /// The token would not expire within the operator's limit, in seconds.
    #[error("`expires_in` is required and must not exceed {0} seconds, the limit set by the operator")]
    BeyondMaxLifetime(u64),
    /// The operator's limit is not a duration, or is shorter than the fixed lifetime of tokens of type assume.
    #[error("the maximum lifetime must be a duration of at least one hour, such as 90d")]
    MaxLifetime,
    /// *(never wider)* The token would expire after the token that rotates itself.
    #[error("a token that rotates itself must not extend its lifetime: its successor ends at {0} at the latest")]
    BeyondRotated(UnixTime),
    /// *(never wider)* The token would expire after its parent.
    #[error("the token must not outlive its parent, which expires at {0}")]
    BeyondParent(UnixTime),
}

impl Lifetime {
    /// A lifetime of `seconds` for a token of type `type_name`.
    ///
    /// # Errors
    ///
    /// Returns [`LifetimeError::Bounds`] if `seconds` is outside the limits of the type, and [`LifetimeError::Fixed`]
    /// if the type has a fixed lifetime.
    pub fn new(seconds: u64, type_name: TypeName) -> Result<Self, LifetimeError> {
        let max_seconds = match type_name {
            TypeName::Assume => return Err(LifetimeError::Fixed(type_name)),
            TypeName::Api => YEAR_SECONDS,
            TypeName::App | TypeName::Journey | TypeName::Portal => WEEK_SECONDS,
        };
        let is_within = (MIN_LIFETIME_SECONDS..=max_seconds).contains(&seconds);
        is_within.then_some(Self(seconds)).ok_or(LifetimeError::Bounds { type_name, days: max_seconds / DAY_SECONDS })
    }

    /// Parses `^[0-9]+ ?(unit)?$`; without a unit the number is in seconds.
    ///
    /// # Errors
    ///
    /// Returns [`LifetimeError::Form`] if `text` does not match or is not a whole number of seconds, and the errors of
    /// [`Lifetime::new`].
    pub fn parse(text: &str, type_name: TypeName) -> Result<Self, LifetimeError> {
        let total = total_milliseconds(text).ok_or(LifetimeError::Form)?;
        let lifetime = Self::new(total / 1000, type_name)?;
        if total.is_multiple_of(1000) { Ok(lifetime) } else { Err(LifetimeError::Form) }
    }

    /// The lifetime in seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }
}

/// Longest lifetime that the operator allows, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLifetime(u64);

impl FromStr for MaxLifetime {
    type Err = LifetimeError;

    /// Parses a duration in the format of `expires_in`. It must be at least one hour, so that tokens of every type can
    /// be created; otherwise the error is [`LifetimeError::MaxLifetime`].
    fn from_str(text: &str) -> Result<Self, LifetimeError> {
        let total = total_milliseconds(text).filter(|total| total.is_multiple_of(1000));
        total
            .map(|total| Self(total / 1000))
            .filter(|max_lifetime| max_lifetime.0 >= ASSUME_LIFETIME_SECONDS)
            .ok_or(LifetimeError::MaxLifetime)
    }
}

impl MaxLifetime {
    /// The limit in seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Checks the expiration of a token that is created at `now`.
    ///
    /// # Errors
    ///
    /// Returns [`LifetimeError::BeyondMaxLifetime`] if the token would expire after the limit or not at all.
    pub fn check(self, now: UnixTime, expires_at: Option<UnixTime>) -> Result<(), LifetimeError> {
        let is_within = expires_at.is_some_and(|end| end <= now.plus(self.0));
        if is_within { Ok(()) } else { Err(LifetimeError::BeyondMaxLifetime(self.0)) }
    }
}

/// The duration `text` in milliseconds; `None` if it is not a duration. An overflow becomes `u64::MAX`, which exceeds
/// every limit.
pub(super) fn total_milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let factor = unit_milliseconds(unit).filter(|_| digits > 0)?;
    Some(number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).unwrap_or(u64::MAX))
}

fn unit_milliseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 1,
        "" | "s" | "second" | "seconds" => 1000,
        "m" | "minute" | "minutes" => 1000 * MINUTE_SECONDS,
        "h" | "hour" | "hours" => 1000 * HOUR_SECONDS,
        "d" | "day" | "days" => 1000 * DAY_SECONDS,
        "w" | "week" | "weeks" => 1000 * WEEK_SECONDS,
        "y" | "year" | "years" => 1000 * YEAR_SECONDS,
        _ => return None,
    })
}

/// The expiration of a token of type `type_name` that is created at `now`; `None` if it does not expire.
///
/// `requested` is the lifetime from the request. `parent_end` is the expiration of the parent token, if there is one
/// and it expires. *(never wider)* A default lifetime is cut at `parent_end`.
///
/// # Errors
///
/// Returns [`LifetimeError::BeyondParent`] if a requested lifetime exceeds `parent_end`.
pub fn expiry(
    type_name: TypeName,
    requested: Option<Lifetime>,
    now: UnixTime,
    parent_end: Option<UnixTime>,
) -> Result<Option<UnixTime>, LifetimeError> {
    let own = match (requested, type_name) {
        (Some(Lifetime(seconds)), _) => Some(now.plus(seconds)),
        (None, TypeName::Assume) => Some(now.plus(ASSUME_LIFETIME_SECONDS)),
        (None, TypeName::App) => Some(now.plus(WEEK_SECONDS)),
        (None, _) => None,
    };
    match (own, parent_end) {
        (Some(own), Some(parent)) if requested.is_some() && own > parent => Err(LifetimeError::BeyondParent(parent)),
        (Some(own), Some(parent)) => Ok(Some(own.min(parent))),
        (own, parent) => Ok(own.or(parent)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT_OF_BOUNDS: Result<u64, LifetimeError> =
        Err(LifetimeError::Bounds { type_name: TypeName::Api, days: 365 });
    const FORM: Result<u64, LifetimeError> = Err(LifetimeError::Form);

    #[test]
    fn lifetime_is_number_with_unit_within_limits() {
        for (text, seconds) in [
            ("30", Ok(30)),
            ("3600", Ok(3600)),
            ("10h", Ok(36_000)),
            ("7d", Ok(604_800)),
            ("2 days", Ok(172_800)),
            ("1y", Ok(31_536_000)),
            ("365 d", Ok(31_536_000)),
            ("52weeks", Ok(31_449_600)),
            ("30000ms", Ok(30)),
            ("030s", Ok(30)),
            ("29", OUT_OF_BOUNDS),
            ("0s", OUT_OF_BOUNDS),
            ("29999ms", OUT_OF_BOUNDS),
            ("1ms", OUT_OF_BOUNDS),
            ("30500ms", FORM),
            ("31536001", OUT_OF_BOUNDS),
            ("366d", OUT_OF_BOUNDS),
            ("99999999999999999999999999y", OUT_OF_BOUNDS),
            ("18446744073709551615y", OUT_OF_BOUNDS),
            ("", FORM),
            ("h", FORM),
            ("1.5h", FORM),
            ("10 H", FORM),
            ("10  h", FORM),
            ("-1", FORM),
            ("+30", FORM),
            (" 30", FORM),
            ("30 ", Ok(30)),
            ("30s ", FORM),
            ("1e3", FORM),
            ("٣٠", FORM),
        ] {
            assert_eq!(Lifetime::parse(text, TypeName::Api).map(|l| l.0), seconds, "{text:?}");
        }
    }

    #[test]
    fn lifetime_limit_depends_on_token_type() {
        for type_name in [TypeName::App, TypeName::Journey, TypeName::Portal] {
            assert!(Lifetime::new(WEEK_SECONDS, type_name).is_ok());
            assert_eq!(Lifetime::new(WEEK_SECONDS + 1, type_name), Err(LifetimeError::Bounds { type_name, days: 7 }));
        }
        assert_eq!(Lifetime::new(60, TypeName::Assume), Err(LifetimeError::Fixed(TypeName::Assume)));
    }

    #[test]
    fn expiration_beyond_max_lifetime_is_rejected() {
        let at = |seconds: i64| UnixTime::try_from(seconds).unwrap();
        let max_lifetime: MaxLifetime = "1h".parse().unwrap();
        assert_eq!(max_lifetime.check(at(0), Some(at(3_600))), Ok(()));
        for end in [Some(at(3_601)), None] {
            assert_eq!(max_lifetime.check(at(0), end), Err(LifetimeError::BeyondMaxLifetime(3_600)));
        }
    }

    /// Tokens of every type can be created under the lowest limit, one hour.
    #[test]
    fn max_lifetime_below_one_hour_is_invalid() {
        for bad in ["", "soon", "7", "5x", "29s", "3599", "59m", "3600500ms", "99999999999999999999y"] {
            assert_eq!(bad.parse::<MaxLifetime>(), Err(LifetimeError::MaxLifetime), "{bad}");
        }
        let now = UnixTime::EPOCH;
        for lowest in ["1h", "60 minutes", "3600", "3600000ms"].map(|text| text.parse::<MaxLifetime>().unwrap()) {
            assert_eq!(lowest.check(now, expiry(TypeName::Assume, None, now, None).unwrap()), Ok(()));
            for type_name in [TypeName::Api, TypeName::App, TypeName::Journey, TypeName::Portal] {
                let by_default = lowest.check(now, expiry(type_name, None, now, None).unwrap());
                assert_eq!(by_default, Err(LifetimeError::BeyondMaxLifetime(3_600)), "{type_name}");
                let requested = Some(Lifetime::new(3_600, type_name).unwrap());
                assert_eq!(lowest.check(now, expiry(type_name, requested, now, None).unwrap()), Ok(()), "{type_name}");
            }
        }
    }

    #[test]
    fn max_lifetime_error_names_member_and_limit() {
        let message = LifetimeError::BeyondMaxLifetime(86_400).to_string();
        assert!(message.contains("must not exceed 86400 seconds") && message.contains("`expires_in`"), "{message}");
    }

    #[test]
    fn child_token_expires_no_later_than_its_parent() {
        let at = |seconds: i64| UnixTime::try_from(seconds).unwrap();
        let now = at(1_000);
        let parent = at(4_600);
        let requested = |seconds| Some(Lifetime::new(seconds, TypeName::Api).unwrap());
        for (type_name, requested, parent_end, expected) in [
            (TypeName::Api, None, None, Ok(None)),
            (TypeName::Api, None, Some(parent), Ok(Some(parent))),
            (TypeName::Api, requested(60), Some(parent), Ok(Some(at(1_060)))),
            (TypeName::Api, requested(3_600), Some(parent), Ok(Some(parent))),
            (TypeName::Api, requested(3_601), Some(parent), Err(LifetimeError::BeyondParent(parent))),
            (TypeName::Assume, None, None, Ok(Some(at(4_600)))),
            (TypeName::App, None, Some(parent), Ok(Some(parent))),
            (TypeName::App, None, None, Ok(Some(at(1_000 + 604_800)))),
            (TypeName::Assume, None, Some(at(999_999)), Ok(Some(at(4_600)))),
        ] {
            assert_eq!(
                expiry(type_name, requested, now, parent_end),
                expected,
                "{type_name} {requested:?} {parent_end:?}"
            );
        }
    }
}
