//! The public key used as an HMAC secret (CVE-2015-9235 and its successors).

use aws_lc_rs::hmac;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url, with_member},
};
use crate::kms_keys::KmsKey;

/// Representations of a public key that a verifier could use as a secret.
fn secrets(key: &KmsKey) -> Vec<(&'static str, Vec<u8>)> {
    let base64 = STANDARD.encode(&key.spki);
    let lines: Vec<_> = base64.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----", lines.join("\n"));
    let jwk = json!(key.public.jwk());
    let modulus = jwk["n"].as_str().unwrap_or_default().to_owned();
    vec![
        ("its PEM", pem.clone().into_bytes()),
        ("its PEM with a final line feed", format!("{pem}\n").into_bytes()),
        ("its PEM without line feeds", pem.replace('\n', "").into_bytes()),
        ("its DER", key.spki.clone()),
        ("its JWK", jwk.to_string().into_bytes()),
        ("its JWK set", json!({"keys": [jwk]}).to_string().into_bytes()),
        ("its modulus in base64url", modulus.clone().into_bytes()),
        ("its modulus", URL_SAFE_NO_PAD.decode(modulus).unwrap()),
        ("its kid", key.kid().as_bytes().to_vec()),
        ("an empty secret", Vec::new()),
    ]
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let secrets = secrets(&forge.access_key);
    let mut attacks = Vec::new();
    for (alg, algorithm) in [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)] {
        let header = with_member(&forge.owner_token.header, "alg", &json!(alg)).to_string();
        let input = format!("{}.{}", base64url(header), forge.owner_token.parts()[1]);
        for (name, secret) in &secrets {
            let tag = hmac::sign(&hmac::Key::new(algorithm, secret), input.as_bytes());
            attacks.push(Attack::rejected(format!("{alg} with {name}"), &format!("{input}.{}", base64url(tag))));
        }
    }
    let (input, _) = forge.owner_token.jwt.rsplit_once('.').unwrap();
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secrets[0].1), input.as_bytes());
    let token = format!("{input}.{}", base64url(tag));
    attacks.push(Attack::rejected("HMAC tag under the unchanged header", &token));
    AttackGroup::new("public key as HMAC secret", &forge.owner_token.jwt, attacks)
}
