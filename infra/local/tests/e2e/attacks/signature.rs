//! Signatures of other encodings, lengths and values.

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url},
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

/// The DER prefix of a SHA-256 digest in a signature (RFC 8017, section 9.2, note 1).
const DIGEST_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];

/// `a - b` modulo 2^(8 N), in big-endian order.
fn subtract<const N: usize>(a: [u8; N], b: [u8; N]) -> [u8; N] {
    let mut difference = [0; N];
    let mut borrow = 0;
    for n in (0..N).rev() {
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

/// The signing input of the owner token, and its signature.
fn split<'f>(forge: &'f TokenForge<'_>) -> (&'f str, Vec<u8>) {
    let (input, signature) = forge.owner_token.jwt.rsplit_once('.').unwrap();
    (input, URL_SAFE_NO_PAD.decode(signature).unwrap())
}

/// The header and claims of the owner token with each of these signatures.
fn attacks(forge: &TokenForge<'_>, signatures: Vec<(String, Vec<u8>)>) -> Vec<Attack> {
    let input = split(forge).0;
    let attack =
        |(name, signature): (String, Vec<u8>)| Attack::rejected(name, &format!("{input}.{}", base64url(signature)));
    signatures.into_iter().map(attack).collect()
}

/// Signatures that are invalid for any key: of other lengths, tokens and keys, with a changed bit.
fn common_signatures(forge: &TokenForge<'_>, lengths: &[usize]) -> Vec<(String, Vec<u8>)> {
    let (input, valid) = split(forge);
    let mut signatures = Vec::new();
    for length in lengths {
        for byte in [0, 1, 0xff] {
            signatures.push((format!("{length} bytes of {byte}"), vec![byte; *length]));
        }
    }
    for at in [0, 1, valid.len() / 2, valid.len() - 1] {
        let mut flipped = valid.clone();
        flipped[at] ^= 1;
        signatures.push((format!("changed bit in byte {at}"), flipped));
    }
    let other = URL_SAFE_NO_PAD.decode(forge.child_token.parts()[2]).unwrap();
    let sign = |text: &str| forge.access_key.signature(forge.stack, text.as_bytes());
    let (header, claims) = input.split_once('.').unwrap();
    let reversed: Vec<u8> = valid.iter().rev().copied().collect();
    signatures.extend([
        ("of another token".to_owned(), other),
        ("of the header".to_owned(), sign(header)),
        ("of the claims".to_owned(), sign(claims)),
        ("of both without the dot".to_owned(), sign(&input.replace('.', ""))),
        ("of the JSON texts".to_owned(), sign(&format!("{}.{}", forge.owner_token.header, forge.owner_token.claims))),
        ("of the whole token".to_owned(), sign(&forge.owner_token.jwt)),
        ("with an unknown key".to_owned(), forge.unknown_key.signature(forge.stack, input.as_bytes())),
        ("with the public family's key".to_owned(), forge.public_key.signature(forge.stack, input.as_bytes())),
        ("leading zero".to_owned(), [&[0], &valid[..]].concat()),
        ("trailing zero".to_owned(), [&valid[..], &[0]].concat()),
        ("twice".to_owned(), valid.repeat(2)),
        ("without the last byte".to_owned(), valid[..valid.len() - 1].to_vec()),
        ("without the first byte".to_owned(), valid[1..].to_vec()),
        ("reversed".to_owned(), reversed),
    ]);
    signatures
}

/// The digest of `input` as RSASSA-PKCS1-v1_5 pads it, with `padding` bytes of padding and zeros at the end. A verifier that
/// accepts a public exponent of 1, or ignores what follows the digest (the forgery of 2006), would accept it.
fn padded_digest(input: &str, padding: usize) -> Vec<u8> {
    let digest = digest(&SHA256, input.as_bytes());
    let mut block = [&[0, 1], &vec![0xff; padding][..], &[0], &DIGEST_INFO[..], digest.as_ref()].concat();
    block.resize(256, 0);
    block
}

pub fn rsa(forge: &TokenForge<'_>) -> AttackGroup {
    let (input, valid) = split(forge);
    let valid: [u8; 256] = valid.try_into().unwrap();
    let jwk = json!(forge.access_key.public.jwk());
    let modulus: [u8; 256] = URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap().try_into().unwrap();
    let pss = forge.access_key.kms_signature(forge.stack, input.as_bytes(), "RSASSA_PSS_SHA_256");
    let mut signatures = common_signatures(forge, &[0, 1, 32, 64, 255, 256, 257, 384, 512]);
    signatures.extend([
        ("the modulus".to_owned(), modulus.to_vec()),
        ("the modulus minus the signature".to_owned(), subtract(modulus, valid).to_vec()),
        ("correct PSS signature".to_owned(), pss),
        ("padded digest".to_owned(), padded_digest(input, 202)),
        ("padded digest with short padding".to_owned(), padded_digest(input, 8)),
        ("padded digest without padding".to_owned(), padded_digest(input, 0)),
    ]);
    AttackGroup::new("RSA signatures", &forge.owner_token.jwt, attacks(forge, signatures))
}

/// `Ecdsa-Sig-Value` (RFC 3279, section 2.2.3) of two numbers.
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

pub fn p256(forge: &TokenForge<'_>) -> AttackGroup {
    let (input, valid) = split(forge);
    let r: [u8; 32] = valid[..32].try_into().unwrap();
    let s: [u8; 32] = valid[32..].try_into().unwrap();
    let mut signatures = common_signatures(forge, &[0, 1, 32, 63, 64, 65, 70, 71, 72, 96, 128]);
    let edges = [
        ("0", number(0)),
        ("1", number(1)),
        ("n", ORDER),
        ("n - 1", subtract(ORDER, number(1))),
        ("p", PRIME),
        ("p - n", subtract(PRIME, ORDER)),
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
        ("r and s swapped".to_owned(), [s, r].concat()),
        ("r twice".to_owned(), [r, r].concat()),
        ("n - r".to_owned(), [subtract(ORDER, r), s].concat()),
        ("n - r, n - s".to_owned(), [subtract(ORDER, r), subtract(ORDER, s)].concat()),
        ("in DER".to_owned(), der(&r, &s)),
        ("in DER, the other s".to_owned(), der(&r, &subtract(ORDER, s))),
        ("both in 33 bytes".to_owned(), [&[0][..], &r, &[0], &s].concat()),
        ("little-endian".to_owned(), [r, s].map(|number| number.into_iter().rev().collect::<Vec<_>>()).concat()),
        ("as hexadecimal text".to_owned(), valid.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect()),
    ]);
    // RFC 7518, section 3.4, does not require the low `s`, so both signatures are valid. They belong to the same token, whose
    // item decides, and a revocation affects both.
    let valid = [("original s", s), ("the other s", subtract(ORDER, s))]
        .map(|(name, s)| Attack::valid(name, &format!("{input}.{}", base64url([r, s].concat()))));
    AttackGroup::new("P-256 signatures", &forge.owner_token.jwt, attacks(forge, signatures))
        .with_valid_variants(valid.into())
}
