//! `kid`: which key a token names.

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Forge, without},
    request::Request,
};

/// Texts that some look-up would take for more than a name, and names of nothing.
const TEXTS: [&str; 24] = [
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

pub fn group(forge: &Forge<'_>) -> Group {
    let own = forge.key.kid();
    let kids = TEXTS.iter().map(|kid| json!(kid)).chain(other_keys(forge)).chain(changed(own));
    let mut rows: Vec<_> =
        kids.map(|kid| Row::new(format!("kid {kid:.40}"), &forge.with_header("kid", &kid))).collect();
    rows.push(Row::new("no kid", &forge.under(&without(&forge.plain.header, "kid"))));
    let huge = forge.with_header("kid", &json!("k".repeat(9 * 1024)));
    rows.push(Row::of(
        "kid beyond what a gateway carries",
        431,
        vec![Request::new("GET", "/v1/permissions/me", &huge)],
    ));
    Group::new("kid", &forge.plain.token, rows)
}

/// What names a key, and not in this ring.
fn other_keys(forge: &Forge<'_>) -> Vec<Value> {
    vec![
        json!(forge.key.arn),
        json!(forge.key.arn.rsplit('/').next().unwrap()),
        json!(forge.public.arn),
        json!(forge.public.kid()),
        json!(forge.stranger.kid()),
        json!(forge.world.stack().idp.issuer().jwks().keys[0].common.key_id),
    ]
}

/// The right name, `own`, and something.
fn changed(own: &str) -> Vec<Value> {
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
