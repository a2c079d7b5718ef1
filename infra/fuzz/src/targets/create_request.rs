//! Target `create-request`: the body of a request that creates a token.

use std::net::IpAddr;

use serde_json::{Map, Value, json};
use shared::{
    create::{CreateTokenRequest, RequestedType},
    error::ApiError,
    json::UniqueKeys,
    token::{Family, TypeName},
};

use super::{Target, text_seeds};
use crate::json_members::JsonMembers;

pub(super) const TARGET: Target = Target { name: "create-request", run, seeds };

/// Members of the contract that types of the access family have.
const ACCESS_MEMBERS: [&str; 9] = [
    "name",
    "token_type",
    "expires_in",
    "allowed_cidrs",
    "assignments",
    "assume_roles",
    "read_only",
    "anonymize",
    "grants",
];
/// Members of the contract that types of the public family have.
const PUBLIC_MEMBERS: [&str; 6] = ["name", "token_type", "expires_in", "allowed_cidrs", "journey_id", "portal_id"];
/// Upper bound for an error message: it contains no more than an excerpt of the body.
const MAX_MESSAGE_BYTES: usize = 400;

/// A body is parsed to a request that the contract permits, or rejected with an error message of one line.
fn run(bytes: &[u8]) {
    let Ok(UniqueKeys(members)) = serde_json::from_slice(bytes) else { return };
    assert_eq!(JsonMembers::parse(bytes).unwrap().0.len(), members.len(), "a duplicate member is accepted");
    match CreateTokenRequest::parse(&members) {
        Ok(request) => check(&request, &members),
        Err(ApiError::Invalid(message)) => {
            assert!(message.len() <= MAX_MESSAGE_BYTES && !message.chars().any(char::is_control), "{message:?}");
        }
        Err(other) => unreachable!("{other:?}"),
    }
}

fn check(request: &CreateTokenRequest, members: &Map<String, Value>) {
    let type_name = request.requested_type.type_name();
    let known: &[&str] = if type_name.family() == Family::Access { &ACCESS_MEMBERS } else { &PUBLIC_MEMBERS };
    assert!(members.keys().all(|name| known.contains(&name.as_str())), "an unknown member is accepted");
    let name = request.name.to_string();
    assert!((1..=255).contains(&name.chars().count()) && !name.chars().any(char::is_control), "{name:?}");
    assert_eq!(members["name"].as_str().map(str::trim), Some(name.as_str()));
    let expected_type = members.get("token_type").map_or(default_type(members), Value::as_str);
    assert_eq!(expected_type, Some(type_name.as_str()));
    assert_eq!(request.lifetime.is_some(), members.contains_key("expires_in"), "the lifetime was not requested");
    if let Some(seconds) = members.get("expires_in").and_then(Value::as_f64) {
        assert!((30.0..=31_536_000.0).contains(&seconds) && seconds.fract() == 0.0, "{seconds} seconds");
    }
    assert!(type_name != TypeName::Assume || request.lifetime.is_none());
    check_networks(request, members);
    check_type(&request.requested_type, members);
}

/// The networks are those of the body: each is that of a text without a prefix, or its prefix is that of a text.
fn check_networks(request: &CreateTokenRequest, members: &Map<String, Value>) {
    assert_eq!(request.allowed_networks.is_some(), members.contains_key("allowed_cidrs"), "the restriction is lost");
    let Some(networks) = &request.allowed_networks else { return };
    let texts: Vec<_> =
        members["allowed_cidrs"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
    assert!((1..=20).contains(&texts.len()), "{texts:?}");
    for text in texts {
        assert!(
            text.len() <= 49 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || b":./".contains(&byte)),
            "{text}"
        );
        let address: IpAddr = text.split('/').next().unwrap().parse().unwrap();
        let source = address.to_string().parse().ok();
        assert!(networks.allow(source), "the first address of {text} is not in its network");
    }
}

