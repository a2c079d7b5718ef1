//! The permissions of the token operations: to see, to revoke, and to manage one's own tokens only.

use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack, claims_of, token_id, token_path};

/// Creates a role of the organization 123 that allows these actions. The organization is shared, so that `slug` must be
/// unique.
fn put_role(stack: &TestStack, slug: &str, actions: &[&str]) {
    let grants: Vec<_> = actions.iter().map(|action| json!({"action": action})).collect();
    stack.put_role(&format!("123:{slug}"), &json!(grants));
}

/// A stack with a role for each permission, and the tokens of two developers.
struct Scopes {
    stack: TestStack,
    first: String,
    second: String,
    first_item: Value,
    second_item: Value,
}

impl Scopes {
    fn new() -> Self {
        let stack = TestStack::new();
        put_role(&stack, "own_tokens", &["token:self"]);
        put_role(&stack, "watcher", &["token:view"]);
        put_role(&stack, "responder", &["token:revoke"]);
        let first = stack.user_token_with_roles("123", "71", &["own_tokens"]);
        let second = stack.user_token_with_roles("123", "72", &["own_tokens"]);
        let (first_item, _) = stack.create_token(&first, &json!({}));
        let (second_item, _) = stack.create_token(&second, &json!({}));
        Self { stack, first, second, first_item, second_item }
    }

    fn user(&self, role: &str) -> String {
        self.stack.user_token_with_roles("123", "73", &[role])
    }

    fn get(&self, credential: &str, item: &Value) -> HttpResponse {
        self.stack.request("GET", &token_path(item), credential)
    }

    fn delete(&self, credential: &str, item: &Value) -> HttpResponse {
        self.stack.request("DELETE", &token_path(item), credential)
    }
}

#[test]
fn auditor_sees_all_tokens_and_changes_none() {
    let scopes = Scopes::new();
    let auditor = scopes.user("watcher");
    let listed = scopes.stack.list(&auditor).ids::<Vec<_>>();
    assert_eq!(listed.len(), 2);
    assert_eq!(scopes.get(&auditor, &scopes.first_item).status, 200);
    let detail = scopes.delete(&auditor, &scopes.first_item).assert_problem(403, "permission_denied");
    assert!(detail.contains("permission token:revoke is missing"), "{detail}");
    let detail = scopes.stack.create(&auditor, &json!({"name": "n"})).assert_problem(403, "permission_denied");
    assert!(detail.contains("permission token:create is missing"), "{detail}");
}

#[test]
fn responder_lists_and_revokes_all_tokens_and_creates_none() {
    let scopes = Scopes::new();
    let responder = scopes.user("responder");
    assert_eq!(scopes.stack.list(&responder).ids::<Vec<_>>().len(), 2);
    assert_eq!(scopes.get(&responder, &scopes.second_item).status, 200);
    let revoked = scopes.delete(&responder, &scopes.second_item).json();
    assert_eq!(revoked["revoked_by"], "local|73");
    scopes.stack.create(&responder, &json!({"name": "n"})).assert_problem(403, "permission_denied");
}

#[test]
fn developer_manages_own_tokens_only() {
    let scopes = Scopes::new();
    assert_eq!(scopes.first_item["owner"], "local|71");
    for (developer, own, other) in [
        (&scopes.first, &scopes.first_item, &scopes.second_item),
        (&scopes.second, &scopes.second_item, &scopes.first_item),
    ] {
        assert_eq!(scopes.stack.list(developer).ids::<Vec<_>>(), [token_id(own)]);
        assert_eq!(scopes.get(developer, own).json()["id"], own["id"]);
        let absent = scopes.stack.request("GET", "/v1/access-tokens/api_AAAAAAAAAAAAAAAAAAAAA", developer);
        for method in ["GET", "DELETE"] {
            let refused = scopes.stack.request(method, &token_path(other), developer);
            let detail = refused.assert_problem(404, "not_found");
            assert_eq!(detail, absent.json()["detail"].as_str().unwrap(), "the same answer as for an absent token");
        }
    }
    let auditor = scopes.user("watcher");
    assert_eq!(scopes.stack.list(&auditor).ids::<Vec<_>>().len(), 2, "no token was revoked");
    assert!(scopes.delete(&scopes.first, &scopes.first_item).json()["revoked_at"].is_string());
}

#[test]
fn revoked_token_of_another_is_not_found() {
    let scopes = Scopes::new();
    assert_eq!(scopes.delete(&scopes.first, &scopes.first_item).status, 200);
    scopes.delete(&scopes.second, &scopes.first_item).assert_problem(404, "not_found");
    assert_eq!(scopes.delete(&scopes.first, &scopes.first_item).status, 200);
}

#[test]
fn owner_of_a_child_is_the_user_at_the_root_of_the_chain() {
    let scopes = Scopes::new();
    let (parent, token) = scopes.stack.create_token(&scopes.first, &json!({}));
    let (child, child_token) = scopes.stack.create_token(&token, &json!({"token_type": "app"}));
    assert_eq!((&child["created_by"], &child["owner"]), (&parent["id"], &json!("local|71")));
    assert_eq!(scopes.get(&scopes.first, &child).status, 200);
    scopes.get(&scopes.second, &child).assert_problem(404, "not_found");
    // A token sees itself and what it created, and not the other tokens of its creator.
    assert_eq!(scopes.get(&token, &child).status, 200);
    assert_eq!(scopes.get(&token, &parent).status, 200);
    scopes.get(&token, &scopes.first_item).assert_problem(404, "not_found");
    scopes.get(&child_token, &parent).assert_problem(404, "not_found");
    let listed = |credential: &str| -> Vec<String> {
        scopes.stack.request("GET", "/v1/access-tokens?token_type=api,app&limit=10", credential).ids()
    };
    assert_eq!(listed(&token), [token_id(&child), token_id(&parent)]);
    assert_eq!(listed(&child_token), [token_id(&child)]);
    assert_eq!(listed(&scopes.first).len(), 3);
    scopes.delete(&token, &scopes.first_item).assert_problem(404, "not_found");
    assert_eq!(scopes.delete(&token, &child).status, 200);
}

