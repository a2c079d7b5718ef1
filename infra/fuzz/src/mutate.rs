//! Mutations of valid inputs, chosen by arbitrary bytes.

mod json;
mod token;

use arbitrary::{Result, Unstructured};

use self::json::{duplicate_member, mutate_json};
pub use self::token::token;

/// Numbers that readers interpret differently or that overflow.
const EDGE_NUMBERS: [&str; 12] = [
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

/// Applies one to three mutations to `seed`. `pool` contains inputs to splice with.
///
/// # Errors
///
/// Returns errors of `u`.
pub fn bytes(seed: &[u8], pool: &[Vec<u8>], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut mutated = seed.to_vec();
    for _ in 0..u.int_in_range(1..=3)? {
        mutated = mutate_once(&mutated, pool, u)?;
    }
    Ok(mutated)
}

fn mutate_once(seed: &[u8], pool: &[Vec<u8>], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    match u.int_in_range(0..=8)? {
        0 => flip_bits(seed, u),
        1 => Ok(seed[..u.int_in_range(0..=seed.len())?].to_vec()),
        2 => remove_range(seed, u),
        3 => repeat_range(seed, u),
        4 => splice(seed, pool, u),
        5 => replace_number(seed, u),
        6 => duplicate_member(seed, u)?.map_or_else(|| flip_bits(seed, u), Ok),
        _ => mutate_json(seed, u)?.map_or_else(|| flip_bits(seed, u), Ok),
    }
}

fn flip_bits(seed: &[u8], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let mut mutated = seed.to_vec();
    if !seed.is_empty() {
        mutated[u.choose_index(seed.len())?] ^= u.int_in_range(1..=u8::MAX)?;
    }
    Ok(mutated)
}

/// Start and end of a range in `seed`.
fn range(seed: &[u8], u: &mut Unstructured<'_>) -> Result<(usize, usize)> {
    let one = u.int_in_range(0..=seed.len())?;
    let other = u.int_in_range(0..=seed.len())?;
    Ok((one.min(other), one.max(other)))
}

fn remove_range(seed: &[u8], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (start, end) = range(seed, u)?;
    Ok([&seed[..start], &seed[end..]].concat())
}

fn repeat_range(seed: &[u8], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let (start, end) = range(seed, u)?;
    Ok([&seed[..end], &seed[start..]].concat())
}

/// The start of `seed` with the end of an input of `pool`, or of `seed` if `pool` is empty.
fn splice(seed: &[u8], pool: &[Vec<u8>], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let other = u.choose(pool).map_or(seed, Vec::as_slice);
    let end = u.int_in_range(0..=seed.len())?;
    let start = u.int_in_range(0..=other.len())?;
    Ok([&seed[..end], &other[start..]].concat())
}

/// Replaces one run of digits, if there is one.
fn replace_number(seed: &[u8], u: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    let is_start = |at: &usize| seed[*at].is_ascii_digit() && (*at == 0 || !seed[at - 1].is_ascii_digit());
    let starts: Vec<usize> = (0..seed.len()).filter(is_start).collect();
    if starts.is_empty() {
        return Ok(seed.to_vec());
    }
    let start = *u.choose(&starts)?;
    let digits = seed[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    Ok([&seed[..start], u.choose(&EDGE_NUMBERS)?.as_bytes(), &seed[start + digits..]].concat())
}
