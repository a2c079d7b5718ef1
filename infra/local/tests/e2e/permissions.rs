//! Never wider, and no tenant reaches another.

use serde_json::json;

use crate::harness::{Shared, World};

#[test]
fn user_can_switch_to_organization_with_roles() {
    let world = World::new();
    let send = |token: &str, method: &str, path: &str, org: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers =
            [("Authorization", bearer.as_str()), ("x-epilot-org-id", org), ("Content-Type", "application/json")];
        world.send(method, path, &headers, body)
    };
    let admin = world.person("123", "1002");
    let refused = send(&admin, "GET", "/v1/access-tokens", "456", "");
    assert!(refused.assert_problem(403, "permission_denied").contains("token:create"));
    send(&admin, "GET", "/v1/access-tokens", "789", "").assert_problem(403, "permission_denied");
    for unclear in ["", "1 2", "*"] {
        send(&admin, "GET", "/v1/access-tokens", unclear, "").assert_problem(403, "permission_denied");
    }
    world.assign("456", "1002", &["456:token_admin"]);
    let made = send(&admin, "POST", "/v1/access-tokens", "456", "{\"name\":\"n\"}");
    assert_eq!(made.status, 201, "{}", made.text);
    assert_eq!(made.json()["assignments"], json!(["456:token_admin"]));
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/access-tokens/{id}");
    assert_eq!(send(&admin, "GET", &path, "456", "").status, 200);
    world.call("GET", &path, &admin).assert_problem(404, "not_found");
    let token = made.json()["token"].as_str().unwrap().to_owned();
    send(&token, "GET", "/v1/access-tokens", "123", "").assert_problem(403, "permission_denied");
    assert_eq!(send(&token, "GET", "/v1/access-tokens", "456", "").status, 200);
}

#[test]
fn denying_roles_are_delegated_and_deny_the_token() {
    let world = World::new();
    world.role("123:no_listing", &json!([{"action": "token:create"}, {"action": "secret:*", "effect": "deny"}]));
    let maker = world.person_as("123", "9", &["token_admin", "no_listing"]);
    let (item, token) = world.token(&maker, &json!({"assignments": ["123:token_admin"]}));
    assert_eq!(item["assignments"], json!(["123:token_admin", "123:no_listing"]));
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
    world.role("123:no_listing", &json!([{"action": "token:create", "effect": "deny"}]));
    let sentence = world.call("GET", "/v1/access-tokens", &token).assert_problem(403, "permission_denied");
    assert!(sentence.contains("denies token:create"), "{sentence}");
}

#[test]
fn root_role_limits_owners() {
    let world = World::new();
    let owner = world.owner();
    let (_, token) = world.token(&owner, &json!({}));
    world.role("123:root", &json!([{"action": "entity:*"}]));
    for credential in [&owner, &token] {
        let sentence = world.call("GET", "/v1/access-tokens", credential).assert_problem(403, "permission_denied");
        assert!(sentence.contains("root role"), "{sentence}");
    }
    world.role("123:root", &json!([{"action": "*"}]));
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
}

#[test]
fn role_with_unsupported_grant_allows_nothing() {
    let world = World::new();
    let (_, token) = world.token(&world.person("123", "1002"), &json!({}));
    assert_eq!(world.call("GET", "/v1/access-tokens", &token).status, 200);
    world.role("123:token_admin", &json!([{"action": "token:create"}, {"action": "x", "condition": {}}]));
    world.call("GET", "/v1/access-tokens", &token).assert_problem(403, "permission_denied");
}

#[test]
fn role_change_applies_to_existing_tokens_immediately() {
    let world = World::new();
    let (_, token) = world.token(&world.person("123", "1002"), &json!({}));
    world.role("123:token_admin", &json!([]));
    world.call("GET", "/v1/access-tokens", &token).assert_problem(403, "permission_denied");
}

#[test]
fn token_is_not_listed_in_other_organization() {
    let shared = Shared::lend();
    let (item, _) = shared.token(&shared.owner(), &json!({}));
    let listed = shared.call("GET", "/v1/access-tokens", &shared.person("456", "2001"));
    assert_eq!(listed.status, 200);
    assert!(!listed.text.contains(item["id"].as_str().unwrap()));
}

#[test]
fn may_give_lists_exactly_the_roles_that_can_be_assigned() {
    let world = World::new();
    world.role("123:root", &json!([{"action": "*"}]));
    let told = |credential: &str| {
        let answer = world.call("GET", "/v1/permissions/me?may_give=true", credential).json();
        let ids = answer["roles"].as_array().unwrap().iter().map(|role| role["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    let (owner, admin) = (world.owner(), world.person("123", "1002"));
    let all = ["123:auditor", "123:no_billing", "123:owner", "123:token_admin", "123:viewer"];
    assert_eq!(told(&owner), all);
    assert_eq!(told(&admin), ["123:token_admin", "123:viewer"]);
    assert_eq!(told(&world.person("123", "nobody")), Vec::<String>::new());
    for maker in [&owner, &admin] {
        for role in told(maker) {
            world.token(maker, &json!({"assignments": [role]}));
        }
    }
    let (_, token) = world.token(&owner, &json!({"assignments": ["123:owner"]}));
    assert_eq!(told(&token), all);
    let (_, child) = world.token(&token, &json!({}));
    let (_, reading) = world.token(&owner, &json!({"read_only": true}));
    assert_eq!((told(&child), told(&reading)), (vec![], vec![]));
    for wrong in ["may_give=1", "may_give=", "may_give=true&may_give=true"] {
        world.call("GET", &format!("/v1/permissions/me?{wrong}"), &owner).assert_problem(400, "invalid_request");
    }
}
