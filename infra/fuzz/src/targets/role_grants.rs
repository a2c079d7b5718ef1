//! Target `role-grants`: stored roles and the permissions that their grants give.

use std::collections::HashMap;

use arbitrary::Unstructured;
use regex_lite::Regex;
use serde_json::{Value, json};
use shared::{
    aws::RoleItem,
    permissions::{Action, EffectivePermissions, OrgId, Role, RoleId},
};

use super::{Target, text_seeds};

pub(super) const TARGET: Target = Target { name: "role-grants", run, seeds };

/// The actions and resources that are checked with each role.
const ACTIONS: [&str; 9] = [
    "token:create",
    "token:view",
    "token:revoke",
    "token:self",
    "entity:view",
    "a",
    "order:item:delete",
    "a:b",
    "x.y-z_0",
];
const RESOURCES: [Option<&str>; 5] = [None, Some("order/7"), Some("*"), Some(""), Some("a/b:c")];

/// Grants that cannot be parsed.
const MALFORMED_GRANTS: [&str; 8] = [
    r#"{"action":"a","condition":{"ip":"1"}}"#,
    r#"{"action":"a","effect":"Allow"}"#,
    r#"{"action":7}"#,
    r#"{"action":"a","effect":"deny","resources":["x"]}"#,
    r#"{"action":"*","resource":null}"#,
    r#"{"effect":null}"#,
    "null",
    "[]",
];

/// The stored role allows and denies what the reference implementation does. With a malformed grant added, it allows
/// nothing and denies at least what it denied without.
fn run(bytes: &[u8]) {
    let Ok(item) = serde_json::from_slice::<RoleItem>(bytes) else { return };
    let grants = item.grants.clone();
    let has_newer_version = json!(item)["v"].as_u64().is_some_and(|version| version > 1);
    let id: RoleId = "1:a".parse().unwrap();
    let role = item.role(id.clone()).role;
    let reference = ReferenceRole::parse(if has_newer_version { &Value::Null } else { &grants });
    for_each_request(|action, resource| {
        let request = format!("{action} {resource:?} {grants}");
        assert_eq!(role.allows(action, resource), reference.allows(action, resource), "{request}");
        assert_eq!(role.denies(action, resource), reference.denies(action, resource), "{request}");
    });
    assert_eq!(role.has_denies(), !reference.denies.is_empty(), "{grants}");
    if let Value::Array(grants) = grants
        && !has_newer_version
    {
        let malformed = add_malformed_grant(grants, bytes);
        check_narrower(&Role::parse(id, &malformed), &role, &malformed);
    }
}

/// Makes one of the grants malformed, or adds a malformed one.
fn add_malformed_grant(mut grants: Vec<Value>, bytes: &[u8]) -> Value {
    // Starts at the end of the item, because the item's first bytes vary little.
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let mut u = Unstructured::new(&reversed);
    let index = u.int_in_range(0..=grants.len()).unwrap();
    match grants.get_mut(index).and_then(Value::as_object_mut) {
        Some(grant) if u.arbitrary().unwrap() => drop(grant.insert("garbage".to_owned(), Value::Null)),
        _ => grants.insert(index, serde_json::from_str(u.choose(&MALFORMED_GRANTS).unwrap()).unwrap()),
    }
    Value::Array(grants)
}

/// `malformed` gives no permission that `role` does not give, as a caller's role and as the organization's root role.
fn check_narrower(malformed: &Role, role: &Role, grants: &Value) {
    let other = Role::parse("1:b".parse().unwrap(), &json!([{"action": "*"}]));
    for_each_request(|action, resource| {
        let request = format!("{action} {resource:?} {grants}");
        assert!(!malformed.allows(action, resource), "a malformed grant allows {request}");
        assert!(malformed.denies(action, resource) || !role.denies(action, resource), "a deny is lost: {request}");
        for is_root in [false, true] {
            let is_permitted = |role: &Role| permissions(role, &other, is_root).decide(action, resource).is_ok();
            assert!(is_permitted(role) || !is_permitted(malformed), "a malformed grant permits {request}");
        }
    });
}

/// The permissions of a caller with both roles, or with `other` while `role` is the organization's root role.
fn permissions(role: &Role, other: &Role, is_root: bool) -> EffectivePermissions {
    let org: OrgId = "1".parse().unwrap();
    let id = if is_root { RoleId::root(&org) } else { role.id().clone() };
    let claimed = [id.clone(), other.id().clone()];
    let stored = HashMap::from([(id, role.clone()), (other.id().clone(), other.clone())]);
    EffectivePermissions::new(&org, &claimed, &[], stored, false)
}

fn for_each_request(check: impl Fn(&Action, Option<&str>)) {
    for action in ACTIONS {
        let action = action.parse().unwrap();
        for resource in RESOURCES {
            check(&action, resource);
        }
    }
}

/// Reference implementation of a role, with patterns as regular expressions.
struct ReferenceRole {
    allows: Vec<ReferenceGrant>,
    denies: Vec<ReferenceGrant>,
}

