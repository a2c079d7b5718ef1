//! How long a token lives.

use std::str::FromStr;

use super::{TypeName, UnixTime};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const WEEK: u64 = 7 * DAY;
/// The contract's year.
const YEAR: u64 = 365 * DAY;
/// The shortest lifetime of any type.
const SHORTEST: u64 = 30;
/// How long a token of the type assume lives: nobody can ask for less.
const ASSUMED: u64 = HOUR;

/// A lifetime that somebody asked for: whole seconds, within the bounds of the token's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime(u64);

/// Why a lifetime was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LifetimeError {
    /// The text is no duration.
    #[error("`expires_in` must be whole seconds, or a number and a unit like `10h`, `7d` or `2 days`")]
    Form,
    /// The duration is outside the type's bounds.
    #[error("`expires_in` must be from 30 seconds to {days} days for a token of the type {type_name}")]
    Bounds {
        /// The type that was asked for.
        type_name: TypeName,
        /// The most days that it allows.
        days: u64,
    },
    /// The type has a lifetime of its own.
    #[error("`expires_in` does not go with the type {0}, whose tokens live one hour")]
    Fixed(TypeName),
    /// The token would live longer than the operator allows.
    #[error("the operator allows a lifetime of {0} seconds at most: give an `expires_in` that keeps to it")]
    BeyondMaxLifetime(u64),
    /// The operator's ceiling is no duration, or no token of the type assume could be made under it.
    #[error(
        "a ceiling is written like 90d, and is one hour at least, which is how long tokens of the type assume live"
    )]
    MaxLifetime,
    /// The token would outlive the one that makes it.
    #[error("the token would outlive the one that makes it, which ends at {0}")]
    BeyondParent(UnixTime),
}

impl Lifetime {
    /// A lifetime of `seconds` for a token of the type `type_name`.
    ///
    /// # Errors
    ///
    /// [`LifetimeError::Bounds`], or [`LifetimeError::Fixed`] where the type has a lifetime of its own.
    pub fn new(seconds: u64, type_name: TypeName) -> Result<Self, LifetimeError> {
        let longest = match type_name {
            TypeName::Assume => return Err(LifetimeError::Fixed(type_name)),
            TypeName::Api => YEAR,
            TypeName::App | TypeName::Journey | TypeName::Portal => WEEK,
        };
        let within = (SHORTEST..=longest).contains(&seconds);
        within.then_some(Self(seconds)).ok_or(LifetimeError::Bounds { type_name, days: longest / DAY })
    }

    /// The lifetime that `text` describes: `^[0-9]+ ?(unit)?$`, no unit meaning seconds.
    ///
    /// # Errors
    ///
    /// [`LifetimeError::Form`] for anything else, then those of [`Lifetime::new`].
    pub fn parse(text: &str, type_name: TypeName) -> Result<Self, LifetimeError> {
        let total = total_milliseconds(text).ok_or(LifetimeError::Form)?;
        let lifetime = Self::new(total / 1000, type_name)?;
        if total.is_multiple_of(1000) { Ok(lifetime) } else { Err(LifetimeError::Form) }
    }
}

/// The longest lifetime that the operator allows, in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxLifetime(u64);

impl FromStr for MaxLifetime {
    type Err = LifetimeError;

    /// A duration as in `expires_in`, of an hour or more, so that every type can be made within it; else
    /// [`LifetimeError::MaxLifetime`].
    fn from_str(text: &str) -> Result<Self, LifetimeError> {
        let total = total_milliseconds(text).filter(|total| total.is_multiple_of(1000));
        total
            .map(|total| Self(total / 1000))
            .filter(|max_lifetime| max_lifetime.0 >= ASSUMED)
            .ok_or(LifetimeError::MaxLifetime)
    }
}

impl MaxLifetime {
    /// The longest lifetime, in seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Checks that a token made at `now` ends in time.
    ///
    /// # Errors
    ///
    /// [`LifetimeError::BeyondMaxLifetime`] where it ends later, or never.
    pub fn check(self, now: UnixTime, end: Option<UnixTime>) -> Result<(), LifetimeError> {
        let in_time = end.is_some_and(|end| end <= now.plus(self.0));
        if in_time { Ok(()) } else { Err(LifetimeError::BeyondMaxLifetime(self.0)) }
    }
}

/// How many milliseconds `text` describes; a number too long to count is beyond every bound. `None` where it is no duration.
fn total_milliseconds(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    let factor = milliseconds(unit).filter(|_| digits > 0)?;
    Some(number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).unwrap_or(u64::MAX))
}

fn milliseconds(unit: &str) -> Option<u64> {
    Some(match unit {
        "ms" | "millisecond" | "milliseconds" => 1,
        "" | "s" | "second" | "seconds" => 1000,
        "m" | "minute" | "minutes" => 1000 * MINUTE,
        "h" | "hour" | "hours" => 1000 * HOUR,
        "d" | "day" | "days" => 1000 * DAY,
        "w" | "week" | "weeks" => 1000 * WEEK,
        "y" | "year" | "years" => 1000 * YEAR,
        _ => return None,
    })
}

