//! Responses that deviate from the document fail [`ReceivedResponse::check`].

use std::collections::BTreeMap;

use contract_tests::ReceivedResponse;
use serde_json::{Value, json};

const TOKEN_PATH: &str = "/v1/access-tokens/api_5ZugdRXasLfWBypHi93Fk";

/// The error of the check; empty if the response conforms.
fn check(path: &str, status: u16, headers: &[(&str, &str)], body: &Value) -> String {
    let headers: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let response = ReceivedResponse { method: "GET", path, status, headers: &headers, body: &body.to_string() };
    response.check().err().unwrap_or_default()
}

/// The error of the check for a valid item after `change`.
fn check_item(change: impl FnOnce(&mut Value)) -> String {
    let mut item = json!({
        "id": "api_5ZugdRXasLfWBypHi93Fk", "created_at": "2019-08-24T14:15:22Z", "name": "n", "token_type": "api",
        "assignments": ["123:owner"], "created_by": "local|1001",
    });
    change(&mut item);
    check(TOKEN_PATH, 200, &[("content-type", "application/json"), ("cache-control", "no-store")], &item)
}

#[test]
fn valid_item_is_accepted() {
    assert_eq!(check_item(|_| ()), "");
    assert_eq!(check_item(|item| item["expires_at"] = json!("2019-08-24T14:15:22Z")), "");
}

/// Invalid: unknown, malformed, missing, or a member of another token type.
#[test]
fn item_with_invalid_member_is_rejected() {
    for (member, value) in [
        ("unknown", json!(1)),
        ("token", json!("a.b.c")),
        ("journey_id", json!("j")),
        ("id", json!("api_1")),
        ("created_at", json!("2019-08-24 14:15:22")),
        ("created_at", json!("2019-13-24T14:15:22Z")),
        ("token_type", json!("journey")),
        ("assignments", json!(["owner"])),
        ("read_only", json!(false)),
        ("revoked_at", json!("2019-08-24T14:15:22Z")),
    ] {
        let error = check_item(|item| item[member] = value.clone());
        assert!(!error.is_empty(), "{member}: {value}");
    }
    let error = check_item(|item| drop(item.as_object_mut().unwrap().remove("created_by")));
    assert!(error.contains("created_by"), "{error}");
}

#[test]
fn undocumented_status_media_type_or_header_is_rejected() {
    let keys = "/v1/access-tokens/.well-known/jwks.json";
    let json = ("content-type", "application/json");
    let problem = ("content-type", "application/problem+json");
    let no_store = ("cache-control", "no-store");
    let not_found = json!({
        "type": "urn:latchkey:problem:not_found", "title": "Not Found", "status": 404, "detail": "the token or route does not exist",
        "instance": "r-1", "code": "not_found", "error": "the token or route does not exist",
    });
    assert_eq!(check(TOKEN_PATH, 404, &[problem, no_store], &not_found), "");
    assert_eq!(check("/v1/nowhere", 404, &[problem], &not_found), "");
    for (path, status, headers, words) in [
        (TOKEN_PATH, 418, vec![problem, no_store], "the document does not define the status"),
        (keys, 404, vec![problem, no_store], "the document does not define the status"),
        (TOKEN_PATH, 404, vec![json, no_store], "the document does not define the media type"),
        (TOKEN_PATH, 404, vec![problem], "header `Cache-Control` is missing"),
        (TOKEN_PATH, 404, vec![problem, ("cache-control", "public")], "header `Cache-Control`"),
        (TOKEN_PATH, 403, vec![problem, no_store], "403"),
        ("/v1/nowhere", 403, vec![problem], "a path without a route must return 404"),
    ] {
        let error = check(path, status, &headers, &not_found);
        assert!(error.contains(words), "{path} {status}: {error}");
    }
}
