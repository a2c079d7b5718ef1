//! The Permissions API: owners manage the roles of their organization and assign them to users.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack};

const ROLES: &str = "/v1/permissions/roles";
const ASSIGNMENTS: &str = "/v1/permissions/assignments";

/// A caller of one organization.
struct Caller<'a> {
    stack: &'a TestStack,
    credential: String,
}

impl<'a> Caller<'a> {
    /// The user `1` with the owner role of `org` in the table.
    fn owner(stack: &'a TestStack, org: &str) -> Self {
        stack.assign_roles(org, "1", &[&format!("{org}:owner")]);
        Self::user(stack, org, "1")
    }

    fn user(stack: &'a TestStack, org: &str, user: &str) -> Self {
        Self { stack, credential: stack.user_token(org, user) }
    }

    fn send(&self, method: &str, path: &str) -> HttpResponse {
        self.stack.request(method, path, &self.credential)
    }

    fn send_json(&self, method: &str, path: &str, body: &Value) -> HttpResponse {
        self.stack.send_json(method, path, &self.credential, body)
    }

    /// Stores a role with these grants.
    #[track_caller]
    fn put_role(&self, id: &str, grants: &Value) -> Value {
        let response = self.send_json("PUT", &format!("{ROLES}/{id}"), &json!({"name": "A role", "grants": grants}));
        assert_eq!(response.status, 200, "{}", response.body);
        response.json()
    }
}

/// The path of a user of the local identity provider.
fn user_path(user: &str) -> String {
    format!("{ASSIGNMENTS}/local%7C{user}")
}

/// The audit lines of an organization's roles and assignments.
fn audit_lines(stack: &TestStack, org: &str) -> Vec<Value> {
    let is_of_org = |line: &Value| line["kind"] == "audit" && line["org_id"] == org && line["token_id"].is_null();
    stack.log_lines().into_iter().filter(is_of_org).collect()
}

#[test]
fn owner_creates_reads_replaces_and_deletes_a_role() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-1");
    let grants = json!([{"action": "order:*"}, {"action": "order:delete", "resource": "order/7", "effect": "deny"}]);
    let body = json!({"name": " Clerk ", "slug": "clerk", "type": "user_role", "grants": grants});
    let created = owner.send_json("POST", ROLES, &body);
    let role = json!({
        "id": "pa-1:clerk", "name": "Clerk", "slug": "clerk", "type": "user_role", "organization_id": "pa-1",
        "grants": grants,
    });
    assert_eq!((created.status, created.json()), (200, role.clone()));
    owner.send_json("POST", ROLES, &body).assert_problem(409, "conflict");
    for path in ["pa-1:clerk", "pa-1%3Aclerk", "pa-1%3aclerk", "pa%2d1:cl%65rk"] {
        assert_eq!(owner.send("GET", &format!("{ROLES}/{path}")).json(), role, "{path}");
    }
    let mut replaced = role.clone();
    replaced["grants"] = json!([{"action": "*:view"}]);
    let response = owner.send_json("PUT", &format!("{ROLES}/pa-1%3Aclerk"), &replaced);
    assert_eq!((response.status, response.json()), (200, replaced.clone()));
    let listed = owner.send("GET", ROLES).json();
    assert_eq!(listed["roles"][0]["id"], "pa-1:owner");
    assert_eq!(listed["roles"][1], replaced);
    let deleted = owner.send("DELETE", &format!("{ROLES}/pa-1:clerk"));
    assert_eq!((deleted.status, deleted.json()), (200, replaced));
    for method in ["GET", "DELETE"] {
        let detail = owner.send(method, &format!("{ROLES}/pa-1:clerk")).assert_problem(404, "not_found");
        assert_eq!(detail, "the role `pa-1:clerk` does not exist");
    }
}

