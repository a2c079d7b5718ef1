//! Events of each format, with placeholders for tokens.

use serde_json::{Value, json};

/// Placeholders for tokens: a valid one, one signed with the other family's key, one of a user with 40 roles, and one
/// of a user whose roles claim has the wrong type.
pub(super) const PLACEHOLDERS: [&str; 4] = ["@valid@", "@wrong-key@", "@many-roles@", "@ill-typed@"];

/// Placeholder for the path parameter `id`.
pub(super) const ID_PLACEHOLDER: &str = "@id@";

/// Prefixes of the error messages that the authorizer may return.
pub(super) const ERROR_PREFIXES: [&str; 6] = [
    "Unauthorized",
    "Undecided",
    "payload format 1.0 is not supported: ",
    "TOKEN events are not supported: ",
    "the event does not match its payload format",
    "the event is not an API Gateway authorizer event",
];

/// Events of each format with each credential, on routes with and without a rule.
pub(super) fn all() -> Vec<Value> {
    let credentials = PLACEHOLDERS.iter().chain(&["not-a-token", ""]);
    let mut all: Vec<Value> =
        credentials.flat_map(|credential| [rest("/orders", credential), http("/orders", credential)]).collect();
    all.extend([rest("/public", ""), http("/public", "")]);
    all.extend([rest("/nowhere", "@valid@"), http("/nowhere", "@many-roles@")]);
    let mut payload_1 = http("/orders", "@valid@");
    payload_1["version"] = json!("1.0");
    all.push(payload_1);
    all.push(json!({
        "type": "TOKEN",
        "authorizationToken": "Bearer @valid@",
        "methodArn": "arn:aws:execute-api:us-east-1:1:abc/live/GET/public/7",
    }));
    all
}

/// Events on the public route: of a REST API, of an HTTP API, and of a REST API whose id is a wildcard in a policy.
pub(super) fn public() -> [Value; 4] {
    // The second is not UTF-8 if it is decoded. Only the path of an ARN is.
    let [wildcard, percent] = ["a*c", "%bc"].map(|api| {
        let mut event = rest("/public", "");
        event["methodArn"] = json!(format!("arn:aws:execute-api:us-east-1:1:{api}/live/GET/public/{ID_PLACEHOLDER}"));
        event
    });
    [rest("/public", ""), http("/public", ""), wildcard, percent]
}

/// The event of a REST API for `GET <path>/<id>`.
fn rest(path: &str, credential: &str) -> Value {
    let bearer = format!("Bearer {credential}");
    json!({
        "type": "REQUEST",
        "methodArn": format!("arn:aws:execute-api:us-east-1:1:abc/live/GET{path}/{ID_PLACEHOLDER}"),
        "resource": format!("{path}/{{id}}"),
        "path": format!("{path}/{ID_PLACEHOLDER}"),
        "httpMethod": "GET",
        "headers": {"Authorization": bearer},
        "multiValueHeaders": {"Authorization": [bearer], "x-epilot-org-id": ["123"]},
        "pathParameters": {"id": ID_PLACEHOLDER},
        "requestContext": {"requestId": "r-1", "stage": "live", "httpMethod": "GET", "apiId": "abc",
            "identity": {"sourceIp": "203.0.113.9"}},
    })
}

/// The event of an HTTP API with payload format 2.0 for `GET <path>/<id>`.
fn http(path: &str, credential: &str) -> Value {
    let route = format!("GET {path}/{{id}}");
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeKey": route,
        "rawPath": format!("{path}/{ID_PLACEHOLDER}"),
        "headers": {"authorization": format!("Bearer {credential}"), "x-epilot-org-id": "123"},
        "requestContext": {"apiId": "xyz", "requestId": "r-2", "routeKey": route,
            "http": {"method": "GET", "sourceIp": "203.0.113.9"}},
        "pathParameters": {"id": ID_PLACEHOLDER},
    })
}
