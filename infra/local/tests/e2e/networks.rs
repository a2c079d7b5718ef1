//! Tokens that are bound to networks. The tests connect from several loopback addresses, which the gateway reports.

use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack, claims_of, token_id, token_path};

/// The address from which the clients of the harness connect.
const HOME: &str = "127.0.0.1";
const ELSEWHERE: &str = "127.0.0.2";

/// The routes that accept a token without a permission, and one that requires `token:create`.
fn requests(item: &Value) -> [(&'static str, String); 5] {
    [
        ("GET", "/v1/access-tokens/self".to_owned()),
        ("GET", token_path(item)),
        ("GET", "/v1/permissions/me".to_owned()),
        ("GET", "/v1/access-tokens?limit=1".to_owned()),
        ("DELETE", "/v1/access-tokens/self".to_owned()),
    ]
}

fn create(stack: &TestStack, credential: &str, networks: &[&str]) -> HttpResponse {
    stack.create(credential, &json!({"name": "n", "allowed_cidrs": networks}))
}

#[test]
fn token_is_usable_from_its_networks_only() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("networks-1", "1", &["owner"]);
    let (item, token) = stack.create_token(&owner, &json!({"allowed_cidrs": ["127.0.0.2", "2001:db8::/32"]}));
    assert_eq!(item["allowed_cidrs"], json!(["127.0.0.2/32", "2001:db8::/32"]));
    for (method, path) in requests(&item) {
        let detail = stack.request(method, &path, &token).assert_problem(403, "address_not_allowed");
        assert!(!detail.contains("127.") && !detail.contains("2001"), "{detail}");
    }
    stack.create(&token, &json!({"name": "n"})).assert_problem(403, "address_not_allowed");
    let read = stack.request("GET", &token_path(&item), &owner).json();
    assert_eq!(read["allowed_cidrs"], item["allowed_cidrs"]);
    assert_eq!(read.get("last_used"), None, "a denied request is not a use");
    let listed = stack.list(&owner).json();
    assert_eq!(listed[0]["allowed_cidrs"], item["allowed_cidrs"]);
    assert!(claims_of(&token).get("allowed_cidrs").is_none(), "the networks are not a claim");
    for (method, path) in requests(&item) {
        let response = stack.request_from(ELSEWHERE, method, &path, &token);
        assert_eq!(response.status, 200, "{method} {path}: {}", response.body);
    }
    stack.request_from(ELSEWHERE, "GET", "/v1/permissions/me", &token).assert_problem(401, "unauthenticated");
}

#[test]
fn user_token_is_not_bound_to_networks() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("networks-2", "1", &["owner"]);
    for source in [HOME, ELSEWHERE] {
        assert_eq!(stack.request_from(source, "GET", "/v1/permissions/me", &owner).status, 200, "{source}");
    }
}

#[test]
fn child_token_stays_within_networks_of_its_parent() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("networks-3", "1", &["owner"]);
    let (_, parent) = stack.create_token(&owner, &json!({"allowed_cidrs": ["127.0.0.0/24"]}));
    let (inheriting, token) = stack.create_token(&parent, &json!({}));
    assert_eq!(inheriting["allowed_cidrs"], json!(["127.0.0.0/24"]));
    assert_eq!(stack.get_self(&token).status, 200);
    assert_eq!(stack.request_from("127.0.0.9", "GET", "/v1/access-tokens/self", &token).status, 200);
    let outside = stack.request_from("127.0.1.1", "GET", "/v1/access-tokens/self", &token);
    outside.assert_problem(403, "address_not_allowed");
    let narrower = create(&stack, &parent, &["127.0.0.2"]);
    assert_eq!(narrower.status, 201, "{}", narrower.body);
    stack.get_self(&narrower.token()).assert_problem(403, "address_not_allowed");
    let (journey, _) = stack.create_token(&parent, &json!({"journey_id": "j"}));
    assert_eq!(journey["allowed_cidrs"], json!(["127.0.0.0/24"]));
    for wider in [&["127.0.0.0/23"][..], &["0.0.0.0/0"], &["::/0"], &["127.0.0.2", "127.0.1.1"]] {
        let detail = create(&stack, &parent, wider).assert_problem(403, "addresses_exceed_parent");
        assert!(!detail.contains("127."), "{detail}");
    }
}

#[test]
fn repeated_create_returns_the_bound_token() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("networks-4", "1", &["owner"]);
    let (_, parent) = stack.create_token(&owner, &json!({"allowed_cidrs": [HOME]}));
    for (creator, key) in [(&owner, "a"), (&parent, "b")] {
        let body = json!({"name": "n", "allowed_cidrs": [HOME]});
        let first = stack.create_with_key(creator, key, &body).json();
        let again = stack.create_with_key(creator, key, &body);
        assert_eq!((again.status, token_id(&again.json())), (201, token_id(&first)), "{}", again.body);
        let other = json!({"name": "n", "allowed_cidrs": ["127.0.0.0/8"]});
        let changed = stack.create_with_key(creator, key, &other);
        changed.assert_problem(422, "idempotency_mismatch");
    }
}

#[test]
fn create_request_with_invalid_networks_is_rejected() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("networks-5", "1", &["owner"]);
    for value in [
        json!(null),
        json!([]),
        json!("127.0.0.1"),
        json!(["127.0.0.1/8"]),
        json!(["::ffff:0:0/95"]),
        json!(["fe80::1%lo"]),
        json!(["127.0.0.1:80"]),
        json!([" 127.0.0.1"]),
        json!(["127.0.0.01"]),
        json!(["127.0.0.0/08"]),
        json!([["127.0.0.1"]]),
        json!(vec!["::1"; 21]),
    ] {
        for target in [json!({}), json!({"portal_id": "p"})] {
            let mut body = json!({"name": "n", "allowed_cidrs": value});
            body.as_object_mut().unwrap().extend(target.as_object().unwrap().clone());
            let detail = stack.create(&owner, &body).assert_problem(400, "invalid_request");
            assert!(detail.contains("allowed_cidrs"), "{detail}");
        }
    }
    assert!(stack.list(&owner).ids::<Vec<_>>().is_empty());
}
