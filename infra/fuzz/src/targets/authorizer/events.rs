//! Events of each shape, with names in the place of tokens.

use serde_json::{Value, json};

/// The names: a good token, the same under the other family's key, a person's, and one of a person with an ill-typed claim.
pub(super) const PLACEHOLDERS: [&str; 4] = ["@own@", "@wrong-key@", "@person@", "@ill-typed@"];

/// The name in the place of the path parameter.
pub(super) const ID: &str = "@id@";

/// How each error's text begins.
pub(super) const ERRORS: [&str; 6] = [
    "Unauthorized",
    "Undecided",
    "payload format 1.0 is not supported: ",
    "TOKEN events are not supported: ",
    "the event does not match its payload format",
    "the event is not an API Gateway authorizer event",
];

/// Each shape, on the open route and on others, with each credential.
pub(super) fn all() -> Vec<Value> {
    let credentials = PLACEHOLDERS.iter().chain(&["not-a-token", ""]);
    let mut all: Vec<Value> =
        credentials.flat_map(|credential| [rest("/orders", credential), http("/orders", credential)]).collect();
    all.extend([rest("/open", ""), http("/open", ""), rest("/nowhere", "@own@"), http("/nowhere", "@person@")]);
    let mut old = http("/orders", "@own@");
    old["version"] = json!("1.0");
    all.push(old);
    all.push(json!({"type": "TOKEN", "authorizationToken": "Bearer @own@", "methodArn": "arn:aws:execute-api:us-east-1:1:abc/live/GET/open/7"}));
    all
}

/// Events on the route that is open to anybody: of either kind of API, and of one whose id a policy would take for more.
pub(super) fn open() -> [Value; 3] {
    let mut starred = rest("/open", "");
    starred["methodArn"] = json!(format!("arn:aws:execute-api:us-east-1:1:a*c/live/GET/open/{ID}"));
    [rest("/open", ""), http("/open", ""), starred]
}

/// A REST API's event of a request to `GET <path>/<id>`.
fn rest(path: &str, credential: &str) -> Value {
    let bearer = format!("Bearer {credential}");
    json!({
        "type": "REQUEST",
        "methodArn": format!("arn:aws:execute-api:us-east-1:1:abc/live/GET{path}/{ID}"),
        "resource": format!("{path}/{{id}}"),
        "path": format!("{path}/{ID}"),
        "httpMethod": "GET",
        "headers": {"Authorization": bearer},
        "multiValueHeaders": {"Authorization": [bearer], "x-epilot-org-id": ["123"]},
        "pathParameters": {"id": ID},
        "requestContext": {"requestId": "r-1", "stage": "live", "httpMethod": "GET", "apiId": "abc", "identity": {}},
    })
}

/// The same of an HTTP API, with payload 2.0.
fn http(path: &str, credential: &str) -> Value {
    let route = format!("GET {path}/{{id}}");
    json!({
        "version": "2.0",
        "type": "REQUEST",
        "routeKey": route,
        "rawPath": format!("{path}/{ID}"),
        "headers": {"authorization": format!("Bearer {credential}"), "x-epilot-org-id": "123"},
        "requestContext": {"apiId": "xyz", "requestId": "r-2", "routeKey": route, "http": {"method": "GET"}},
        "pathParameters": {"id": ID},
    })
}
