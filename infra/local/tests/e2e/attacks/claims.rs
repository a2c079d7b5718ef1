//! Claims other than the row's, under a good signature. *(the row is the right)*

use serde_json::{Value, json};

use super::{
    attack::{Group, Row},
    forge::{Base, Forge, with, without},
};

pub fn groups(forge: &Forge<'_>) -> Vec<Group> {
    vec![issuer_and_audience(forge), names(forge), rights(forge)]
}

fn issuer_and_audience(forge: &Forge<'_>) -> Group {
    let [issuer, audience] = ["iss", "aud"].map(|claim| forge.plain.claims[claim].as_str().unwrap());
    let row = |claim: &str, value: &Value| {
        Row::new(format!("{claim} {value}"), &forge.saying(&with(&forge.plain.claims, claim, value)))
    };
    let mut rows: Vec<_> = issuers(issuer, audience).iter().map(|value| row("iss", value)).collect();
    rows.extend(audiences(issuer, audience).iter().map(|value| row("aud", value)));
    Group::new("iss, aud", &forge.plain.token, rows)
}

/// Issuers that are not `issuer`, though some readers would say that they are.
fn issuers(issuer: &str, audience: &str) -> Vec<Value> {
    let (scheme, rest) = issuer.split_once("://").unwrap();
    let host = rest.split('/').next().unwrap();
    vec![
        json!(format!("{issuer}/")),
        json!(format!("{issuer}/public")),
        json!(format!("{issuer}/x")),
        json!(format!("{issuer}?x=y")),
        json!(format!("{issuer}#x")),
        json!(format!("{issuer}.example")),
        json!(format!("{issuer}\0")),
        json!(format!(" {issuer}")),
        json!(format!("{}://{rest}", scheme.to_uppercase())),
        json!(format!("https://{rest}")),
        json!(issuer.replace("127.0.0.1", "localhost")),
        json!(issuer.replace("127.0.0.1", "2130706433")),
        json!(issuer.replace(host, &format!("user@{host}"))),
        json!(issuer.replace("/v1/", "/v1/./")),
        json!(issuer.replace("/v1/", "//v1/")),
        json!(issuer.replace("/v1/", "/V1/")),
        json!(issuer.replace("access", "%61ccess")),
        json!(audience),
        json!("https://other.example/v1/access-tokens"),
        json!(""),
        json!([issuer]),
        json!({"iss": issuer}),
        json!(null),
        json!(7),
    ]
}

/// Audiences that are not `audience`.
fn audiences(issuer: &str, audience: &str) -> Vec<Value> {
    vec![
        json!([audience]),
        json!([audience, audience]),
        json!([]),
        json!(""),
        json!("https://other.example"),
        json!(format!("{audience}/")),
        json!(audience.to_uppercase()),
        json!(audience.replace("127.0.0.1", "localhost")),
        json!(issuer),
        json!("latchkey"),
        json!(null),
        json!(7),
        json!({}),
    ]
}

/// Each name of a token, alone and all together, that of another one: a living one, one of another tenant, and none.
fn names(forge: &Forge<'_>) -> Group {
    let stranger = forge.world.person_as("attacks-strangers", "1", &["owner"]);
    let foreign = forge.token(&stranger, &json!({}));
    let base = &forge.plain;
    let unborn = format!("api_{}", "A".repeat(21));
    let others = [
        ("a living one's", json!(forge.rich.id)),
        ("a stranger's", json!(foreign.id)),
        ("an unborn one's", json!(unborn)),
        ("of another type", json!(base.id.replace("api_", "app_"))),
        ("other case", json!(swapped(&base.id))),
        ("none at all", json!("")),
        ("a row's key", json!(format!("TOKEN#{}", &base.id[4..]))),
        ("null", json!(null)),
        ("a list", json!([base.id])),
    ];
    let claims = ["sub", "jti", "client_id", "token_id", "user_id"];
    let mut rows = Vec::new();
    for (whose, value) in &others {
        let mut all = base.claims.clone();
        for claim in claims {
            all[claim] = value.clone();
            rows.push(Row::new(format!("{claim}, {whose}"), &forge.saying(&with(&base.claims, claim, value))));
        }
        rows.push(Row::new(format!("all of them, {whose}"), &forge.saying(&all)));
    }
    for claim in claims {
        rows.push(Row::new(format!("no {claim}"), &forge.saying(&without(&base.claims, claim))));
    }
    Group::new("sub, jti, client, token, user", &base.token, rows)
}

