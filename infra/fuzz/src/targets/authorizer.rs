//! Events of the gateway, through the authorizer's own door.

mod events;
mod ledger;

use std::{collections::HashMap, sync::LazyLock};

use serde_json::{Value, json};
use shared::{
    authorize::{Authorize, Policy},
    token::{Families, Issuer},
    web::answer_event,
};
use tokio::runtime::{Builder, Runtime};

use self::{
    events::PLACEHOLDERS,
    ledger::{At, Keys, Ledger},
};
use super::{Target, claims, texts};
use crate::keys;

pub(super) const TARGET: Target = Target { name: "authorizer", run, seeds };

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// Whoever sends this token is known: by its row, or as a person. Nobody has a role, so nobody may do anything.
static CREDENTIALS: LazyLock<HashMap<&'static str, String>> = LazyLock::new(credentials);

/// The one route that is open to anybody.
const OPEN: &str = "GET /open/{id}";
/// The largest answer that the gateway takes.
const LARGEST: usize = 8_192;

/// The first byte says what the ledger does: fail, know nothing, or know the token. The rest of the line is a path parameter, and what
/// follows is the event, with names in the place of this and of tokens. Whatever it is, it is answered in a form that the gateway takes, and with a grant on the open route alone, for the one
/// path that the gateway itself names and that can be read in one way.
fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let whole = String::from_utf8_lossy(rest);
    let (id, event) = whole.split_once('\n').unwrap_or(("7", &whole));
    let mut text = event.replace(events::ID, json!(id).to_string().trim_matches('"'));
    for name in PLACEHOLDERS {
        text = text.replace(name, &CREDENTIALS[name]);
    }
    let Ok(event) = serde_json::from_str::<Value>(&text) else { return };
    match RUNTIME.block_on(answer_event(&authorizer(*first), &text)) {
        Ok(answer) => check(&serde_json::from_str(answer.get()).unwrap(), &event),
        Err(error) => assert!(events::ERRORS.iter().any(|known| error.error_message.starts_with(known)), "{error:?}"),
    }
}

fn check(answer: &Value, event: &Value) {
    assert!(answer.to_string().len() <= LARGEST, "{} bytes", answer.to_string().len());
    let context = answer["context"].as_object().unwrap();
    assert!(context.values().all(Value::is_string), "{context:?}");
    let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
    assert!(
        context["reason"].as_str().unwrap().bytes().all(plain) && context["code"].as_str().unwrap().bytes().all(plain)
    );
    let granted = match answer.get("isAuthorized") {
        Some(authorized) => authorized.as_bool().unwrap(),
        None => is_allowed(answer, event),
    };
    assert!(!granted || is_open(event), "granted: {event} {answer}");
}

/// Whether a policy allows; it names what the gateway has named, or denies everything.
fn is_allowed(answer: &Value, event: &Value) -> bool {
    let statements = answer["policyDocument"]["Statement"].as_array().unwrap();
    let [statement] = &statements[..] else { unreachable!("not one statement: {answer}") };
    assert!(answer["principalId"].is_string());
    let allowed = statement["Effect"] == "Allow";
    assert!(allowed || statement["Effect"] == "Deny");
    let named = statement["Resource"] == event["methodArn"];
    assert!(named || (!allowed && statement["Resource"] == "*"), "another resource: {event} {answer}");
    allowed
}

/// Whether the event is of the open route, with a path that means itself.
fn is_open(event: &Value) -> bool {
    let (route, path) = if event.get("version").is_some() {
        (event["routeKey"].clone(), &event["rawPath"])
    } else {
        let (method, resource) = (event["httpMethod"].as_str(), event["resource"].as_str());
        (json!(format!("{} {}", method.unwrap_or_default(), resource.unwrap_or_default())), &event["methodArn"])
    };
    let path = path.as_str().unwrap_or_default();
    let id = event["pathParameters"]["id"].as_str().unwrap_or_default();
    let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte));
    let literal =
        plain && !["", ".", ".."].contains(&id) && path.split('/').all(|part| part != "..") && !path.contains('*');
    route == OPEN && literal && path.ends_with(&format!("/open/{id}"))
}

fn authorizer(first: u8) -> Authorize<(Ledger, Keys, Keys, At)> {
    static POLICY: LazyLock<Policy> = LazyLock::new(policy);
    let [rsa, ec] = [0, 1].map(Keys);
    let ledger = [Ledger::Silent, Ledger::Empty, Ledger::Known][usize::from(first % 3)];
    let keys = Families { access: ec, public: rsa };
    Authorize::new(ledger, keys, rsa, At, POLICY.clone())
}

fn policy() -> Policy {
    let issuer = |below: &str| Issuer {
        issuer: format!("https://api.example/v1/access-tokens{below}"),
        audience: "https://api.example".to_owned(),
    };
    let rules = json!({
        OPEN: {"public": true},
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
        providers: vec![serde_json::from_value(provider).unwrap()],
        rules: serde_json::from_value(rules).unwrap(),
    }
}

fn credentials() -> HashMap<&'static str, String> {
    let [rsa, ec] = keys::both();
    let sign = |key: &keys::SigningKey, claims: &Value| {
        key.token(key.header().to_string().as_bytes(), claims.to_string().as_bytes())
    };
    let many: Vec<String> = (0..40).map(|n| format!("123:role-{n}")).collect();
    let person = |roles: Value| {
        json!({
            "iss": "https://id.example", "sub": "1001", "aud": "https://api.example", "org_id": "123", "roles": roles,
            "iat": ledger::NOW, "exp": ledger::NOW + 600,
        })
    };
    PLACEHOLDERS
        .into_iter()
        .zip([
            sign(ec, &claims::good()),
            sign(rsa, &claims::good()),
            sign(rsa, &person(json!(many))),
            sign(rsa, &person(json!("owner"))),
        ])
        .collect()
}

fn seeds() -> Vec<Vec<u8>> {
    let ids =
        ["7", "*", "..", "a/b", "a b", "%2e", "?", "", "${x}", "a*", "\u{e4}", "api_5ZugdRXasLfWBypHi93Fk", "self"];
    let numbered = |(number, event)| format!("{}{}\n{event}", number % 3, ids[number % ids.len()]);
    let all = events::all().into_iter().cycle().take(3 * ids.len()).enumerate();
    let open = ids.iter().flat_map(|id| events::open().map(|event| format!("1{id}\n{event}")));
    texts(all.map(numbered).chain(open))
}
