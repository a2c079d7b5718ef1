//! Permissions: roles limit what a token may do and create, and organizations are separate. *(never wider)*

use serde_json::json;

use crate::harness::{HttpResponse, SharedStack, TestStack, token_id, token_path};

#[test]
fn user_can_switch_to_organization_with_roles() {
    let stack = TestStack::new();
    let send = |token: &str, method: &str, path: &str, org: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers =
            [("Authorization", bearer.as_str()), ("x-epilot-org-id", org), ("Content-Type", "application/json")];
        stack.send(method, path, &headers, body)
    };
    let list = |token: &str, org: &str| send(token, "GET", "/v1/access-tokens", org, "");
    let create = |token: &str, org: &str| send(token, "POST", "/v1/access-tokens", org, "{\"name\":\"n\"}");
    let admin = stack.user_token("123", "1002");
    assert!(create(&admin, "456").assert_problem(403, "permission_denied").contains("token:create"));
    for unknown_or_invalid in ["789", "", "1 2", "*"] {
        list(&admin, unknown_or_invalid).assert_problem(403, "permission_denied");
    }
    stack.assign_roles("456", "1002", &["456:token_admin"]);
    let created = create(&admin, "456");
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.json()["assignments"], json!(["456:token_admin"]));
    let path = token_path(&created.json());
    assert_eq!(send(&admin, "GET", &path, "456", "").status, 200);
    stack.request("GET", &path, &admin).assert_problem(404, "not_found");
    list(&created.token(), "123").assert_problem(403, "permission_denied");
    assert_eq!(list(&created.token(), "456").status, 200);
}

/// The inherited role denies the token also if it changes afterwards.
#[test]
fn token_inherits_denies_of_creator_roles() {
    let stack = TestStack::new();
    stack.put_role("123:no_listing", &json!([{"action": "token:create"}, {"action": "secret:*", "effect": "deny"}]));
    let creator = stack.user_token_with_roles("123", "9", &["token_admin", "no_listing"]);
    let (item, token) = stack.create_token(&creator, &json!({"assignments": ["123:token_admin"]}));
    assert_eq!(item["assignments"], json!(["123:token_admin"]));
    assert_eq!(item["inherited_denies"], json!(["123:no_listing"]));
    assert_eq!(stack.list(&token).status, 200);
    stack.put_role("123:no_listing", &json!([{"action": "token:create", "effect": "deny"}]));
    let detail = stack.list(&token).assert_problem(403, "permission_denied");
    assert!(detail.contains("a role of the token's creator denies token:view"), "{detail}");
}

/// A role that allows much and denies a little is not carried with its allows.
#[test]
fn token_has_no_allow_of_role_not_requested() {
    let stack = TestStack::new();
    stack.put_role("123:mixed", &json!([{"action": "*"}, {"action": "billing:*", "effect": "deny"}]));
    stack.put_role("123:owner", &json!([{"action": "billing:*", "effect": "deny"}]));
    let mixed = stack.user_token_with_roles("123", "9", &["viewer", "mixed"]);
    for (creator, inherited) in [(&mixed, "123:mixed"), (&stack.owner_token(), "123:owner")] {
        let (item, token) = stack.create_token(creator, &json!({"assignments": ["123:viewer"]}));
        assert_eq!(item["assignments"], json!(["123:viewer"]));
        assert_eq!(item["inherited_denies"], json!([inherited]));
        let detail = stack.create(&token, &json!({"name": "n"})).assert_problem(403, "permission_denied");
        assert!(detail.contains("permission token:create is missing"), "{detail}");
        let roles = stack.request("GET", "/v1/permissions/me", &token).json()["roles"].clone();
        let ids_and_grants: Vec<_> =
            roles.as_array().unwrap().iter().map(|role| (role["id"].clone(), role["grants"].clone())).collect();
        let denies = json!([{"action": "billing:*", "effect": "deny"}]);
        assert_eq!(ids_and_grants[1..], [(json!(inherited), denies)]);
        let listed = stack.request("GET", &token_path(&item), &stack.owner_token()).json();
        assert_eq!(listed["inherited_denies"], json!([inherited]));
    }
}

