//! User tokens with invalid claims, signed with the identity provider's real keys.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, with_member, with_member_text, without_member},
    idp_tokens::IdpKeys,
};

/// JSON texts that are not a valid `NumericDate`, or out of range.
const INVALID_TIMES: [&str; 17] = [
    "null",
    "true",
    "\"\"",
    "\"4102444800\"",
    "[4102444800]",
    "{}",
    "-1",
    "4102444800.5",
    "1e400",
    "1e10",
    "4102444800.0",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
    "1e-1",
];

/// Claims with an invalid value, as JSON text.
const INVALID_CLAIMS: [(&str, &str); 32] = [
    ("exp", "0"),
    ("aud", r#""""#),
    ("aud", r#""Latchkey""#),
    ("aud", r#""latchkey ""#),
    ("aud", r#""another""#),
    ("aud", "[]"),
    ("aud", r#"["another"]"#),
    ("aud", r#"["latchkey", 7]"#),
    ("aud", r#"[["latchkey"]]"#),
    ("aud", r#"{"latchkey": true}"#),
    ("aud", "null"),
    ("aud", "7"),
    ("iss", r#""""#),
    ("iss", "null"),
    ("sub", r#""""#),
    ("sub", "null"),
    ("sub", "1"),
    ("sub", r#"["1"]"#),
    ("sub", r#""a\nb""#),
    ("org_id", r#""""#),
    ("org_id", "null"),
    ("org_id", "123"),
    ("org_id", r#""a:b""#),
    ("org_id", r#""../a""#),
    ("org_id", r#""a#ROLE""#),
    ("org_id", r#""*""#),
    ("roles", r#""owner""#),
    ("roles", "null"),
    ("roles", r#"{"0": "owner"}"#),
    ("roles", r#"["owner", 7]"#),
    ("roles", r#"[["owner"]]"#),
    ("roles", "true"),
];

/// Invalid claims that depend on the current time, the provider and the organization.
fn context_dependent_claims(forge: &TokenForge<'_>, issuer: &str, now: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("exp", json!(now - 61)),
        ("iat", json!(now + 3_000)),
        ("nbf", json!(now + 3_000)),
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!(issuer.to_uppercase())),
        ("iss", json!(issuer.replace("127.0.0.1", "localhost"))),
        ("iss", json!(format!("{issuer}/x"))),
        ("iss", json!([issuer])),
        ("org_id", json!([forge.org])),
    ]
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let keys = &IdpKeys::read(forge.stack);
    let claims = &keys.claims(forge);
    let now = claims["iat"].as_i64().unwrap();
    let mut attacks = invalid_times(keys, claims);
    let constant = INVALID_CLAIMS.iter().map(|(claim, text)| (*claim, serde_json::from_str(text).unwrap()));
    for (claim, value) in constant.chain(context_dependent_claims(forge, &keys.issuer, now)) {
        let token = keys.with_claims(&with_member(claims, claim, &value));
        attacks.push(Attack::rejected(format!("{claim} {value}"), &token));
    }
    attacks.extend(missing_and_duplicate_claims(keys, claims));
    let valid = [
        ("aud is a list", "aud", json!(["another", "latchkey"])),
        ("exp within the leeway", "exp", json!(now - 5)),
        ("nbf in the past", "nbf", json!(now - 5)),
    ];
    let valid =
        valid.map(|(name, claim, value)| Attack::valid(name, &keys.with_claims(&with_member(claims, claim, &value))));
    AttackGroup::new("user tokens: claims", &keys.with_claims(claims), attacks).with_valid_variants(valid.into())
}

fn invalid_times(keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for claim in ["exp", "iat", "nbf"] {
        for time in INVALID_TIMES {
            let token = keys.with_claims_text(&with_member_text(claims, claim, time));
            attacks.push(Attack::rejected(format!("{claim} {time}"), &token));
        }
    }
    attacks
}

fn missing_and_duplicate_claims(keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for claim in ["iss", "sub", "aud", "org_id", "iat", "exp"] {
        let token = keys.with_claims(&without_member(claims, claim));
        attacks.push(Attack::rejected(format!("no {claim}"), &token));
    }
    let text = claims.to_string();
    for (claim, value) in claims.as_object().unwrap() {
        let duplicate = format!("{},\"{claim}\":{value}}}", &text[..text.len() - 1]);
        attacks.push(Attack::rejected(format!("{claim} twice"), &keys.with_claims_text(&duplicate)));
    }
    attacks
}