struct ReferenceGrant {
    action_text: String,
    action: Regex,
    /// The pattern, and whether it matches everything.
    resource: Option<(Regex, bool)>,
}

impl ReferenceRole {
    fn parse(grants: &Value) -> Self {
        let Some(grants) = grants.as_array() else {
            return Self { allows: Vec::new(), denies: vec![ReferenceGrant::fail_safe_deny(&Value::Null)] };
        };
        let is_allow = |grant: &&Value| grant.is_object() && grant.get("effect").is_none_or(|effect| effect == "allow");
        let are_well_formed = grants.iter().all(|grant| ReferenceGrant::parse(grant).is_some());
        let allows = grants.iter().filter(is_allow).filter(|_| are_well_formed);
        let denies = grants.iter().filter(|grant| !is_allow(grant));
        let parse_deny = |grant| ReferenceGrant::parse(grant).unwrap_or_else(|| ReferenceGrant::fail_safe_deny(grant));
        Self { allows: allows.filter_map(ReferenceGrant::parse).collect(), denies: denies.map(parse_deny).collect() }
    }

    fn allows(&self, action: &Action, resource: Option<&str>) -> bool {
        self.allows.iter().any(|grant| {
            let creates = grant.action.is_match("token:create");
            let allows_action = match action.as_str() {
                "token:view" => creates || grant.action_text == "token:revoke" || grant.action.is_match("token:view"),
                exact @ ("token:revoke" | "token:self") => creates || grant.action_text == exact,
                other => grant.action.is_match(other),
            };
            let matches_resource = match (&grant.resource, resource) {
                (Some((pattern, _)), Some(resource)) => pattern.is_match(resource),
                (Some((_, is_everything)), None) => *is_everything,
                (None, _) => true,
            };
            allows_action && matches_resource
        })
    }

    fn denies(&self, action: &Action, resource: Option<&str>) -> bool {
        self.denies.iter().any(|grant| {
            let matches_resource = match (&grant.resource, resource) {
                (Some((pattern, _)), Some(resource)) => pattern.is_match(resource),
                _ => true,
            };
            let denies_create = grant.action.is_match("token:create");
            let is_narrower = ["token:view", "token:revoke", "token:self"].contains(&action.as_str());
            (grant.action.is_match(action.as_str()) || (is_narrower && denies_create)) && matches_resource
        })
    }
}

impl ReferenceGrant {
    /// `None` if the grant is malformed.
    fn parse(grant: &Value) -> Option<Self> {
        let members = grant.as_object()?;
        let is_known = |name: &String| ["action", "resource", "effect"].contains(&name.as_str());
        let has_known_effect = members.get("effect").is_none_or(|effect| effect == "allow" || effect == "deny");
        if !members.keys().all(is_known) || !has_known_effect {
            return None;
        }
        let action_text = members.get("action")?.as_str()?.to_owned();
        let action = regex(&action_text);
        let Some(resource) = members.get("resource") else { return Some(Self { action_text, action, resource: None }) };
        let resource = resource.as_str()?;
        let is_everything = !resource.is_empty() && resource.chars().all(|c| c == '*');
        Some(Self { action_text, action, resource: Some((regex(resource), is_everything)) })
    }

    /// The deny that replaces a malformed grant.
    fn fail_safe_deny(grant: &Value) -> Self {
        let action_text = grant.get("action").and_then(Value::as_str).unwrap_or("*").to_owned();
        Self { action: regex(&action_text), action_text, resource: None }
    }
}

fn regex(pattern: &str) -> Regex {
    let literals: Vec<_> = pattern.split('*').map(regex_lite::escape).collect();
    Regex::new(&format!(r"(?s)\A{}\z", literals.join(".*"))).unwrap()
}

fn seeds() -> Vec<Vec<u8>> {
    let item = |grants: &str| format!(r#"{{"pk":"ORG#1","sk":"ROLE#a","v":1,"name":"A","grants":{grants}}}"#);
    let mut items: Vec<_> = [
        r#"[{"action":"*"}]"#,
        r#"[{"action":"token:*"},{"action":"entity:view","resource":"order/*"},{"action":"*:delete","effect":"deny"}]"#,
        r#"[{"action":"a","resource":"*","effect":"allow"},{"action":"a*b*","resource":"a/b:c","effect":"deny"}]"#,
        r#"[{"action":"token:revoke"},{"action":"*:self"},{"action":"token:self"},{"action":"token:c*","effect":"deny"}]"#,
        r#"[{"action":"**","resource":""}]"#,
        "[]",
        r#"{"action":"*"}"#,
    ]
    .map(item)
    .into();
    items.extend(MALFORMED_GRANTS.map(|grant| item(&format!(r#"[{{"action":"*"}},{grant}]"#))));
    items.push(items[0].replace("\"v\":1", "\"v\":2"));
    text_seeds(items)
}