#[test]
fn owner_assigns_and_takes_roles() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-2");
    for role in ["a", "b"] {
        owner.put_role(&format!("pa-2:{role}"), &json!([]));
    }
    let path = user_path("2");
    assert_eq!(owner.send("GET", &path).json(), json!([]));
    let added = owner.send("POST", &format!("{path}/pa-2%3Aa"));
    assert_eq!((added.status, added.json()), (201, json!({"user_id": "local|2", "roles": ["pa-2:a"]})));
    let assigned = owner.send_json("PUT", &path, &json!(["pa-2:b", "pa-2:a", "pa-2:b"]));
    assert_eq!((assigned.status, assigned.json()), (200, json!(["pa-2:b", "pa-2:a"])));
    let again = owner.send("POST", &format!("{path}/pa-2:a"));
    assert_eq!((again.status, again.json()["roles"].clone()), (201, json!(["pa-2:b", "pa-2:a"])));
    let removed = owner.send("DELETE", &format!("{path}/pa-2:b"));
    assert_eq!((removed.status, removed.json()), (200, json!({"user_id": "local|2", "roles": ["pa-2:a"]})));
    assert_eq!(owner.send("DELETE", &format!("{path}/pa-2:b")).json(), removed.json(), "again");
    let listed = owner.send("GET", ASSIGNMENTS).json();
    let expected = json!({"assignments": [
        {"user_id": "local|1", "roles": ["pa-2:owner"]}, {"user_id": "local|2", "roles": ["pa-2:a"]},
    ]});
    assert_eq!(listed, expected);
    assert_eq!(owner.send_json("PUT", &path, &json!([])).json(), json!([]));
    assert_eq!(owner.send("GET", ASSIGNMENTS).json()["assignments"].as_array().unwrap().len(), 1);
}

/// Roles, assignments and their removal apply to the next request, also to that of an existing token.
#[test]
fn change_of_a_role_applies_to_the_next_request() {
    let stack = TestStack::new();
    let owner = Caller::owner(&stack, "pa-3");
    let user = Caller::user(&stack, "pa-3", "2");
    let list = |caller: &Caller<'_>| caller.send("GET", "/v1/access-tokens").status;
    owner.put_role("pa-3:admin", &json!([{"action": "token:create"}]));
    assert_eq!(list(&user), 403);
    owner.send("POST", &format!("{}/pa-3:admin", user_path("2")));
    assert_eq!(list(&user), 200);
    let (_, token) = stack.create_token(&user.credential, &json!({}));
    owner.put_role("pa-3:admin", &json!([{"action": "order:view"}]));
    assert_eq!((list(&user), stack.list(&token).status), (403, 403));
    owner.put_role("pa-3:admin", &json!([{"action": "token:create"}]));
    assert_eq!((list(&user), stack.list(&token).status), (200, 200));
    assert_eq!(owner.send("DELETE", &format!("{ROLES}/pa-3:admin")).status, 200);
    assert_eq!((list(&user), stack.list(&token).status), (403, 403), "the assignment counts for nothing");
    assert_eq!(owner.send("GET", &user_path("2")).json(), json!(["pa-3:admin"]));
    let kept = owner.send_json("PUT", &user_path("2"), &json!(["pa-3:admin", "pa-3:owner"]));
    assert_eq!(kept.status, 200, "a role that is assigned already may stay: {}", kept.body);
}

/// Every route, as method, path and body.
fn every_route(org: &str) -> Vec<(&'static str, String, Value)> {
    let role = format!("{ROLES}/{org}:a");
    let assignment = format!("{}/{org}:a", user_path("2"));
    vec![
        ("GET", ROLES.to_owned(), Value::Null),
        ("POST", ROLES.to_owned(), json!({"name": "A", "slug": "a", "grants": []})),
        ("GET", role.clone(), Value::Null),
        ("PUT", role.clone(), json!({"name": "A", "grants": []})),
        ("DELETE", role, Value::Null),
        ("GET", ASSIGNMENTS.to_owned(), Value::Null),
        ("GET", user_path("2"), Value::Null),
        ("PUT", user_path("2"), json!([])),
        ("POST", assignment.clone(), Value::Null),
        ("DELETE", assignment, Value::Null),
    ]
}

#[track_caller]
fn assert_every_route_is_forbidden(caller: &Caller<'_>, org: &str, reason: &str) {
    for (method, path, body) in every_route(org) {
        let detail = caller.send_json(method, &path, &body).assert_problem(403, "permission_denied");
        assert!(detail.contains(reason), "{method} {path}: {detail}");
    }
}

