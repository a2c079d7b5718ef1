//! Tokens that nobody signed.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{choices::Choices, keys::complement, mutate};

/// The alphabet of base64url (RFC 4648, section 5), in its order.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// What lenient readers skip, or take for another character.
const STRAY: [&str; 9] = ["=", "==", " ", "\n", "\r\n", "+", "/", ".", "\u{e9}"];

/// `token`, a JWS in compact serialization, changed without its key: in its characters, its parts, its encoding, or in what its
/// header and claims say. `others` lend parts. By chance it comes out as it was.
#[must_use]
pub fn token(token: &str, others: &[String], choices: &mut Choices<'_>) -> String {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return token.to_owned() };
    match choices.below(10) {
        0 => with_another_character(token, choices),
        1 => token[..choices.below(token.len() + 1)].to_owned(),
        2 => with_a_stray(token, choices),
        3 => with_others_parts([header, claims, signature], others, choices),
        4 => format!("{}.{claims}.{signature}", rewritten(header, choices)),
        5 => format!("{header}.{}.{signature}", rewritten(claims, choices)),
        6 => format!("{header}.{claims}.{}", with_a_stray_bit(signature, choices)),
        7 => format!("{header}.{claims}.{}", in_another_form(signature, choices)),
        8 => unsecured(claims, choices),
        _ => format!("{}.{}.{signature}", with_a_stray_bit(header, choices), with_a_stray_bit(claims, choices)),
    }
}

fn with_another_character(token: &str, choices: &mut Choices<'_>) -> String {
    let at = choices.below(token.len());
    format!("{}{}{}", &token[..at], char::from(*choices.pick(ALPHABET)), &token[at + 1..])
}

fn with_a_stray(token: &str, choices: &mut Choices<'_>) -> String {
    let ends: Vec<usize> = token.match_indices('.').map(|(at, _)| at).chain([0, token.len()]).collect();
    let at = if choices.below(2) == 0 { *choices.pick(&ends) } else { choices.below(token.len() + 1) };
    format!("{}{}{}", &token[..at], choices.pick(&STRAY), &token[at..])
}

/// Each of the three parts as it is, or that of another token.
fn with_others_parts(parts: [&str; 3], others: &[String], choices: &mut Choices<'_>) -> String {
    let mut lent = |(at, own): (usize, &str)| {
        let other = others.get(choices.below(others.len())).and_then(|other| other.split('.').nth(at));
        if choices.below(2) == 0 { own.to_owned() } else { other.unwrap_or(own).to_owned() }
    };
    parts.into_iter().enumerate().map(&mut lent).collect::<Vec<_>>().join(".")
}

/// The JSON of a part, changed and encoded again.
fn rewritten(part: &str, choices: &mut Choices<'_>) -> String {
    URL_SAFE_NO_PAD.encode(mutate::bytes(&URL_SAFE_NO_PAD.decode(part).unwrap_or_default(), &[], choices))
}

/// A part whose last character says a bit more, which counts for nothing where it is not refused (RFC 4648, section 3.5).
fn with_a_stray_bit(part: &str, choices: &mut Choices<'_>) -> String {
    let Some((last, rest)) = part.as_bytes().split_last() else { return String::new() };
    let place = ALPHABET.iter().position(|byte| byte == last).unwrap_or_default();
    let other = ALPHABET[place ^ (1 + choices.below(3))];
    format!("{}{}", String::from_utf8_lossy(rest), char::from(other))
}

/// A signature with bytes before it, behind it or gone, or the other one of two that verify.
fn in_another_form(signature: &str, choices: &mut Choices<'_>) -> String {
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let changed = match choices.below(6) {
        0 => complement(&bytes).unwrap_or(bytes),
        1 => [&[0][..], &bytes].concat(),
        2 => [&bytes[..], &[0]].concat(),
        3 => bytes[1.min(bytes.len())..].to_vec(),
        4 => vec![0; bytes.len()],
        _ => mutate::bytes(&bytes, &[], choices),
    };
    URL_SAFE_NO_PAD.encode(changed)
}

/// Claims that nobody signed, under a header that says so (RFC 7518, section 3.6).
fn unsecured(claims: &str, choices: &mut Choices<'_>) -> String {
    let alg = choices.pick(&["none", "None", "NONE", "", "HS256"]);
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#));
    format!("{header}.{claims}.{}", choices.pick(&["", "AA", "e30"]))
}
