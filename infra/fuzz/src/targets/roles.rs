//! Rows of roles.

use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::{Value, json};
use shared::{
    aws::RoleItem,
    permissions::{Action, EffectivePermissions, OrgId, Role, RoleId},
};

use super::{Target, texts};
use crate::choices::Choices;

pub(super) const TARGET: Target = Target { name: "roles", run, seeds };

/// What is asked of each role.
const ACTIONS: [&str; 6] = ["token:create", "entity:view", "a", "order:item:delete", "a:b", "x.y-z_0"];
const RESOURCES: [Option<&str>; 5] = [None, Some("order/7"), Some("*"), Some(""), Some("a/b:c")];

/// What nobody understands in a grant.
const GARBAGE: [&str; 8] = [
    r#"{"action":"a","condition":{"ip":"1"}}"#,
    r#"{"action":"a","effect":"Allow"}"#,
    r#"{"action":7}"#,
    r#"{"action":"a","effect":"deny","resources":["x"]}"#,
    r#"{"action":"*","resource":null}"#,
    r#"{"effect":null}"#,
    "null",
    "[]",
];

/// The row allows and denies what a second reader of its grants says. With garbage beside or in its grants it allows nothing and
/// denies what it has denied before.
fn run(bytes: &[u8]) {
    let Ok(row) = serde_json::from_slice::<RoleItem>(bytes) else { return };
    let grants = row.grants.clone();
    let written: Value = json!(row);
    let id: RoleId = "1:a".parse().unwrap();
    let role = row.role(id.clone()).role;
    let newer = written["v"].as_u64().is_some_and(|version| version > 1);
    let second = if newer { Second::of(&json!(null)) } else { Second::of(&grants) };
    each_question(|action, resource| {
        assert_eq!(role.allows(action, resource), second.allows(action, resource), "{action} {resource:?} {grants}");
        assert_eq!(role.denies(action, resource), second.denies(action, resource), "{action} {resource:?} {grants}");
    });
    assert_eq!(role.has_denies(), !second.denies.is_empty(), "{grants}");
    if let Some(spoiled) = spoiled(&grants, bytes).filter(|_| !newer) {
        narrower(&Role::parse(id, &spoiled), &role, &spoiled);
    }
}

/// The grants with garbage, as `bytes` choose.
fn spoiled(grants: &Value, bytes: &[u8]) -> Option<Value> {
    let reversed: Vec<u8> = bytes.iter().rev().copied().collect();
    let mut choices = Choices::new(&reversed);
    let mut grants = grants.as_array()?.clone();
    let at = choices.below(grants.len() + 1);
    match grants.get_mut(at).and_then(Value::as_object_mut) {
        Some(grant) if choices.byte().is_multiple_of(2) => drop(grant.insert("garbage".to_owned(), Value::Null)),
        _ => grants.insert(at, serde_json::from_str(choices.pick::<&str>(&GARBAGE)).unwrap()),
    }
    Some(Value::Array(grants))
}

/// Whoever holds `spoiled` in the place of `whole` may do nothing more, be it their role or the organization's root role.
fn narrower(spoiled: &Role, whole: &Role, grants: &Value) {
    each_question(|action, resource| {
        assert!(!spoiled.allows(action, resource), "garbage allows {action} {resource:?}: {grants}");
        assert!(spoiled.denies(action, resource) || !whole.denies(action, resource), "garbage undoes a deny: {grants}");
        let other = Role::parse("1:b".parse().unwrap(), &json!([{"action": "*"}]));
        for root in [false, true] {
            let may =
                |role: &Role| holdings(role, &other, root).decide(&action.parse::<Action>().unwrap(), resource).is_ok();
            assert!(may(whole) || !may(spoiled), "garbage widens {action} {resource:?}: {grants}");
        }
    });
}

/// Somebody who holds both roles, or `other` alone where `role` is the organization's root role.
fn holdings(role: &Role, other: &Role, is_root: bool) -> EffectivePermissions {
    let org: OrgId = "1".parse().unwrap();
    let id = if is_root { RoleId::root(&org) } else { role.id().clone() };
    let held = [id.clone(), other.id().clone()];
    EffectivePermissions::new(
        &org,
        &held,
        HashMap::from([(id, role.clone()), (other.id().clone(), other.clone())]),
        false,
    )
}

