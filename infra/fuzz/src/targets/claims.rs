//! Target `claims`: the claims of Latchkey's tokens.

use std::{str::from_utf8, sync::LazyLock};

use serde_json::{Map, Value, json};
use shared::{
    jwt::{KeySet, Unverified},
    token::Claims,
};

use super::{Target, text_seeds};
use crate::{json_members::JsonMembers, keys};

pub(super) const TARGET: Target = Target { name: "claims", run, seeds };

static KEY_SET: LazyLock<KeySet> = LazyLock::new(keys::key_set);

/// Required claims that are strings (RFC 9068, section 2.2, and the contract).
const STRINGS: [&str; 10] =
    ["iss", "sub", "aud", "jti", "client_id", "token_id", "token_name", "token_type", "org_id", "user_id"];
/// Optional claims that are strings.
const OPTIONAL_STRINGS: [&str; 3] = ["parent", "journey_id", "portal_id"];
/// Claims that are either `true` or absent.
const FLAGS: [&str; 2] = ["read_only", "anonymize"];
/// Optional claims that are lists of grants.
const GRANTS: [&str; 2] = ["grants", "parent_grants"];
/// All other claims.
const OTHERS: [&str; 4] = ["iat", "exp", "token_use", "assume_roles"];
/// The largest `NumericDate` that is accepted.
const MAX_TIME: i64 = 253_402_207_200;

/// The input is signed as the claims of a token. The claims are accepted if and only if each known claim occurs once
/// and has its type, and their values are those of the input.
fn run(bytes: &[u8]) {
    let [_, key] = keys::all();
    let token = key.sign(key.header().to_string().as_bytes(), bytes);
    let Ok(unverified) = Unverified::parse(&token) else { return };
    let verified: Result<Claims, _> = unverified.verify(&KEY_SET);
    let Ok(claims) = verified else {
        assert!(!are_valid(bytes), "valid claims are rejected");
        return;
    };
    assert!(from_utf8(bytes).is_ok(), "not UTF-8 (RFC 7519, section 7.2)");
    // An unknown claim may contain a number that `Value` cannot represent.
    let Ok(input) = serde_json::from_slice::<Map<String, Value>>(bytes) else { return };
    assert!(are_valid(bytes), "invalid claims are accepted");
    let output = json!(claims);
    for name in [&STRINGS[..], &OPTIONAL_STRINGS, &FLAGS, &GRANTS, &OTHERS].concat() {
        assert_eq!(output.get(name), input.get(name), "{name}");
    }
    assert_eq!(Some(claims.org_id()), input["org_id"].as_str());
    assert_eq!(Some(claims.token_id()), input["token_id"].as_str());
}

/// Reference implementation: whether each known claim occurs once and has its type.
fn are_valid(bytes: &[u8]) -> bool {
    let Some(members) = JsonMembers::parse(bytes) else { return false };
    let once =
        |name: &str, has_type: &dyn Fn(&Value) -> bool| matches!(members.values(name)[..], [value] if has_type(value));
    let at_most_once =
        |name: &str, has_type: &dyn Fn(&Value) -> bool| members.values(name).is_empty() || once(name, has_type);
    let is_time = |value: &Value| value.as_i64().is_some_and(|seconds| (0..=MAX_TIME).contains(&seconds));
    let is_list = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    STRINGS.iter().all(|name| once(name, &Value::is_string))
        && OPTIONAL_STRINGS.iter().all(|name| at_most_once(name, &Value::is_string))
        && FLAGS.iter().all(|name| at_most_once(name, &|flag| *flag == json!(true)))
        && GRANTS.iter().all(|name| at_most_once(name, &are_grants) && has_no_duplicate(bytes, name))
        && once("iat", &is_time)
        && at_most_once("exp", &is_time)
        && once("token_use", &|value| value == "access")
        && once("assume_roles", &is_list)
}

/// Whether the value is a list of 1 to 20 grants that allow, of at most 1,024 bytes.
fn are_grants(value: &Value) -> bool {
    let is_grant = |entry: &Value| {
        let Some(members) = entry.as_object() else { return false };
        let action = members.get("action").and_then(Value::as_str).unwrap_or_default();
        let is_action = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:*".contains(&byte);
        (1..=128).contains(&action.len())
            && action.bytes().all(is_action)
            && members.get("resource").is_none_or(Value::is_string)
            && members.get("effect").is_none_or(|effect| effect == "allow")
            && members.keys().all(|name| ["action", "resource", "effect"].contains(&name.as_str()))
    };
    let Some(entries) = value.as_array() else { return false };
    (1..=20).contains(&entries.len()) && entries.iter().all(is_grant) && value.to_string().len() <= 1_024
}

/// Whether no grant of the claim has two members of one name.
fn has_no_duplicate(bytes: &[u8], claim: &str) -> bool {
    #[derive(serde::Deserialize)]
    struct Unparsed<'a>(#[serde(borrow)] std::collections::HashMap<String, &'a serde_json::value::RawValue>);
    let Ok(Unparsed(claims)) = serde_json::from_slice(bytes) else { return false };
    let Some(list) = claims.get(claim) else { return true };
    let Ok(entries) = serde_json::from_str::<Vec<JsonMembers>>(list.get()) else { return false };
    entries.iter().all(|entry| entry.0.iter().all(|(name, _)| entry.values(name).len() == 1))
}

/// Valid claims of an api token without expiry.
#[must_use]
pub fn valid() -> Value {
    let id = "api_5ZugdRXasLfWBypHi93Fk";
    json!({
        "iss": "https://api.example/v1/access-tokens", "sub": id, "aud": "https://api.example", "jti": id, "client_id": id,
        "iat": 1_566_656_122, "token_use": "access", "token_id": id, "token_name": "Postman Access Token",
        "token_type": "api", "org_id": "123", "user_id": id, "assume_roles": ["123:owner"],
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let with = |name: &str, value: Value| {
        let mut claims = valid();
        claims[name] = value;
        claims.to_string()
    };
    let valid = valid().to_string();
    let mut seeds = text_seeds([
        valid.replace("\"org_id\"", "\"org_id\":\"124\",\"org_id\""),
        valid.clone(),
        with("exp", json!(1_566_660_000)),
        with("exp", json!(1_566_660_000.0)),
        with("exp", json!(1.566_660_000_5e9)),
        with("iat", json!(1e9)),
        with("exp", json!(null)),
        with("read_only", json!(true)),
        with("anonymize", json!(false)),
        with("parent", json!("api_PPPPPPPPPPPPPPPPPPPPP")),
        with("journey_id", json!("j-1")),
        with("aud", json!(["https://api.example"])),
        with("grants", json!([{"action": "order:view", "resource": "order/*"}, {"action": "*", "effect": "allow"}])),
        with("parent_grants", json!([{"action": "order:view"}])),
        with("grants", json!([])),
        with("grants", json!([{"action": "*", "effect": "deny"}])),
        with("grants", json!("@")).replace("\"@\"", r#"[{"action":"a","action":"*"}]"#),
        with("assume_roles", json!("123:owner")),
    ]);
    // Invalid UTF-8 in an unknown claim.
    seeds.push([&valid.as_bytes()[..valid.len() - 1], b",\"x\":\"\xff\"}"].concat());
    seeds
}