#[test]
fn caller_who_is_not_an_owner_is_forbidden() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-4");
    owner.put_role("pa-4:a", &json!([{"action": "token:create"}, {"action": "role:manage"}]));
    owner.put_role("pa-4:all", &json!([{"action": "*"}]));
    assert_every_route_is_forbidden(&Caller::user(&stack, "pa-4", "2"), "pa-4", "permission role:manage is missing");
    for role in ["pa-4:a", "pa-4:all"] {
        owner.send_json("PUT", &user_path("2"), &json!([role]));
        let reason = "only users with the role pa-4:owner can manage roles";
        assert_every_route_is_forbidden(&Caller::user(&stack, "pa-4", "2"), "pa-4", reason);
    }
}

#[test]
fn token_of_an_owner_is_forbidden() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-5");
    let (_, token) = stack.create_token(&owner.credential, &json!({"assignments": ["pa-5:owner"]}));
    let token = Caller { stack: &stack, credential: token };
    assert_every_route_is_forbidden(&token, "pa-5", "tokens cannot manage roles");
}

#[test]
fn owner_denied_by_a_role_or_the_root_role_is_forbidden() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-6");
    stack.put_role("pa-6:careful", &json!([{"action": "role:*", "effect": "deny"}]));
    stack.assign_roles("pa-6", "1", &["pa-6:owner", "pa-6:careful"]);
    assert_every_route_is_forbidden(&owner, "pa-6", "one of your roles denies role:manage");
    stack.assign_roles("pa-6", "1", &["pa-6:owner"]);
    assert_eq!(owner.send("GET", ROLES).status, 200);
    stack.put_role("pa-6:root", &json!([{"action": "token:*"}]));
    assert_every_route_is_forbidden(&owner, "pa-6", "root role");
    stack.put_role("pa-6:root", &json!([{"action": "*"}]));
    assert_eq!(owner.send("GET", ROLES).status, 200);
    stack.put_role("pa-6:owner", &json!([{"action": "role:manage", "effect": "deny"}]));
    assert_every_route_is_forbidden(&owner, "pa-6", "one of your roles denies role:manage");
}

/// An owner of one organization acts in another one only with the owner role there.
#[test]
fn owner_of_other_organization_is_forbidden() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-7");
    stack.put_role("pa-8:a", &json!([]));
    let bearer = format!("Bearer {}", owner.credential);
    let headers = [("Authorization", bearer.as_str()), ("x-epilot-org-id", "pa-8")];
    stack.send("GET", ROLES, &headers, "").assert_problem(403, "permission_denied");
    let role_of_other = [
        ("GET", format!("{ROLES}/pa-8:a"), Value::Null),
        ("PUT", format!("{ROLES}/pa-8:a"), json!({"name": "A", "grants": []})),
        ("DELETE", format!("{ROLES}/pa-8:a"), Value::Null),
        ("POST", format!("{}/pa-8:a", user_path("2")), Value::Null),
        ("DELETE", format!("{}/pa-8:owner", user_path("2")), Value::Null),
        ("PUT", user_path("2"), json!(["pa-8:owner"])),
    ];
    for (method, path, body) in role_of_other {
        let detail = owner.send_json(method, &path, &body).assert_problem(403, "permission_denied");
        assert!(detail.contains("belongs to another organization"), "{method} {path}: {detail}");
    }
    let body = json!({"name": "A", "slug": "a", "organization_id": "pa-8", "grants": []});
    owner.send_json("POST", ROLES, &body).assert_problem(403, "permission_denied");
    stack.assign_roles("pa-8", "1", &["pa-8:owner"]);
    let switched = stack.send("GET", ROLES, &headers, "");
    assert_eq!((switched.status, &switched.json()["roles"][1]["id"]), (200, &json!("pa-8:a")));
}

