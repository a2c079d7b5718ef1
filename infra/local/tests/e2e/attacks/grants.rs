//! Tokens that grants limit: claims that name other grants under the real key, and children with wider grants.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, ValidToken, with_member, with_member_text, without_member},
    request::Request,
};

/// The claims of the limits.
const CLAIMS: [&str; 2] = ["grants", "parent_grants"];

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let viewing = json!([{"action": "order:view"}]);
    let limited = forge.create_token(&forge.owner, &json!({"grants": viewing}));
    let creating = json!([{"action": "token:create", "effect": "allow"}, {"action": "order:view"}]);
    let parent = forge.create_token(&forge.owner, &json!({"grants": creating}));
    let child = forge.create_token(&parent.jwt, &json!({"grants": viewing}));
    let inheriting = forge.create_token(&parent.jwt, &json!({}));
    let mut attacks = denied_requests(&limited, &child);
    for (name, token) in [
        ("limited token", &limited),
        ("parent", &parent),
        ("child", &child),
        ("child that inherits", &inheriting),
        ("token without grants", &forge.owner_token),
    ] {
        attacks.extend(forged_claims(forge, name, token));
    }
    attacks.extend(children(&parent));
    let signed_again = |name: &str, token: &ValidToken| Attack::valid(name, &forge.with_claims(&token.claims));
    let valid = vec![
        signed_again("limited token, signed again", &limited),
        signed_again("child, signed again", &child),
        signed_again("child that inherits, signed again", &inheriting),
    ];
    AttackGroup::new("grants", &forge.owner_token.jwt, attacks).with_valid_variants(valid)
}

/// Requests that the roles allow and the grants do not.
fn denied_requests(limited: &ValidToken, child: &ValidToken) -> Vec<Attack> {
    let denied = |(name, token): (&str, &ValidToken)| {
        let create = |body: &str| Request::new("POST", "/v1/access-tokens", &token.jwt).with_json(body);
        let requests = vec![
            Request::new("GET", "/v1/access-tokens", &token.jwt),
            create(r#"{"name":"Attack"}"#),
            create(r#"{"name":"Attack","grants":[{"action":"*"}]}"#),
            create(r#"{"name":"Attack","journey_id":"j"}"#),
        ];
        Attack::new(format!("{name}: requests that no grant allows"), 403, requests)
    };
    [("limited token", limited), ("child", child)].map(denied).into()
}

/// The token with other limits in its claims, signed again.
fn forged_claims(forge: &TokenForge<'_>, name: &str, token: &ValidToken) -> Vec<Attack> {
    let values = [
        json!(null),
        json!([]),
        json!({}),
        json!("*"),
        json!(true),
        json!([null]),
        json!(["*"]),
        json!([{}]),
        json!([[]]),
        json!([{"action": "*"}]),
        json!([{"action": "token:*"}]),
        json!([{"action": "order:view"}, {"action": "token:create"}]),
        json!([{"action": "order:view", "effect": "allow"}]),
        json!([{"action": "order:view", "effect": "deny"}]),
        json!([{"action": "order:view", "resource": "*"}]),
        json!([{"action": "order:view", "condition": {}}]),
        json!([{"action": "order:view"}, {"action": "order:view"}]),
    ];
    let mut attacks = Vec::new();
    for claim in CLAIMS {
        for value in values.iter().filter(|value| token.claims.get(claim) != Some(value)) {
            let claims = with_member(&token.claims, claim, value);
            attacks.push(Attack::rejected(format!("{name}: {claim} {value}"), &forge.with_claims(&claims)));
        }
        if token.claims.get(claim).is_some() {
            let without = without_member(&token.claims, claim);
            attacks.push(Attack::rejected(format!("{name}: no {claim}"), &forge.with_claims(&without)));
        }
        for text in [
            r#"[{"action":"order:view","action":"*"}]"#,
            r#"[{"action":"*","action":"order:view"}]"#,
            r#"[{"action":"order:view","action":"order:view"}]"#,
        ] {
            let claims = with_member_text(&token.claims, claim, text);
            let jwt = forge.sign(forge.owner_token.header.to_string(), claims);
            attacks.push(Attack::rejected(format!("{name}: {claim} {text}"), &jwt));
        }
    }
    if let (Some(grants), Some(parent_grants)) = (token.claims.get("grants"), token.claims.get("parent_grants")) {
        let swapped = with_member(&with_member(&token.claims, "grants", parent_grants), "parent_grants", grants);
        attacks.push(Attack::rejected(format!("{name}: swapped"), &forge.with_claims(&swapped)));
    }
    attacks
}

/// Requests of a token with grants for children that would have none.
fn children(parent: &ValidToken) -> Vec<Attack> {
    let request = |body: &Value| {
        let mut body = body.clone();
        body["name"] = json!("Attack");
        vec![Request::new("POST", "/v1/access-tokens", &parent.jwt).with_json(&body.to_string())]
    };
    let invalid = [
        json!({"grants": null}),
        json!({"grants": []}),
        json!({"grants": [{"action": "*", "effect": "deny"}]}),
        json!({"grants": [{"action": "*"}], "parent_grants": []}),
        json!({"parent_grants": [{"action": "*"}]}),
        json!({"restricted": false}),
    ];
    let public = [json!({"journey_id": "j"}), json!({"portal_id": "p"})];
    let invalid = invalid.iter().map(|body| Attack::new(format!("child with {body}"), 400, request(body)));
    invalid.chain(public.iter().map(|body| Attack::new(format!("child with {body}"), 403, request(body)))).collect()
}
