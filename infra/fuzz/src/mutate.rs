//! Good inputs made bad.

mod json;
mod token;

pub use json::{doubled, json};
pub use token::token;

use crate::choices::Choices;

/// Numbers at which readers differ or overflow.
const EXTREMES: [&str; 12] = [
    "0",
    "-0",
    "-1",
    "1.0",
    "1.5",
    "1e3",
    "1e400",
    "9007199254740993",
    "9223372036854775808",
    "18446744073709551616",
    "253402300800",
    "00",
];

/// `seed`, changed in one to three places: flipped, cut, repeated, spliced with one of `pool`, with other numbers, and where it
/// is a JSON object with other or doubled members.
#[must_use]
pub fn bytes(seed: &[u8], pool: &[Vec<u8>], choices: &mut Choices<'_>) -> Vec<u8> {
    let mut changed = seed.to_vec();
    for _ in 0..=choices.below(3) {
        changed = once(&changed, pool, choices);
    }
    changed
}

fn once(seed: &[u8], pool: &[Vec<u8>], choices: &mut Choices<'_>) -> Vec<u8> {
    match choices.below(9) {
        0 => flipped(seed, choices),
        1 => seed[..choices.below(seed.len() + 1)].to_vec(),
        2 => without_a_part(seed, choices),
        3 => with_a_part_twice(seed, choices),
        4 => spliced(seed, pool, choices),
        5 => with_another_number(seed, choices),
        6 => doubled(seed, choices).unwrap_or_else(|| flipped(seed, choices)),
        _ => json(seed, choices).unwrap_or_else(|| flipped(seed, choices)),
    }
}

fn flipped(seed: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let (mut changed, at) = (seed.to_vec(), choices.below(seed.len()));
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= choices.byte().max(1);
    }
    changed
}

/// Two places in `seed`, the first not behind the second.
fn part(seed: &[u8], choices: &mut Choices<'_>) -> (usize, usize) {
    let (one, other) = (choices.below(seed.len() + 1), choices.below(seed.len() + 1));
    (one.min(other), one.max(other))
}

fn without_a_part(seed: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let (from, to) = part(seed, choices);
    [&seed[..from], &seed[to..]].concat()
}

fn with_a_part_twice(seed: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let (from, to) = part(seed, choices);
    [&seed[..to], &seed[from..]].concat()
}

fn spliced(seed: &[u8], pool: &[Vec<u8>], choices: &mut Choices<'_>) -> Vec<u8> {
    let other = pool.get(choices.below(pool.len())).map_or(seed, Vec::as_slice);
    let (from, to) = (choices.below(seed.len() + 1), choices.below(other.len() + 1));
    [&seed[..from], &other[to..]].concat()
}

/// `seed` with one of its runs of digits replaced; as it is where it has none.
fn with_another_number(seed: &[u8], choices: &mut Choices<'_>) -> Vec<u8> {
    let starts = |at: &usize| seed[*at].is_ascii_digit() && (*at == 0 || !seed[at - 1].is_ascii_digit());
    let runs: Vec<usize> = (0..seed.len()).filter(starts).collect();
    let Some(&from) = runs.get(choices.below(runs.len())) else { return seed.to_vec() };
    let digits = seed[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    [&seed[..from], choices.pick(&EXTREMES).as_bytes(), &seed[from + digits..]].concat()
}
