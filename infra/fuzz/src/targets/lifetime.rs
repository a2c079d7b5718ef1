//! Target `lifetime`: `expires_in` as a text, and the maximum lifetime of an organization's tokens.

use std::{str::from_utf8, sync::LazyLock};

use regex_lite::Regex;
use shared::token::{Lifetime, MaxLifetime, TypeName};

use super::{Target, text_seeds};

pub(super) const TARGET: Target = Target { name: "lifetime", run, seeds };

/// The pattern of the contract with groups for the number and the unit.
static PATTERN: LazyLock<Regex> = LazyLock::new(|| {
    let units = "ms|milliseconds?|s|seconds?|m|minutes?|h|hours?|d|days?|w|weeks?|y|years?";
    Regex::new(&format!("^([0-9]+) ?({units})?$")).unwrap()
});

/// A text is accepted if and only if it matches the contract's pattern and is a number of whole seconds within the
/// limits of the type, and has the meaning of this number. A maximum lifetime has the same format.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let seconds = parse_seconds(text);
    for type_name in TypeName::ALL {
        let is_valid = |seconds: &u128| max_seconds(type_name).is_some_and(|max| (30..=max).contains(seconds));
        let expected = seconds.filter(is_valid);
        let parsed = Lifetime::parse(text, type_name).ok();
        assert_eq!(parsed.is_some(), expected.is_some(), "{text:?} {type_name}");
        let from_number = expected.and_then(|seconds| Lifetime::new(seconds.try_into().unwrap(), type_name).ok());
        assert_eq!(parsed, from_number, "{text:?} {type_name}");
    }
    let max_lifetime = text.parse::<MaxLifetime>().ok().map(|max_lifetime| u128::from(max_lifetime.seconds()));
    let expected = seconds.filter(|seconds| *seconds >= 3_600 && seconds * 1_000 <= u128::from(u64::MAX));
    assert_eq!(max_lifetime, expected, "{text:?}");
}

/// The longest lifetime of a type in seconds; `None` if the type has a fixed lifetime.
fn max_seconds(type_name: TypeName) -> Option<u128> {
    match type_name {
        TypeName::Api => Some(365 * 86_400),
        TypeName::Journey | TypeName::Portal | TypeName::App => Some(7 * 86_400),
        TypeName::Assume => None,
    }
}

/// Reference implementation: the number of whole seconds.
fn parse_seconds(text: &str) -> Option<u128> {
    let captures = PATTERN.captures(text)?;
    let number = captures[1].parse::<u128>().unwrap_or(u128::MAX >> 64);
    let unit_ms = match captures.get(2).map_or("", |unit| unit.as_str()) {
        "ms" | "millisecond" | "milliseconds" => 1,
        "" | "s" | "second" | "seconds" => 1_000,
        "m" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        unit if unit.starts_with('d') => 86_400_000,
        unit if unit.starts_with('w') => 7 * 86_400_000,
        _ => 365 * 86_400_000,
    };
    let total_ms = number.saturating_mul(unit_ms);
    total_ms.is_multiple_of(1_000).then_some(total_ms / 1_000)
}

fn seeds() -> Vec<Vec<u8>> {
    let valid = "30|10h|7d|2 days|365d|1y|1 year|31536000 seconds|30000ms|1w|52 weeks|60 m|0030";
    let invalid =
        "29|30001 milliseconds|18446744073709551616|9223372036854775808y|30 | 30|30S|\u{663}0|1 h\n|h|366d|1.5h|-1";
    text_seeds(valid.split('|').chain(invalid.split('|')))
}
