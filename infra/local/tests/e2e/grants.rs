//! Tokens that grants limit in addition to their roles. *(never wider)*

use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack, claims_of, token_id, token_path};

fn create(stack: &TestStack, credential: &str, grants: &Value) -> HttpResponse {
    stack.create(credential, &json!({"name": "n", "grants": grants}))
}

/// Sends a request to the sample's REST API.
fn send_to_sample(stack: &TestStack, method: &str, path: &str, token: &str) -> HttpResponse {
    stack.send_to(&stack.sample().rest, method, path, &[("Authorization", &format!("Bearer {token}"))], "")
}

/// The statuses of requests that require `order:view` on two orders, `order:delete` on one, and `token:create`.
fn statuses(stack: &TestStack, token: &str) -> [u16; 4] {
    [
        send_to_sample(stack, "GET", "/orders/7", token).status,
        send_to_sample(stack, "GET", "/orders/8", token).status,
        send_to_sample(stack, "DELETE", "/orders/7", token).status,
        stack.list(token).status,
    ]
}

#[test]
fn token_is_limited_to_its_grants() {
    let stack = TestStack::with_sample();
    let owner = stack.owner_token();
    for (grants, expected) in [
        (json!([{"action": "*", "effect": "allow"}]), [200, 200, 200, 200]),
        (json!([{"action": "order:view"}]), [200, 200, 403, 403]),
        (json!([{"action": "order:view", "resource": "order/7"}]), [200, 403, 403, 403]),
        (json!([{"action": "order:*", "resource": "order/7"}]), [200, 403, 200, 403]),
        (json!([{"action": "token:create"}]), [403, 403, 403, 200]),
        (json!([{"action": "token:view"}]), [403, 403, 403, 200]),
        (json!([{"action": "token:self"}]), [403, 403, 403, 200]),
        (json!([{"action": "billing:*"}]), [403, 403, 403, 403]),
    ] {
        let (item, token) = stack.create_token(&owner, &json!({"grants": grants}));
        assert_eq!(item["grants"], grants, "as it was sent");
        assert_eq!(claims_of(&token)["grants"], grants);
        assert_eq!(stack.request("GET", &token_path(&item), &owner).json()["grants"], grants);
        assert_eq!(statuses(&stack, &token), expected, "{grants}");
        assert_eq!(stack.get_self(&token).status, 200, "a token may read itself");
        assert_eq!(stack.request("GET", "/v1/permissions/me", &token).status, 200);
        assert_eq!(stack.revoke(&token, "self").status, 200);
    }
    let (_, token) = stack.create_token(&owner, &json!({"grants": [{"action": "order:view"}]}));
    let denial = stack.list(&token).assert_problem(403, "permission_denied");
    assert!(denial.contains("the grants of this token do not allow token:"), "{denial}");
}

/// Grants allow nothing by themselves.
#[test]
fn grants_never_exceed_roles() {
    let stack = TestStack::with_sample();
    stack.put_role("123:clerk", &json!([{"action": "order:view", "resource": "order/7"}]));
    stack.put_role("123:blocked", &json!([{"action": "order:*", "resource": "order/8", "effect": "deny"}]));
    let owner = stack.owner_token();
    let everything = json!([{"action": "*"}]);
    for (members, expected) in [
        (json!({"assignments": ["123:clerk"]}), [200, 403, 403, 403]),
        (json!({"assignments": ["123:owner", "123:blocked"]}), [200, 403, 200, 200]),
        (json!({"read_only": true}), [200, 200, 403, 200]),
    ] {
        let mut members = members;
        members["grants"] = everything.clone();
        let (_, token) = stack.create_token(&owner, &members);
        assert_eq!(statuses(&stack, &token), expected, "{members}");
    }
    stack.put_role("123:root", &json!([{"action": "order:view"}]));
    let (_, token) = {
        let owner_of_all = stack.user_token_with_roles("456", "1", &["owner"]);
        stack.put_role("456:root", &json!([{"action": "token:create"}]));
        stack.create_token(&owner_of_all, &json!({"grants": everything}))
    };
    assert_eq!(statuses(&stack, &token), [403, 403, 403, 200], "the root role");
}