/// When a token of the type `type_name` made at `now` ends; `None`: never. `asked` is what its maker asked for, and
/// `parent_end` when the token that makes it ends, where a token makes it and that one ends: a child ends with its parent at
/// the latest.
///
/// # Errors
///
/// [`LifetimeError::BeyondParent`] where `asked` goes beyond the parent's end.
pub fn expiry(
    type_name: TypeName,
    asked: Option<Lifetime>,
    now: UnixTime,
    parent_end: Option<UnixTime>,
) -> Result<Option<UnixTime>, LifetimeError> {
    let own = match (asked, type_name) {
        (Some(Lifetime(seconds)), _) => Some(now.plus(seconds)),
        (None, TypeName::Assume) => Some(now.plus(ASSUMED)),
        (None, TypeName::App) => Some(now.plus(WEEK)),
        (None, _) => None,
    };
    match (own, parent_end) {
        (Some(own), Some(parent)) if asked.is_some() && own > parent => Err(LifetimeError::BeyondParent(parent)),
        (Some(own), Some(parent)) => Ok(Some(own.min(parent))),
        (own, parent) => Ok(own.or(parent)),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    const OUT: Result<u64, LifetimeError> = Err(LifetimeError::Bounds { type_name: TypeName::Api, days: 365 });
    const FORM: Result<u64, LifetimeError> = Err(LifetimeError::Form);

    #[test]
    fn a_lifetime_is_a_number_and_a_unit_within_bounds() {
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
            ("29", OUT),
            ("0s", OUT),
            ("29999ms", OUT),
            ("1ms", OUT),
            ("30500ms", FORM),
            ("31536001", OUT),
            ("366d", OUT),
            ("99999999999999999999999999y", OUT),
            ("18446744073709551615y", OUT),
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
    fn system_and_public_tokens_live_a_week_at_most_and_assume_tokens_an_hour() {
        for type_name in [TypeName::App, TypeName::Journey, TypeName::Portal] {
            assert!(Lifetime::new(WEEK, type_name).is_ok());
            assert_eq!(Lifetime::new(WEEK + 1, type_name), Err(LifetimeError::Bounds { type_name, days: 7 }));
        }
        assert_eq!(Lifetime::new(60, TypeName::Assume), Err(LifetimeError::Fixed(TypeName::Assume)));
    }

    #[test]
    fn with_a_ceiling_a_token_ends_in_time_or_is_not_made() {
        let at = |seconds: i64| UnixTime::try_from(seconds).unwrap();
        let max_lifetime: MaxLifetime = "1h".parse().unwrap();
        assert_eq!(max_lifetime.check(at(0), Some(at(3_600))), Ok(()));
        for end in [Some(at(3_601)), None] {
            assert_eq!(max_lifetime.check(at(0), end), Err(LifetimeError::BeyondMaxLifetime(3_600)));
        }
    }

    #[test]
    fn under_the_lowest_ceiling_a_token_of_every_type_can_be_made() {
        for bad in ["", "soon", "7", "5x", "29s", "3599", "59m", "3600500ms", "99999999999999999999y"] {
            assert_eq!(bad.parse::<MaxLifetime>(), Err(LifetimeError::MaxLifetime), "{bad}");
        }
        let now = UnixTime::EPOCH;
        for lowest in ["1h", "60 minutes", "3600", "3600000ms"].map(|text| text.parse::<MaxLifetime>().unwrap()) {
            assert_eq!(lowest.check(now, expiry(TypeName::Assume, None, now, None).unwrap()), Ok(()));
            for type_name in [TypeName::Api, TypeName::App, TypeName::Journey, TypeName::Portal] {
                let of_itself = lowest.check(now, expiry(type_name, None, now, None).unwrap());
                assert_eq!(of_itself, Err(LifetimeError::BeyondMaxLifetime(3_600)), "{type_name}");
                let asked = Some(Lifetime::new(3_600, type_name).unwrap());
                assert_eq!(lowest.check(now, expiry(type_name, asked, now, None).unwrap()), Ok(()), "{type_name}");
            }
        }
    }

    #[test]
    fn a_lifetime_beyond_the_ceiling_is_told_the_ceiling_and_what_to_give() {
        let sentence = LifetimeError::BeyondMaxLifetime(86_400).to_string();
        assert!(sentence.contains("86400 seconds at most") && sentence.contains("give an `expires_in`"), "{sentence}");
    }

    #[test]
    fn a_child_ends_with_its_parent_at_the_latest() {
        let at = |seconds: i64| UnixTime::try_from(seconds).unwrap();
        let (now, parent) = (at(1_000), at(4_600));
        let asked = |seconds| Some(Lifetime::new(seconds, TypeName::Api).unwrap());
        for (type_name, asked, parent_end, expected) in [
            (TypeName::Api, None, None, Ok(None)),
            (TypeName::Api, None, Some(parent), Ok(Some(parent))),
            (TypeName::Api, asked(60), Some(parent), Ok(Some(at(1_060)))),
            (TypeName::Api, asked(3_600), Some(parent), Ok(Some(parent))),
            (TypeName::Api, asked(3_601), Some(parent), Err(LifetimeError::BeyondParent(parent))),
            (TypeName::Assume, None, None, Ok(Some(at(4_600)))),
            (TypeName::App, None, Some(parent), Ok(Some(parent))),
            (TypeName::App, None, None, Ok(Some(at(1_000 + 604_800)))),
            (TypeName::Assume, None, Some(at(999_999)), Ok(Some(at(4_600)))),
        ] {
            assert_eq!(expiry(type_name, asked, now, parent_end), expected, "{type_name} {asked:?} {parent_end:?}");
        }
    }
}
