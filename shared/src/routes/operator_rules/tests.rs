use std::mem;

use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

use super::*;
use crate::routes::RouteAccess;

const FIRST: &str = "FIRST";
const SECOND: &str = "SECOND";

/// The rules of one or two sources, with the effect of each error.
fn read(texts: &[&str]) -> (Rules, Vec<RuleErrorEffect>) {
    let source = |(name, text): (&'static str, &&str)| RuleSource {
        name,
        entries: serde_json::from_str(text).map_err(|error| error.to_string()),
    };
    let (rules, errors) = Rules::with_operator_rules([FIRST, SECOND].into_iter().zip(texts).map(source));
    (rules, errors.into_iter().map(|error| error.effect).collect())
}

/// What the rule of a route requires: `denied` if the rule is invalid, `none` if the route has no rule.
fn requirement(rules: &Rules, api: &str, route: &str) -> String {
    match rules.find(api, route) {
        Err(_) => "denied".to_owned(),
        Ok(None) => "none".to_owned(),
        Ok(Some(rule)) => match &rule.access {
            RouteAccess::Public => "public".to_owned(),
            RouteAccess::Authenticated { .. } => "any caller".to_owned(),
            RouteAccess::Permission(required) => required.first().action.to_string(),
        },
    }
}

fn check(rules: &Rules, expected: &[(&str, &str, &str)]) {
    for (api, route, requirement_of_route) in expected {
        assert_eq!(requirement(rules, api, route), *requirement_of_route, "{api} {route}");
    }
    for api in ["", "abc"] {
        assert_eq!(requirement(rules, api, "POST /v1/access-tokens"), "token:create", "{api}");
        assert_eq!(requirement(rules, api, "GET /v1/permissions/me"), "any caller", "{api}");
    }
}

