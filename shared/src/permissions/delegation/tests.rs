use std::collections::HashMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::permissions::{EffectivePermissions, Role};

fn ids(texts: &[&str]) -> Vec<RoleId> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn delegate(
    held: &[&str],
    deny_roles: &[&str],
    requested: &[&str],
    existing: &[&str],
) -> Result<(Vec<RoleId>, Vec<RoleId>), DelegationError> {
    let org = "1".parse().unwrap();
    let held = ids(held);
    let deny_roles = ids(deny_roles);
    let may_assign_any = held.contains(&RoleId::owner(&org));
    let delegator = Delegator { org: &org, roles: &held, deny_roles: &deny_roles, may_assign_any };
    Ok(RoleDelegation::new(delegator, &ids(requested))?.resolve(&ids(existing).into_iter().collect())?.into_parts())
}

/// Roles without inherited denies.
fn roles_only(roles: &[&str]) -> (Vec<RoleId>, Vec<RoleId>) {
    (ids(roles), Vec::new())
}

fn not_held<T>(role: &str) -> Result<T, DelegationError> {
    Err(DelegationError::NotHeld(role.parse().unwrap()))
}

#[test]
fn delegation_without_request_takes_all_held_roles() {
    assert_eq!(delegate(&["1:a", "1:b"], &[], &[], &[]), Ok(roles_only(&["1:a", "1:b"])));
}

#[test]
fn delegation_of_role_not_held_is_rejected() {
    assert_eq!(delegate(&["1:a"], &[], &["1:a", "1:b"], &["1:b"]), not_held("1:b"));
}

#[test]
fn owner_delegates_any_existing_role_of_organization() {
    assert_eq!(delegate(&["1:owner"], &[], &["1:b"], &["1:b"]), Ok(roles_only(&["1:b"])));
    assert_eq!(delegate(&["1:owner"], &[], &["1:b"], &[]), not_held("1:b"));
    assert_eq!(delegate(&["1:owner"], &[], &["2:b"], &["2:b"]), not_held("2:b"));
    assert_eq!(delegate(&["2:owner"], &[], &["1:b"], &["1:b"]), not_held("1:b"));
    assert_eq!(delegate(&["1:owner"], &[], &["1:root"], &["1:root"]), not_held("1:root"));
}

#[test]
fn delegation_passes_on_denies_of_roles_not_requested() {
    let a_without_no = Ok((ids(&["1:a"]), ids(&["1:no"])));
    assert_eq!(delegate(&["1:a", "1:no"], &["1:no"], &["1:a"], &[]), a_without_no);
    assert_eq!(delegate(&["1:owner", "1:no"], &["1:no"], &["1:a"], &["1:a"]), a_without_no);
    assert_eq!(delegate(&["1:a"], &["1:no"], &["1:a"], &[]), a_without_no, "a token passes on what it has inherited");
    assert_eq!(delegate(&["1:a", "1:no"], &["1:no"], &["1:no"], &[]), Ok(roles_only(&["1:no"])));
    assert_eq!(delegate(&["1:a", "1:no"], &["1:no"], &[], &[]), Ok(roles_only(&["1:a", "1:no"])));
    let owner = delegate(&["1:owner"], &["1:owner"], &["1:viewer"], &["1:viewer"]);
    assert_eq!(owner, Ok((ids(&["1:viewer"]), ids(&["1:owner"]))));
}

#[test]
fn delegation_of_role_with_inherited_denies_is_rejected() {
    assert_eq!(delegate(&["1:a"], &["1:mixed"], &["1:mixed"], &["1:mixed"]), not_held("1:mixed"));
    assert_eq!(delegate(&["1:a"], &["1:owner"], &["1:b"], &["1:b"]), not_held("1:b"), "not an owner");
}

#[test]
fn delegation_removes_duplicate_roles() {
    assert_eq!(delegate(&["1:a"], &["1:a"], &["1:a", "1:a"], &[]), Ok(roles_only(&["1:a"])));
    assert_eq!(delegate(&["1:a"], &["1:n", "1:n"], &["1:a"], &[]), Ok((ids(&["1:a"]), ids(&["1:n"]))));
}

