//! `expires_in` as a text.

use std::{str::from_utf8, sync::LazyLock};

use regex_lite::Regex;
use shared::token::{Lifetime, MaxLifetime, TypeName};

use super::{Target, texts};

pub(super) const TARGET: Target = Target { name: "lifetime", run, seeds };

/// The contract's own expression, with a group for the number and one for the unit.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let units = "ms|milliseconds?|s|seconds?|m|minutes?|h|hours?|d|days?|w|weeks?|y|years?";
    Regex::new(&format!("^([0-9]+) ?({units})?$")).unwrap()
});

/// A text is accepted exactly if the contract's expression fits it, it says whole seconds and these are within the type's bounds;
/// and exactly then it means what the number of these seconds means. A ceiling has the same form.
fn run(bytes: &[u8]) {
    let Ok(text) = from_utf8(bytes) else { return };
    let seconds = seconds(text);
    for type_name in TypeName::ALL {
        let expected =
            seconds.filter(|seconds| bounds(type_name).is_some_and(|longest| (30..=longest).contains(seconds)));
        let parsed = Lifetime::parse(text, type_name).ok();
        assert_eq!(parsed.is_some(), expected.is_some(), "{text:?} {type_name}");
        let number = expected.and_then(|seconds| Lifetime::new(seconds.try_into().unwrap(), type_name).ok());
        assert_eq!(parsed, number, "{text:?} {type_name}");
    }
    let max_lifetime = text.parse::<MaxLifetime>().ok().map(|max_lifetime| u128::from(max_lifetime.seconds()));
    let countable = seconds.filter(|seconds| *seconds >= 3_600 && seconds * 1_000 <= u128::from(u64::MAX));
    assert_eq!(max_lifetime, countable, "{text:?}");
}

/// The longest lifetime of a type, in seconds; `None` where it has one of its own.
fn bounds(type_name: TypeName) -> Option<u128> {
    match type_name {
        TypeName::Api => Some(365 * 86_400),
        TypeName::Journey | TypeName::Portal | TypeName::App => Some(7 * 86_400),
        TypeName::Assume => None,
    }
}

/// How many whole seconds `text` says; `None` where it says none.
fn seconds(text: &str) -> Option<u128> {
    let found = FORM.captures(text)?;
    let number = found[1].parse::<u128>().unwrap_or(u128::MAX >> 64);
    let milliseconds = match found.get(2).map_or("", |unit| unit.as_str()) {
        "ms" | "millisecond" | "milliseconds" => 1,
        "" | "s" | "second" | "seconds" => 1_000,
        "m" | "minute" | "minutes" => 60_000,
        "h" | "hour" | "hours" => 3_600_000,
        unit if unit.starts_with('d') => 86_400_000,
        unit if unit.starts_with('w') => 7 * 86_400_000,
        _ => 365 * 86_400_000,
    };
    let total = number.saturating_mul(milliseconds);
    total.is_multiple_of(1_000).then_some(total / 1_000)
}

fn seeds() -> Vec<Vec<u8>> {
    let good = "30|10h|7d|2 days|365d|1y|1 year|31536000 seconds|30000ms|1w|52 weeks|60 m|0030";
    let bad =
        "29|30001 milliseconds|18446744073709551616|9223372036854775808y|30 | 30|30S|\u{663}0|1 h\n|h|366d|1.5h|-1";
    texts(good.split('|').chain(bad.split('|')))
}
