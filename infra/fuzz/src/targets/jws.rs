//! Target `jws`: parsing and verifying a JWS.

use std::{str::from_utf8, sync::LazyLock};

use arbitrary::{Result, Unstructured};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::jwt::{KeySet, ProviderKeySet, Unverified};

use super::Target;
use crate::{
    json_members::JsonMembers,
    keys::{self, SigningKey, negate_s},
    mutate,
};

pub(super) const TARGET: Target = Target { name: "jws", run, seeds };

static KEY_SET: LazyLock<KeySet> = LazyLock::new(keys::key_set);

/// Key sets of an identity provider: each key under its own `kid`, both under one, both without `kid`, and both with an
/// encryption key of the other token's signer.
static PROVIDER_KEY_SETS: LazyLock<[ProviderKeySet; 4]> = LazyLock::new(|| {
    let jwks = keys::all().each_ref().map(|key| json!(key.public().jwk()));
    let with = |member: &str, value: Value| {
        jwks.clone().map(|mut jwk| {
            jwk[member] = value.clone();
            jwk
        })
    };
    let encryption = with("key_ops", json!(["encrypt"]));
    [
        ProviderKeySet::new(jwks.clone()),
        ProviderKeySet::new(with("kid", json!(SHARED_KID))),
        ProviderKeySet::new(with("kid", json!(null))),
        ProviderKeySet::new(jwks.into_iter().chain(encryption)),
    ]
});

/// The `kid` that two keys of a provider have.
const SHARED_KID: &str = "1";

/// The claims of [`SIGNED`].
const CLAIMS: [&str; 3] = [
    r#"{"iss":"https://issuer.example"}"#,
    r#"{"iss":"https://issuer.example","sub":"api_5ZugdRXasLfWBypHi93Fk","iat":1566656122,"assume_roles":["123:owner"]}"#,
    r#"{"iss":"https://other.example","x":{"deep":[1,[2,[3]]]},"name":"\u00e4\"\\"}"#,
];

/// Placeholder for the key id in a verbatim header.
const KID_PLACEHOLDER: &str = "@kid@";

/// The signed tokens: of each key with each claims.
static SIGNED: LazyLock<Vec<String>> = LazyLock::new(|| {
    let tokens_of = |key: &'static SigningKey| {
        CLAIMS.map(|claims| key.sign(key.header().to_string().as_bytes(), claims.as_bytes()))
    };
    keys::all().iter().flat_map(tokens_of).collect()
});

/// The first byte selects what the other bytes are: a token, mutations of a signed token, or a header and claims to
/// sign.
fn run(bytes: &[u8]) {
    let mut u = Unstructured::new(bytes);
    match u.int_in_range(0..=3).unwrap() {
        0 => check_unsigned(&String::from_utf8_lossy(u.take_rest())),
        1 => check_signed(u).unwrap(),
        _ => {
            let token = u.choose(&SIGNED).unwrap();
            check_unsigned(&mutate::token(token, &SIGNED, &mut u).unwrap());
        }
    }
}

/// A token that verifies equals a signed token. An ES256 signature may be the second valid form.
fn check_unsigned(text: &str) {
    if verify(text).is_none() && !PROVIDER_KEY_SETS.iter().any(|set| verifies(text, set)) {
        return;
    }
    let (signing_input, signature) = text.rsplit_once('.').unwrap();
    let is_signed = |token: &str| SIGNED.iter().any(|signed| signed == token);
    let second_form = negate_s(&URL_SAFE_NO_PAD.decode(signature).unwrap())
        .map(|signature| format!("{signing_input}.{}", URL_SAFE_NO_PAD.encode(signature)));
    let is_second_form = second_form.is_some_and(|token| is_es256(text) && is_signed(&token));
    assert!(is_signed(text) || is_second_form, "{text} was never signed");
}

