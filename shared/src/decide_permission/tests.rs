use serde_json::{Value, json};

use super::*;
use crate::{
    caller::tests::{person, token, token_mut},
    memory::Memory,
    permissions::{Scope, TokenGrants},
    token::{Token, TokenType, samples},
};

fn ledger(tokens: impl IntoIterator<Item = Token>) -> Memory {
    Memory::with(tokens)
        .role("123:seller", &json!([{"action": "order:*"}]))
        .role("123:viewer", &json!([{"action": "*:view"}]))
        .role("123:no_refund", &json!([{"action": "order:refund", "effect": "deny"}]))
}

fn check(action: &str, resource: Option<&str>) -> PermissionCheck {
    PermissionCheck::parse(Some(action), resource).unwrap().unwrap()
}

fn simulation(body: &Value) -> Result<SimulationRequest, ApiError> {
    SimulationRequest::parse(body.as_object().unwrap())
}

/// The code of a decision that is allowed or denied for this reason.
fn code(decision: &PermissionDecision) -> &'static str {
    assert_eq!(decision.allowed, decision.code == "ok");
    decision.code
}

#[tokio::test]
async fn decision_of_caller_follows_roles_denies_root_and_flags() {
    let decide = async |ledger: Memory, caller: &Caller, action: &str| {
        let decision = DecidePermission { ledger }.of_caller(caller, &check(action, None)).await.unwrap();
        (code(&decision), decision.reason)
    };
    let seller = person(&["123:seller", "123:no_refund"]);
    let mut inheriting = person(&["123:seller"]);
    inheriting.deny_roles = vec!["123:no_refund".parse().unwrap()];
    let mut read_only = token(&["123:seller"], None, None);
    token_mut(&mut read_only).read_only = true;
    let denied = "permission_denied";
    for (caller, action, expected_code, expected_reason) in [
        (&seller, "order:edit", "ok", "order:edit is allowed"),
        (&seller, "order:refund", denied, "one of your roles denies order:refund"),
        (&seller, "bill:view", denied, "permission bill:view is missing"),
        (&inheriting, "order:refund", denied, "a role of the token's creator denies order:refund to this token"),
        (&read_only, "order:edit", "read_only_token", "a read-only token does not allow order:edit"),
        (&read_only, "order:view", "ok", "order:view is allowed"),
        (&person(&["123:owner"]), "anything", "ok", "anything is allowed"),
        (&person(&[]), "order:view", denied, "permission order:view is missing"),
    ] {
        let expected = (expected_code, expected_reason.to_owned());
        assert_eq!(decide(ledger([]), caller, action).await, expected, "{caller:?}");
    }
    let limited = ledger([]).role("123:root", &json!([{"action": "order:view"}]));
    let root = (denied, "the root role of the organization does not allow order:edit".to_owned());
    assert_eq!(decide(limited, &person(&["123:owner"]), "order:edit").await, root);
}

#[tokio::test]
async fn decision_of_restricted_token_follows_its_stored_grants() {
    let mut stored = samples::plain();
    let TokenType::Api(access) = &mut stored.token_type else { panic!("not an API token") };
    let grants = [json!({"action": "order:view", "resource": "order/*"})];
    access.grant_limits.grants = Some(TokenGrants::parse(&grants).unwrap());
    let mut caller = token(&["123:seller"], None, None);
    token_mut(&mut caller).restricted = true;
    let decide = async |ledger: Memory, action: &str, resource: Option<&str>| {
        DecidePermission { ledger }.of_caller(&caller, &check(action, resource)).await
    };
    for (action, resource, expected) in [
        ("order:view", Some("order/7"), "ok"),
        ("order:view", None, "permission_denied"),
        ("order:edit", Some("order/7"), "permission_denied"),
    ] {
        let decision = decide(ledger([stored.clone()]), action, resource).await.unwrap();
        assert_eq!(code(&decision), expected, "{action} {resource:?}");
    }
    let deleted = decide(ledger([]), "order:view", Some("order/7")).await;
    assert!(matches!(deleted, Err(ApiError::Unauthenticated(_))), "{deleted:?}");
}