#[test]
fn root_role_is_hidden_and_forbidden() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-9");
    stack.put_role("pa-9:root", &json!([{"action": "*"}]));
    assert!(!owner.send("GET", ROLES).body.contains("pa-9:root"));
    for (method, path, body) in [
        ("GET", format!("{ROLES}/pa-9:root"), Value::Null),
        ("PUT", format!("{ROLES}/pa-9:root"), json!({"name": "A", "grants": []})),
        ("DELETE", format!("{ROLES}/pa-9:root"), Value::Null),
        ("POST", ROLES.to_owned(), json!({"name": "A", "slug": "root", "grants": []})),
        ("POST", format!("{}/pa-9:root", user_path("2")), Value::Null),
        ("DELETE", format!("{}/pa-9:root", user_path("2")), Value::Null),
        ("PUT", user_path("2"), json!(["pa-9:root"])),
    ] {
        let detail = owner.send_json(method, &path, &body).assert_problem(403, "permission_denied");
        assert!(detail.contains("only an operator can access the root role"), "{method} {path}: {detail}");
    }
}

/// With the denies of the owner role an operator limits all owners.
#[test]
fn owner_role_is_shown_and_cannot_be_changed() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-10");
    let path = format!("{ROLES}/pa-10:owner");
    assert_eq!(owner.send("GET", &path).json()["grants"], json!([{"action": "*"}]));
    let deny = json!({"action": "billing:*", "effect": "deny"});
    stack.put_role("pa-10:owner", &json!([deny]));
    assert_eq!(owner.send("GET", &path).json()["grants"], json!([{"action": "*"}, deny]));
    let listed = owner.send("GET", ROLES).json();
    assert_eq!(listed["roles"].as_array().unwrap().len(), 1, "{listed}");
    for (method, path, body) in [
        ("PUT", path.clone(), json!({"name": "A", "grants": []})),
        ("DELETE", path, Value::Null),
        ("POST", ROLES.to_owned(), json!({"name": "A", "slug": "owner", "grants": []})),
    ] {
        let detail = owner.send_json(method, &path, &body).assert_problem(403, "permission_denied");
        assert!(detail.contains("only an operator can change the owner role"), "{method} {path}: {detail}");
    }
}

#[test]
fn invalid_role_is_rejected_with_the_member() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-11");
    let valid = json!({"name": "A", "slug": "a", "grants": []});
    for (member, value, words) in [
        ("name", json!(""), "`name` must not be blank"),
        ("name", json!("n".repeat(256)), "`name` must not exceed 255"),
        ("name", json!("a\u{202e}b"), "`name` must not contain"),
        ("name", json!(7), "`name` must be a string"),
        ("slug", json!("a b"), "`slug`: the slug of a role id"),
        ("slug", json!("s".repeat(65)), "`slug`: the slug of a role id"),
        ("id", json!("a"), "`id`: a role id must have the form"),
        ("id", json!("pa-11:b"), "`id` and `slug` must name the same role"),
        ("type", json!("org_role"), "`type` must be `user_role`"),
        ("type", json!(null), "`type` must be `user_role`"),
        ("vendor_created", json!(true), "`vendor_created` must be false"),
        ("expires_at", json!("2028-07-21T17:32:28Z"), "`expires_at` is not offered"),
        ("parent_role", json!("pa-11:b"), "`parent_role` is not offered"),
        ("pricing_tier", json!("Professional"), "`pricing_tier` is not offered"),
        ("partner_org_id", json!("1"), "`partner_org_id` is not offered"),
        ("scopes", json!([]), "`scopes` is not a member of a role"),
        ("grants", json!({}), "`grants` must be an array"),
        ("grants", json!(null), "`grants` must be an array"),
        ("grants", json!(["*"]), "has an invalid grant"),
        ("grants", json!([{"resource": "r"}]), "has an invalid grant"),
        ("grants", json!([{"action": "a", "effect": "Deny"}]), "has an invalid grant"),
        ("grants", json!([{"action": "a", "conditions": []}]), "has an invalid grant"),
        ("grants", json!([{"action": "a b"}]), "an action must have 1 to 128 characters"),
        ("grants", json!([{"action": "a", "x": "y".repeat(9_000)}]), "has an invalid grant"),
    ] {
        let mut body = valid.clone();
        body[member] = value;
        let response = owner.send_json("POST", ROLES, &body);
        let detail = response.assert_problem(400, "invalid_request");
        assert!(detail.contains(words) && detail.len() < 500, "{body}: {detail}");
    }
    for member in ["name", "slug", "grants"] {
        let mut body = valid.clone();
        body.as_object_mut().unwrap().remove(member);
        owner.send_json("POST", ROLES, &body).assert_problem(400, "invalid_request");
    }
    let full = json!({
        "id": "pa-11:a", "name": "A", "slug": "a", "type": "user_role", "organization_id": "pa-11",
        "vendor_created": false, "grants": [{"action": "a", "resource": "r", "effect": "allow"}],
    });
    assert_eq!(owner.send_json("PUT", &format!("{ROLES}/pa-11:a"), &full).status, 200);
    let other = owner.send_json("PUT", &format!("{ROLES}/pa-11:b"), &full).assert_problem(400, "invalid_request");
    assert_eq!(other, "`id` and `slug` must be those of the path");
    let large = json!({"name": "A", "grants": [{"action": "a", "resource": "r".repeat(16_384)}]});
    owner.send_json("PUT", &format!("{ROLES}/pa-11:b"), &large).assert_problem(413, "too_large");
}

