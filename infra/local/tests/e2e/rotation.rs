//! Rotation of tokens, over the real functions.

use serde_json::json;

use crate::harness::{SharedStack, TestStack, token_id};

#[test]
fn rotation_by_user_returns_working_successor() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"expires_in": "1d"}));
    let id = token_id(&item);
    let (successor, successor_token) = stack.rotate_token(&owner, id, &json!({"overlap": "1h"}));
    assert_eq!((&successor["rotated_from"], &successor["rotated_by"]), (&item["id"], &json!("local|1001")));
    for member in ["name", "token_type", "assignments", "created_by", "owner"] {
        assert_eq!(successor[member], item[member], "{member}");
    }
    let rotated = stack.get_self(&token).json();
    assert_eq!(rotated["successor"], successor["id"]);
    assert!(rotated["ends_at"].as_str() < rotated["expires_at"].as_str());
    let used = stack.get_self(&successor_token);
    assert_eq!(used.status, 200, "{}", used.body);
    assert!(used.json()["first_used_at"].is_string());
    assert_eq!(stack.get_self(&token).status, 200, "within a minute after the first use");
    stack.rotate(&owner, id, &json!({"overlap": "1h"})).assert_problem(409, "already_rotated");
}

#[test]
fn rotation_by_itself_with_empty_body_succeeds() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"expires_in": "1d", "read_only": true}));
    let rotated = stack.request("POST", "/v1/access-tokens/self/rotate", &token);
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    stack.remember_secret(rotated.token());
    assert_eq!(rotated.json()["expires_at"], item["expires_at"]);
    let again = stack.request("POST", &format!("/v1/access-tokens/{}/rotate", token_id(&item)), &token);
    assert_eq!(again.json()["id"], rotated.json()["id"], "the same request");
    stack.remember_secret(again.token());
    assert_eq!(stack.get_self(&again.token()).status, 200);
}

#[test]
fn token_ends_with_its_overlap() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let (_, child) = stack.create_token(&token, &json!({}));
    stack.rotate_token(&owner, token_id(&item), &json!({"overlap": 0}));
    for ended in [&token, &child] {
        stack.get_self(ended).assert_problem(401, "unauthenticated");
    }
    let listed: Vec<String> = stack.list(&owner).ids();
    assert!(!listed.contains(&token_id(&item).to_owned()));
}
