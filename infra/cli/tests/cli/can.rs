//! Decisions for the caller, and for a token that does not exist.

use serde_json::json;

use crate::harness::STACK;

#[test]
fn can_prints_decision_and_sets_exit_code() {
    let allowed = STACK.run("can order:edit order/7").expect_success();
    assert_eq!(allowed.stdout, "allowed\n");
    let developer = STACK.user_token("123", "1006");
    let run = |arguments: &str| STACK.command(arguments).env("LATCHKEY_TOKEN", &developer).run();
    assert_eq!(run("can order:edit order/7").expect_success().stdout, "allowed\n");
    assert_eq!(run("can bill:view").expect_failure(3), "error: permission bill:view is missing\n");
    let denied = run("can bill:view --output json");
    assert_eq!((denied.exit_code, denied.json()["allowed"].clone()), (3, json!(false)));
    let decision = run("can order:edit --output json").expect_success().json();
    assert_eq!(decision, json!({"allowed": true, "code": "ok", "reason": "order:edit is allowed"}));
}

#[test]
fn can_with_role_or_grant_decides_for_a_new_token() {
    let run = |arguments: &str| STACK.run(arguments);
    assert_eq!(run("can order:view order/7 --role 123:viewer").expect_success().stdout, "allowed\n");
    let denied = run("can order:edit --role 123:viewer").expect_failure(3);
    assert_eq!(denied, "error: permission order:edit is missing\n");
    assert_eq!(run("can order:view order/7 --grant order:view=order/*").expect_success().stdout, "allowed\n");
    let outside = run("can order:view bill/7 --grant order:view=order/*").expect_failure(3);
    assert_eq!(outside, "error: the grants of this token do not allow order:view\n");
    let read_only = run("can order:edit --read-only").expect_failure(3);
    assert_eq!(read_only, "error: a read-only token does not allow order:edit\n");
}

#[test]
fn can_with_invalid_arguments_is_an_error() {
    assert!(STACK.run("can order:*").expect_failure(5).contains("`action`"));
    assert!(STACK.run("can order:view --role 123:nowhere").expect_failure(3).contains("role_not_held"));
    STACK.run("can").expect_failure(2);
}