#[test]
fn invalid_assignment_is_rejected() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-12");
    for (body, words) in [
        (json!({}), "the body must be a JSON array"),
        (json!([1]), "the body must be an array of role ids"),
        (json!(["a"]), "`a` is not a role id"),
        (json!(["pa-12:absent"]), "the role `pa-12:absent` does not exist"),
    ] {
        let detail = owner.send_json("PUT", &user_path("2"), &body).assert_problem(400, "invalid_request");
        assert!(detail.contains(words), "{body}: {detail}");
    }
    owner.send("POST", &format!("{}/pa-12:absent", user_path("2"))).assert_problem(404, "not_found");
    let many: Vec<_> = (0..100).map(|n| format!("pa-12:{n}")).collect();
    let detail = owner.send_json("PUT", &user_path("2"), &json!(many)).assert_problem(403, "too_many_roles");
    assert_eq!(detail, "too many roles for a user: 100 roles, at most 99 are allowed");
    let large = json!([format!("pa-12:{}", "x".repeat(16_384))]);
    owner.send_json("PUT", &user_path("2"), &large).assert_problem(413, "too_large");
    assert_eq!(owner.send("GET", &user_path("2")).json(), json!([]));
}

#[test]
fn list_continues_on_further_pages() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-13");
    stack.put_role("pa-13:root", &json!([{"action": "*"}]));
    for name in ["a", "b", "p", "z"] {
        stack.put_role(&format!("pa-13:{name}"), &json!([]));
        stack.assign_roles("pa-13", &format!("{name}/*"), &["pa-13:a"]);
    }
    let all = |path: &str, members: &str, id: &str| {
        let mut found = Vec::new();
        let mut query = "?limit=2".to_owned();
        loop {
            let page = owner.send("GET", &format!("{path}{query}"));
            assert_eq!(page.status, 200, "{}", page.body);
            let items = page.json()[members].as_array().unwrap().clone();
            found.extend(items.iter().map(|item| item[id].as_str().unwrap().to_owned()));
            let Some(next) = page.header("link").strip_prefix('<') else { return found };
            query = next.split_once('>').unwrap().0.to_owned();
        }
    };
    assert_eq!(all(ROLES, "roles", "id"), ["pa-13:owner", "pa-13:a", "pa-13:b", "pa-13:p", "pa-13:z"]);
    assert_eq!(
        all(ASSIGNMENTS, "assignments", "user_id"),
        ["local|1", "local|a/*", "local|b/*", "local|p/*", "local|z/*"]
    );
    for query in ["limit=0", "limit=1001", "limit=a", "cursor=", "cursor=%00", "limit=1&limit=1", "Cursor=x"] {
        for path in [ROLES, ASSIGNMENTS] {
            owner.send("GET", &format!("{path}?{query}")).assert_problem(400, "invalid_request");
        }
    }
    owner.send("GET", &format!("{ROLES}?cursor=pa-12%3Aa")).assert_problem(400, "invalid_request");
}

