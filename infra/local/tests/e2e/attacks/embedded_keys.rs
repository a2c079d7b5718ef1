//! Keys that a token brings along, or says where they are.

use std::net::{SocketAddr, TcpListener};

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, encode, with},
};

/// The group, and who listens at the address that its tokens name. Nobody may ever call there.
pub fn group(forge: &Forge<'_>) -> (Group, TcpListener) {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (mut rows, mut legal) = (Vec::new(), Vec::new());
    for (what, member, value) in members(forge, &url) {
        for (whose, kid) in [("ours", forge.key.kid()), ("theirs", forge.stranger.kid())] {
            let header = with(&with(&forge.plain.header, member, &value), "kid", &json!(kid));
            let token = forge.signed_by(&forge.stranger, header.to_string(), forge.plain.claims.to_string());
            rows.push(Row::new(format!("{what}, kid of {whose}"), &token));
        }
        let mut header = with(&forge.plain.header, member, &value);
        legal.push(Row::legal(format!("{what}, and our own signature"), &forge.under(&header)));
        header.as_object_mut().unwrap().remove("kid");
        let token = forge.signed_by(&forge.stranger, header.to_string(), forge.plain.claims.to_string());
        rows.push(Row::new(format!("{what}, no kid"), &token));
    }
    let stolen_name = with(&json!(forge.stranger.public.jwk()), "kid", &json!(forge.key.kid()));
    let header = with(&forge.plain.header, "jwk", &stolen_name);
    let token = forge.signed_by(&forge.stranger, header.to_string(), forge.plain.claims.to_string());
    rows.push(Row::new("jwk that has our kid", &token));
    rows.extend(issuers(forge, &url));
    (Group::new("jwk, jku, x5u, x5c, x5t", &forge.plain.token, rows).beside(legal), listener)
}

/// The header members that name a key (RFC 7515, sections 4.1.2 to 4.1.8), each with the attacker's.
fn members(forge: &Forge<'_>, url: &str) -> Vec<(&'static str, &'static str, Value)> {
    let jwk = json!(forge.stranger.public.jwk());
    let certificate = certificate(&forge.stranger.spki);
    let chain = STANDARD.encode(&certificate);
    vec![
        ("jwk", "jwk", jwk.clone()),
        ("jwk, a set", "jwk", json!({"keys": [jwk]})),
        ("jwk, a secret", "jwk", json!({"kty": "oct", "k": encode("secret"), "alg": "HS256"})),
        ("jku", "jku", json!(format!("{url}/jwks.json"))),
        (
            "jku, ours as its user",
            "jku",
            json!(format!("{}@{}", forge.world.stack().local.url, url.trim_start_matches("http://"))),
        ),
        ("x5u", "x5u", json!(format!("{url}/certificate.pem"))),
        ("x5c", "x5c", json!([chain])),
        ("x5t", "x5t", json!(encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate)))),
        ("x5t#S256", "x5t#S256", json!(encode(digest(&SHA256, &certificate)))),
    ]
}

/// Tokens of an issuer that nobody knows, whose documents would be at the listener's.
fn issuers(forge: &Forge<'_>, url: &str) -> Vec<Row> {
    let rows = [url.to_owned(), format!("{url}/v1/access-tokens"), format!("{url}/.well-known/openid-configuration")];
    let header = with(&forge.plain.header, "kid", &json!(forge.stranger.kid())).to_string();
    let token = |issuer: &str| {
        let claims = with(&forge.plain.claims, "iss", &json!(issuer));
        forge.signed_by(&forge.stranger, &header, claims.to_string())
    };
    rows.iter().map(|issuer| Row::new(format!("{issuer} as the issuer"), &token(issuer))).collect()
}

/// A DER element with this tag.
fn der(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let contents = contents.concat();
    let length = u16::try_from(contents.len()).unwrap().to_be_bytes();
    [&[tag, 0x82], &length[..], &contents].concat()
}

/// A certificate of this key (RFC 5280, section 4.1) with an empty name, which nobody signed.
fn certificate(spki: &[u8]) -> Vec<u8> {
    let rsa_with_sha256 = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b];
    let algorithm = der(0x30, &[&der(0x06, &[&rsa_with_sha256]), &der(0x05, &[])]);
    let (name, times) = (der(0x30, &[]), ["260101000000Z", "360101000000Z"].map(|time| der(0x17, &[time.as_bytes()])));
    let validity = der(0x30, &[&times[0], &times[1]]);
    let body = der(0x30, &[&der(0x02, &[&[1]]), &algorithm, &name, &validity, &name, spki]);
    der(0x30, &[&body, &algorithm, &der(0x03, &[&[0], &[0; 256]])])
}
