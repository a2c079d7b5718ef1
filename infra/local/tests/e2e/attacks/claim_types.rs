//! Claims of wrong JSON types. Such a claim is an error and not treated as absent.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, with_member},
};

/// Every claim with a value of every other type.
pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let values =
        [json!(null), json!(true), json!(false), json!(0), json!(1.5), json!("1"), json!([]), json!([1]), json!({})];
    let mut attacks = Vec::new();
    for (claim, valid) in forge.child_token.claims.as_object().unwrap() {
        // Any text is a name, and the name has no effect.
        let is_name = |value: &Value| claim == "token_name" && value.is_string();
        for value in values.iter().filter(|value| *value != valid && !is_name(value)) {
            let claims = with_member(&forge.child_token.claims, claim, value);
            attacks.push(Attack::rejected(format!("{claim} {value}"), &forge.with_claims(&claims)));
        }
    }
    for claim in ["exp", "parent", "journey_id", "portal_id"] {
        for value in values.iter().filter(|value| !value.is_string()) {
            let claims = with_member(&forge.owner_token.claims, claim, value);
            let name = format!("{claim} {value} in a token without the claim");
            attacks.push(Attack::rejected(name, &forge.with_claims(&claims)));
        }
    }
    AttackGroup::new("claims of other types", &forge.owner_token.jwt, attacks)
}
