//! Target `route-rules`: the access rules of routes.

use std::sync::LazyLock;

use regex_lite::Regex;
use serde_json::{Map, Value, json};
use shared::routes::{RequiredPermission, Route, RouteAccess, Rule, RuleEntries, RuleSource, Rules};

use super::{Target, text_seeds};

pub(super) const TARGET: Target = Target { name: "route-rules", run, seeds };

/// The methods of a route.
const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "ANY"];

/// Reference implementation: the format of a route, whose path has neither empty segments nor `.` and `..`.
static FORMAT: LazyLock<Regex> = LazyLock::new(|| {
    let no_dot = "[A-Za-z0-9_~:@+,=!'()&-]";
    let any = "[A-Za-z0-9._~:@+,=!'()&-]";
    let segment = format!(r"({any}*{no_dot}{any}*|\.{{3,}}|\{{[A-Za-z0-9._~-]+\+?\}})");
    let methods = METHODS.join("|");
    Regex::new(&format!(r"\A([a-z0-9]+ )?(({methods}) (/|(/{segment})+)|\$default)\z")).unwrap()
});

/// Parsed rules are exactly those of the input: each is found by its own route only, requires what the input requires,
/// and is parsed the same after it is written. A second rule for a route is an error. An invalid entry leaves at most the
/// rules that the input states for other routes.
fn run(bytes: &[u8]) {
    let entries = serde_json::from_slice::<RuleEntries>(bytes).map_err(|error| error.to_string());
    let is_readable = entries.is_ok();
    let (usable, errors) = Rules::of_operator([RuleSource { name: "input", entries }]);
    if !is_readable {
        assert!(usable.by_route().is_empty() && usable.find("x", "GET /not/there").is_err(), "an unreadable source");
        return;
    }
    let mut members = Map::new();
    // The parser of values rejects numbers that the entries may contain in an invalid rule.
    let Ok(input) = serde_json::from_slice(bytes) else { return };
    collect_members(&input, &mut members);
    for (route, rule) in usable.by_route() {
        check_rule(rule, &members[&route.to_string()], &route.to_string());
    }
    let Ok(rules) = serde_json::from_slice::<Rules>(bytes) else {
        assert!(!errors.is_empty(), "an error is not reported");
        return;
    };
    assert!(!errors.is_empty() || usable.by_route() == rules.by_route(), "a valid rule is lost");
    let by_route = rules.by_route();
    assert_eq!(by_route.len(), members.len(), "a route is lost");
    for (route, rule) in by_route {
        let text = route.to_string();
        assert!(FORMAT.is_match(&text), "{text}");
        assert_eq!(text.parse::<Route>().as_ref(), Ok(route), "{text}");
        check_rule(rule, &members[&text], &text);
        check_found(&rules, rule, &text);
        let single_text = json!({text.as_str(): to_json(rule)}).to_string();
        let single: Rules = serde_json::from_str(&single_text).unwrap();
        assert_eq!(single.by_route(), [(route, rule)], "{text}");
        let input = String::from_utf8_lossy(bytes);
        for both in [format!("[{input}, {single_text}]"), format!("[{single_text}, {input}]")] {
            assert!(serde_json::from_str::<Rules>(&both).is_err(), "{text} has two rules");
        }
    }
    assert_eq!((rules.find("", ""), rules.find("x", "GET /not/there")), (Ok(None), Ok(None)));
}

/// Collects the members of all objects in nested lists.
fn collect_members(input: &Value, members: &mut Map<String, Value>) {
    match input {
        Value::Array(items) => items.iter().for_each(|item| collect_members(item, members)),
        other => members.extend(other.as_object().unwrap().clone()),
    }
}

