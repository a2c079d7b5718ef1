//! The IAM policies that the authorizer returns to a REST API. Each names one literal request, so a cached policy can only be too
//! narrow. `infra/acceptance/iam_simulation` evaluates the same policies with an independent implementation.

use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use crate::harness::{SharedStack, TestStack};

const ARN: &str = "arn:aws:execute-api:us-east-1:000000000000:api/live";

/// Values of `{id}` as they are in the URL, and whether a policy can name the value literally after decoding it once.
const IDS: [(&str, bool); 67] = [
    ("self", true),
    ("api_5ZugdRXasLfWBypHi93Fk", true),
    ("api%5F5ZugdRXasLfWBypHi93Fk", true),
    ("7", true),
    ("%37", true),
    ("a.b", true),
    ("~a", true),
    ("a-b_c", true),
    ("a-b%5fc", true),
    ("...", true),
    ("%2e..", true),
    ("a:b", true),
    ("a%3Ab", true),
    ("2021-08-01T00:00:00Z", true),
    ("a@b.example", true),
    ("a%40b.example", true),
    ("a+b", true),
    ("a,b=c", true),
    ("!'()&", true),
    ("*", false),
    ("**", false),
    ("a*", false),
    ("*a", false),
    ("%2a", false),
    ("a%2A", false),
    ("?", false),
    ("???????", false),
    ("sel?", false),
    ("sel%3f", false),
    ("${aws:username}", false),
    ("${*}", false),
    ("${x}", false),
    ("%24%7Bx%7D", false),
    ("$", false),
    ("..", false),
    (".", false),
    ("%2e", false),
    ("%2e%2E", false),
    (".%2e", false),
    ("a/b", false),
    ("a%2fb", false),
    ("../7", false),
    ("..%2f7", false),
    ("7/", false),
    ("%2F", false),
    ("%5c", false),
    ("a\\b", false),
    ("%", false),
    ("%7", false),
    ("%zz", false),
    ("%u0037", false),
    ("%25", false),
    ("%2537", false),
    ("%255f", false),
    ("%00", false),
    ("%0a", false),
    ("%7f", false),
    ("a b", false),
    ("a%20b", false),
    ("a;b", false),
    ("a%3bb", false),
    ("a#b", false),
    ("a%23b", false),
    ("ä", false),
    ("%c3%a4", false),
    ("%c0%ae", false),
    ("%ff", false),
];

/// The event of a REST API for `method` on `route`. Path parameters and ARN are those of the URL.
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

/// The response does not depend on whether the gateway decodes the path parameters.
fn assert_decoded_parameter_is_equivalent(stack: &TestStack, event: &Value, response: &Value) {
    let Some(id) = event["pathParameters"]["id"].as_str() else { return };
    let Ok(decoded) = percent_decode_str(id).decode_utf8() else { return };
    // Another escape in the decoded value is a different request, which is denied as well.
    let mut decoded_event = event.clone();
    decoded_event["pathParameters"]["id"] = json!(decoded);
    let decoded_response = stack.invoke("authorizer", decoded_event.to_string()).unwrap();
    assert_eq!(&decoded_response["policyDocument"], &response["policyDocument"], "{id}");
}

/// Values of `{userId}` as they are in the URL, and whether a policy can name them: on these routes also `|` and inner spaces.
const USERS: [(&str, bool); 40] = [
    ("local%7C1001", true),
    ("local%7c1001", true),
    ("local|1001", true),
    ("ad%7Cauth0%7C7", true),
    ("ad%7CJane%20Doe", true),
    ("ad%7CJane Doe", true),
    ("ad%7Cjane%40b.example", true),
    ("ad%7Curn%3Ax", true),
    ("~bG9jYWx8MTAwMQ", true),
    ("%7EbG9jYWx8MTAwMQ", true),
    ("local%7C%20", false),
    ("%20local%7C1", false),
    ("local%7C1 ", false),
    ("%7C", false),
    (".%7C.", false),
    ("local%7C*", false),
    ("local%7C%2A", false),
    ("local%7C%2a", false),
    ("*", false),
    ("local%7C?", false),
    ("local%7C%3F", false),
    ("local%7C%24", false),
    ("local%7C${x}", false),
    ("local%7C%24%7Bx%7D", false),
    ("local%7Ca/b", false),
    ("local%7Ca%2Fb", false),
    ("local%7Ca%2fb", false),
    ("local%7C..%2F..", false),
    ("local%7Ca%5Cb", false),
    ("local%7C%3B", false),
    ("local%7C;x=1", false),
    ("local%7C%25", false),
    ("local%257C1", false),
    ("local%25257C1", false),
    ("local%7C%00", false),
    ("local%7C%0a", false),
    ("local%7C%7f", false),
    ("local%7C%23", false),
    ("local%7C%c3%a4", false),
    ("local%7C%ff", false),
];