#[test]
fn user_in_a_path_is_percent_encoded_or_base64url() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-14");
    owner.put_role("pa-14:a", &json!([]));
    let encoded = |user: &str| format!("~{}", URL_SAFE_NO_PAD.encode(user));
    for (user, paths) in [
        ("local|7", vec!["local%7C7".to_owned(), "local%7c7".to_owned(), "%6Cocal%7C7".to_owned(), encoded("local|7")]),
        ("ad|auth0|u 1", vec!["ad%7Cauth0%7Cu%201".to_owned(), encoded("ad|auth0|u 1")]),
        ("local|a@b.example", vec!["local%7Ca%40b.example".to_owned(), "local%7Ca@b.example".to_owned()]),
        ("ad|urn:x:1", vec!["ad%7Curn%3Ax%3A1".to_owned(), "ad%7Curn:x:1".to_owned()]),
        ("ad|https://x/u?a=1&b=*;$%", vec![encoded("ad|https://x/u?a=1&b=*;$%")]),
        ("ad|CN=Jane Doe,OU=Users", vec!["ad%7CCN=Jane%20Doe,OU=Users".to_owned()]),
    ] {
        for path in paths {
            let added = owner.send("POST", &format!("{ASSIGNMENTS}/{path}/pa-14%3Aa"));
            assert_eq!((added.status, &added.json()["user_id"]), (201, &json!(user)), "{path}");
            assert_eq!(owner.send("GET", &format!("{ASSIGNMENTS}/{path}")).json(), json!(["pa-14:a"]), "{path}");
            assert_eq!(owner.send("DELETE", &format!("{ASSIGNMENTS}/{path}/pa-14:a")).json()["roles"], json!([]));
        }
    }
}

/// What the authorizer denies because a policy cannot name it, and what the function rejects.
#[test]
fn malformed_user_or_role_in_a_path_is_rejected() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-15");
    let get = |user: &str| owner.send("GET", &format!("{ASSIGNMENTS}/{user}"));
    for user in [
        "local%7Ca%2Fb",
        "local%7C%2F..%2F1",
        "local%7C*",
        "local%7C%2A",
        "local%7C%3F",
        "local%7C1%3Fx",
        "local%7C%24%7Bx%7D",
        "local%7C%3Bx",
        "local%257C1",
        "local%7C%25",
        "local%7C%5C",
        "local%7C%00",
        "local%7C1%20",
        "%20local%7C1",
        "local%7C%C3%A4",
        "local%7C%FF",
        "%7C",
        "local%7C%22",
    ] {
        let detail = get(user).assert_problem(403, "permission_denied");
        assert!(detail.contains("the path is too long or contains"), "{user}: {detail}");
        assert!(detail.ends_with("or is written as ~ and its base64url"), "{user}: {detail}");
    }
    let padded = base64::engine::general_purpose::URL_SAFE.encode("local|1");
    for user in [
        "1",
        "local",
        "Local%7C1",
        "local%7C",
        "~",
        "~local",
        "..%7C..",
        "~%7C",
        "api_5ZugdRXasLfWBypHi93Fk",
        &format!("~{padded}"),
        &format!("~{}", URL_SAFE_NO_PAD.encode("local|ä")),
        "~bG9jYWx8MR",
        "~bG9jYWw",
    ] {
        let detail = get(user).assert_problem(400, "invalid_request");
        assert!(detail.contains("`userId` must be `<provider>|<subject>`"), "{user}: {detail}");
    }
    for role in ["a", "pa-15:", ":a", "pa-15:a:b", "pa-15:a@b"] {
        let detail = owner.send("GET", &format!("{ROLES}/{role}")).assert_problem(400, "invalid_request");
        assert!(detail.starts_with("`roleId`: "), "{role}: {detail}");
    }
    for role in ["pa-15:*", "pa-15:%2A", "pa-15%253Aa", "pa-15:a%2Fb", "pa-15%7Ca"] {
        owner.send("GET", &format!("{ROLES}/{role}")).assert_problem(403, "permission_denied");
    }
}

