//! Changes of a token's name and description: who may make them, what they leave unchanged, and races with a revocation.

use std::thread;

use serde_json::{Value, json};

use crate::harness::{SharedStack, TestStack, claims_of, token_id, token_path};

/// Repetitions of a race.
const RACES: usize = 300;

fn renaming() -> Value {
    json!({"name": "New name", "description": "In the vault as ci/export. Contact: data team"})
}

/// Creates a role of the organization 123 that allows these actions, and returns the token of a user with the role.
fn user_with_role(stack: &TestStack, user: &str, slug: &str, actions: &[&str]) -> String {
    let grants: Vec<_> = actions.iter().map(|action| json!({"action": action})).collect();
    stack.put_role(&format!("123:{slug}"), &json!(grants));
    stack.user_token_with_roles("123", user, &[slug])
}

/// The item without the texts.
fn without_texts(item: &Value) -> Value {
    let mut rest = item.clone();
    for member in ["name", "description", "last_used", "token"] {
        rest.as_object_mut().unwrap().remove(member);
    }
    rest
}

fn read(stack: &TestStack, credential: &str, item: &Value) -> Value {
    let response = stack.request("GET", &token_path(item), credential);
    assert_eq!(response.status, 200, "{}", response.body);
    response.json()
}

#[test]
fn update_changes_name_and_description_and_nothing_else() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, _) =
        stack.create_token(&owner, &json!({"expires_in": "30d", "read_only": true, "allowed_cidrs": ["::/0"]}));
    let id = token_id(&item);
    let changed = stack.update(&owner, id, &renaming()).json();
    assert_eq!((&changed["name"], &changed["description"]), (&renaming()["name"], &renaming()["description"]));
    assert_eq!(without_texts(&changed), without_texts(&item));
    assert_eq!(read(&stack, &owner, &item), changed);
    for (body, name, description) in [
        (json!({"name": "  Other "}), "Other", renaming()["description"].clone()),
        (json!({"description": " d "}), "Other", json!("d")),
        (json!({"description": null}), "Other", Value::Null),
        (json!({"description": null, "name": "Last"}), "Last", Value::Null),
    ] {
        let changed = stack.update(&owner, id, &body).json();
        assert_eq!((&changed["name"], &changed["description"]), (&json!(name), &description), "{body}");
        assert_eq!(without_texts(&read(&stack, &owner, &item)), without_texts(&item), "{body}");
    }
    let listed = stack.list(&owner).json();
    assert!(listed.as_array().unwrap().iter().any(|listed| listed["id"] == item["id"] && listed["name"] == "Last"));
}

/// *(the item is authoritative)* The name is the only claim that may differ from the item.
#[test]
fn renamed_token_stays_valid_with_its_old_name() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let (child, child_token) = stack.create_token(&token, &json!({}));
    let before = claims_of(&token);
    for renamed in [&item, &child] {
        assert_eq!(stack.update(&owner, token_id(renamed), &renaming()).status, 200);
    }
    for (token, item) in [(&token, &item), (&child_token, &child)] {
        let itself = stack.get_self(token).json();
        assert_eq!((&itself["id"], &itself["name"]), (&item["id"], &renaming()["name"]));
    }
    assert_ne!(before["token_name"], renaming()["name"], "the signed token is unchanged");
    assert_eq!(stack.list(&stack.sign(&before)).status, 200, "the unchanged claims, signed again");
    let mut changed = before;
    changed["token_name"] = renaming()["name"].clone();
    assert_eq!(stack.list(&stack.sign(&changed)).status, 200, "the current name, signed");
    changed["iat"] = json!(changed["iat"].as_i64().unwrap() - 1);
    stack.list(&stack.sign(&changed)).assert_problem(401, "unauthenticated");
}

/// A retry of the create request signs the stored token, and so its current name.
#[test]
fn retry_of_create_returns_renamed_token() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let body = json!({"name": "Old name"});
    let created = stack.create_with_key(&owner, "update-retry", &body);
    assert_eq!(stack.update(&owner, token_id(&created.json()), &renaming()).status, 200);
    let retried = stack.create_with_key(&owner, "update-retry", &body);
    assert_eq!((retried.status, &retried.json()["id"]), (201, &created.json()["id"]), "{}", retried.body);
    assert_eq!(retried.json()["name"], renaming()["name"]);
    for token in [created.token(), retried.token()] {
        assert_eq!(stack.get_self(&token).status, 200);
    }
}

