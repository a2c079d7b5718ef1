//! Target `authorizer`: events of API Gateway.

mod events;
pub(super) mod ports;

use std::{borrow::Cow, collections::HashMap, sync::LazyLock};

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use shared::{
    authorize::{Authorize, Policy},
    token::{Families, Issuer},
    web::answer_event,
};
use tokio::runtime::{Builder, Runtime};

use self::{
    events::PLACEHOLDERS,
    ports::{FakeLedger, FixedClock, NOW, SingleKey},
};
use super::{Target, claims, text_seeds};
use crate::keys;

pub(super) const TARGET: Target = Target { name: "authorizer", run, seeds };

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// The token for each placeholder. None of the callers has a role in the ledger, so none has a permission.
static TOKENS: LazyLock<HashMap<&'static str, String>> = LazyLock::new(tokens);

/// The only route whose rule is `public`.
const PUBLIC_ROUTE: &str = "GET /public/{id}";
/// The largest response that API Gateway accepts.
const MAX_RESPONSE_BYTES: usize = 8_192;

/// The first byte selects the state of the ledger, the rest of the first line is the path parameter `id`, and what
/// follows is an event with placeholders.
///
/// The response always has a form that API Gateway accepts. It allows only the public route, and only for the path that
/// the gateway itself names if that path has one meaning.
fn run(bytes: &[u8]) {
    let Some((ledger, rest)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(rest);
    let (id, event) = text.split_once('\n').unwrap_or(("7", &text));
    let mut event_text = event.replace(events::ID_PLACEHOLDER, json!(id).to_string().trim_matches('"'));
    for placeholder in PLACEHOLDERS {
        event_text = event_text.replace(placeholder, &TOKENS[placeholder]);
    }
    let Ok(event) = serde_json::from_str::<Value>(&event_text) else { return };
    match RUNTIME.block_on(answer_event(&authorizer(*ledger), &event_text)) {
        Ok(response) => check(&serde_json::from_str(response.get()).unwrap(), &event),
        Err(error) => {
            let is_expected = |prefix: &&str| error.error_message.starts_with(prefix);
            assert!(events::ERROR_PREFIXES.iter().any(is_expected), "{error:?}");
        }
    }
}

fn check(response: &Value, event: &Value) {
    let length = response.to_string().len();
    assert!(length <= MAX_RESPONSE_BYTES, "{length} bytes");
    let context = response["context"].as_object().unwrap();
    assert!(context.values().all(Value::is_string), "{context:?}");
    // Gateway responses insert both texts into JSON without escaping them.
    let is_plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    for name in ["reason", "code"] {
        assert!(context[name].as_str().unwrap().bytes().all(is_plain), "{context:?}");
    }
    let is_allowed = match response.get("isAuthorized") {
        Some(is_authorized) => is_authorized.as_bool().unwrap(),
        None => policy_allows(response, event),
    };
    assert!(!is_allowed || is_public(event), "allowed: {event} {response}");
}

/// Whether the policy allows the request. It names the ARN of the event, or denies everything.
fn policy_allows(response: &Value, event: &Value) -> bool {
    let statements = response["policyDocument"]["Statement"].as_array().unwrap();
    let [statement] = &statements[..] else { unreachable!("more or less than one statement: {response}") };
    assert!(response["principalId"].is_string());
    let is_allowed = statement["Effect"] == "Allow";
    assert!(is_allowed || statement["Effect"] == "Deny");
    let is_event_arn = statement["Resource"] == event["methodArn"];
    assert!(is_event_arn || (!is_allowed && statement["Resource"] == "*"), "another resource: {event} {response}");
    is_allowed
}

/// Whether the event is on the public route, with a path that has one meaning.
fn is_public(event: &Value) -> bool {
    let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
    let (route, path, id) = if event.get("version").is_some() {
        let path = event["rawPath"].as_str().unwrap_or_default();
        (event["routeKey"].clone(), path.to_owned(), id.to_owned())
    } else {
        let method = event["httpMethod"].as_str().unwrap_or_default();
        let resource = event["resource"].as_str().unwrap_or_default();
        // A REST API decodes neither.
        (json!(format!("{method} {resource}")), arn_path(event["methodArn"].as_str().unwrap_or_default()), decode(id))
    };
    let is_plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-:@+,=!'()&".contains(&byte));
    let is_segment = is_plain && !["", ".", ".."].contains(&id.as_str());
    let is_literal = path.split('/').all(|segment| segment != "..") && !path.contains('*');
    route == PUBLIC_ROUTE && is_segment && is_literal && path.ends_with(&format!("/public/{id}"))
}

/// The decoded path of `arn:…:API/STAGE/METHOD/PATH`. What precedes it is not encoded: if that contains a wildcard, the
/// result is empty, which no path on the public route is.
fn arn_path(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(4, '/').collect();
    let [api, stage, method, path] = parts[..] else { return String::new() };
    let has_wildcard = [api, stage, method].iter().any(|part| part.contains('*'));
    if has_wildcard { String::new() } else { format!("/{}", decode(path)) }
}

/// The text after decoding it once; empty if it is not UTF-8 then, which no path on the public route is.
fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8().map(Cow::into_owned).unwrap_or_default()
}