#[test]
fn last_owner_keeps_the_owner_role() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-16");
    let take = format!("{}/pa-16:owner", user_path("1"));
    let assert_kept = || {
        for (method, path, body) in [("DELETE", &take, Value::Null), ("PUT", &user_path("1"), json!([]))] {
            let detail = owner.send_json(method, path, &body).assert_problem(409, "conflict");
            let expected = "`local|1` is the last user with the role `pa-16:owner`: assign it to another user first";
            assert_eq!(detail, expected);
        }
    };
    assert_kept();
    owner.put_role("pa-16:a", &json!([]));
    owner.send("POST", &format!("{}/pa-16:a", user_path("2")));
    // An owner whose role comes from a claim may take the role from the last one in the table no more than others.
    let claimed = stack.user_token_with_roles("pa-16", "3", &["owner"]);
    stack.request("DELETE", &take, &claimed).assert_problem(409, "conflict");
    assert_kept();
    owner.send("POST", &format!("{}/pa-16:owner", user_path("2")));
    assert_eq!(owner.send("DELETE", &take).json()["roles"], json!([]));
    owner.send("GET", ROLES).assert_problem(403, "permission_denied");
    let other = Caller::user(&stack, "pa-16", "2");
    other.send("DELETE", &format!("{}/pa-16:owner", user_path("2"))).assert_problem(409, "conflict");
}