#[test]
fn child_inherits_denies_that_its_parent_inherited() {
    let stack = TestStack::new();
    let creator = stack.user_token_with_roles("123", "9", &["token_admin", "viewer", "no_billing"]);
    let (_, parent) = stack.create_token(&creator, &json!({"assignments": ["123:token_admin", "123:viewer"]}));
    for (request, assignments) in [
        (json!({}), json!(["123:token_admin", "123:viewer"])),
        (json!({"assignments": ["123:viewer"]}), json!(["123:viewer"])),
    ] {
        let (item, _) = stack.create_token(&parent, &request);
        assert_eq!((&item["assignments"], &item["inherited_denies"]), (&assignments, &json!(["123:no_billing"])));
    }
    let body = json!({"name": "n", "assignments": ["123:no_billing"]});
    stack.create(&parent, &body).assert_problem(403, "role_not_held");
}

#[test]
fn root_role_limits_owners() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (_, token) = stack.create_token(&owner, &json!({}));
    stack.put_role("123:root", &json!([{"action": "entity:*"}]));
    for credential in [&owner, &token] {
        let detail = stack.list(credential).assert_problem(403, "permission_denied");
        assert!(detail.contains("root role"), "{detail}");
    }
    stack.put_role("123:root", &json!([{"action": "*"}]));
    assert_eq!(stack.list(&token).status, 200);
}

#[test]
fn role_with_unsupported_grant_allows_nothing() {
    let stack = TestStack::new();
    let (_, token) = stack.create_token(&stack.user_token("123", "1002"), &json!({"assignments": ["123:token_admin"]}));
    assert_eq!(stack.list(&token).status, 200);
    stack.put_role("123:token_admin", &json!([{"action": "token:create"}, {"action": "x", "condition": {}}]));
    stack.list(&token).assert_problem(403, "permission_denied");
}

#[test]
fn role_change_applies_to_existing_tokens_immediately() {
    let stack = TestStack::new();
    let (_, token) = stack.create_token(&stack.user_token("123", "1002"), &json!({"assignments": ["123:token_admin"]}));
    assert_eq!(stack.list(&token).status, 200);
    stack.put_role("123:token_admin", &json!([]));
    stack.list(&token).assert_problem(403, "permission_denied");
}

#[test]
fn token_is_not_listed_in_other_organization() {
    let stack = SharedStack::get();
    let (item, _) = stack.create_token(&stack.owner_token(), &json!({}));
    let listed = stack.list(&stack.user_token("456", "2001"));
    assert_eq!(listed.status, 200);
    assert!(!listed.body.contains(token_id(&item)));
}

#[test]
fn may_give_lists_exactly_the_roles_that_can_be_assigned() {
    let stack = TestStack::new();
    stack.put_role("123:root", &json!([{"action": "*"}]));
    let query = |credential: &str, query: &str| -> HttpResponse {
        stack.request("GET", &format!("/v1/permissions/me?{query}"), credential)
    };
    let assignable = |credential: &str| -> Vec<String> {
        let body = query(credential, "may_give=true").json();
        body["roles"].as_array().unwrap().iter().map(|role| role["id"].as_str().unwrap().to_owned()).collect()
    };
    let owner = stack.owner_token();
    let admin = stack.user_token("123", "1002");
    let all = ["123:auditor", "123:developer", "123:no_billing", "123:owner", "123:token_admin", "123:viewer"];
    assert_eq!(assignable(&owner), all);
    assert_eq!(assignable(&admin), ["123:token_admin", "123:viewer"]);
    assert!(assignable(&stack.user_token("123", "unassigned")).is_empty());
    for creator in [&owner, &admin] {
        for role in assignable(creator) {
            stack.create_token(creator, &json!({"assignments": [role]}));
        }
    }
    let (_, token) = stack.create_token(&owner, &json!({"assignments": ["123:owner"]}));
    assert_eq!(assignable(&token), all);
    let (_, child) = stack.create_token(&token, &json!({}));
    assert!(assignable(&child).is_empty(), "a child cannot create tokens");
    let (_, read_only) = stack.create_token(&owner, &json!({"read_only": true}));
    assert!(assignable(&read_only).is_empty());
    for invalid in ["may_give=1", "may_give=", "may_give=true&may_give=true"] {
        query(&owner, invalid).assert_problem(400, "invalid_request");
    }
}
