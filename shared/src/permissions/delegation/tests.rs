#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::permissions::{EffectivePermissions, Role};

fn ids(texts: &[&str]) -> Vec<RoleId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn carry(held: &[&str], denying: &[&str], asked: &[&str], existing: &[&str]) -> Result<Vec<RoleId>, DelegationError> {
    let (org, held, denying) = ("1".parse().unwrap(), ids(held), ids(denying));
    let delegator = Delegator { org: &org, roles: &held, deny_roles: &denying };
    Ok(RoleDelegation::new(delegator, &ids(asked))?.resolve(&ids(existing).into_iter().collect())?.into_roles())
}

fn not_held<T>(role: &str) -> Result<T, DelegationError> {
    Err(DelegationError::NotHeld(role.parse().unwrap()))
}

#[test]
fn without_asking_a_token_carries_its_makers_roles() {
    assert_eq!(carry(&["1:a", "1:b"], &[], &[], &[]), Ok(ids(&["1:a", "1:b"])));
}

#[test]
fn a_role_that_the_maker_lacks_is_refused_by_name() {
    assert_eq!(carry(&["1:a"], &[], &["1:a", "1:b"], &["1:b"]), not_held("1:b"));
}

#[test]
fn an_owner_gives_any_role_of_the_organization_that_exists() {
    assert_eq!(carry(&["1:owner"], &[], &["1:b"], &["1:b"]), Ok(ids(&["1:b"])));
    assert_eq!(carry(&["1:owner"], &[], &["1:b"], &[]), not_held("1:b"));
    assert_eq!(carry(&["1:owner"], &[], &["2:b"], &["2:b"]), not_held("2:b"));
    assert_eq!(carry(&["2:owner"], &[], &["1:b"], &["1:b"]), not_held("1:b"));
    assert_eq!(carry(&["1:owner"], &[], &["1:root"], &["1:root"]), not_held("1:root"));
}

#[test]
fn roles_that_deny_come_along_asked_for_or_not() {
    assert_eq!(carry(&["1:a", "1:no"], &["1:no"], &["1:a"], &[]), Ok(ids(&["1:a", "1:no"])));
    assert_eq!(carry(&["1:owner", "1:no"], &["1:no"], &["1:a"], &["1:a"]), Ok(ids(&["1:a", "1:no"])));
}

#[test]
fn duplicates_collapse() {
    assert_eq!(carry(&["1:a"], &["1:a"], &["1:a", "1:a"], &[]), Ok(ids(&["1:a"])));
}

#[test]
fn more_roles_than_a_token_can_carry_are_refused() {
    let many: Vec<String> = (0..=MAX_TOKEN_ROLES).map(|n| format!("1:r{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(carry(&many, &[], &[], &[]), Err(DelegationError::TooManyRolesHeld(98)));
    assert_eq!(carry(&many, &many, &["1:r0"], &[]), Err(DelegationError::TooManyTokenRoles(98)));
    assert_eq!(carry(&many[1..], &many[1..], &["1:r1"], &[]), Ok(ids(&many[1..])), "one fewer is carried");
    assert!(carry(&many[..MAX_REQUESTED_ROLES], &[], &[], &[]).is_ok());
}

/// Grants over a small alphabet, so that they meet: some allow, some deny, some are not understood.
fn grants() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(vec!["a", "b", "a:*", "*", "*:view", "a:view"]);
    let resource = prop::option::of(prop::sample::select(vec!["r/1", "r/*", "*"]));
    let effect = prop::option::of(prop::sample::select(vec!["allow", "deny", "Deny"]));
    let grant = (word, resource, effect).prop_map(|(action, resource, effect)| {
        let mut grant = json!({"action": action});
        for (member, value) in [("resource", resource), ("effect", effect)] {
            if let Some(value) = value {
                grant[member] = json!(value);
            }
        }
        grant
    });
    prop::collection::vec(grant, 0..3).prop_map(Value::Array)
}

const SLUGS: [&str; 6] = ["owner", "root", "w", "x", "y", "z"];

fn roles() -> impl Strategy<Value = Vec<RoleId>> {
    prop::collection::vec(prop::sample::select(SLUGS.to_vec()), 0..4)
        .prop_map(|slugs| slugs.iter().map(|slug| format!("1:{slug}").parse().unwrap()).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// For any action and resource, a grant to the token implies a grant to its delegator, whatever roles there are,
    /// whatever the delegator holds and asks for, down a chain of three.
    #[test]
    fn whatever_a_token_is_allowed_its_maker_is_allowed(
        book in prop::collection::hash_map(prop::sample::select(SLUGS.to_vec()), grants(), 0..6),
        claimed in roles(),
        asked in prop::collection::vec(roles(), 3),
        actions in prop::collection::vec(prop::sample::select(vec!["a", "b", "a:view", "c", "a:b:view"]), 4),
        resource in prop::option::of(prop::sample::select(vec!["r/1", "r/2", "s"])),
    ) {
        let org: OrgId = "1".parse().unwrap();
        let rows: HashMap<RoleId, Role> = book
            .iter()
            .map(|(slug, grants)| RoleId::new(org.clone(), slug).map(|id| (id.clone(), Role::parse(id, grants))).unwrap())
            .collect();
        let existing: HashSet<RoleId> = rows.keys().cloned().chain([RoleId::owner(&org)]).collect();
        let mut delegator = EffectivePermissions::new(&org, &claimed, rows.clone(), false);
        for asked in asked {
            let denying = delegator.deny_roles();
            let plan = RoleDelegation::new(Delegator { org: &org, roles: delegator.roles(), deny_roles: &denying }, &asked);
            let Ok(carried) = plan.and_then(|plan| plan.resolve(&existing)) else { break };
            let carried = carried.into_roles();
            let token = EffectivePermissions::new(&org, &carried, rows.clone(), false);
            for action in &actions {
                let action = action.parse().unwrap();
                if token.decide(&action, resource).is_ok() {
                    prop_assert_eq!(delegator.decide(&action, resource), Ok(()), "{} {:?}", action, carried);
                }
            }
            delegator = token;
        }
    }
}

#[test]
fn as_many_roles_as_may_be_asked_for_are_carried_unasked() {
    let many: Vec<String> = (0..=MAX_REQUESTED_ROLES).map(|n| format!("1:r{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(carry(&many[1..], &[], &[], &[]), Ok(ids(&many[1..])));
    assert_eq!(carry(&many, &[], &[], &[]), Err(DelegationError::TooManyRolesHeld(MAX_REQUESTED_ROLES + 1)));
}
