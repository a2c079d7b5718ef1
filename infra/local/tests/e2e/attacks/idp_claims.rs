//! User tokens with invalid claims, signed with the identity provider's real keys.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, with_member, with_member_text, without_member},
    idp_tokens::IdpKeys,
};

/// JSON texts that are not a valid `NumericDate`, or out of range.
const INVALID_TIMES: [&str; 18] = [
    "null",
    "true",
    "\"\"",
    "\"4102444800\"",
    "[4102444800]",
    "{}",
    "-1",
    "-0.5",
    "-1e400",
    "1e400",
    "1e13",
    "1099511627776.5",
    "1099511627777",
    "9007199254740993",
    "18446744073709551615",
    "18446744073709551616",
    "9223372036854775807",
    "-9223372036854775808",
];

/// Expirations in the past, and times of issue in the future, in any form of a number.
const OTHER_TIMES: [(&str, &str); 8] = [
    ("exp", "1e-1"),
    ("exp", "0.0"),
    ("exp", "-0"),
    ("exp", "1.5666e9"),
    ("iat", "4102444800.5"),
    ("iat", "1e10"),
    ("nbf", "4102444800.0"),
    ("nbf", "1.099511627776e12"),
];

/// Claims with an invalid value, as JSON text.
const INVALID_CLAIMS: [(&str, &str); 39] = [
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
    ("sub", r#"" a""#),
    ("sub", r#""a ""#),
    ("sub", r#""a\u00a0b""#),
    ("org_id", r#""""#),
    ("org_id", "null"),
    ("org_id", "123"),
    ("org_id", r#""a:b""#),
    ("org_id", r#""../a""#),
    ("org_id", r#""a#ROLE""#),
    ("org_id", r#""*""#),
    ("org_id", "[]"),
    ("org_id", "{}"),
    ("org_id", r#"["attacks", "attacks"]"#),
    ("org_id", r#"[["attacks"]]"#),
    ("org_id", r#"{"attacks": {}, "other": {}}"#),
    ("org_id", r#"{"org_id": "attacks", "attacks": {}}"#),
    ("roles", r#"{"0": "owner"}"#),
    ("roles", r#"["owner", 7]"#),
    ("roles", r#"[["owner"]]"#),
    ("roles", "true"),
];

/// Invalid claims that depend on the current time, the provider and the organization.
fn context_dependent_claims(issuer: &str, now: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("exp", json!(now - 61)),
        ("iat", json!(now + 3_000)),
        ("nbf", json!(now + 3_000)),
        ("iss", json!(format!("{issuer}/"))),
        ("iss", json!(issuer.to_uppercase())),
        ("iss", json!(issuer.replace("127.0.0.1", "localhost"))),
        ("iss", json!(format!("{issuer}/x"))),
        ("iss", json!([issuer])),
    ]
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let keys = &IdpKeys::read(forge.stack);
    let claims = &keys.claims(forge);
    let now = claims["iat"].as_i64().unwrap();
    let mut attacks = invalid_times(keys, claims);
    let constant = INVALID_CLAIMS.iter().map(|(claim, text)| (*claim, serde_json::from_str(text).unwrap()));
    for (claim, value) in constant.chain(context_dependent_claims(&keys.issuer, now)) {
        let token = keys.with_claims(&with_member(claims, claim, &value));
        attacks.push(Attack::rejected(format!("{claim} {value}"), &token));
    }
    attacks.extend(missing_and_duplicate_claims(keys, claims));
    let valid = [
        ("aud is a list", "aud", json!(["another", "latchkey"])),
        ("exp within the leeway", "exp", json!(now - 5)),
        ("nbf in the past", "nbf", json!(now - 5)),
        ("one role as text", "roles", json!("owner")),
        ("null roles", "roles", json!(null)),
        ("organization in a list", "org_id", json!([forge.org])),
        ("organization as the name of a member", "org_id", json!({forge.org: {"id": "1"}})),
        ("subject with spaces", "sub", json!("CN=Jane Doe,OU=Users")),
    ];
    let valid =
        valid.map(|(name, claim, value)| Attack::valid(name, &keys.with_claims(&with_member(claims, claim, &value))));
    let by_value =
        [("exp", format!("{}.0", now + 600)), ("exp", format!("{}e-1", (now + 600) * 10)), ("iat", "0.5".to_owned())];
    let by_value = by_value.map(|(claim, text)| {
        let token = keys.with_claims_text(&with_member_text(claims, claim, &text));
        Attack::valid(format!("{claim} {text}"), &token)
    });
    let without_iat = Attack::valid("no iat", &keys.with_claims(&without_member(claims, "iat")));
    let valid = valid.into_iter().chain(by_value).chain([without_iat]).collect();
    AttackGroup::new("user tokens: claims", &keys.with_claims(claims), attacks).with_valid_variants(valid)
}

fn invalid_times(keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let of_each_claim = ["exp", "iat", "nbf"].into_iter().flat_map(|claim| INVALID_TIMES.map(|time| (claim, time)));
    let attack = |(claim, time): (&str, &str)| {
        let token = keys.with_claims_text(&with_member_text(claims, claim, time));
        Attack::rejected(format!("{claim} {time}"), &token)
    };
    of_each_claim.chain(OTHER_TIMES).map(attack).collect()
}

fn missing_and_duplicate_claims(keys: &IdpKeys, claims: &Value) -> Vec<Attack> {
    let mut attacks = Vec::new();
    for claim in ["iss", "sub", "aud", "org_id", "exp"] {
        let token = keys.with_claims(&without_member(claims, claim));
        attacks.push(Attack::rejected(format!("no {claim}"), &token));
    }
    let text = claims.to_string();
    for (claim, value) in claims.as_object().unwrap() {
        let duplicate = format!("{},\"{claim}\":{value}}}", &text[..text.len() - 1]);
        attacks.push(Attack::rejected(format!("{claim} twice"), &keys.with_claims_text(&duplicate)));
    }
    let nested = with_member_text(claims, "org_id", r#"{"attacks":{},"attacks":{}}"#);
    attacks.push(Attack::rejected("duplicate member in org_id", &keys.with_claims_text(&nested)));
    let in_list = with_member_text(claims, "x", r#"[{"a":1,"\u0061":1}]"#);
    attacks.push(Attack::rejected("duplicate member in a list", &keys.with_claims_text(&in_list)));
    attacks
}
