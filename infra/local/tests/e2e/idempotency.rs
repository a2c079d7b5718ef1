//! Create requests with an `Idempotency-Key`.

use local::aws::{Service, faults::Fault};
use serde_json::json;

use crate::harness::{HttpResponse, TestStack, token_id};

/// The id of the created token, which must be active.
#[track_caller]
fn id_of_active_token(stack: &TestStack, response: &HttpResponse) -> String {
    assert_eq!(response.status, 201, "{}", response.body);
    let used = stack.get_self(&response.token());
    assert_eq!(used.status, 200, "{}", used.body);
    token_id(&response.json()).to_owned()
}

/// A quoted key is the same key. A key belongs to one principal, and to one body.
#[test]
fn same_key_and_body_return_same_active_token() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let body = json!({"name": "n", "expires_in": "1h"});
    let create = |creator: &str, key: &str| id_of_active_token(&stack, &stack.create_with_key(creator, key, &body));
    let first = create(&owner, "key-1");
    assert_eq!(create(&owner, "\"key-1\""), first);
    assert_ne!(create(&owner, "key-2"), first);
    assert_ne!(create(&stack.user_token("123", "1002"), "key-1"), first);
    stack.create_with_key(&owner, "key-1", &json!({"name": "other"})).assert_problem(422, "idempotency_mismatch");
    for invalid in ["", "a b", &"k".repeat(256)] {
        stack.create_with_key(&owner, invalid, &body).assert_problem(400, "invalid_request");
    }
    assert_eq!(stack.list(&owner).ids::<Vec<_>>().len(), 3);
    stack.revoke(&owner, &first);
    stack.create_with_key(&owner, "key-1", &body).assert_problem(409, "idempotency_conflict");
}

#[test]
fn retry_after_lost_response_returns_active_token() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let body = json!({"name": "n"});
    stack.faults().inject(Service::DynamoDb, Some("PutItem"), Fault::ResponseLost, Some(3));
    stack.create_with_key(&owner, "lost", &body).assert_problem(503, "unavailable");
    let id = id_of_active_token(&stack, &stack.create_with_key(&owner, "lost", &body));
    assert_eq!(stack.list(&owner).ids::<Vec<_>>(), [id]);
}

/// A replay passes the checks of a new request.
#[test]
fn replay_after_role_removal_is_forbidden() {
    let stack = TestStack::new();
    let creator = stack.user_token("123", "1002");
    let body = json!({"name": "n", "assignments": ["123:viewer"]});
    id_of_active_token(&stack, &stack.create_with_key(&creator, "k", &body));
    stack.assign_roles("123", "1002", &["123:token_admin"]);
    let forbidden = stack.create_with_key(&creator, "k", &body);
    assert!(forbidden.assert_problem(403, "role_not_held").contains("123:viewer"));
    stack.assign_roles("123", "1002", &[]);
    stack.create_with_key(&creator, "k", &body).assert_problem(403, "permission_denied");
}