fn swapped(id: &str) -> String {
    let (prefix, key) = id.split_once('_').unwrap();
    let swap = |letter: char| {
        if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    format!("{prefix}_{}", key.chars().map(swap).collect::<String>())
}

/// Rows of these changes to a token's claims.
fn changes(forge: &Forge<'_>, what: &str, base: &Base, changes: &[(&str, Value)]) -> Vec<Row> {
    let row = |(claim, value): &(&str, Value)| {
        assert_ne!(base.claims[claim], *value, "{claim} is changed");
        Row::new(format!("{what}: {claim} {value}"), &forge.saying(&with(&base.claims, claim, value)))
    };
    changes.iter().map(row).collect()
}

/// A token of full rights that would be another.
fn of_plain(forge: &Forge<'_>) -> Vec<(&'static str, Value)> {
    let (plain, org) = (&forge.plain, forge.org);
    let [owner, a] = ["owner", "a"].map(|slug| format!("{org}:{slug}"));
    vec![
        ("org_id", json!("123")),
        ("org_id", json!("attacks-strangers")),
        ("org_id", json!(org.to_uppercase())),
        ("org_id", json!("")),
        ("assume_roles", json!([])),
        ("assume_roles", json!([owner, a])),
        ("assume_roles", json!([owner, owner])),
        ("assume_roles", json!(["123:owner"])),
        ("assume_roles", json!([format!("{org}:root")])),
        ("assume_roles", json!([a])),
        ("token_type", json!("app")),
        ("token_type", json!("journey")),
        ("token_type", json!("API")),
        ("token_name", json!("Another name")),
        ("token_use", json!("id")),
        ("token_use", json!("refresh")),
        ("token_use", json!("ACCESS")),
        ("journey_id", json!("j")),
        ("portal_id", json!("p")),
        ("read_only", json!(true)),
        ("anonymize", json!(true)),
        ("parent", json!(forge.rich.id)),
        ("parent", json!(plain.id)),
        ("exp", json!(4_102_444_800_u64)),
        ("iat", json!(plain.claims["iat"].as_i64().unwrap() - 1)),
    ]
}

/// A child that would have more, or another parent.
fn of_child(forge: &Forge<'_>) -> Vec<(&'static str, Value)> {
    let [owner, a, b] = ["owner", "a", "b"].map(|slug| format!("{}:{slug}", forge.org));
    let issued = forge.rich.claims["iat"].as_i64().unwrap();
    vec![
        ("assume_roles", json!([owner])),
        ("assume_roles", json!([a, b, owner])),
        ("assume_roles", json!([b, a])),
        ("assume_roles", json!([a])),
        ("assume_roles", json!([a, b, b])),
        ("assume_roles", json!([])),
        ("parent", json!(forge.rich.id)),
        ("parent", json!(format!("api_{}", "A".repeat(21)))),
        ("parent", json!(forge.plain.id.replace("api_", "app_"))),
        ("exp", json!(issued + 3_601)),
        ("exp", json!(issued + 3_599)),
        ("exp", json!(4_102_444_800_u64)),
        ("iat", json!(issued + 1)),
        ("read_only", json!(false)),
        ("anonymize", json!(false)),
    ]
}

/// Organization, roles, flags, parent and lifetime other than the row's.
fn rights(forge: &Forge<'_>) -> Group {
    let (plain, rich) = (&forge.plain, &forge.rich);
    let mut rows = changes(forge, "a plain token", plain, &of_plain(forge));
    rows.extend(changes(forge, "a child", rich, &of_child(forge)));
    for claim in [
        "parent",
        "exp",
        "read_only",
        "anonymize",
        "assume_roles",
        "iat",
        "org_id",
        "token_type",
        "token_use",
        "token_name",
    ] {
        rows.push(Row::new(format!("a child without {claim}"), &forge.saying(&without(&rich.claims, claim))));
    }
    let legal = vec![
        Row::legal("a plain token, signed anew", &forge.saying(&plain.claims)),
        Row::legal("a child, signed anew", &forge.saying(&rich.claims)),
    ];
    Group::new("claims other than the row's", &plain.token, rows).beside(legal)
}
