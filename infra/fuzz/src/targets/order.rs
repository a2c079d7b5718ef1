//! The body of a create.

use serde_json::{Map, Value, json};
use shared::{
    create::{CreateTokenRequest, RequestedType},
    error::ApiError,
    json::UniqueKeys,
    token::{Family, TypeName},
};

use super::{Target, texts};
use crate::pairs::Pairs;

pub(super) const TARGET: Target = Target { name: "order", run, seeds };

/// The members of the contract's table, and those of them that the types of each family know.
const ACCESS: [&str; 7] = ["name", "token_type", "expires_in", "assignments", "assume_roles", "read_only", "anonymize"];
const PUBLIC: [&str; 5] = ["name", "token_type", "expires_in", "journey_id", "portal_id"];
/// The most bytes of a sentence that tells what is wrong.
const LONGEST: usize = 400;

/// A body is an request within the contract's table, or it is refused in one line that names no more of it than an excerpt.
fn run(bytes: &[u8]) {
    let Ok(UniqueKeys(members)) = serde_json::from_slice(bytes) else { return };
    let pairs = Pairs::read(bytes).unwrap();
    assert_eq!(pairs.0.len(), members.len(), "a member is there twice");
    match CreateTokenRequest::parse(&members) {
        Ok(request) => check(&request, &members),
        Err(ApiError::Invalid(sentence)) => {
            assert!(sentence.len() <= LONGEST && !sentence.chars().any(char::is_control), "{sentence:?}");
        }
        Err(other) => unreachable!("a body is a {other:?}"),
    }
}

fn check(request: &CreateTokenRequest, members: &Map<String, Value>) {
    let type_name = request.requested_type.type_name();
    let known: &[&str] = if type_name.family() == Family::Access { &ACCESS } else { &PUBLIC };
    assert!(members.keys().all(|name| known.contains(&name.as_str())), "an unknown member");
    let name = request.name.to_string();
    assert!((1..=255).contains(&name.chars().count()) && !name.chars().any(char::is_control), "{name:?}");
    assert_eq!(members["name"].as_str().map(str::trim), Some(name.as_str()));
    assert_eq!(members.get("token_type").map_or(implied(members), Value::as_str), Some(type_name.as_str()));
    assert_eq!(request.lifetime.is_some(), members.contains_key("expires_in"), "a lifetime that was not requested");
    assert!(type_name != TypeName::Assume || request.lifetime.is_none());
    check_wanted(&request.requested_type, members);
}

/// The type of a body that names none.
fn implied(members: &Map<String, Value>) -> Option<&'static str> {
    let of = |member: &str, type_name| members.contains_key(member).then_some(type_name);
    of("journey_id", "journey").or(of("portal_id", "portal")).or(Some("api"))
}

fn check_wanted(wanted: &RequestedType, members: &Map<String, Value>) {
    let named = |name: &str| members.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    match wanted {
        RequestedType::Api(access) | RequestedType::Assume(access) | RequestedType::App(access) => {
            let all = [named("assignments"), named("assume_roles")].concat();
            let asked: Vec<_> = access.requested_roles.iter().map(ToString::to_string).collect();
            assert!(
                asked.len() <= 50 && asked.iter().all(|role| all.contains(&Value::from(role.as_str()))),
                "{asked:?}"
            );
            assert!(
                all.iter().all(|role| asked.iter().any(|own| role == own)),
                "a role that was asked for is not wanted"
            );
            let flag = |name: &str| members.get(name).is_some_and(|value| *value == Value::Bool(true));
            assert_eq!((access.read_only, access.anonymize), (flag("read_only"), flag("anonymize")));
        }
        RequestedType::Journey(target) => assert_eq!(members["journey_id"], target.as_str()),
        RequestedType::Portal(target) => assert_eq!(members["portal_id"], target.as_str()),
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let roles = |count| (0..count).map(|n| format!("1:{n}")).collect::<Vec<_>>();
    let many = [50, 51].map(|count| json!({"name": "n", "assignments": roles(count)}).to_string());
    texts(many.iter().map(String::as_str).chain([
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
    ]))
}
