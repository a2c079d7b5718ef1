//! Values of `kid` that name no key of the key set.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, without_member},
    request::Request,
};

/// Paths, URLs, and injections into queries and shells.
const INJECTIONS: [&str; 24] = [
    "../../../../dev/null",
    "/dev/null",
    "/etc/passwd",
    "file:///dev/null",
    "http://127.0.0.1:1/key",
    "//127.0.0.1/key",
    "' OR '1'='1",
    "x' UNION SELECT 'secret'-- ",
    "\"; DROP TABLE keys; --",
    "$(id)",
    "`id`",
    "| id",
    "${jndi:ldap://127.0.0.1/a}",
    "{\"$gt\":\"\"}",
    "*",
    "%",
    "",
    " ",
    "0",
    "null",
    "undefined",
    "__proto__",
    "constructor",
    "NaN",
];

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let own = forge.access_key.kid();
    let kids = INJECTIONS.iter().map(|kid| json!(kid)).chain(other_keys(forge)).chain(variations(own));
    let mut attacks: Vec<_> =
        kids.map(|kid| Attack::rejected(format!("kid {kid:.40}"), &forge.with_header_member("kid", &kid))).collect();
    attacks.push(Attack::rejected("no kid", &forge.with_header(&without_member(&forge.owner_token.header, "kid"))));
    let huge = forge.with_header_member("kid", &json!("k".repeat(9 * 1024)));
    attacks.push(Attack::new(
        "kid longer than API Gateway accepts",
        431,
        vec![Request::new("GET", "/v1/permissions/me", &huge)],
    ));
    AttackGroup::new("kid", &forge.owner_token.jwt, attacks)
}

/// Names of keys that are not in the key set.
fn other_keys(forge: &TokenForge<'_>) -> Vec<Value> {
    vec![
        json!(forge.access_key.arn),
        json!(forge.access_key.arn.rsplit('/').next().unwrap()),
        json!(forge.public_key.arn),
        json!(forge.public_key.kid()),
        json!(forge.unknown_key.kid()),
        json!(forge.stack.idp().issuer().jwks().keys[0].common.key_id),
    ]
}

/// Variations of the valid `kid`.
fn variations(own: &str) -> Vec<Value> {
    vec![
        json!(format!("{own}\0")),
        json!(format!("{own} ")),
        json!(format!(" {own}")),
        json!(format!("{own}\n")),
        json!(own.to_uppercase()),
        json!(own.to_lowercase()),
        json!(own[..own.len() - 1]),
        json!(format!("{own}=")),
        json!(format!("{own},{own}")),
        json!("k".repeat(5 * 1024)),
        json!(null),
        json!(0),
        json!(true),
        json!([own]),
        json!({"kid": own}),
    ]
}
