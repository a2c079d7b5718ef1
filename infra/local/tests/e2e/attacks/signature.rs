//! Signatures of other forms, lengths and values.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{
    attack::{Group, Row},
    forge::{Forge, encode},
};

/// The order of P-256 (NIST SP 800-186, section 3.2.1.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7,
    0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// The prime of P-256's field.
const PRIME: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff,
];

/// The DER of a SHA-256 digest that a signature holds (RFC 8017, section 9.2, note 1), before the digest.
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// `a - b`, both big-endian with 32 bytes; modulo 2^256 where `b` is the larger.
fn minus(a: [u8; 32], b: [u8; 32]) -> [u8; 32] {
    let (mut difference, mut borrow) = ([0; 32], 0);
    for n in (0..32).rev() {
        let digit = i16::from(a[n]) - i16::from(b[n]) - borrow;
        borrow = i16::from(digit < 0);
        difference[n] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    difference
}

fn number(value: u8) -> [u8; 32] {
    let mut number = [0; 32];
    number[31] = value;
    number
}

/// The token over what was signed, and its true signature.
fn split<'f>(forge: &'f Forge<'_>) -> (&'f str, Vec<u8>) {
    let (input, signature) = forge.plain.token.rsplit_once('.').unwrap();
    (input, URL_SAFE_NO_PAD.decode(signature).unwrap())
}

/// The rows of these signatures over the good token's header and claims.
fn rows(forge: &Forge<'_>, signatures: Vec<(String, Vec<u8>)>) -> Vec<Row> {
    let input = split(forge).0;
    let row = |(name, signature): (String, Vec<u8>)| Row::new(name, &format!("{input}.{}", encode(signature)));
    signatures.into_iter().map(row).collect()
}

/// What no signature is, whatever the key: of other lengths, of other tokens, by other keys, with a bit changed.
fn of_any_key(forge: &Forge<'_>, lengths: &[usize]) -> Vec<(String, Vec<u8>)> {
    let (input, good) = split(forge);
    let mut signatures = Vec::new();
    for length in lengths {
        for byte in [0, 1, 0xff] {
            signatures.push((format!("{length} bytes of {byte}"), vec![byte; *length]));
        }
    }
    for at in [0, 1, good.len() / 2, good.len() - 1] {
        let mut flipped = good.clone();
        flipped[at] ^= 1;
        signatures.push((format!("one bit of byte {at}"), flipped));
    }
    let other = URL_SAFE_NO_PAD.decode(forge.rich.parts()[2]).unwrap();
    let own = |text: &str| forge.key.signature(forge.world, text.as_bytes());
    let (header, claims) = input.split_once('.').unwrap();
    let backwards: Vec<u8> = good.iter().rev().copied().collect();
    signatures.extend([
        ("that of another token".to_owned(), other),
        ("over the header".to_owned(), own(header)),
        ("over the claims".to_owned(), own(claims)),
        ("over both without the dot".to_owned(), own(&input.replace('.', ""))),
        ("over the JSON texts".to_owned(), own(&format!("{}.{}", forge.plain.header, forge.plain.claims))),
        ("over the whole token".to_owned(), own(&forge.plain.token)),
        ("by a stranger's key".to_owned(), forge.stranger.signature(forge.world, input.as_bytes())),
        ("by the public family's key".to_owned(), forge.public.signature(forge.world, input.as_bytes())),
        ("a zero before".to_owned(), [&[0], &good[..]].concat()),
        ("a zero behind".to_owned(), [&good[..], &[0]].concat()),
        ("twice".to_owned(), good.repeat(2)),
        ("cut by a byte".to_owned(), good[..good.len() - 1].to_vec()),
        ("without its first byte".to_owned(), good[1..].to_vec()),
        ("back to front".to_owned(), backwards),
    ]);
    signatures
}

/// A message as RSASSA-PKCS1-v1_5 pads it, with `filled` bytes of padding and something behind: what the cube root forgery of
/// 2006 made, here without any root. A verifier that lets a key's exponent be 1 would take it.
fn padded(input: &str, filled: usize) -> Vec<u8> {
    let digest = digest(&SHA256, input.as_bytes());
    let mut block = [&[0, 1], &vec![0xff; filled][..], &[0], &DIGEST_INFO[..], digest.as_ref()].concat();
    block.resize(256, 0);
    block
}

