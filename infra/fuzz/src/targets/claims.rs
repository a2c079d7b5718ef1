//! The claims of our own tokens.

use std::{str::from_utf8, sync::LazyLock};

use serde_json::{Map, Value, json};
use shared::{
    jwt::{KeySet, Unverified},
    token::Claims,
};

use super::{Target, texts};
use crate::{keys, pairs::Pairs};

pub(super) const TARGET: Target = Target { name: "claims", run, seeds };

static RING: LazyLock<KeySet> = LazyLock::new(keys::ring);

/// The claims that each token has as a text (RFC 9068, section 2.2, and the contract).
const TEXTS: [&str; 9] = ["iss", "sub", "aud", "jti", "client_id", "token_id", "token_name", "token_type", "org_id"];
/// Those that a token may have as a text.
const OPTIONAL_TEXTS: [&str; 3] = ["parent", "journey_id", "portal_id"];
/// Those that are written only where they are true.
const FLAGS: [&str; 2] = ["read_only", "anonymize"];
/// The last second that a time may be.
const LAST: i64 = 253_402_207_200;

/// The bytes are the claims under a good signature. They are read only if each claim that is known is there once and has its
/// type; and what was read is what stands there.
fn run(bytes: &[u8]) {
    let key = &keys::both()[1];
    let token = key.token(key.header().to_string().as_bytes(), bytes);
    let Ok(unverified) = Unverified::parse(&token) else { return };
    let read: Result<Claims, _> = unverified.verify(&RING);
    let Ok(claims) = read else {
        assert!(!is_typed(bytes), "good claims are refused");
        return;
    };
    assert!(from_utf8(bytes).is_ok(), "no UTF-8 (RFC 7519, section 7.2)");
    // What is not looked at may hold a number beyond every bound.
    let Ok(written) = serde_json::from_slice::<Map<String, Value>>(bytes) else { return };
    assert!(is_typed(bytes), "claims are taken that a second reader refuses");
    let Value::Object(again) = json!(claims) else { unreachable!("claims are an object") };
    for name in
        TEXTS.iter().chain(&OPTIONAL_TEXTS).chain(&FLAGS).chain(&["iat", "exp", "token_use", "user_id", "assume_roles"])
    {
        assert_eq!(again.get(*name), written.get(*name), "{name}");
    }
    assert_eq!(Some(claims.org_id()), written["org_id"].as_str());
    assert_eq!(Some(claims.token_id()), written["token_id"].as_str());
}

/// Whether a second reader finds every claim once and with its type.
fn is_typed(bytes: &[u8]) -> bool {
    let Some(pairs) = Pairs::read(bytes) else { return false };
    let one = |name: &str, fits: &dyn Fn(&Value) -> bool| matches!(pairs.all(name)[..], [value] if fits(value));
    let maybe = |name: &str, fits: &dyn Fn(&Value) -> bool| pairs.all(name).is_empty() || one(name, fits);
    let time = |value: &Value| value.as_i64().is_some_and(|seconds| (0..=LAST).contains(&seconds));
    let list = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(Value::is_string));
    TEXTS.iter().chain(&["user_id"]).all(|name| one(name, &Value::is_string))
        && OPTIONAL_TEXTS.iter().all(|name| maybe(name, &Value::is_string))
        && FLAGS.iter().all(|name| maybe(name, &|flag| *flag == json!(true)))
        && one("iat", &time)
        && maybe("exp", &time)
        && one("token_use", &|value| value == "access")
        && one("assume_roles", &list)
}

/// Good claims of an api token that does not end.
#[must_use]
pub fn good() -> Value {
    let id = "api_5ZugdRXasLfWBypHi93Fk";
    json!({
        "iss": "https://api.example/v1/access-tokens", "sub": id, "aud": "https://api.example", "jti": id, "client_id": id,
        "iat": 1_566_656_122, "token_use": "access", "token_id": id, "token_name": "Postman Access Token",
        "token_type": "api", "org_id": "123", "user_id": id, "assume_roles": ["123:owner"],
    })
}

fn seeds() -> Vec<Vec<u8>> {
    let with = |name: &str, value: Value| {
        let mut claims = good();
        claims[name] = value;
        claims.to_string()
    };
    let good = good().to_string();
    let mut seeds = texts([
        good.replace("\"org_id\"", "\"org_id\":\"124\",\"org_id\""),
        good.clone(),
        with("exp", json!(1_566_660_000)),
        with("exp", json!(1_566_660_000.0)),
        with("exp", json!(null)),
        with("read_only", json!(true)),
        with("anonymize", json!(false)),
        with("parent", json!("api_PPPPPPPPPPPPPPPPPPPPP")),
        with("journey_id", json!("j-1")),
        with("aud", json!(["https://api.example"])),
        with("assume_roles", json!("123:owner")),
    ]);
    // Bytes that are no UTF-8, in a claim that is not known.
    seeds.push([&good.as_bytes()[..good.len() - 1], b",\"x\":\"\xff\"}"].concat());
    seeds
}
