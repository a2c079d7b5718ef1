//! The document is strict: what the contract does not know is noticed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::answers::{Answered, DOCUMENT, operations};

const ITEM: &str = "/v1/access-tokens/api_5ZugdRXasLfWBypHi93Fk";

/// What is said of an answer with these headers.
fn objection(path: &str, status: u16, headers: &[(&str, &str)], body: &Value) -> String {
    let headers: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let answered = Answered { method: "GET", path, status, headers: &headers, body: &body.to_string() };
    answered.check().err().unwrap_or_default()
}

fn objection_to_item(change: impl FnOnce(&mut Value)) -> String {
    let mut item = json!({
        "id": "api_5ZugdRXasLfWBypHi93Fk", "created_at": "2019-08-24T14:15:22Z", "name": "n", "token_type": "api",
        "assignments": ["123:owner"], "created_by": "local|1001",
    });
    change(&mut item);
    objection(ITEM, 200, &[("content-type", "application/json"), ("cache-control", "no-store")], &item)
}

#[test]
fn a_good_item_is_foreseen() {
    assert_eq!(objection_to_item(|_| ()), "");
    assert_eq!(objection_to_item(|item| item["expires_at"] = json!("2019-08-24T14:15:22Z")), "");
}

#[test]
fn an_item_with_a_member_that_is_unknown_ill_formed_or_of_another_type_is_noticed() {
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
        let objection = objection_to_item(|item| item[member] = value.clone());
        assert!(!objection.is_empty(), "{member}: {value}");
    }
    let objection = objection_to_item(|item| drop(item.as_object_mut().unwrap().remove("created_by")));
    assert!(objection.contains("created_by"), "{objection}");
}

#[test]
fn a_status_a_media_type_or_a_header_that_is_not_in_the_contract_is_noticed() {
    let keys = "/v1/access-tokens/.well-known/jwks.json";
    let (json, problem) = (("content-type", "application/json"), ("content-type", "application/problem+json"));
    let missing = json!({
        "type": "urn:latchkey:problem:not_found", "title": "Not Found", "status": 404, "detail": "there is nothing here",
        "instance": "r-1", "code": "not_found", "error": "there is nothing here",
    });
    let no_store = ("cache-control", "no-store");
    assert_eq!(objection(ITEM, 404, &[problem, no_store], &missing), "");
    assert_eq!(objection("/v1/nowhere", 404, &[problem], &missing), "");
    for (path, status, headers, words) in [
        (ITEM, 418, vec![problem, no_store], "the status is not in the contract"),
        (keys, 404, vec![problem, no_store], "the status is not in the contract"),
        (ITEM, 404, vec![json, no_store], "the media type"),
        (ITEM, 404, vec![problem], "the header Cache-Control is missing"),
        (ITEM, 404, vec![problem, ("cache-control", "public")], "the header Cache-Control"),
        (ITEM, 403, vec![problem, no_store], "403"),
        ("/v1/nowhere", 403, vec![problem], "what is no route is not found"),
    ] {
        let objection = objection(path, status, &headers, &missing);
        assert!(objection.contains(words), "{path} {status}: {objection}");
    }
}

#[test]
fn every_answer_of_every_operation_has_an_example_and_every_refusal_is_a_problem() {
    for (path, method, operation) in operations() {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let reference = response["$ref"].as_str().map(|reference| reference.trim_start_matches('#'));
            let response = reference.map_or(Some(response), |pointer| DOCUMENT.pointer(pointer)).unwrap();
            let media_type = if status.starts_with('2') { "application/json" } else { "application/problem+json" };
            let contents: Vec<_> = response["content"].as_object().unwrap().iter().collect();
            assert_eq!(contents.len(), 1, "{method} {path} {status}");
            assert_eq!(contents[0].0, media_type, "{method} {path} {status}");
            assert!(contents[0].1.get("example").is_some(), "{method} {path} {status}");
        }
    }
}