pub fn rsa(forge: &Forge<'_>) -> Group {
    let (input, good) = split(forge);
    let mut signatures = of_any_key(forge, &[0, 1, 32, 64, 255, 256, 257, 384, 512]);
    let modulus = forge.key.public.jwk().clone();
    let modulus = serde_json::json!(modulus)["n"].as_str().map(|n| URL_SAFE_NO_PAD.decode(n).unwrap()).unwrap();
    let pss = forge.key.signature_by(forge.world, input.as_bytes(), "RSASSA_PSS_SHA_256");
    let mut negated = modulus.clone();
    let mut borrow = 0;
    for n in (0..negated.len()).rev() {
        let digit = i16::from(modulus[n]) - i16::from(good[n]) - borrow;
        borrow = i16::from(digit < 0);
        negated[n] = u8::try_from(digit.rem_euclid(256)).unwrap();
    }
    signatures.extend([
        ("the modulus".to_owned(), modulus),
        ("the modulus less the signature".to_owned(), negated),
        ("a true PSS signature".to_owned(), pss),
        ("the padded digest itself".to_owned(), padded(input, 202)),
        ("the padded digest with short padding".to_owned(), padded(input, 8)),
        ("the padded digest without padding".to_owned(), padded(input, 0)),
    ]);
    Group::new("RSA signatures", &forge.plain.token, rows(forge, signatures))
}

/// `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3) of two numbers, as KMS gives it.
fn der(r: &[u8], s: &[u8]) -> Vec<u8> {
    let integer = |number: &[u8]| {
        let number = [&[0], number].concat();
        let minimal = number.iter().position(|byte| *byte != 0).unwrap_or(32);
        let start = if number.get(minimal).is_some_and(|byte| *byte >= 0x80) { minimal - 1 } else { minimal };
        [&[2, u8::try_from(number.len() - start).unwrap()], &number[start..]].concat()
    };
    let body = [integer(r), integer(s)].concat();
    [&[0x30, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

pub fn p256(forge: &Forge<'_>) -> Group {
    let (input, good) = split(forge);
    let (r, s): ([u8; 32], [u8; 32]) = (good[..32].try_into().unwrap(), good[32..].try_into().unwrap());
    let mut signatures = of_any_key(forge, &[0, 1, 32, 63, 64, 65, 70, 71, 72, 96, 128]);
    let edges = [
        ("0", number(0)),
        ("1", number(1)),
        ("n", ORDER),
        ("n - 1", minus(ORDER, number(1))),
        ("p", PRIME),
        ("p - n", minus(PRIME, ORDER)),
        ("2^256 - 1", [0xff; 32]),
    ];
    for (name, edge) in edges {
        signatures.push((format!("r = {name}"), [edge, s].concat()));
        signatures.push((format!("s = {name}"), [r, edge].concat()));
        for (other, second) in edges {
            signatures.push((format!("r = {name}, s = {other}"), [edge, second].concat()));
        }
    }
    signatures.extend([
        ("r and s changed over".to_owned(), [s, r].concat()),
        ("r twice".to_owned(), [r, r].concat()),
        ("n - r".to_owned(), [minus(ORDER, r), s].concat()),
        ("n - r, n - s".to_owned(), [minus(ORDER, r), minus(ORDER, s)].concat()),
        ("in DER".to_owned(), der(&r, &s)),
        ("in DER, the other s".to_owned(), der(&r, &minus(ORDER, s))),
        ("both in 33 bytes".to_owned(), [&[0][..], &r, &[0], &s].concat()),
        ("little-endian".to_owned(), [r, s].map(|number| number.into_iter().rev().collect::<Vec<_>>()).concat()),
        ("as hexadecimal text".to_owned(), good.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()),
    ]);
    // RFC 7518, section 3.4 does not ask for the low `s`, so both are signatures. One more form of a token is no more of a
    // token: the ledger decides, and revokes both.
    let low_and_high = [("as it was made", s), ("its other s", minus(ORDER, s))];
    let legal = low_and_high.map(|(name, s)| Row::legal(name, &format!("{input}.{}", encode([r, s].concat()))));
    Group::new("P-256 signatures", &forge.plain.token, rows(forge, signatures)).beside(legal.into())
}
