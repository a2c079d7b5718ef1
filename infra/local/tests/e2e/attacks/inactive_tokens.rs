//! Revoked and expired tokens, and children of such tokens.

use serde_json::json;

use super::{
    attack::{Attack, AttackGroup},
    forge::{TokenForge, with_member, without_member},
};
use crate::harness::LONG_AGO;

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let stack = forge.stack;
    let create = |creator: &str| forge.create_token(creator, &json!({}));
    let [revoked, expired, revoked_parent, expired_parent, newer_schema, damaged] =
        [(); 6].map(|()| create(&forge.owner));
    let child_of_revoked = create(&revoked_parent.jwt);
    let child_of_expired = create(&expired_parent.jwt);
    for token in [&revoked, &revoked_parent] {
        stack.revoke(&forge.owner, &token.id);
    }
    for token in [&expired, &expired_parent] {
        stack.set_attribute(&token.id, "expires_at", LONG_AGO);
    }
    stack.set_attribute(&newer_schema.id, "v", 4);
    stack.set_attribute(&damaged.id, "v", 3);
    let expired_claims = with_member(&expired.claims, "exp", &json!(LONG_AGO));
    let mut attacks = vec![
        Attack::rejected("expired according to the item", &expired.jwt),
        Attack::rejected("expired according to item and claim", &forge.with_claims(&expired_claims)),
        Attack::rejected("item of a newer schema version", &newer_schema.jwt),
        Attack::rejected("item that has lost the restriction of its schema version", &damaged.jwt),
    ];
    for (name, token) in [
        ("revoked token", &revoked),
        ("revoked parent", &revoked_parent),
        ("child of a revoked token", &child_of_revoked),
        ("child of an expired token", &child_of_expired),
    ] {
        attacks.push(Attack::rejected(name, &token.jwt));
        attacks.push(Attack::rejected(format!("{name}, signed again"), &forge.with_claims(&token.claims)));
    }
    let without_parent = without_member(&child_of_revoked.claims, "parent");
    let with_active_parent = with_member(&without_parent, "parent", &json!(forge.owner_token.id));
    attacks.push(Attack::rejected("child without the claim `parent`", &forge.with_claims(&without_parent)));
    attacks.push(Attack::rejected("child with an active parent", &forge.with_claims(&with_active_parent)));
    AttackGroup::new("revoked, expired, orphaned", &forge.owner_token.jwt, attacks)
}