fn authorizer(ledger: u8) -> Authorize<(FakeLedger, SingleKey, SingleKey, FixedClock)> {
    static POLICY: LazyLock<Policy> = LazyLock::new(policy);
    let [rsa, ec] = [0, 1].map(SingleKey);
    let ledgers = [FakeLedger::Unreachable, FakeLedger::Empty, FakeLedger::WithToken];
    let keys = Families { access: ec, public: rsa };
    Authorize::new(ledgers[usize::from(ledger % 3)], keys, rsa, FixedClock, POLICY.clone())
}

fn policy() -> Policy {
    let issuer = |path: &str| Issuer {
        issuer: format!("https://api.example/v1/access-tokens{path}"),
        audience: "https://api.example".to_owned(),
    };
    let rules = json!({
        PUBLIC_ROUTE: {"public": true},
        "GET /orders/{id}": {"action": "order:view", "resource": "order/{id}"},
        "POST /orders": {"action": "order:create"},
        "ANY /files/{path+}": {"action": "file:view"},
        "$default": {"action": "a"},
    });
    let provider = json!({
        "name": "local", "issuer": "https://id.example", "audience": "https://api.example", "organizations": "*",
        "roles_claim": "roles",
    });
    Policy {
        issuers: Families { access: vec![issuer("")], public: vec![issuer("/public")] },
        providers: vec![serde_json::from_value(provider).unwrap()].into(),
        rules: serde_json::from_value(rules).unwrap(),
    }
}

fn tokens() -> HashMap<&'static str, String> {
    let [rsa, ec] = keys::all();
    let sign = |key: &keys::SigningKey, claims: &Value| {
        key.sign(key.header().to_string().as_bytes(), claims.to_string().as_bytes())
    };
    let many_roles: Vec<String> = (0..40).map(|n| format!("123:role-{n}")).collect();
    let user = |roles: Value| {
        json!({
            "iss": "https://id.example", "sub": "1001", "aud": "https://api.example", "org_id": "123", "roles": roles,
            "iat": NOW, "exp": NOW + 600,
        })
    };
    let tokens = [
        sign(ec, &claims::valid()),
        sign(rsa, &claims::valid()),
        sign(rsa, &user(json!(many_roles))),
        sign(rsa, &user(json!({"owner": true}))),
    ];
    PLACEHOLDERS.into_iter().zip(tokens).collect()
}

fn seeds() -> Vec<Vec<u8>> {
    let ids = [
        "7",
        "*",
        "..",
        "a/b",
        "a b",
        "%2e",
        "?",
        "",
        "${x}",
        "a*",
        "\u{e4}",
        "api_5ZugdRXasLfWBypHi93Fk",
        "self",
        "api%5F5ZugdRXasLfWBypHi93Fk",
        "a@b.example",
        "2021-08-01T00:00:00Z",
        "!'()&+,=",
        "%252e",
        "a%2Fb",
        "%40%3a",
    ];
    let seed = |(number, event)| format!("{}{}\n{event}", number % 3, ids[number % ids.len()]);
    let all = events::all().into_iter().cycle().take(3 * ids.len()).enumerate();
    let public = ids.iter().flat_map(|id| events::public().map(|event| format!("1{id}\n{event}")));
    text_seeds(all.map(seed).chain(public))
}