/// A user and a token, each with `token:create` and with `token:self`.
#[test]
fn update_reaches_the_tokens_of_the_scope_of_the_caller() {
    let stack = TestStack::new();
    let admin = user_with_role(&stack, "81", "updaters", &["token:create"]);
    let developer = user_with_role(&stack, "82", "self_updaters", &["token:self"]);
    let (admin_item, admin_token) = stack.create_token(&admin, &json!({}));
    let (developer_item, developer_token) = stack.create_token(&developer, &json!({}));
    let (admin_child, _) = stack.create_token(&admin_token, &json!({}));
    let (developer_child, _) = stack.create_token(&developer_token, &json!({}));
    let (public, _) = stack.create_token(&admin, &json!({"journey_id": "j-1"}));
    let items = [&admin_item, &admin_child, &developer_item, &developer_child, &public];
    for (caller, credential, statuses) in [
        ("user with token:create", &admin, [200, 200, 200, 200, 200]),
        ("user with token:self", &developer, [404, 404, 200, 200, 404]),
        ("token with token:create", &admin_token, [403, 200, 200, 200, 200]),
        ("token with token:self", &developer_token, [404, 404, 403, 200, 404]),
    ] {
        for (item, status) in items.into_iter().zip(statuses) {
            let body = json!({"name": format!("By {caller}")});
            let before = read(&stack, &admin, item);
            let response = stack.update(credential, token_id(item), &body);
            assert_eq!(response.status, status, "{caller}: {}", response.body);
            let after = read(&stack, &admin, item);
            let expected = if status == 200 { &body["name"] } else { &before["name"] };
            assert_eq!(after["name"], *expected, "{caller}");
        }
    }
    let absent = stack.update(&developer, "api_AAAAAAAAAAAAAAAAAAAAA", &renaming());
    let detail = absent.assert_problem(404, "not_found");
    let outside = stack.update(&developer, token_id(&admin_item), &renaming());
    assert_eq!(outside.assert_problem(404, "not_found"), detail, "the same answer as for an absent token");
    let stranger = stack.user_token_with_roles("456", "83", &["owner"]);
    stack.update(&stranger, token_id(&admin_item), &renaming()).assert_problem(404, "not_found");
}

#[test]
fn update_without_permission_is_denied() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, _) = stack.create_token(&owner, &json!({}));
    let id = token_id(&item);
    for (user, slug, actions) in
        [("84", "update_viewers", &["token:view"][..]), ("85", "update_revokers", &["token:revoke", "order:*"])]
    {
        let credential = user_with_role(&stack, user, slug, actions);
        stack.update(&credential, id, &renaming()).assert_problem(403, "permission_denied");
    }
    let (_, read_only) = stack.create_token(&owner, &json!({"read_only": true}));
    stack.update(&read_only, id, &renaming()).assert_problem(403, "read_only_token");
    let (_, public) = stack.create_token(&owner, &json!({"journey_id": "j-1"}));
    assert!(stack.update(&public, id, &renaming()).status >= 401);
    let (_, limited) = stack.create_token(&owner, &json!({"grants": [{"action": "token:view"}]}));
    stack.update(&limited, id, &renaming()).assert_problem(403, "permission_denied");
    assert_eq!(stack.update("garbage", id, &renaming()).status, 401);
    assert_eq!(read(&stack, &owner, &item)["name"], item["name"]);
}

/// By either form of its id, whatever its permissions.
#[test]
fn token_cannot_change_its_own_texts() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"assignments": ["123:owner"]}));
    let (child, child_token) = stack.create_token(&token, &json!({}));
    for (token, item) in [(&token, &item), (&child_token, &child)] {
        for id in ["self", token_id(item)] {
            let detail = stack.update(token, id, &renaming()).assert_problem(403, "permission_denied");
            assert!(detail.contains("its own"), "{detail}");
        }
        assert_eq!(read(&stack, &owner, item)["name"], item["name"]);
    }
    stack.update(&owner, "self", &renaming()).assert_problem(404, "not_found");
    // A token without `token:create` or `token:self` is denied by the rule of the route.
    let (viewer, viewer_token) = stack.create_token(&owner, &json!({"assignments": ["123:viewer"]}));
    for id in ["self", token_id(&viewer)] {
        stack.update(&viewer_token, id, &renaming()).assert_problem(403, "permission_denied");
    }
}

#[test]
fn created_token_has_the_requested_description() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    for members in [json!({"description": " In the vault "}), json!({"description": "d", "journey_id": "j-1"})] {
        let (item, token) = stack.create_token(&owner, &members);
        assert_eq!(item["description"], members["description"].as_str().unwrap().trim());
        assert_eq!(read(&stack, &owner, &item)["description"], item["description"]);
        assert!(!claims_of(&token).to_string().contains("description"), "it is not in the signed token");
    }
    for (description, words) in [
        (json!(null), "`description` must be a string"),
        (json!("d".repeat(1_001)), "`description` must not exceed 1000 characters"),
        (json!("a\nb"), "`description` must be one line"),
        (json!("a\u{202e}b"), "`description` must not contain the invisible or reordering character U+202E"),
    ] {
        let response = stack.create(&owner, &json!({"name": "n", "description": description}));
        let detail = response.assert_problem(400, "invalid_request");
        assert!(detail.contains(words), "{detail}");
    }
    let body = json!({"name": "n", "description": "d"});
    let created = stack.create_with_key(&owner, "update-description", &body).json();
    assert_eq!(stack.create_with_key(&owner, "update-description", &body).json()["id"], created["id"]);
    let other = stack.create_with_key(&owner, "update-description", &json!({"name": "n", "description": "e"}));
    other.assert_problem(422, "idempotency_mismatch");
}