#[test]
fn developer_gives_only_held_roles_and_no_public_token() {
    let scopes = Scopes::new();
    let create = |body: &Value| scopes.stack.create(&scopes.first, body);
    create(&json!({"name": "n", "assignments": ["123:viewer"]})).assert_problem(403, "role_not_held");
    let detail = create(&json!({"name": "n", "journey_id": "j"})).assert_problem(403, "permission_denied");
    assert!(detail.contains("token:create"), "{detail}");
    // An owner whom the root role leaves only `token:self` gives no role that they do not hold.
    put_role(&scopes.stack, "root", &["token:self"]);
    let owner = scopes.stack.owner_token();
    let body = json!({"name": "n", "assignments": ["123:viewer"]});
    scopes.stack.create(&owner, &body).assert_problem(403, "role_not_held");
    assert_eq!(scopes.stack.create(&owner, &json!({"name": "n"})).status, 201);
    assert_eq!(scopes.stack.list(&owner).ids::<Vec<_>>().len(), 1);
}

/// A cursor is a position only, and an idempotency key is that of one caller.
#[test]
fn cursor_or_idempotency_key_of_another_reaches_no_further() {
    let scopes = Scopes::new();
    let auditor = scopes.user("watcher");
    let page = scopes.stack.request("GET", "/v1/access-tokens?limit=1", &auditor);
    let next = page.header("link").to_owned();
    let query = next.split(['<', '>']).nth(1).unwrap();
    for developer in [&scopes.first, &scopes.second] {
        let rest: Vec<String> = scopes.stack.request("GET", &format!("/v1/access-tokens{query}"), developer).ids();
        let own: Vec<String> = scopes.stack.list(developer).ids();
        assert!(rest.iter().all(|id| own.contains(id)), "{rest:?}");
        let filtered =
            format!("/v1/access-tokens?created_by=local%7C{}", if *developer == scopes.first { 72 } else { 71 });
        assert_eq!(scopes.stack.request("GET", &filtered, developer).ids::<Vec<_>>(), Vec::<String>::new());
    }
    let body = json!({"name": "n"});
    let created = [&scopes.first, &scopes.second].map(|user| scopes.stack.create_with_key(user, "one", &body).json());
    assert_ne!(created[0]["id"], created[1]["id"]);
}

/// The scope is that of the authorizer's decision, wherever else a request names one.
#[test]
fn scope_named_by_the_caller_has_no_effect() {
    let scopes = Scopes::new();
    let (own, token) = scopes.stack.create_token(&scopes.first, &json!({}));
    let other = token_path(&scopes.second_item);
    for (claim, value) in [
        ("scope", json!("organization")),
        ("scope", json!(["organization"])),
        ("owner", json!("local|72")),
        ("any_of", json!([{"action": "token:view"}])),
    ] {
        let mut claims = claims_of(&token);
        claims[claim] = value;
        let forged = scopes.stack.sign(&claims);
        assert_eq!(scopes.stack.request("GET", &other, &forged).status, 404, "{claim}");
        assert_eq!(scopes.stack.list(&forged).ids::<Vec<_>>(), [token_id(&own)], "{claim}");
    }
    for credential in [&scopes.first, &token] {
        let bearer = format!("Bearer {credential}");
        for name in ["scope", "x-scope", "x-amzn-authorizer", "x-amz-context-scope"] {
            let headers = [("Authorization", bearer.as_str()), (name, "organization")];
            for method in ["GET", "DELETE"] {
                scopes.stack.send(method, &other, &headers, "").assert_problem(404, "not_found");
            }
        }
        let query = format!("{other}?scope=organization&owner=local%7C72");
        scopes.stack.request("GET", &query, credential).assert_problem(404, "not_found");
    }
}

#[test]
fn denied_token_create_denies_every_token_operation() {
    let stack = SharedStack::get();
    put_role(&stack, "scopes_all", &["*", "token:self", "token:revoke", "token:view"]);
    stack.put_role("123:scopes_no_create", &json!([{"action": "token:create", "effect": "deny"}]));
    let user = stack.user_token_with_roles("123", "74", &["scopes_all", "scopes_no_create"]);
    let (item, _) = stack.create_token(&stack.owner_token(), &json!({}));
    stack.create(&user, &json!({"name": "n"})).assert_problem(403, "permission_denied");
    stack.list(&user).assert_problem(403, "permission_denied");
    for method in ["GET", "DELETE"] {
        stack.request(method, &token_path(&item), &user).assert_problem(403, "permission_denied");
    }
}

#[test]
fn read_only_token_lists_tokens_where_viewing_is_allowed() {
    let scopes = Scopes::new();
    let owner = scopes.stack.owner_token();
    let (_, read_only) = scopes.stack.create_token(&owner, &json!({"read_only": true}));
    assert_eq!(scopes.stack.list(&read_only).status, 200);
    assert_eq!(scopes.get(&read_only, &scopes.first_item).status, 200);
    scopes.delete(&read_only, &scopes.first_item).assert_problem(403, "read_only_token");
    scopes.stack.create(&read_only, &json!({"name": "n"})).assert_problem(403, "read_only_token");
    let (_, own) = scopes.stack.create_token(&scopes.first, &json!({"read_only": true}));
    let detail = scopes.stack.list(&own).assert_problem(403, "permission_denied");
    assert!(detail.contains("permission token:view is missing"), "{detail}");
}