/// The rule requires what `input` requires.
fn check_rule(rule: &Rule, input: &Value, route: &str) {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    let flag = |name: &str| input.get(name) == Some(&json!(true));
    match &rule.access {
        RouteAccess::Public => {
            assert!(flag("public") && rule.own_id.is_none() && !rule.public_tokens && !flag("any_caller"), "{route}");
        }
        RouteAccess::Authenticated { without_role } => {
            assert!(flag("any_caller") && input.get("action").is_none(), "{route}");
            assert_eq!(*without_role, flag("without_role"), "{route}");
        }
        RouteAccess::Permission(required) => {
            let alternatives =
                input.get("any_of").map_or_else(|| vec![input], |list| list.as_array().unwrap().iter().collect());
            assert_eq!(required.iter().count(), alternatives.len(), "{route}");
            for (permission, input) in required.iter().zip(alternatives) {
                check_permission(permission, input, route);
            }
        }
    }
    assert_eq!(rule.public_tokens, flag("public_tokens"), "{route}");
    assert_eq!(rule.own_id.as_deref(), text("own_id"), "{route}");
    let known =
        ["public", "any_caller", "without_role", "action", "resource", "scope", "any_of", "own_id", "public_tokens"];
    let is_known = |name: &String| known.contains(&name.as_str());
    assert!(input.as_object().unwrap().keys().all(is_known), "{route}: an unknown member is accepted");
}

/// The permission is that of `input`, a rule or an alternative of one.
fn check_permission(permission: &RequiredPermission, input: &Value, route: &str) {
    let text = |name: &str| input.get(name).and_then(Value::as_str);
    assert_eq!(text("action"), Some(permission.action.as_str()), "{route}");
    assert_eq!(text("resource"), permission.resource.as_ref().map(ToString::to_string).as_deref(), "{route}");
    assert_eq!(text("scope").unwrap_or("organization"), permission.scope.as_str(), "{route}");
    assert_ne!(permission.scope.as_str(), "self", "{route}");
}

/// The rule is found by its route, and only in its API if the route names one.
fn check_found(rules: &Rules, rule: &Rule, text: &str) {
    match text.split_once(' ') {
        Some((api, route)) if !METHODS.contains(&api) => {
            assert_eq!(rules.find(api, route), Ok(Some(rule)), "{text}");
            assert_eq!(rules.find(&format!("{api}x"), text), Ok(None), "{text}");
        }
        _ => assert_eq!(rules.find("no-api", text), Ok(Some(rule)), "{text}"),
    }
}

/// The rule in the format of the configuration.
fn to_json(rule: &Rule) -> Value {
    let mut members = match &rule.access {
        RouteAccess::Public => json!({"public": true}),
        RouteAccess::Authenticated { without_role } => json!({"any_caller": true, "without_role": without_role}),
        RouteAccess::Permission(required) => {
            json!({"any_of": required.iter().map(permission_to_json).collect::<Vec<_>>()})
        }
    };
    if let Some(name) = &rule.own_id {
        members["own_id"] = json!(name);
    }
    if rule.public_tokens {
        members["public_tokens"] = json!(true);
    }
    members
}

fn permission_to_json(permission: &RequiredPermission) -> Value {
    let mut members = json!({"action": permission.action.as_str(), "scope": permission.scope.as_str()});
    if let Some(resource) = &permission.resource {
        members["resource"] = json!(resource.to_string());
    }
    members
}

fn seeds() -> Vec<Vec<u8>> {
    text_seeds([
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
        r#"{"POST /v3/events:batchGet":{"action":"event:view"},"GET /@me/a+b,c=d/!'()&":{"any_caller":true}}"#,
        r#"{"GET /{t}/{d}":{"action":"a","resource":"tenant:{t}:doc:{d}"},"GET /a;b":{"public":true}}"#,
        r#"{"GET /x":{"any_caller":true,"without_role":true,"own_id":"id"},"GET /y":{"any_caller":true,"without_role":false}}"#,
        r#"{"GET /x":{"action":"a","without_role":true},"GET /y":{"public":true,"without_role":true}}"#,
        r#"{"GET /x/{id}":{"any_of":[{"action":"x:view","resource":"x/{id}"},{"action":"x:self","scope":"own"}],"own_id":"id"}}"#,
        r#"{"GET /x":{"action":"x:self","scope":"own"},"GET /y":{"any_of":[{"action":"a","scope":"self"}]},"GET /z":{"any_of":[]}}"#,
        r#"{"abc GET /x":7,"GET /x":{"public":true},"POST /v1/access-tokens":{"public":true}}"#,
        r#"[{"GET /x":{"public":true}},{"ABC GET /x":{"action":"a"},"GET /x":{"action":"a"}},7]"#,
    ])
}
