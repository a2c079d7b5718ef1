//! Claims that differ from the token's item, under a valid signature. *(the item is authoritative)*

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, ValidToken, with_member, without_member},
};

pub fn groups(forge: &TokenForge<'_>) -> Vec<AttackGroup> {
    vec![issuer_and_audience(forge), identifiers(forge), permissions(forge)]
}

fn issuer_and_audience(forge: &TokenForge<'_>) -> AttackGroup {
    let [issuer, audience] = ["iss", "aud"].map(|claim| forge.owner_token.claims[claim].as_str().unwrap());
    let attack = |claim: &str, value: &Value| {
        Attack::rejected(
            format!("{claim} {value}"),
            &forge.with_claims(&with_member(&forge.owner_token.claims, claim, value)),
        )
    };
    let mut attacks: Vec<_> = other_issuers(issuer, audience).iter().map(|value| attack("iss", value)).collect();
    attacks.extend(other_audiences(issuer, audience).iter().map(|value| attack("aud", value)));
    AttackGroup::new("iss, aud", &forge.owner_token.jwt, attacks)
}

/// Issuers that a lenient comparison would accept as `issuer`.
fn other_issuers(issuer: &str, audience: &str) -> Vec<Value> {
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

/// Audiences that a lenient comparison would accept as `audience`.
fn other_audiences(issuer: &str, audience: &str) -> Vec<Value> {
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

/// Each claim that identifies the token, alone and all together, with another id: of an active token, of another organization's
/// token, of no token.
fn identifiers(forge: &TokenForge<'_>) -> AttackGroup {
    let other_owner = forge.stack.user_token_with_roles("attacks-other-org", "1", &["owner"]);
    let foreign = forge.create_token(&other_owner, &json!({}));
    let base = &forge.owner_token;
    let unknown_id = format!("api_{}", "A".repeat(21));
    let values = [
        ("of an active token", json!(forge.child_token.id)),
        ("of another organization", json!(foreign.id)),
        ("of no token", json!(unknown_id)),
        ("of another type", json!(base.id.replace("api_", "app_"))),
        ("in swapped case", json!(swap_case(&base.id))),
        ("empty", json!("")),
        ("a partition key", json!(format!("TOKEN#{}", &base.id[4..]))),
        ("null", json!(null)),
        ("list", json!([base.id])),
    ];
    let claims = ["sub", "jti", "client_id", "token_id", "user_id"];
    let mut attacks = Vec::new();
    for (description, value) in &values {
        let mut all = base.claims.clone();
        for claim in claims {
            all[claim] = value.clone();
            attacks.push(Attack::rejected(
                format!("{claim} {description}"),
                &forge.with_claims(&with_member(&base.claims, claim, value)),
            ));
        }
        attacks.push(Attack::rejected(format!("all {description}"), &forge.with_claims(&all)));
    }
    for claim in claims {
        attacks.push(Attack::rejected(format!("no {claim}"), &forge.with_claims(&without_member(&base.claims, claim))));
    }
    AttackGroup::new("sub, jti and other ids", &base.jwt, attacks)
}

fn swap_case(id: &str) -> String {
    let (prefix, key) = id.split_once('_').unwrap();
    let swap = |letter: char| {
        if letter.is_lowercase() { letter.to_ascii_uppercase() } else { letter.to_ascii_lowercase() }
    };
    format!("{prefix}_{}", key.chars().map(swap).collect::<String>())
}

/// Each of these changes to the claims of a token.
fn changes(forge: &TokenForge<'_>, kind: &str, base: &ValidToken, changes: &[(&str, Value)]) -> Vec<Attack> {
    let attack = |(claim, value): &(&str, Value)| {
        assert_ne!(base.claims[claim], *value, "{claim} is unchanged");
        Attack::rejected(
            format!("{kind}: {claim} {value}"),
            &forge.with_claims(&with_member(&base.claims, claim, value)),
        )
    };
    changes.iter().map(attack).collect()
}

/// Changes to the owner token.
fn changes_of_owner_token(forge: &TokenForge<'_>) -> Vec<(&'static str, Value)> {
    let org = forge.org;
    let id = &forge.owner_token.id;
    let issued_at = forge.owner_token.claims["iat"].as_i64().unwrap();
    let [owner, a] = ["owner", "a"].map(|slug| format!("{org}:{slug}"));
    vec![
        ("org_id", json!("123")),
        ("org_id", json!("attacks-other-org")),
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
        ("token_use", json!("id")),
        ("token_use", json!("refresh")),
        ("token_use", json!("ACCESS")),
        ("journey_id", json!("j")),
        ("portal_id", json!("p")),
        ("read_only", json!(true)),
        ("anonymize", json!(true)),
        ("parent", json!(forge.child_token.id)),
        ("parent", json!(id)),
        ("exp", json!(4_102_444_800_u64)),
        ("iat", json!(issued_at - 1)),
    ]
}

/// Changes to the child token that would give it more permissions, a longer lifetime or another parent.
fn changes_of_child_token(forge: &TokenForge<'_>) -> Vec<(&'static str, Value)> {
    let [owner, a, b] = ["owner", "a", "b"].map(|slug| format!("{}:{slug}", forge.org));
    let issued_at = forge.child_token.claims["iat"].as_i64().unwrap();
    vec![
        ("assume_roles", json!([owner])),
        ("assume_roles", json!([a, b, owner])),
        ("assume_roles", json!([b, a])),
        ("assume_roles", json!([a])),
        ("assume_roles", json!([a, b, b])),
        ("assume_roles", json!([])),
        ("parent", json!(forge.child_token.id)),
        ("parent", json!(format!("api_{}", "A".repeat(21)))),
        ("parent", json!(forge.owner_token.id.replace("api_", "app_"))),
        ("exp", json!(issued_at + 3_601)),
        ("exp", json!(issued_at + 3_599)),
        ("exp", json!(4_102_444_800_u64)),
        ("iat", json!(issued_at + 1)),
        ("read_only", json!(false)),
        ("anonymize", json!(false)),
    ]
}

/// Organization, roles, flags, parent and lifetime.
fn permissions(forge: &TokenForge<'_>) -> AttackGroup {
    let TokenForge { owner_token, child_token, .. } = forge;
    let mut attacks = changes(forge, "owner token", owner_token, &changes_of_owner_token(forge));
    attacks.extend(changes(forge, "child token", child_token, &changes_of_child_token(forge)));
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
        attacks.push(Attack::rejected(
            format!("child token without {claim}"),
            &forge.with_claims(&without_member(&child_token.claims, claim)),
        ));
    }
    let valid = vec![
        Attack::valid("owner token, signed again", &forge.with_claims(&owner_token.claims)),
        Attack::valid("child token, signed again", &forge.with_claims(&child_token.claims)),
        // The name is informative: it is that at the time of the signature.
        Attack::valid(
            "owner token with another name",
            &forge.with_claims(&with_member(&owner_token.claims, "token_name", &json!("Another name"))),
        ),
    ];
    AttackGroup::new("claims that differ from item", &owner_token.jwt, attacks).with_valid_variants(valid)
}
