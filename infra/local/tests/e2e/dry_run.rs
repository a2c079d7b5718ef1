//! Decisions without a request to the route: for the caller, and for a token that does not exist.

use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack};

fn current(stack: &TestStack, credential: &str, query: &str) -> HttpResponse {
    stack.request("GET", &format!("/v1/permissions/me?{query}"), credential)
}

fn simulate(stack: &TestStack, credential: &str, body: &Value) -> HttpResponse {
    stack.send_json("POST", "/v1/permissions/simulate", credential, body)
}

#[test]
fn decision_for_caller_is_that_of_the_route() {
    let stack = TestStack::with_sample();
    stack
        .put_role("123:seller", &json!([{"action": "order:view", "resource": "order/1*"}, {"action": "token:create"}]));
    stack.put_role("123:no_create", &json!([{"action": "order:create", "effect": "deny"}]));
    let seller = stack.user_token_with_roles("123", "81", &["seller"]);
    let owner = stack.owner_token();
    let denied = stack.user_token_with_roles("123", "82", &["owner", "no_create"]);
    let (_, limited) =
        stack.create_token(&owner, &json!({"grants": [{"action": "order:view", "resource": "order/1"}]}));
    let (_, child) = stack.create_token(&seller, &json!({"grants": [{"action": "*"}]}));
    let (_, grandchild) = stack.create_token(&child, &json!({"grants": [{"action": "order:*"}]}));
    let (_, read_only) = stack.create_token(&owner, &json!({"read_only": true}));
    for credential in [&seller, &owner, &denied, &limited, &child, &grandchild, &read_only] {
        for (method, path, query) in [
            ("GET", "/orders/1", "action=order:view&resource=order/1"),
            ("GET", "/orders/2", "action=order:view&resource=order/2"),
            ("POST", "/orders", "action=order:create"),
            ("DELETE", "/orders/1", "action=order:delete&resource=order/1"),
        ] {
            let bearer = format!("Bearer {credential}");
            let response = stack.send_to(&stack.sample().rest, method, path, &[("Authorization", &bearer)], "");
            let decision = current(&stack, credential, query).json()["decision"].clone();
            assert_eq!(decision["allowed"], response.status != 403, "{method} {path}: {decision} {}", response.body);
            if response.status == 403 {
                let problem = response.json();
                assert_eq!((&decision["code"], &decision["reason"]), (&problem["code"], &problem["detail"]));
            }
        }
    }
}

#[test]
fn decision_is_added_only_on_request() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    assert_eq!(current(&stack, &owner, "").json().get("decision"), None);
    let both = current(&stack, &owner, "may_give=true&action=token:create").json();
    assert_eq!(both["decision"], json!({"allowed": true, "code": "ok", "reason": "token:create is allowed"}));
    assert!(both["roles"].as_array().unwrap().len() > 1);
    for invalid in [
        "action=",
        "action=order:*",
        "resource=order/7",
        "action=a&resource=",
        "action=a&action=b",
        "Action=a",
        "action[]=a",
    ] {
        current(&stack, &owner, invalid).assert_problem(400, "invalid_request");
    }
}

#[test]
fn simulation_is_what_the_created_token_is_allowed() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let admin = stack.user_token("123", "1002");
    let (_, token) = stack.create_token(&admin, &json!({"grants": [{"action": "token:create"}, {"action": "*:view"}]}));
    for (creator, access) in [
        (&owner, json!({"assignments": ["123:viewer"]})),
        (&owner, json!({"assignments": ["123:owner"], "read_only": true})),
        (&owner, json!({"grants": [{"action": "order:view", "resource": "order/*"}]})),
        (&admin, json!({})),
        (&token, json!({})),
        (&token, json!({"grants": [{"action": "*"}]})),
    ] {
        let (_, created) = stack.create_token(creator, &access);
        for (action, resource) in [("order:view", Some("order/7")), ("order:view", None), ("token:create", None)] {
            let mut body = access.clone();
            body["action"] = json!(action);
            if let Some(resource) = resource {
                body["resource"] = json!(resource);
            }
            let resource = resource.map_or_else(String::new, |resource| format!("&resource={resource}"));
            let query = format!("action={action}{resource}");
            let simulated = simulate(&stack, creator, &body).json();
            let actual = current(&stack, &created, &query).json();
            assert_eq!(simulated["decision"], actual["decision"], "{body}");
        }
    }
}

#[test]
fn simulation_requires_what_a_create_request_requires() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let admin = stack.user_token("123", "1002");
    let developer = stack.user_token("123", "1006");
    let view = json!({"action": "order:view"});
    simulate(&stack, &stack.user_token("123", "1003"), &view).assert_problem(403, "permission_denied");
    let assigned = json!({"action": "order:view", "assignments": ["123:auditor"]});
    simulate(&stack, &admin, &assigned).assert_problem(403, "role_not_held");
    simulate(&stack, &developer, &assigned).assert_problem(403, "role_not_held");
    assert_eq!(simulate(&stack, &developer, &view).json()["decision"]["allowed"], true);
    let (_, parent) = stack.create_token(&owner, &json!({}));
    let (_, child) = stack.create_token(&parent, &json!({}));
    simulate(&stack, &child, &view).assert_problem(403, "too_deep");
    let (_, read_only) = stack.create_token(&owner, &json!({"read_only": true}));
    simulate(&stack, &read_only, &view).assert_problem(403, "read_only_token");
    for invalid in [json!({}), json!({"action": "order:view", "name": "n"}), json!({"action": "a", "grants": []})] {
        simulate(&stack, &owner, &invalid).assert_problem(400, "invalid_request");
    }
}
