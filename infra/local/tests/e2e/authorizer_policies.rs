//! The IAM policies that the authorizer returns to a REST API. Each names one literal request, so a cached policy can only be too
//! narrow. `.ci/policies` evaluates the same policies with an independent implementation.

use serde_json::{Value, json};

use crate::harness::TestStack;

const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:api/live";

/// Values of `{id}` as the gateway passes them on, and whether a policy can name the value literally.
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

/// The event of a REST API for `method` on `route`.
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
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let mut cases = Vec::new();
    for (method, route) in [
        ("GET", "/v1/access-tokens"),
        ("POST", "/v1/access-tokens"),
        ("GET", "/v1/access-tokens/{id}"),
        ("DELETE", "/v1/access-tokens/{id}"),
        ("GET", "/v1/permissions/me"),
        ("GET", "/v1/nowhere/{id}"),
    ] {
        let ids = if route.contains("{id}") { &IDS[..] } else { &IDS[..1] };
        for (id, is_literal) in ids {
            let event = event(&owner, method, route, id);
            let response = stack.invoke("authorizer", event.to_string()).unwrap();
            let statement = &response["policyDocument"]["Statement"][0];
            let granted = !route.contains("nowhere") && *is_literal;
            let expected = if granted { ("Allow", &event["methodArn"]) } else { ("Deny", &statement["Resource"]) };
            let effect = statement["Effect"].as_str().unwrap();
            assert_eq!((effect, &statement["Resource"]), expected, "{method} {route} {id}");
            cases.push(json!({"arn": event["methodArn"], "granted": granted, "policy": response["policyDocument"]}));
        }
    }
    if let Some(file) = std::env::var_os("POLICIES_FILE") {
        std::fs::write(file, json!(cases).to_string()).unwrap();
    }
}