/// The type of a token if the body has no `token_type`.
fn default_type(members: &Map<String, Value>) -> Option<&'static str> {
    let if_present = |member: &str, type_name| members.contains_key(member).then_some(type_name);
    if_present("journey_id", "journey").or(if_present("portal_id", "portal")).or(Some("api"))
}

fn check_type(requested_type: &RequestedType, members: &Map<String, Value>) {
    let list = |name: &str| members.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match requested_type {
        RequestedType::Api(access) | RequestedType::Assume(access) | RequestedType::App(access) => {
            let written = [list("assignments"), list("assume_roles")].concat();
            let requested: Vec<_> = access.requested_roles.iter().map(|role| json!(role.to_string())).collect();
            assert!(requested.len() <= 50, "{requested:?}");
            assert!(requested.iter().all(|role| written.contains(role)), "a role was not requested: {requested:?}");
            assert!(written.iter().all(|role| requested.contains(role)), "a requested role is lost: {requested:?}");
            let flag = |name: &str| members.get(name) == Some(&Value::Bool(true));
            assert_eq!(access.read_only, flag("read_only"));
            assert_eq!(access.anonymize, flag("anonymize"));
            let grants = access.grants.as_ref().map(|grants| json!(grants));
            assert_eq!(grants.as_ref(), members.get("grants"), "the limits are not those of the body");
            assert!(!grants.is_some_and(|grants| grants.to_string().contains(r#""deny""#)), "a grant denies");
        }
        RequestedType::Journey(id) => assert_eq!(members["journey_id"], id.as_str()),
        RequestedType::Portal(id) => assert_eq!(members["portal_id"], id.as_str()),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let roles = |count| (0..count).map(|n| format!("1:{n}")).collect::<Vec<_>>();
    let many_roles = [50, 51].map(|count| json!({"name": "n", "assignments": roles(count)}).to_string());
    text_seeds(many_roles.iter().map(String::as_str).chain([
        r#"{"name":"n"}"#,
        r#"{"name":" Postman Access Token ","token_type":"api","assignments":["123:owner","123:a","123:a"],"expires_in":"2 days"}"#,
        r#"{"name":"n","assume_roles":["123:a"],"assignments":["123:a"],"read_only":true,"anonymize":false}"#,
        r#"{"name":"n","token_type":"journey","journey_id":"j-1","expires_in":3600}"#,
        r#"{"name":"n","portal_id":"p-1","expires_in":"7d"}"#,
        r#"{"name":"n","token_type":"assume","assignments":[]}"#,
        r#"{"name":"n","token_type":"app","expires_in":604800}"#,
        r#"{"name":"n","token_type":"portal_preview","portal_id":"p"}"#,
        r#"{"name":"n","name":"m"}"#,
        r#"{"name":"n","expires_in":1e3}"#,
        r#"{"name":"n","expires_in":3600.5}"#,
        r#"{"name":"n","expires_in":-0.0}"#,
        r#"{"name":"n","allowed_cidrs":["203.0.113.0/24","2001:db8::/32","::1","10.0.0.1","::/0"]}"#,
        r#"{"name":"n","allowed_cidrs":["::ffff:0:0/96","::ffff:203.0.113.0/120"],"journey_id":"j-1"}"#,
        r#"{"name":"n","allowed_cidrs":["10.0.0.1/8"]}"#,
        r#"{"name":"n","allowed_cidrs":["fe80::1%eth0","010.0.0.0/8","10.0.0.0/08","10.0.0.1:80"]}"#,
        r#"{"name":"n","allowed_cidrs":[]}"#,
        r#"{"name":"n","grants":[{"action":"order:view","resource":"order/*"},{"action":"*","effect":"allow"}]}"#,
        r#"{"name":"n","grants":[{"action":"order:view","effect":"deny"}]}"#,
        r#"{"name":"n","grants":[]}"#,
    ]))
}
