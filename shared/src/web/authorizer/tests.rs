#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::json;

use super::*;
use crate::{
    authorize::Policy,
    jwt::{SigningInput, samples as keys},
    memory::{At, Keys, Memory},
    token::{Claims, Families, Issuer, samples},
};

const ISSUER: &str = "https://api.example/v1/access-tokens";

/// A good event, for a path with the parameter `id`.
fn event(id: &str) -> Value {
    let issuer = Issuer { issuer: ISSUER.to_owned(), audience: "a".to_owned() };
    let [rsa, _] = keys::both();
    let public = rsa.public();
    let input = SigningInput::new(public.alg(), public.kid(), &Claims::of(&samples::plain(), &issuer)).unwrap();
    let token = input.seal_with(|text| rsa.sign(text)).reveal();
    json!({
        "type": "REQUEST",
        "methodArn": format!("arn:aws:execute-api:us-east-1:1:abc/live/GET/v1/access-tokens/{id}"),
        "resource": "/v1/access-tokens/{id}",
        "path": format!("/base/v1/access-tokens/{id}"),
        "httpMethod": "GET",
        "headers": {"Authorization": format!("Bearer {token}")},
        "multiValueHeaders": {"Authorization": [format!("Bearer {token}")]},
        "pathParameters": {"id": id},
        "requestContext": {"requestId": "r-1", "stage": "live", "httpMethod": "GET", "apiId": "abc", "identity": {}},
    })
}

async fn answer(event: Value) -> Result<Value, String> {
    let rules = json!({"GET /v1/access-tokens/{id}": {"action": "token:create"}});
    let authorize = Authorize {
        ledger: Memory::with([samples::plain()]),
        keys: Families { access: Keys(keys::both()[0]), public: Keys(keys::both()[1]) },
        provider_keys: Keys(keys::both()[1]),
        clock: At(samples::at(1_566_657_000)),
        policy: Policy {
            issuers: Families {
                access: vec![Issuer { issuer: ISSUER.to_owned(), audience: "a".to_owned() }],
                public: Vec::new(),
            },
            providers: Vec::new(),
            rules: serde_json::from_value(rules).unwrap(),
        },
    };
    handle(&authorize, event).await.map_err(|diagnostic| diagnostic.error_message)
}

fn statement(answer: &Value) -> &Value {
    &answer["policyDocument"]["Statement"][0]
}

#[tokio::test]
async fn a_grant_allows_one_literal_method_arn_rebuilt_from_the_events_parts() {
    let answer = answer(event("x-1")).await.unwrap();
    assert_eq!(
        *statement(&answer),
        json!({
            "Action": "execute-api:Invoke", "Effect": "Allow",
            "Resource": "arn:aws:execute-api:us-east-1:1:abc/live/GET/v1/access-tokens/x-1",
        })
    );
    assert_eq!(answer["principalId"], "api_5ZugdRXasLfWBypHi93Fk");
    assert_eq!(answer["context"]["roles"], "123:owner");
    assert!(answer["context"].as_object().unwrap().values().all(Value::is_string));
}

#[tokio::test]
async fn a_path_that_a_policy_would_not_take_literally_is_denied() {
    for id in ["*", "?", "a*", "${x}", "a b", "a/b", "%2e", "ä", "a\"b", "", &"x".repeat(500)] {
        let answer = answer(event(id)).await.unwrap();
        assert_eq!(statement(&answer)["Effect"], "Deny", "{id}");
        assert_eq!(answer["context"]["code"], "permission_denied", "{id}");
    }
}

#[tokio::test]
async fn the_credential_is_one_bearer_token_in_one_authorization_header() {
    let token = event("x")["headers"]["Authorization"].as_str().unwrap()["Bearer ".len()..].to_owned();
    let with = |values: Vec<String>| {
        let mut event = event("x");
        event["headers"] = values.last().map_or(json!({}), |last| json!({"Authorization": last}));
        event["multiValueHeaders"] = json!({"Authorization": values});
        event
    };
    for good in [format!("bearer {token}"), format!("BEARER   {token} ")] {
        assert!(answer(with(vec![good])).await.is_ok());
    }
    for bad in [
        vec![],
        vec![String::new()],
        vec!["Bearer".to_owned()],
        vec!["Bearer ".to_owned()],
        vec![token.clone()],
        vec![format!("Basic {token}")],
        vec![format!("Bearer\t{token}")],
        vec![format!("Bearer {token}, Bearer {token}")],
        vec![format!("Bearer {token}"), format!("Bearer {token}")],
    ] {
        assert_eq!(answer(with(bad.clone())).await, Err(UNAUTHORIZED.to_owned()), "{bad:?}");
    }
}

#[tokio::test]
async fn a_denial_says_why_in_printable_ascii_without_quotes_and_nothing_from_the_request() {
    let mut event = event("x");
    event["resource"] = json!("/v1/unknown/\"route\"");
    let answer = answer(event).await.unwrap();
    let reason = answer["context"]["reason"].as_str().unwrap();
    assert_eq!(reason, "no rule opens this route");
    assert!(reason.bytes().all(|b| (b' '..=b'~').contains(&b) && b != b'"' && b != b'\\'));
    assert_eq!(statement(&answer)["Effect"], "Deny");
}

#[tokio::test]
async fn events_of_other_shapes_are_not_decided() {
    let mut other =
        vec![json!({}), json!(null), json!({"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": "a"})];
    for (member, value) in [("version", json!("2.0")), ("version", json!("1.0")), ("requestContext", json!(7))] {
        let mut event = event("x");
        event[member] = value;
        other.push(event);
    }
    for event in other {
        assert_eq!(answer(event.clone()).await, Err(UNDECIDED.to_owned()), "{event}");
    }
}

#[tokio::test]
async fn a_method_arn_other_than_the_gateways_own_is_denied() {
    let mut event = event("x");
    event["methodArn"] = json!("arn:aws:execute-api:us-east-1:1:abc/live/GET/v1/access-tokens/x/");
    let answer = answer(event).await.unwrap();
    assert_eq!(statement(&answer)["Effect"], "Deny");
    assert_eq!(answer["context"]["code"], "permission_denied");
}

#[test]
fn an_answer_never_exceeds_what_the_gateway_takes() {
    let roles: Vec<String> = (0..50).map(|n| format!("123:{n:02}{}", "r".repeat(62))).collect();
    let mut caller = crate::caller::tests::person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    caller.deny_roles = caller.roles.clone();
    caller.principal = format!("local|{}", "\"".repeat(255)).parse().unwrap();
    assert!(policy::allow(&"a".repeat(512), &caller).is_none());
    let denial = policy::deny(Some(&"a".repeat(512)), &policy::unnameable(caller));
    assert!(denial.to_string().len() <= 8_192);
    assert_eq!((&denial["principalId"], &denial["context"]["code"]), (&json!("nobody"), &json!("permission_denied")));
}

#[tokio::test]
async fn two_organization_headers_are_refused() {
    let mut event = event("x");
    event["multiValueHeaders"]["x-epilot-org-id"] = json!(["123", "124"]);
    let answer = answer(event).await.unwrap();
    assert_eq!(answer["context"]["code"], "permission_denied");
    assert_eq!(answer["principalId"], "nobody");
}
