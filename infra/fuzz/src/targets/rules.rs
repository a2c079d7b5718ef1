//! The rules of routes.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value, json};
use shared::routes::{Route, RouteAccess, Rule, Rules};

use super::{Target, texts};

pub(super) const TARGET: Target = Target { name: "rules", run, seeds };

/// A route, written another time: no segment is empty or goes up.
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    let segment = r"([A-Za-z0-9._~-]*[A-Za-z0-9_~-][A-Za-z0-9._~-]*|\.{3,}|\{[A-Za-z0-9._~-]+\+?\})";
    let path = format!("(/|(/{segment})+)");
    let methods = "(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|ANY)";
    Regex::new(&format!(r"\A([a-z0-9]+ )?({methods} {path}|\$default)\z")).unwrap()
});

/// Rules that are read are those that were written and no others: each is found by its route alone, needs no less than stands
/// there, and written again is read as the same. Nobody can add a rule for a route that has one.
fn run(bytes: &[u8]) {
    let Ok(rules) = serde_json::from_slice::<Rules>(bytes) else { return };
    let written: Value = serde_json::from_slice(bytes).unwrap();
    let mut members = Map::new();
    flatten(&written, &mut members);
    let all = rules.by_route();
    assert_eq!(all.len(), members.len(), "a route is lost");
    for (route, rule) in &all {
        let text = route.to_string();
        assert!(FORM.is_match(&text), "{text} could be read in two ways");
        assert_eq!(text.parse::<Route>().as_ref(), Ok(*route), "{text}");
        check(rule, &members[&text], &text);
        found(&rules, rule, &text);
        let alone: Rules = serde_json::from_value(json!({text.as_str(): again(rule)})).unwrap();
        assert_eq!(alone.by_route(), [(*route, *rule)], "{text}");
        assert!(rules.clone().and(alone.clone()).is_err() && alone.and(rules.clone()).is_err(), "{text} has two rules");
    }
    assert!(rules.find("", "").is_none() && rules.find("x", "GET /not/there").is_none());
}

/// All objects of a list, and of lists in it, as one.
fn flatten(written: &Value, members: &mut Map<String, Value>) {
    match written {
        Value::Array(lists) => lists.iter().for_each(|list| flatten(list, members)),
        other => members.extend(other.as_object().unwrap().clone()),
    }
}

/// The rule needs no less than what stands there.
fn check(rule: &Rule, written: &Value, route: &str) {
    let flag = |name: &str| written.get(name) == Some(&json!(true));
    match &rule.access {
        RouteAccess::Public => {
            assert!(flag("public") && rule.own_id.is_none() && !rule.public_tokens && !flag("any_caller"), "{route}");
        }
        RouteAccess::Authenticated => assert!(flag("any_caller") && written.get("action").is_none(), "{route}"),
        RouteAccess::Permission(action, resource) => {
            assert_eq!(written["action"], action.as_str(), "{route}");
            assert_eq!(
                written.get("resource").and_then(Value::as_str),
                resource.as_ref().map(ToString::to_string).as_deref()
            );
        }
    }
    assert_eq!(rule.public_tokens, flag("public_tokens"), "{route}");
    assert_eq!(rule.own_id.as_deref(), written.get("own_id").and_then(Value::as_str), "{route}");
    let known = ["public", "any_caller", "action", "resource", "own_id", "public_tokens"];
    assert!(
        written.as_object().unwrap().keys().all(|name| known.contains(&name.as_str())),
        "{route}: an unknown member"
    );
}

/// The rule is that of its route, of this API alone if it names one.
fn found(rules: &Rules, rule: &Rule, text: &str) {
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"];
    match text.split_once(' ') {
        Some((api, key)) if !methods.contains(&api) => {
            assert_eq!(rules.find(api, key), Some(rule), "{text}");
            assert_eq!(rules.find(&format!("{api}x"), text), None, "{text}");
        }
        _ => assert_eq!(rules.find("no-api", text), Some(rule), "{text}"),
    }
}

/// The rule as somebody would write it.
fn again(rule: &Rule) -> Value {
    let mut written = match &rule.access {
        RouteAccess::Public => json!({"public": true}),
        RouteAccess::Authenticated => json!({"any_caller": true}),
        RouteAccess::Permission(action, None) => json!({"action": action.as_str()}),
        RouteAccess::Permission(action, Some(resource)) => {
            json!({"action": action.as_str(), "resource": resource.to_string()})
        }
    };
    if let Some(name) = &rule.own_id {
        written["own_id"] = json!(name);
    }
    if rule.public_tokens {
        written["public_tokens"] = json!(true);
    }
    written
}

fn seeds() -> Vec<Vec<u8>> {
    texts([
        r#"{"GET /v1/access-tokens/{id}":{"action":"token:create","own_id":"id"}}"#,
        r#"[{"POST /orders":{"action":"order:create"}},{"GET /orders/{id}":{"action":"order:view","resource":"order/{id}"}}]"#,
        r#"{"GET /x":{"public":true},"abc123 GET /y":{"any_caller":true,"public_tokens":true},"$default":{"any_caller":true}}"#,
        r#"{"ANY /files/{path+}":{"action":"file:view","resource":"file:{path}"},"a1 $default":{"action":"a:b"}}"#,
        r#"{"GET /x/{id}":{"public":true,"own_id":"id"}}"#,
        r#"{"GET /x":{"public":true,"public_tokens":true},"GET /y":{"public":true,"any_caller":true}}"#,
        r#"{"GET /...":{"public":true},"GET /x.y/{a}":{"action":"a","resource":"{a}:x"}}"#,
        r#"{"GET //":{"public":true}}"#,
        r#"[[{"GET /":{"public":false,"action":"a"}}],[]]"#,
        r#"{"GET /a/../b":{"public":true}}"#,
        r#"{"GET /x":[true]}"#,
    ])
}