/// Two owners who take the owner role from each other, or from themselves, at the same time leave one.
#[test]
fn concurrent_removals_of_owners_leave_one() {
    const ROUNDS: usize = 50;
    let stack = TestStack::new();
    let conflicts = AtomicUsize::new(0);
    for round in 0..ROUNDS {
        let org = format!("pa-r{round}");
        let role = format!("{org}:owner");
        for user in ["1", "2"] {
            stack.assign_roles(&org, user, &[&role]);
        }
        let owners = ["1", "2"].map(|user| Caller::user(&stack, &org, user));
        // In every second round each owner takes the role from itself, in the others from the other one.
        let target = |index: usize| if round % 2 == 0 { ["2", "1"][index] } else { ["1", "2"][index] };
        let responses: Vec<_> = thread::scope(|scope| {
            let threads: Vec<_> = owners
                .iter()
                .enumerate()
                .map(|(index, owner)| {
                    let path = user_path(target(index));
                    let role = &role;
                    scope.spawn(move || match round % 4 {
                        0 | 1 => owner.send("DELETE", &format!("{path}/{role}")),
                        _ => owner.send_json("PUT", &path, &json!([])),
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let succeeded = responses.iter().filter(|response| response.status == 200).count();
        assert!(succeeded <= 1, "{round}: {responses:?}");
        for response in &responses {
            assert!(matches!(response.status, 200 | 403 | 409), "{round}: {}", response.body);
            conflicts.fetch_add(usize::from(response.status == 409), Ordering::Relaxed);
        }
        let claimed = stack.user_token_with_roles(&org, "3", &["owner"]);
        let left = stack.request("GET", ASSIGNMENTS, &claimed).json();
        let left = left["assignments"].as_array().unwrap().len();
        assert_eq!(left, 2 - succeeded, "{round}");
    }
    println!("{} of {ROUNDS} rounds ended with a conflict", conflicts.load(Ordering::Relaxed));
}

/// No concurrent request undoes another one: every role whose request succeeded is assigned.
#[test]
fn concurrent_changes_of_a_user_lose_no_update() {
    const CLIENTS: usize = 8;
    let stack = TestStack::new();
    let owner = Caller::owner(&stack, "pa-17");
    for role in 0..CLIENTS {
        owner.put_role(&format!("pa-17:{role}"), &json!([]));
    }
    let added: Vec<_> = thread::scope(|scope| {
        let add = |role: usize| owner.send("POST", &format!("{}/pa-17:{role}", user_path("2"))).status;
        let threads: Vec<_> = (0..CLIENTS).map(|role| scope.spawn(move || (role, add(role)))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(added.iter().all(|(_, status)| matches!(status, 201 | 409)), "{added:?}");
    let expected: Vec<_> =
        added.iter().filter(|(_, status)| *status == 201).map(|(role, _)| format!("pa-17:{role}")).collect();
    let mut assigned: Vec<String> = serde_json::from_value(owner.send("GET", &user_path("2")).json()).unwrap();
    assigned.sort_unstable();
    assert!(!expected.is_empty());
    assert_eq!(assigned, expected);
}

#[test]
fn every_change_has_an_audit_line_with_before_and_after() {
    let stack = TestStack::new();
    let owner = Caller::owner(&stack, "pa-18");
    let view = json!([{"action": "*:view"}]);
    owner.put_role("pa-18:a", &json!([]));
    owner.put_role("pa-18:a", &view);
    let requests = [
        ("POST", format!("{}/pa-18:a", user_path("2")), Value::Null),
        ("PUT", user_path("2"), json!(["pa-18:a", "pa-18:owner"])),
        ("DELETE", format!("{}/pa-18:owner", user_path("1")), Value::Null),
    ];
    for (method, path, body) in requests {
        assert!(owner.send_json(method, &path, &body).status < 300);
    }
    let other = Caller::user(&stack, "pa-18", "2");
    let deleted = other.send("DELETE", &format!("{ROLES}/pa-18:a"));
    other.send("GET", ROLES);
    other.send_json("PUT", &user_path("2"), &json!([])).assert_problem(409, "conflict");
    let lines = audit_lines(&stack, "pa-18");
    let of = |line: &Value| {
        let subject = if line["role"].is_null() { &line["user"] } else { &line["role"] };
        json!([line["event"], line["by"], subject, line["before"], line["after"]])
    };
    let expected = json!([
        ["role_created", "local|1", "pa-18:a", null, []],
        ["role_changed", "local|1", "pa-18:a", [], view],
        ["roles_assigned", "local|1", "local|2", null, ["pa-18:a"]],
        ["roles_assigned", "local|1", "local|2", ["pa-18:a"], ["pa-18:a", "pa-18:owner"]],
        ["roles_assigned", "local|1", "local|1", ["pa-18:owner"], []],
        ["role_deleted", "local|2", "pa-18:a", view, null],
    ]);
    assert_eq!(lines.iter().map(of).collect::<Value>(), expected);
    assert_eq!(lines[5]["request_id"], deleted.header("x-amzn-requestid"));
    assert!(!stack.output().contains("A role"), "the display name is not logged");
}

/// An item that an operator damaged is neither overwritten nor taken for an absent one.
#[test]
fn unreadable_item_is_not_overwritten() {
    let stack = SharedStack::get();
    let owner = Caller::owner(&stack, "pa-19");
    stack.put_damaged_item("ORG#pa-19", "ROLE#new", 9);
    stack.put_damaged_item("ORG#pa-19", "USER#local|2", 9);
    let shown = owner.send("GET", &format!("{ROLES}/pa-19:new")).json();
    assert_eq!(shown["grants"], json!([{"action": "*", "effect": "deny"}]));
    let body = json!({"name": "A", "slug": "new", "grants": []});
    owner.send_json("POST", ROLES, &body).assert_problem(409, "conflict");
    for (method, path, body) in [
        ("PUT", format!("{ROLES}/pa-19:new"), json!({"name": "A", "grants": []})),
        ("DELETE", format!("{ROLES}/pa-19:new"), Value::Null),
        ("PUT", user_path("2"), json!([])),
        ("POST", format!("{}/pa-19:owner", user_path("2")), Value::Null),
    ] {
        owner.send_json(method, &path, &body).assert_problem(500, "internal");
    }
    let listed = owner.send("GET", ASSIGNMENTS).json();
    assert_eq!(listed["assignments"].as_array().unwrap().len(), 1, "{listed}");
}

#[test]
fn organization_has_at_most_1000_roles() {
    let stack = TestStack::new();
    let owner = Caller::owner(&stack, "pa-20");
    for number in 0..999 {
        stack.put_role(&format!("pa-20:r{number}"), &json!([]));
    }
    owner.put_role("pa-20:last", &json!([]));
    let body = json!({"name": "A", "slug": "more", "grants": []});
    let detail = owner.send_json("POST", ROLES, &body).assert_problem(403, "too_many_roles");
    assert_eq!(detail, "an organization may have at most 1000 roles");
    owner.put_role("pa-20:last", &json!([{"action": "a"}]));
    assert_eq!(owner.send("DELETE", &format!("{ROLES}/pa-20:r1")).status, 200);
    assert_eq!(owner.send_json("POST", ROLES, &body).status, 200);
}