#[test]
fn delegation_of_too_many_roles_is_rejected() {
    let many: Vec<String> = (0..=MAX_TOKEN_ROLES).map(|n| format!("1:r{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(delegate(&many, &[], &[], &[]), Err(DelegationError::TooManyRolesHeld(98)));
    assert_eq!(delegate(&many, &many, &["1:r0"], &[]), Err(DelegationError::TooManyTokenRoles(98)));
    let largest = Ok((ids(&["1:r1"]), ids(&many[2..])));
    assert_eq!(delegate(&many[1..], &many[1..], &["1:r1"], &[]), largest, "97 roles are delegated");
    assert!(delegate(&many[..MAX_REQUESTED_ROLES], &[], &[], &[]).is_ok());
}

/// Grants over a small alphabet, so that they overlap: some allow, some deny, some cannot be parsed.
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

    /// For every action and resource, a grant to a token implies a grant to its creator and to a caller with the
    /// requested roles alone, for all existing, held and requested roles, along a chain of three tokens.
    #[test]
    fn token_is_never_wider_than_creator_and_request(
        grants_by_slug in prop::collection::hash_map(prop::sample::select(SLUGS.to_vec()), grants(), 0..6),
        claimed in roles(),
        requests in prop::collection::vec(roles(), 3),
        is_organization_scope: bool,
        actions in prop::collection::vec(prop::sample::select(vec!["a", "b", "a:view", "c", "a:b:view"]), 4),
        resource in prop::option::of(prop::sample::select(vec!["r/1", "r/2", "s"])),
    ) {
        let org: OrgId = "1".parse().unwrap();
        let stored: HashMap<RoleId, Role> = grants_by_slug
            .iter()
            .map(|(slug, grants)| {
                let id = RoleId::new(org.clone(), slug).unwrap();
                (id.clone(), Role::parse(id, grants))
            })
            .collect();
        let existing: HashSet<RoleId> = stored.keys().cloned().chain([RoleId::owner(&org)]).collect();
        let permissions = |roles: &[RoleId], denies: &[RoleId]| {
            EffectivePermissions::new(&org, roles, denies, stored.clone(), false)
        };
        let mut delegator = permissions(&claimed, &[]);
        for requested in requests {
            let deny_roles = delegator.deny_roles();
            let may_assign_any = is_organization_scope && delegator.roles().contains(&RoleId::owner(&org));
            let creator = Delegator { org: &org, roles: delegator.roles(), deny_roles: &deny_roles, may_assign_any };
            let delegation = RoleDelegation::new(creator, &requested);
            let Ok(delegated) = delegation.and_then(|delegation| delegation.resolve(&existing)) else { break };
            let (roles, inherited_denies) = delegated.into_parts();
            let token = permissions(&roles, &inherited_denies);
            let selected = if requested.is_empty() { delegator.roles() } else { &requested };
            prop_assert_eq!(&roles, &unique_roles_except(&[], selected));
            prop_assert!(may_assign_any || roles.iter().all(|role| delegator.roles().contains(role)), "{:?}", roles);
            let selected = permissions(selected, &[]);
            for action in &actions {
                let action = action.parse().unwrap();
                if token.decide(&action, resource).is_ok() {
                    prop_assert_eq!(delegator.decide(&action, resource), Ok(()), "{} {:?}", action, roles);
                    prop_assert_eq!(selected.decide(&action, resource), Ok(()), "{} {:?}", action, roles);
                }
            }
            delegator = token;
        }
    }
}

#[test]
fn owner_without_this_right_delegates_only_held_roles() {
    let org = "1".parse().unwrap();
    let held = ids(&["1:owner", "1:a"]);
    let delegator = Delegator { org: &org, roles: &held, deny_roles: &[], may_assign_any: false };
    assert_eq!(RoleDelegation::new(delegator, &ids(&["1:b"])).map(|_| ()), not_held("1:b"));
    assert!(RoleDelegation::new(delegator, &ids(&["1:a"])).is_ok());
}

#[test]
fn delegation_without_request_takes_up_to_50_roles() {
    let many: Vec<String> = (0..=MAX_REQUESTED_ROLES).map(|n| format!("1:r{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(delegate(&many[1..], &[], &[], &[]), Ok(roles_only(&many[1..])));
    assert_eq!(delegate(&many, &[], &[], &[]), Err(DelegationError::TooManyRolesHeld(MAX_REQUESTED_ROLES + 1)));
}
