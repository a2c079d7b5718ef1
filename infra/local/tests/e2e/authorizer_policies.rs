//! The IAM policies that the authorizer answers. Each names one request literally, so that one that a cache keeps can only
//! narrow. `.ci/policies` has the same pairs judged by an evaluator that is not ours.

use std::time::Duration;

use local::invoke::Invoke;
use serde_json::{Value, json};

use crate::harness::World;

const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:api/live";

/// What may stand for `{id}` in a path as the gateway hands it on, and whether it means itself and nothing else.
const IDS: [(&str, bool); 28] = [
    ("self", true),
    ("api_5ZugdRXasLfWBypHi93Fk", true),
    ("7", true),
    ("a.b", true),
    ("~a", true),
    ("a-b_c", true),
    ("...", true),
    ("*", false),
    ("**", false),
    ("a*", false),
    ("*a", false),
    ("?", false),
    ("???????", false),
    ("sel?", false),
    ("${aws:username}", false),
    ("${*}", false),
    ("${x}", false),
    ("..", false),
    (".", false),
    ("a/b", false),
    ("../7", false),
    ("7/", false),
    ("%2a", false),
    ("%2F", false),
    ("a b", false),
    ("a;b", false),
    ("ä", false),
    ("a:b", false),
];

/// The event of a REST API for `method` on `route` with this id.
fn event(credential: &str, method: &str, route: &str, id: &str) -> Value {
    let path = route.replace("{id}", id);
    let parameters = if route.contains("{id}") { json!({"id": id}) } else { json!({}) };
    let bearer = format!("Bearer {credential}");
    json!({
        "type": "REQUEST", "methodArn": format!("{ARN}/{method}{path}"), "resource": route, "path": path,
        "httpMethod": method, "pathParameters": parameters,
        "headers": {"Authorization": bearer}, "multiValueHeaders": {"Authorization": [bearer]},
        "requestContext": {"requestId": "r", "stage": "live", "httpMethod": method, "apiId": "api", "identity": {}},
    })
}

#[test]
fn policy_allows_exactly_the_authorized_request() {
    let world = World::new();
    let owner = world.owner();
    let mut pairs = Vec::new();
    for (method, route) in [
        ("GET", "/v1/access-tokens"),
        ("POST", "/v1/access-tokens"),
        ("GET", "/v1/access-tokens/{id}"),
        ("DELETE", "/v1/access-tokens/{id}"),
        ("GET", "/v1/permissions/me"),
        ("GET", "/v1/nowhere/{id}"),
    ] {
        let ids = if route.contains("{id}") { &IDS[..] } else { &IDS[..1] };
        for (id, literal) in ids {
            let event = event(&owner, method, route, id);
            let patience = Duration::from_secs(30);
            let answer = world.run(world.stack().lambda.invoke("authorizer", event.to_string().into(), patience));
            let answer: Value = serde_json::from_slice(&answer.unwrap()).unwrap();
            let statement = &answer["policyDocument"]["Statement"][0];
            let granted = !route.contains("nowhere") && *literal;
            let expected = if granted { ("Allow", &event["methodArn"]) } else { ("Deny", &statement["Resource"]) };
            let effect = statement["Effect"].as_str().unwrap();
            assert_eq!((effect, &statement["Resource"]), expected, "{method} {route} {id}");
            pairs.push(json!({"arn": event["methodArn"], "granted": granted, "policy": answer["policyDocument"]}));
        }
    }
    if let Some(file) = std::env::var_os("POLICIES_FILE") {
        std::fs::write(file, json!(pairs).to_string()).unwrap();
    }
}