#[test]
fn invalid_rule_denies_its_route_and_no_other() {
    let (rules, effects) = read(&[r#"{"GET /x": {"acton": "x:view"}, "GET /y": {"action": "y:view"}}"#]);
    assert_eq!(effects, [RuleErrorEffect::RouteDenied]);
    check(&rules, &[("abc", "GET /x", "denied"), ("abc", "GET /y", "y:view"), ("abc", "GET /z", "none")]);
}

#[test]
fn invalid_rule_of_one_api_has_no_fallback() {
    let (rules, effects) = read(&[r#"{"abc GET /x": {"public": 1}, "GET /x": {"action": "x:view"}}"#]);
    assert_eq!(effects, [RuleErrorEffect::RouteDenied]);
    check(&rules, &[("abc", "GET /x", "denied"), ("xyz", "GET /x", "x:view")]);
}

#[test]
fn invalid_rule_of_any_api_denies_apis_without_own_rule() {
    let (rules, effects) = read(&[r#"{"abc GET /x": {"action": "x:view"}, "GET /x": {"public": 1}}"#]);
    assert_eq!(effects, [RuleErrorEffect::RouteDenied]);
    check(&rules, &[("abc", "GET /x", "x:view"), ("xyz", "GET /x", "denied"), ("", "GET /x", "denied")]);
}

/// The gateway reports `ANY /x` and `$default` by these names, and a request of `GET /x` by its own.
#[test]
fn invalid_catch_all_rule_denies_its_own_key_only() {
    let text = r#"{"ANY /x": 7, "$default": 7, "abc $default": {"action": "a"}, "GET /x": {"action": "x:view"}}"#;
    let (rules, effects) = read(&[text]);
    assert_eq!(effects, [RuleErrorEffect::RouteDenied; 2]);
    let expected = [
        ("abc", "ANY /x", "denied"),
        ("abc", "GET /x", "x:view"),
        ("abc", "$default", "a"),
        ("xyz", "$default", "denied"),
        ("xyz", "POST /x", "none"),
    ];
    check(&rules, &expected);
}

#[test]
fn invalid_key_denies_all_routes_of_its_source() {
    for key in ["ABC GET /x", "GET x", "GET /x ", "get /x", ""] {
        let first = json!({"GET /x": {"public": true}, "abc GET /y": {"public": true}, key: {"action": "x:view"}});
        let (rules, effects) = read(&[&first.to_string(), r#"{"GET /z": {"action": "z:view"}}"#]);
        assert_eq!(effects, [RuleErrorEffect::SourceDenied], "{key}");
        let expected = [
            ("abc", "GET /x", "denied"),
            ("abc", "GET /y", "denied"),
            ("abc", "GET /z", "z:view"),
            ("abc", "GET /unknown", "denied"),
        ];
        check(&rules, &expected);
    }
}

#[test]
fn message_repeats_part_of_a_long_key() {
    let key = format!("GET /\n{}", "x".repeat(100_000));
    let entries = serde_json::from_value(json!({key: {"public": true}, "GET /y": {"public": true}})).unwrap();
    let (rules, errors) = Rules::with_operator_rules([RuleSource { name: "a", entries: Ok(entries) }]);
    let denied = rules.find("abc", "GET /y").unwrap_err().to_string();
    for text in [&errors[0].reason, &denied] {
        assert!(text.contains("GET /xxx") && text.len() < 1_000, "{} bytes", text.len());
    }
}

#[test]
fn duplicate_route_denies_all_routes_of_its_source() {
    for first in [
        r#"{"GET /x": {"public": true}, "GET /y": {"public": true}, "GET /x": {"action": "x:view"}}"#,
        r#"[{"GET /x": {"public": true}, "GET /y": {"public": true}}, {"GET /x": {"public": true}}]"#,
        r#"[{"GET /x": {"public": true}, "GET /y": {"public": true}}, {"abc GET /x": {"action": "x:view"}}]"#,
    ] {
        let (rules, effects) = read(&[first, r#"{"GET /z": {"action": "z:view"}}"#]);
        assert_eq!(effects, [RuleErrorEffect::SourceDenied], "{first}");
        check(&rules, &[("abc", "GET /x", "denied"), ("xyz", "GET /y", "denied"), ("abc", "GET /z", "z:view")]);
    }
}

#[test]
fn unreadable_source_denies_routes_of_all_sources() {
    for first in ["", "{", "7", "null", "\"x\"", "[7]", r#"[{"GET /x": {"public": true}}, 7]"#] {
        let (rules, effects) = read(&[first, r#"{"GET /z": {"action": "z:view"}}"#]);
        assert_eq!(effects, [RuleErrorEffect::AllDenied], "{first}");
        check(&rules, &[("abc", "GET /x", "denied"), ("abc", "GET /z", "denied"), ("abc", "$default", "denied")]);
    }
}

#[test]
fn route_of_two_sources_is_denied_on_every_api() {
    let first = r#"{"GET /x": {"public": true}, "GET /y": {"action": "y:view"}}"#;
    for second in [r#"{"GET /x": {"action": "x:view"}}"#, r#"{"abc GET /x": {"action": "x:view"}}"#] {
        for sources in [[first, second], [second, first]] {
            let (rules, effects) = read(&sources);
            assert_eq!(effects, [RuleErrorEffect::RouteDenied], "{second}");
            check(&rules, &[("abc", "GET /x", "denied"), ("xyz", "GET /x", "denied"), ("abc", "GET /y", "y:view")]);
        }
    }
}

#[test]
fn own_rule_cannot_be_overridden() {
    for key in ["POST /v1/access-tokens", "abc POST /v1/access-tokens"] {
        for rule in [json!({"public": true}), json!(7)] {
            let text = json!({key: rule, "GET /x": {"action": "x:view"}}).to_string();
            let (rules, effects) = read(&[&text]);
            assert_eq!(effects, [RuleErrorEffect::OwnRuleApplies], "{text}");
            check(&rules, &[("abc", "GET /x", "x:view")]);
        }
    }
}

#[test]
fn invalid_rule_names_its_entry_for_the_log() {
    let cause = |texts: &[&str]| read(texts).0.find("abc", "GET /x").unwrap_err().to_string();
    assert_eq!(cause(&[r#"{"GET /x": 7}"#]), "entry `GET /x` of FIRST");
    assert_eq!(cause(&["{}", r#"{"GET /x": {"public": true}, "GET y": 7}"#]), "entry `GET y` of SECOND");
    assert_eq!(cause(&["{}", "{"]), "SECOND cannot be read");
    let valid = r#"{"GET /x": {"public": true}}"#;
    assert_eq!(cause(&[valid, valid]), "entry `GET /x` of two sources");
}

const APIS: [&str; 3] = ["abc", "xyz", ""];
const KEYS: [&str; 5] = ["GET /x/{id}", "POST /x/{id}", "ANY /x/{id}", "$default", "POST /v1/access-tokens"];

/// A valid rule for each of [`KEYS`].
fn rule() -> impl Strategy<Value = Value> {
    prop::sample::select(vec![
        json!({"public": true}),
        json!({"any_caller": true}),
        json!({"any_caller": true, "without_role": true, "public_tokens": true}),
        json!({"any_caller": true, "public_tokens": false}),
        json!({"action": "x:view"}),
        json!({"action": "x:edit", "public_tokens": true}),
        json!({"public": false, "any_caller": false, "action": "x:view", "public_tokens": false}),
    ])
}

/// One or two sources with rules; their entries in order. The sources have no route in common.
fn sources() -> impl Strategy<Value = Vec<Vec<(String, Value)>>> {
    let prefix = prop::sample::select(vec!["", "", "abc ", "xyz "]);
    let entry = (prefix, prop::sample::select(KEYS[..4].to_vec()), rule());
    prop::collection::vec(entry, 1..7).prop_map(|entries| {
        let mut sources = vec![Vec::<(String, Value)>::new(), Vec::new()];
        for (prefix, key, rule) in entries {
            let route = format!("{prefix}{key}");
            let source = &mut sources[usize::from(key.starts_with("POST") || key.starts_with('$'))];
            if source.iter().all(|(other, _)| *other != route) {
                source.push((route, rule));
            }
        }
        sources
    })
}

/// The JSON text of a source, which may have a key twice.
fn text(entries: &[(String, Value)]) -> String {
    let members = entries.iter().map(|(key, rule)| format!("{}: {rule}", json!(key)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
}

/// A corruption of one source. Each index selects an entry, a member or a byte.
#[derive(Debug, Clone)]
enum Corruption {
    /// A member of a rule is missing. (A missing rule is another configuration, and not detectable.)
    MemberDropped(Index, Index),
    /// A member of a rule has another type.
    MemberType(Index, Index, Value),
    /// A rule has another type.
    RuleType(Index, Value),
    /// The text ends early.
    Truncated(Index),
    /// An entry is repeated, in the same source or in the other one.
    Duplicated(Index, bool),
    /// A byte of a key is another one, so that the key is not a route.
    KeyByte(Index, Index, u8),
}

fn corruption() -> impl Strategy<Value = Corruption> {
    let value =
        || prop::sample::select(vec![json!(null), json!(1), json!("true"), json!([true]), json!({}), json!([])]);
    let index = any::<Index>;
    prop_oneof![
        (index(), index()).prop_map(|(entry, member)| Corruption::MemberDropped(entry, member)),
        (index(), index(), value()).prop_map(|(entry, member, value)| Corruption::MemberType(entry, member, value)),
        (index(), value()).prop_map(|(entry, value)| Corruption::RuleType(entry, value)),
        index().prop_map(Corruption::Truncated),
        (index(), any::<bool>()).prop_map(|(entry, elsewhere)| Corruption::Duplicated(entry, elsewhere)),
        // No byte with which the key is another route.
        (index(), index(), prop::sample::select(b" *%\t".to_vec()))
            .prop_map(|(entry, byte, value)| Corruption::KeyByte(entry, byte, value)),
    ]
}

/// The texts of the sources after `corruption` of the source with the index `source`.
fn corrupt(sources: &[Vec<(String, Value)>], source: usize, corruption: &Corruption) -> Vec<String> {
    let mut sources = sources.to_vec();
    let count = sources[source].len();
    let entry_of = |index: &Index| index.index(count);
    match corruption {
        Corruption::MemberDropped(entry, member) => {
            let members = sources[source][entry_of(entry)].1.as_object_mut().unwrap();
            let name = members.keys().nth(member.index(members.len())).unwrap().clone();
            members.remove(&name);
        }
        Corruption::MemberType(entry, member, value) => {
            let members = sources[source][entry_of(entry)].1.as_object_mut().unwrap();
            let member = member.index(members.len());
            let member = members.values_mut().nth(member).unwrap();
            *member = if mem::discriminant(member) == mem::discriminant(value) { Value::Null } else { value.clone() };
        }
        Corruption::RuleType(entry, value) => sources[source][entry_of(entry)].1 = value.clone(),
        Corruption::Truncated(end) => {
            let mut texts: Vec<_> = sources.iter().map(|entries| text(entries)).collect();
            let end = end.index(texts[source].len());
            texts[source].truncate(end);
            return texts;
        }
        Corruption::Duplicated(entry, elsewhere) => {
            let copy = sources[source][entry_of(entry)].clone();
            sources[if *elsewhere { 1 - source } else { source }].push(copy);
        }
        Corruption::KeyByte(entry, byte, value) => {
            let key = &mut sources[source][entry_of(entry)].0;
            let at = byte.index(key.len());
            key.replace_range(at..=at, &char::from(*value).to_string());
        }
    }
    sources.iter().map(|entries| text(entries)).collect()
}

/// Whether each request that `rule` allows is allowed by `sound`.
fn allows_no_more(rule: &Rule, sound: &Rule) -> bool {
    let allows_access = match (&rule.access, &sound.access) {
        (_, RouteAccess::Public) => true,
        (RouteAccess::Authenticated { without_role }, RouteAccess::Authenticated { without_role: sound }) => {
            sound >= without_role
        }
        (access, sound) => access == sound,
    };
    let allows_public_tokens = sound.access == RouteAccess::Public || sound.public_tokens >= rule.public_tokens;
    allows_access && allows_public_tokens
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    /// Each request that the corrupted rules allow is allowed by the sound ones.
    #[test]
    fn corrupted_rules_allow_no_more(sources in sources(), source in 0..2_usize, corruption in corruption()) {
        let source = if sources[source].is_empty() { 1 - source } else { source };
        let sound_texts: Vec<_> = sources.iter().map(|entries| text(entries)).collect();
        let corrupted_texts = corrupt(&sources, source, &corruption);
        let texts = |texts: &[String]| read(&texts.iter().map(String::as_str).collect::<Vec<_>>());
        let (sound, errors) = texts(&sound_texts);
        prop_assert_eq!(errors, []);
        let (corrupted, _) = texts(&corrupted_texts);
        for api in APIS {
            for key in KEYS {
                if let Ok(Some(rule)) = corrupted.find(api, key) {
                    let sound = sound.find(api, key).unwrap();
                    let allowed = sound.is_some_and(|sound| allows_no_more(rule, sound));
                    prop_assert!(allowed, "{} {}: {:?} {:?}", api, key, corrupted_texts, rule);
                }
            }
        }
        let own = Rules::own();
        prop_assert_eq!(corrupted.find("abc", "POST /v1/access-tokens"), own.find("abc", "POST /v1/access-tokens"));
    }
}
