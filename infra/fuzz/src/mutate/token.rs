//! Mutations of signed tokens that need no key.

use arbitrary::{Result, Unstructured};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::{keys::negate_s, mutate};

/// The alphabet of base64url in its order (RFC 4648, section 5).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
/// Characters that lenient decoders skip or map to another character.
const STRAY_TEXTS: [&str; 9] = ["=", "==", " ", "\n", "\r\n", "+", "/", ".", "\u{e9}"];

/// Mutates `token`, a JWS in compact serialization: a character, a part, the encoding, or the content of its header or
/// claims. Parts are taken from `others`. The result can equal `token`.
///
/// # Errors
///
/// Returns errors of `u`.
pub fn token(token: &str, others: &[String], u: &mut Unstructured<'_>) -> Result<String> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts[..] else { return Ok(token.to_owned()) };
    Ok(match u.int_in_range(0..=9)? {
        0 => replace_character(token, u)?,
        1 => token[..u.int_in_range(0..=token.len())?].to_owned(),
        2 => insert_stray_text(token, u)?,
        3 => exchange_parts([header, claims, signature], others, u)?,
        4 => format!("{}.{claims}.{signature}", mutate_content(header, u)?),
        5 => format!("{header}.{}.{signature}", mutate_content(claims, u)?),
        6 => format!("{header}.{claims}.{}", change_trailing_bits(signature, u)?),
        7 => format!("{header}.{claims}.{}", mutate_signature(signature, u)?),
        8 => unsecured(claims, u)?,
        _ => format!("{}.{}.{signature}", change_trailing_bits(header, u)?, change_trailing_bits(claims, u)?),
    })
}

fn replace_character(token: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let index = u.choose_index(token.len())?;
    Ok(format!("{}{}{}", &token[..index], char::from(*u.choose(ALPHABET)?), &token[index + 1..]))
}

/// Inserts a text at the edge of a part, or anywhere.
fn insert_stray_text(token: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let edges: Vec<usize> = token.match_indices('.').map(|(index, _)| index).chain([0, token.len()]).collect();
    let index = if u.arbitrary()? { u.int_in_range(0..=token.len())? } else { *u.choose(&edges)? };
    Ok(format!("{}{}{}", &token[..index], u.choose(&STRAY_TEXTS)?, &token[index..]))
}

/// Each of the three parts, unchanged or from another token.
fn exchange_parts(parts: [&str; 3], others: &[String], u: &mut Unstructured<'_>) -> Result<String> {
    let mut exchanged = parts;
    for (index, part) in exchanged.iter_mut().enumerate() {
        let other = u.choose(others)?.split('.').nth(index);
        if u.arbitrary()? {
            *part = other.unwrap_or(part);
        }
    }
    Ok(exchanged.join("."))
}

/// Decodes a part, mutates it and encodes it.
fn mutate_content(part: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let content = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    Ok(URL_SAFE_NO_PAD.encode(mutate::bytes(&content, &[], u)?))
}

/// Changes the trailing bits of a part's last character, which lenient decoders ignore (RFC 4648, section 3.5).
fn change_trailing_bits(part: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let Some((last, rest)) = part.as_bytes().split_last() else { return Ok(String::new()) };
    let value = ALPHABET.iter().position(|byte| byte == last).unwrap_or_default();
    let other = ALPHABET[value ^ u.int_in_range(1..=3)?];
    Ok(format!("{}{}", String::from_utf8_lossy(rest), char::from(other)))
}

/// Adds bytes to a signature or removes some, or replaces it by its second valid form.
fn mutate_signature(signature: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
    let mutated = match u.int_in_range(0..=5)? {
        0 => negate_s(&bytes).unwrap_or(bytes),
        1 => [&[0][..], &bytes].concat(),
        2 => [&bytes[..], &[0]].concat(),
        3 => bytes[1.min(bytes.len())..].to_vec(),
        4 => vec![0; bytes.len()],
        _ => mutate::bytes(&bytes, &[], u)?,
    };
    Ok(URL_SAFE_NO_PAD.encode(mutated))
}

/// An unsecured token with these claims (RFC 7518, section 3.6).
fn unsecured(claims: &str, u: &mut Unstructured<'_>) -> Result<String> {
    let alg = u.choose(&["none", "None", "NONE", "", "HS256"])?;
    let header = URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","typ":"at+jwt"}}"#));
    Ok(format!("{header}.{claims}.{}", u.choose(&["", "AA", "e30"])?))
}
