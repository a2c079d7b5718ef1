//! The public key taken for a shared secret.

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use super::{
    attack::{Group, Row},
    forge::{Forge, encode, with},
};
use crate::kms_keys::Key;

/// What a public key may be taken for a secret as.
fn secrets(key: &Key) -> Vec<(&'static str, Vec<u8>)> {
    let base64 = STANDARD.encode(&key.spki);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let jwk = json!(key.public.jwk());
    let modulus = jwk["n"].as_str().unwrap_or_default().to_owned();
    vec![
        ("its PEM", pem.clone().into_bytes()),
        ("its PEM with a last line feed", format!("{pem}\n").into_bytes()),
        ("its PEM in one line", pem.replace('\n', "").into_bytes()),
        ("its DER", key.spki.clone()),
        ("its JWK", jwk.to_string().into_bytes()),
        ("its JWK set", json!({"keys": [jwk]}).to_string().into_bytes()),
        ("its modulus in base64url", modulus.clone().into_bytes()),
        ("its modulus", URL_SAFE_NO_PAD.decode(modulus).unwrap()),
        ("its kid", key.kid().as_bytes().to_vec()),
        ("nothing", Vec::new()),
    ]
}

/// The public key taken for a shared secret (CVE-2015-9235 and those after it).
pub fn group(forge: &Forge<'_>) -> Group {
    let secrets = secrets(&forge.key);
    let algorithms = [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)];
    let mut rows = Vec::new();
    for (alg, algorithm) in algorithms {
        let header = with(&forge.plain.header, "alg", &json!(alg)).to_string();
        let input = format!("{}.{}", encode(header), forge.plain.parts()[1]);
        for (name, secret) in &secrets {
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
            rows.push(Row::new(format!("{alg} by {name}"), &format!("{input}.{}", encode(tag))));
        }
    }
    let input = forge.plain.token.rsplit_once('.').unwrap().0;
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secrets[0].1), input.as_bytes());
    rows.push(Row::new("a tag where a signature should be", &format!("{input}.{}", encode(tag))));
    Group::new("public key as HMAC secret", &forge.plain.token, rows)
}
