//! Keys that a token contains or refers to.

use std::net::{SocketAddr, TcpListener};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, base64url, with_member, without_member},
};

/// The group, and a listener at the address that its tokens name. The service must not connect to it.
pub fn group(forge: &TokenForge<'_>) -> (AttackGroup, TcpListener) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let claims = forge.owner_token.claims.to_string();
    let sign_with_unknown_key = |header: &Value| forge.sign_with(&forge.unknown_key, header.to_string(), &claims);
    let mut attacks = Vec::new();
    let mut valid = Vec::new();
    for (name, member, value) in key_members(forge, &url) {
        let header = with_member(&forge.owner_token.header, member, &value);
        for (kid_name, kid) in [("own", forge.access_key.kid()), ("unknown", forge.unknown_key.kid())] {
            let token = sign_with_unknown_key(&with_member(&header, "kid", &json!(kid)));
            attacks.push(Attack::rejected(format!("{name}, {kid_name} kid"), &token));
        }
        let token = sign_with_unknown_key(&without_member(&header, "kid"));
        attacks.push(Attack::rejected(format!("{name}, no kid"), &token));
        valid.push(Attack::valid(format!("{name}, valid signature"), &forge.with_header(&header)));
    }
    let jwk_with_own_kid = with_member(&json!(forge.unknown_key.public.jwk()), "kid", &json!(forge.access_key.kid()));
    let header = with_member(&forge.owner_token.header, "jwk", &jwk_with_own_kid);
    attacks.push(Attack::rejected("jwk with the kid of the real key", &sign_with_unknown_key(&header)));
    attacks.extend(unknown_issuers(forge, &url));
    let group = AttackGroup::new("jwk, jku, x5u, x5c, x5t", &forge.owner_token.jwt, attacks);
    (group.with_valid_variants(valid), listener)
}

/// The header members that contain or name a key (RFC 7515, sections 4.1.2 to 4.1.8), with the attacker's key.
fn key_members(forge: &TokenForge<'_>, url: &str) -> Vec<(&'static str, &'static str, Value)> {
    let jwk = json!(forge.unknown_key.public.jwk());
    let certificate = certificate(&forge.unknown_key.spki);
    let certificate_chain = json!([STANDARD.encode(&certificate)]);
    let sha1 = base64url(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate));
    let sha256 = base64url(digest(&SHA256, &certificate));
    let own_url_as_user = format!("{}@{}", forge.stack.addresses().url, url.trim_start_matches("http://"));
    vec![
        ("jwk", "jwk", jwk.clone()),
        ("jwk with a set", "jwk", json!({"keys": [jwk]})),
        ("jwk with a secret", "jwk", json!({"kty": "oct", "k": base64url("secret"), "alg": "HS256"})),
        ("jku", "jku", json!(format!("{url}/jwks.json"))),
        ("jku with the service's address as user name", "jku", json!(own_url_as_user)),
        ("x5u", "x5u", json!(format!("{url}/certificate.pem"))),
        ("x5c", "x5c", certificate_chain),
        ("x5t", "x5t", json!(sha1)),
        ("x5t#S256", "x5t#S256", json!(sha256)),
    ]
}

/// Tokens of unknown issuers whose documents would be at the listener's address.
fn unknown_issuers(forge: &TokenForge<'_>, url: &str) -> Vec<Attack> {
    let header = with_member(&forge.owner_token.header, "kid", &json!(forge.unknown_key.kid())).to_string();
    let mut attacks = Vec::new();
    for issuer in [url.to_owned(), format!("{url}/v1/access-tokens"), format!("{url}/.well-known/openid-configuration")]
    {
        let claims = with_member(&forge.owner_token.claims, "iss", &json!(issuer)).to_string();
        let token = forge.sign_with(&forge.unknown_key, &header, claims);
        attacks.push(Attack::rejected(format!("issuer {issuer}"), &token));
    }
    attacks
}

/// A DER element with this tag.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], &contents].concat()
}

/// A certificate of this key (RFC 5280, section 4.1) with an empty name and an invalid signature.
fn certificate(spki: &[u8]) -> Vec<u8> {
    let rsa_with_sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let algorithm = der(0x30, &[&der(0x06, &[&rsa_with_sha256]), &der(0x05, &[])]);
    let name = der(0x30, &[]);
    let [not_before, not_after] = ["260101000000Z", "360101000000Z"].map(|time| der(0x17, &[time.as_bytes()]));
    let validity = der(0x30, &[&not_before, &not_after]);
    let body = der(0x30, &[&der(0x02, &[&[1]]), &algorithm, &name, &validity, &name, spki]);
    der(0x30, &[&body, &algorithm, &der(0x03, &[&[0], &[0; 256]])])
}