/// A signed token verifies only if its header names the signing key and its algorithm once and has no critical
/// extension, and its claims have one issuer.
fn check_signed(mut u: Unstructured<'_>) -> Result<()> {
    let signing_key = u.choose(keys::all())?;
    let named_key = u.choose(keys::all())?;
    let mut header = named_key.header().to_string().into_bytes();
    let mut claims = u.choose(&CLAIMS)?.as_bytes().to_vec();
    match u.int_in_range(0..=2)? {
        0 => header = mutate::bytes(&header, &[], &mut u)?,
        1 => claims = mutate::bytes(&claims, &[], &mut u)?,
        _ => header = replace_kid(u.take_rest(), named_key.public().kid()),
    }
    let token = signing_key.sign(&header, &claims);
    check_with_provider_keys(&token, &header, signing_key);
    let Some(payload) = verify(&token) else { return Ok(()) };
    assert!(from_utf8(&header).is_ok(), "not UTF-8 (RFC 7515, section 5.2)");
    // An unknown member may contain a number that `Value` cannot represent.
    let Some(header) = JsonMembers::parse(&header) else { return Ok(()) };
    assert_eq!(header.values("kid"), [signing_key.public().kid()], "another key id");
    assert_eq!(header.values("alg"), [signing_key.public().alg().as_str()], "another algorithm");
    assert!(header.values("crit").is_empty(), "a critical extension");
    assert!(header.values("typ").iter().all(|typ| typ.is_string()), "`typ` is not a string");
    assert_eq!(serde_json::from_slice::<Value>(&claims).unwrap(), payload, "other claims than were signed");
    assert_eq!(JsonMembers::parse(&claims).unwrap().values("iss").len(), 1, "no issuer or a duplicate");
    Ok(())
}

/// With the keys of a provider, a signed token verifies only if its header names the algorithm of the signing key, and
/// the `kid` of that key or, if no other key has the algorithm, none.
fn check_with_provider_keys(token: &str, header: &[u8], signing_key: &SigningKey) {
    let own_kid = signing_key.public().kid();
    for (set, kid) in PROVIDER_KEY_SETS.iter().zip([Some(own_kid), Some(SHARED_KID), None, Some(own_kid)]) {
        if !verifies(token, set) {
            continue;
        }
        let Some(header) = JsonMembers::parse(header) else { return };
        assert_eq!(header.values("alg"), [signing_key.public().alg().as_str()], "another algorithm");
        let named = header.values("kid");
        assert!(named.is_empty() || kid.is_some_and(|kid| named == [kid]), "another key id: {named:?}");
        assert!(header.values("crit").is_empty(), "a critical extension");
    }
}

/// Whether a provider with these keys has signed the token.
fn verifies(token: &str, set: &ProviderKeySet) -> bool {
    Unverified::parse(token).is_ok_and(|token| token.verify_with_provider_keys::<Value>(set).is_ok())
}

/// The header with the key id instead of its placeholder.
fn replace_kid(header: &[u8], kid: &str) -> Vec<u8> {
    let position = header.windows(KID_PLACEHOLDER.len()).position(|window| window == KID_PLACEHOLDER.as_bytes());
    let Some(start) = position else { return header.to_vec() };
    [&header[..start], kid.as_bytes(), &header[start + KID_PLACEHOLDER.len()..]].concat()
}

/// The claims if the token verifies. It then has three parts in canonical encoding.
fn verify(text: &str) -> Option<Value> {
    let unverified = Unverified::parse(text).ok()?;
    let claims: Value = unverified.verify(&KEY_SET).ok()?;
    let parts = text.split('.').map(|part| URL_SAFE_NO_PAD.encode(URL_SAFE_NO_PAD.decode(part).unwrap()));
    let parts: Vec<_> = parts.collect();
    assert_eq!(parts.len(), 3);
    assert_eq!(parts.join("."), text, "the encoding is not canonical");
    assert_eq!(claims["iss"], unverified.issuer());
    Some(claims)
}

fn is_es256(token: &str) -> bool {
    let header = token.split('.').next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    header.is_some_and(|header| from_utf8(&header).is_ok_and(|header| header.contains("ES256")))
}

fn seeds() -> Vec<Vec<u8>> {
    // Each kind of mutation once for each signed token.
    let mutations = (0..6).flat_map(|token| (0..10).map(move |kind| vec![2, token, kind, 0, 7, 3, 1]));
    // Signing key RS256, named key RS256, the first claims, a verbatim header.
    let signed = |header: &[u8]| [&[1, 0, 0, 0, 2], header].concat();
    let header = |alg: &str| json!({"alg": alg, "typ": "at+jwt", "kid": KID_PLACEHOLDER});
    let mut critical = header("RS256");
    critical["crit"] = json!(["b64"]);
    let headers =
        [json!({"alg": "none"}), header("HS256"), header("ES256"), header("RS256"), json!({"alg": "RS256"}), critical];
    let shared_kid = json!({"alg": "RS256", "kid": SHARED_KID});
    let headers = headers.into_iter().chain([shared_kid]);
    let headers = headers.map(|header| signed(header.to_string().as_bytes()));
    let valid_header = header("RS256").to_string();
    let invalid_utf8 = [valid_header.trim_end_matches('}').as_bytes(), b",\"x\":\"\xff\"}"].concat();
    let verbatim = [b"\0a.b.c".to_vec(), b"\0e30.e30.".to_vec()];
    mutations.chain([signed(&invalid_utf8)]).chain(headers).chain(verbatim).collect()
}
