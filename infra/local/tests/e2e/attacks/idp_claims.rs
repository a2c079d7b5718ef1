//! What people's tokens say, under the identity provider's real keys.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, with, without},
    idp_tokens::PersonKeys,
};

/// Values that are no time in whole seconds, or none that may be: text of JSON, so that every number can be written.
const NO_TIMES: [&str; 17] = [
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

/// Claims with what they must not say, as JSON.
const SAID: [(&str, &str); 32] = [
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

/// Claims that name this time, this provider or this organization wrongly.
fn of_here(forge: &Forge<'_>, keys: &PersonKeys, now: i64) -> Vec<(&'static str, Value)> {
    vec![
        ("exp", json!(now - 61)),
        ("iat", json!(now + 3_000)),
        ("nbf", json!(now + 3_000)),
        ("iss", json!(format!("{}/", keys.issuer))),
        ("iss", json!(keys.issuer.to_uppercase())),
        ("iss", json!(keys.issuer.replace("127.0.0.1", "localhost"))),
        ("iss", json!(format!("{}/x", keys.issuer))),
        ("iss", json!([keys.issuer])),
        ("org_id", json!([forge.org])),
    ]
}

/// Claims of people that must not be believed.
pub fn group(forge: &Forge<'_>) -> Group {
    let keys = &PersonKeys::of(forge.world);
    let claims = &keys.claims(forge);
    let now = claims["iat"].as_i64().unwrap();
    let mut rows = no_times(keys, claims);
    let of_here = of_here(forge, keys, now).into_iter();
    let everywhere = SAID.iter().map(|(claim, value)| (*claim, serde_json::from_str(value).unwrap()));
    for (claim, value) in everywhere.chain(of_here) {
        rows.push(Row::new(format!("{claim} {value}"), &keys.saying(&with(claims, claim, &value))));
    }
    rows.extend(absent_and_doubled(keys, claims));
    let legal = vec![
        Row::legal("aud in a list", &keys.saying(&with(claims, "aud", &json!(["another", "latchkey"])))),
        Row::legal("an expiry within the leeway", &keys.saying(&with(claims, "exp", &json!(now - 5)))),
        Row::legal("nbf in the past", &keys.saying(&with(claims, "nbf", &json!(now - 5)))),
    ];
    Group::new("people: claims", &keys.saying(claims), rows).beside(legal)
}

fn no_times(keys: &PersonKeys, claims: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    for claim in ["exp", "iat", "nbf"] {
        for time in NO_TIMES {
            let text = with(claims, claim, &json!("@")).to_string().replace("\"@\"", time);
            let token = keys.signed_text(&keys.header().to_string(), &text, Algorithm::RS256);
            rows.push(Row::new(format!("{claim} {time}"), &token));
        }
    }
    rows
}

fn absent_and_doubled(keys: &PersonKeys, claims: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    for claim in ["iss", "sub", "aud", "org_id", "iat", "exp"] {
        rows.push(Row::new(format!("no {claim}"), &keys.saying(&without(claims, claim))));
    }
    let text = claims.to_string();
    for (claim, value) in claims.as_object().unwrap() {
        let doubled = format!("{},\"{claim}\":{value}}}", &text[..text.len() - 1]);
        let token = keys.signed_text(&keys.header().to_string(), &doubled, Algorithm::RS256);
        rows.push(Row::new(format!("{claim} twice"), &token));
    }
    rows
}