fn each_question(ask: impl Fn(&str, Option<&str>)) {
    for action in ACTIONS {
        for resource in RESOURCES {
            ask(action, resource);
        }
    }
}

/// A role as the contract's *Grants* have it, in another way: patterns as regular expressions.
struct Second {
    allows: Vec<Line>,
    denies: Vec<Line>,
}

struct Line {
    action: Regex,
    resource: Option<(Regex, bool)>,
}

impl Second {
    fn of(grants: &Value) -> Self {
        let everything = || vec![Line { action: pattern("*"), resource: None }];
        let Some(all) = grants.as_array() else { return Self { allows: Vec::new(), denies: everything() } };
        let understood = |grant: &&Value| Line::of(grant).is_some();
        let effect = |grant: &Value| grant.get("effect").map_or(json!("allow"), Clone::clone);
        let allows = all.iter().filter(|grant| effect(grant) == "allow").filter_map(Line::of);
        let allows = if all.iter().all(|grant| understood(&grant)) { allows.collect() } else { Vec::new() };
        let denies = all.iter().filter(|grant| !grant.is_object() || effect(grant) != "allow");
        Self { allows, denies: denies.map(|grant| Line::of(grant).unwrap_or_else(|| Line::feared(grant))).collect() }
    }

    fn allows(&self, action: &str, resource: Option<&str>) -> bool {
        let named = |line: &Line| match (&line.resource, resource) {
            (Some((pattern, _)), Some(resource)) => pattern.is_match(resource),
            (Some((_, everything)), None) => *everything,
            (None, _) => true,
        };
        self.allows.iter().any(|line| line.action.is_match(action) && named(line))
    }

    fn denies(&self, action: &str, resource: Option<&str>) -> bool {
        let named = |line: &Line| match (&line.resource, resource) {
            (Some((pattern, _)), Some(resource)) => pattern.is_match(resource),
            _ => true,
        };
        self.denies.iter().any(|line| line.action.is_match(action) && named(line))
    }
}

impl Line {
    /// A grant that is understood.
    fn of(grant: &Value) -> Option<Self> {
        let members = grant.as_object()?;
        let is_known = |name: &String| ["action", "resource", "effect"].contains(&name.as_str());
        let effect = members.get("effect").is_none_or(|effect| effect == "allow" || effect == "deny");
        let resource = members.get("resource");
        let texts = resource.is_none_or(Value::is_string) && effect && members.keys().all(is_known);
        let resource = resource.and_then(Value::as_str);
        let is_star = |text: &str| !text.is_empty() && text.chars().all(|c| c == '*');
        let resource = resource.map(|text| (pattern(text), is_star(text)));
        Some(Self { action: pattern(members.get("action")?.as_str()?), resource }).filter(|_| texts)
    }

    /// What a grant may have been meant to deny.
    fn feared(grant: &Value) -> Self {
        Self { action: pattern(grant.get("action").and_then(Value::as_str).unwrap_or("*")), resource: None }
    }
}

fn pattern(text: &str) -> Regex {
    let parts: Vec<_> = text.split('*').map(regex_lite::escape).collect();
    Regex::new(&format!(r"(?s)\A{}\z", parts.join(".*"))).unwrap()
}

fn seeds() -> Vec<Vec<u8>> {
    let row = |grants: &str| format!(r#"{{"pk":"ORG#1","sk":"ROLE#a","v":1,"name":"A","grants":{grants}}}"#);
    let mut rows: Vec<_> = [
        r#"[{"action":"*"}]"#,
        r#"[{"action":"token:*"},{"action":"entity:view","resource":"order/*"},{"action":"*:delete","effect":"deny"}]"#,
        r#"[{"action":"a","resource":"*","effect":"allow"},{"action":"a*b*","resource":"a/b:c","effect":"deny"}]"#,
        r#"[{"action":"**","resource":""}]"#,
        "[]",
        r#"{"action":"*"}"#,
    ]
    .map(row)
    .into();
    rows.extend(GARBAGE.map(|garbage| row(&format!(r#"[{{"action":"*"}},{garbage}]"#))));
    rows.push(rows[0].replace("\"v\":1", "\"v\":2"));
    texts(rows)
}