/// Sends a request for each user to each of the routes with a user. Returns the responses of a REST API of one of them.
fn user_policies(stack: &TestStack) -> Vec<Value> {
    let owner = stack.owner_token();
    let mut cases = Vec::new();
    let of_user = "/v1/permissions/assignments/{userId}";
    let of_role = "/v1/permissions/assignments/{userId}/{roleId}";
    for (method, resource, role) in [
        ("GET", of_user, None),
        ("PUT", of_user, None),
        ("POST", of_role, Some("123%3Aviewer")),
        ("DELETE", of_role, Some("123:viewer")),
    ] {
        for (user, is_literal) in USERS {
            let path = resource.replace("{userId}", user).replace("{roleId}", role.unwrap_or_default());
            let mut event = event(&owner, method, resource, "");
            event["path"] = json!(path);
            event["methodArn"] = json!(format!("{ARN}/{method}{path}"));
            event["pathParameters"] = json!({"userId": user});
            if let Some(role) = role {
                event["pathParameters"]["roleId"] = json!(role);
            }
            let response = stack.invoke("authorizer", event.to_string()).unwrap();
            let statement = &response["policyDocument"]["Statement"][0];
            let expected = if is_literal { ("Allow", &event["methodArn"]) } else { ("Deny", &statement["Resource"]) };
            assert_eq!((statement["Effect"].as_str().unwrap(), &statement["Resource"]), expected, "{method} {path}");
            if method == "DELETE" {
                let policy = &response["policyDocument"];
                cases.push(json!({"arn": event["methodArn"], "granted": is_literal, "policy": policy}));
            }
            // An HTTP API decodes the path and its parameters.
            let Ok(decoded) = percent_decode_str(&path).decode_utf8() else { continue };
            let mut decoded_parameters = event["pathParameters"].clone();
            for value in decoded_parameters.as_object_mut().unwrap().values_mut() {
                *value = json!(percent_decode_str(value.as_str().unwrap()).decode_utf8().unwrap());
            }
            let key = format!("{method} {resource}");
            let http = json!({
                "version": "2.0", "type": "REQUEST", "routeKey": key, "rawPath": decoded, "headers": event["headers"],
                "pathParameters": decoded_parameters,
                "requestContext": {"apiId": "api", "requestId": "r", "routeKey": key, "http": {"method": method}},
            });
            let response = stack.invoke("authorizer", http.to_string()).unwrap();
            assert_eq!(response["isAuthorized"], is_literal, "{method} {path}: {response}");
        }
    }
    cases
}

/// `|` and spaces are accepted in users only, not in the ids of other routes.
#[test]
fn user_characters_are_denied_on_other_routes() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    for (route, parameter) in [("/v1/access-tokens/{id}", "id"), ("/v1/permissions/roles/{roleId}", "roleId")] {
        for value in ["a%7Cb", "a|b", "a%20b", "a b"] {
            let path = route.replace(&format!("{{{parameter}}}"), value);
            let mut event = event(&owner, "GET", route, "");
            event["path"] = json!(path);
            event["methodArn"] = json!(format!("{ARN}/GET{path}"));
            event["pathParameters"] = json!({parameter: value});
            let response = stack.invoke("authorizer", event.to_string()).unwrap();
            assert_eq!(response["policyDocument"]["Statement"][0]["Effect"], "Deny", "{path}");
        }
    }
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
            assert_decoded_parameter_is_equivalent(&stack, &event, &response);
            let statement = &response["policyDocument"]["Statement"][0];
            let granted = !route.contains("nowhere") && *is_literal;
            let expected = if granted { ("Allow", &event["methodArn"]) } else { ("Deny", &statement["Resource"]) };
            let effect = statement["Effect"].as_str().unwrap();
            assert_eq!((effect, &statement["Resource"]), expected, "{method} {route} {id}");
            cases.push(json!({"arn": event["methodArn"], "granted": granted, "policy": response["policyDocument"]}));
        }
    }
    cases.extend(user_policies(&stack));
    if let Some(file) = std::env::var_os("POLICIES_FILE") {
        std::fs::write(file, json!(cases).to_string()).unwrap();
    }
}