/// The authorizer applies the grants of a parent to a child that older code created without them.
#[tokio::test]
async fn decision_of_child_follows_the_grants_of_its_parent() {
    let mut parent = samples::plain();
    let TokenType::Api(access) = &mut parent.token_type else { panic!("not an API token") };
    access.grant_limits.grants = Some(TokenGrants::parse(&[json!({"action": "order:view"})]).unwrap());
    let child = Token { parent: Some(parent.id.clone()), ..samples::with_inherited_denies() };
    let mut caller = token(&["123:seller"], Some(parent.id.clone()), None);
    token_mut(&mut caller).id = child.id.clone();
    token_mut(&mut caller).restricted = true;
    let decide =
        async |ledger: Memory, action: &str| DecidePermission { ledger }.of_caller(&caller, &check(action, None)).await;
    for (action, expected) in [("order:view", "ok"), ("order:edit", "permission_denied")] {
        let decision = decide(ledger([parent.clone(), child.clone()]), action).await.unwrap();
        assert_eq!(code(&decision), expected, "{action}");
    }
    let without_parent = decide(ledger([child]), "order:view").await;
    assert!(matches!(without_parent, Err(ApiError::Unauthenticated(_))), "{without_parent:?}");
}

#[tokio::test]
async fn simulation_decides_as_the_created_token_would_be() {
    let decide = async |caller: &Caller, body: &Value| {
        let decision =
            DecidePermission { ledger: ledger([samples::plain()]) }.simulate(caller, &simulation(body)?).await;
        decision.map(|decision| code(&decision))
    };
    let mut seller = person(&["123:seller", "123:no_refund"]);
    seller.deny_roles = vec!["123:no_refund".parse().unwrap()];
    let owner = person(&["123:owner"]);
    for (caller, body, expected) in [
        (&seller, json!({"action": "order:edit"}), "ok"),
        (&seller, json!({"action": "order:edit", "assignments": ["123:seller"]}), "ok"),
        (&seller, json!({"action": "order:refund", "assignments": ["123:seller"]}), "permission_denied"),
        (&seller, json!({"action": "order:edit", "read_only": true}), "read_only_token"),
        (&seller, json!({"action": "order:edit", "grants": [{"action": "order:view"}]}), "permission_denied"),
        (&seller, json!({"action": "order:view", "grants": [{"action": "order:view"}]}), "ok"),
        (&owner, json!({"action": "order:view", "assignments": ["123:viewer"]}), "ok"),
        (&owner, json!({"action": "order:edit", "assignments": ["123:viewer"]}), "permission_denied"),
        (&token(&["123:seller"], None, None), json!({"action": "order:edit"}), "ok"),
    ] {
        assert_eq!(decide(caller, &body).await, Ok(expected), "{body}");
    }
    let not_held = decide(&seller, &json!({"action": "order:view", "assignments": ["123:viewer"]})).await;
    assert_eq!(not_held, Err(ApiError::RoleNotHeld("123:viewer".parse().unwrap())));
    let absent = decide(&owner, &json!({"action": "order:view", "assignments": ["123:nowhere"]})).await;
    assert_eq!(absent, Err(ApiError::RoleNotHeld("123:nowhere".parse().unwrap())));
    let own_scope = owner.clone().with_scope(Some(Scope::Own));
    let beyond = decide(&own_scope, &json!({"action": "order:view", "assignments": ["123:viewer"]})).await;
    assert_eq!(beyond, Err(ApiError::RoleNotHeld("123:viewer".parse().unwrap())));
    let child = token(&["123:seller"], Some(samples::child().id), None);
    assert_eq!(decide(&child, &json!({"action": "order:view"})).await, Err(ApiError::TooDeep));
    let unscoped = decide(&owner.with_scope(None), &json!({"action": "order:view"})).await;
    assert!(matches!(unscoped, Err(ApiError::PermissionDenied(_))));
}

#[test]
fn invalid_simulation_names_member_and_rule() {
    for (body, words) in [
        (json!({}), "`action` is required"),
        (json!({"resource": "order/7"}), "`resource` requires `action`"),
        (json!({"action": 7}), "`action` must be a string"),
        (json!({"action": null}), "`action` must be a string"),
        (json!({"action": "order:*"}), "`action`: an action must have 1 to 128 characters"),
        (json!({"action": "a", "resource": ""}), "`resource` must have 1 to 1024 bytes"),
        (json!({"action": "a", "resource": ["r"]}), "`resource` must be a string"),
        (json!({"action": "a", "name": "n"}), "`name` is not a member of a simulation"),
        (json!({"action": "a", "allowed_cidrs": []}), "`allowed_cidrs` is not a member"),
        (json!({"action": "a", "assignments": "123:a"}), "`assignments` must be an array"),
        (json!({"action": "a", "grants": []}), "`grants` must not be empty"),
        (json!({"action": "a", "read_only": "true"}), "`read_only` must be true or false"),
    ] {
        let message = simulation(&body).unwrap_err().public_message();
        assert!(message.contains(words), "{body}: {message}");
    }
}