#[test]
fn inactive_token_is_not_changed() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (revoked, _) = stack.create_token(&owner, &json!({}));
    assert_eq!(stack.update(&owner, token_id(&revoked), &json!({"description": "d"})).status, 200);
    let before = stack.revoke(&owner, token_id(&revoked)).json();
    stack.update(&owner, token_id(&revoked), &renaming()).assert_problem(409, "token_inactive");
    stack.update(&owner, token_id(&revoked), &json!({"description": null})).assert_problem(409, "token_inactive");
    assert_eq!(read(&stack, &owner, &revoked), before);
    let (expired, _) = stack.create_token(&owner, &json!({"expires_in": "1h"}));
    stack.set_attribute(token_id(&expired), "expires_at", 1_700_000_000);
    stack.update(&owner, token_id(&expired), &renaming()).assert_problem(409, "token_inactive");
    assert_eq!(read(&stack, &owner, &expired)["name"], expired["name"]);
}

#[test]
fn invalid_change_is_rejected_and_changes_nothing() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, _) = stack.create_token(&owner, &json!({}));
    let id = token_id(&item);
    for (body, words) in [
        (json!({}), "`name` or `description` is required"),
        (json!({"name": null}), "`name` must be a string"),
        (json!({"name": "n", "assignments": ["123:owner"]}), "`assignments` is not a member"),
        (json!({"name": "n", "expires_in": "30d"}), "`expires_in` is not a member"),
        (json!({"description": 7}), "`description` must be a string or null"),
        (json!({"description": ""}), "`description` must not be blank"),
        (json!({"description": "🔑".repeat(1_001)}), "`description` must not exceed 1000 characters and has 1001"),
        (json!({"name": "n".repeat(256)}), "`name` must not exceed 255 characters"),
        (json!({"description": "line\nbreak"}), "`description` must be one line without control characters"),
        (json!({"description": "\u{1b}[31mred"}), "`description` must be one line without control characters"),
        (json!({"description": "prod\u{202e} nimda"}), "U+202E"),
        (json!({"name": "zero\u{200b}width"}), "U+200B"),
        (json!({"description": "\u{3164}"}), "`description` must contain a visible character"),
        (json!({"name": "n", "description": "a\u{e000}b"}), "U+E000"),
    ] {
        let detail = stack.update(&owner, id, &body).assert_problem(400, "invalid_request");
        assert!(detail.contains(words), "{body}: {detail}");
    }
    let duplicate = r#"{"name": "a", "name": "b"}"#;
    let bearer = format!("Bearer {owner}");
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    stack.send("PATCH", &token_path(&item), &headers, duplicate).assert_problem(400, "invalid_request");
    assert_eq!(read(&stack, &owner, &item), without_token(&item));
    let longest = "🔑".repeat(1_000);
    let changed = stack.update(&owner, id, &json!({"description": longest}));
    assert_eq!((changed.status, &changed.json()["description"]), (200, &json!(longest)));
}

fn without_token(created: &Value) -> Value {
    let mut item = created.clone();
    item.as_object_mut().unwrap().remove("token");
    item
}

/// An item that the table has deleted is not created again.
#[test]
fn update_of_deleted_item_creates_nothing() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    stack.delete_token_item(token_id(&item));
    stack.update(&owner, token_id(&item), &renaming()).assert_problem(404, "not_found");
    stack.request("GET", &token_path(&item), &owner).assert_problem(404, "not_found");
    stack.get_self(&token).assert_problem(401, "unauthenticated");
}

/// *(revoked is final)* Whichever write is first, the token is revoked afterwards and was changed at most before.
#[test]
fn update_during_revocation_never_reactivates_token() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let mut changed_first = 0;
    for round in 0..RACES {
        let (item, token) = stack.create_token(&owner, &json!({}));
        let id = token_id(&item);
        let [update, revoke] = thread::scope(|scope| {
            let update = scope.spawn(|| stack.update(&owner, id, &renaming()));
            let revoke = stack.revoke(&owner, id);
            [update.join().unwrap(), revoke]
        });
        if update.status == 200 {
            changed_first += 1;
            assert!(update.json()["revoked_at"].is_null(), "{round}: {}", update.body);
        } else {
            update.assert_problem(409, "token_inactive");
        }
        let expected = if update.status == 200 { &renaming()["name"] } else { &item["name"] };
        assert_eq!(revoke.json()["name"], *expected, "{round}: the revocation shows the item that it revoked");
        assert_eq!(read(&stack, &owner, &item), revoke.json(), "{round}");
        stack.get_self(&token).assert_problem(401, "unauthenticated");
    }
    println!("update and revocation: {changed_first} of {RACES} tokens were changed before the revocation");
    assert!(!stack.list(&owner).body.contains("New name"), "a revoked token is not listed");
}