#[test]
fn child_token_is_limited_to_grants_of_its_parent() {
    let stack = TestStack::with_sample();
    let parent_grants = json!([{"action": "token:create"}, {"action": "order:view", "resource": "order/7"}]);
    let (_, parent) = stack.create_token(&stack.owner_token(), &json!({"grants": parent_grants}));
    let (item, inheriting) = stack.create_token(&parent, &json!({}));
    assert_eq!((&item["grants"], item.get("parent_grants")), (&parent_grants, None));
    assert_eq!(statuses(&stack, &inheriting), [200, 403, 403, 200]);
    for (grants, expected) in [
        (json!([{"action": "*"}]), [200, 403, 403, 200]),
        (json!([{"action": "order:*"}]), [200, 403, 403, 403]),
        (json!([{"action": "order:view", "resource": "order/8"}]), [403, 403, 403, 403]),
        (json!([{"action": "token:create"}]), [403, 403, 403, 200]),
    ] {
        let (item, token) = stack.create_token(&parent, &json!({"grants": grants}));
        assert_eq!((&item["grants"], &item["parent_grants"]), (&grants, &parent_grants));
        let claims = claims_of(&token);
        assert_eq!((&claims["grants"], &claims["parent_grants"]), (&grants, &parent_grants));
        assert_eq!(statuses(&stack, &token), expected, "{grants}");
    }
    let public = stack.create(&parent, &json!({"name": "n", "journey_id": "j"}));
    public.assert_problem(403, "permission_denied");
    let (_, unlimited) = stack.create_token(&stack.owner_token(), &json!({}));
    let (item, _) = stack.create_token(&unlimited, &json!({"grants": [{"action": "order:view"}]}));
    assert_eq!(item.get("parent_grants"), None);
}

#[test]
fn repeated_create_returns_the_limited_token() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("grants-1", "1", &["owner"]);
    let (_, parent) = stack.create_token(&owner, &json!({"grants": [{"action": "token:create"}]}));
    for (creator, key) in [(&owner, "a"), (&parent, "b")] {
        let body = json!({"name": "n", "grants": [{"action": "order:view"}]});
        let first = stack.create_with_key(creator, key, &body).json();
        let again = stack.create_with_key(creator, key, &body);
        assert_eq!((again.status, token_id(&again.json())), (201, token_id(&first)), "{}", again.body);
        assert_eq!(claims_of(&again.token())["grants"], body["grants"]);
        let changed = stack.create_with_key(creator, key, &json!({"name": "n", "grants": [{"action": "*"}]}));
        changed.assert_problem(422, "idempotency_mismatch");
    }
}

#[test]
fn create_request_with_invalid_grants_is_rejected() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("grants-2", "1", &["owner"]);
    for grants in [
        json!(null),
        json!([]),
        json!({"action": "order:view"}),
        json!(["order:view"]),
        json!([{}]),
        json!([{"action": "order:view", "effect": "deny"}]),
        json!([{"action": "order:view", "resource": null}]),
        json!([{"action": "order:view", "condition": {}}]),
        json!([{"action": "order view"}]),
        json!(vec![json!({"action": "a"}); 21]),
        json!([{"action": "a", "resource": "r".repeat(1_024)}]),
    ] {
        let detail = create(&stack, &owner, &grants).assert_problem(400, "invalid_request");
        assert!(detail.contains("`grants"), "{detail}");
    }
    let public = json!({"name": "n", "journey_id": "j", "grants": [{"action": "order:view"}]});
    stack.create(&owner, &public).assert_problem(400, "invalid_request");
    assert!(stack.list(&owner).ids::<Vec<_>>().is_empty());
}
