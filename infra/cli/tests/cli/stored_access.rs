//! `latchkey roles`, `latchkey users` and `latchkey apply --export`: reading back what is stored.

use aws_sdk_dynamodb::types::AttributeValue;
use local::stack::operator;
use serde_json::{Value, json};

use crate::harness::STACK;

/// Stores a role with a deny and a user with it in `org`. Returns the file.
fn apply_sample(org: &str) -> Value {
    let grants = json!([{"action": "*:view"}, {"action": "billing:*", "resource": "invoice/*", "effect": "deny"}]);
    let file = json!({
        "roles": [{"id": format!("{org}:auditor"), "name": "Auditor", "grants": grants}],
        "assignments": [{"org": org, "principal": "local|7001", "roles": [format!("{org}:auditor")]}],
    });
    let path = STACK.write_file(&format!("stored-{org}.json"), &file.to_string());
    STACK.run(&format!("apply {path}")).expect_success();
    file
}

#[test]
fn stored_roles_and_users_are_listed() {
    let file = apply_sample("711");
    let roles = STACK.run("roles list --org 711").expect_success();
    assert_eq!(
        (roles.stdout.as_str(), roles.stderr.as_str()),
        ("ROLE         NAME     GRANTS\n711:auditor  Auditor  *:view, deny billing:* on invoice/*\n", "1 role\n")
    );
    let users = STACK.run("users list --org 711").expect_success();
    assert_eq!(
        (users.stdout.as_str(), users.stderr.as_str()),
        ("USER        ROLES\nlocal|7001  711:auditor\n", "1 user\n")
    );
    assert_eq!(STACK.run("roles list --org 711 --output json").expect_success().json(), file["roles"]);
    assert_eq!(STACK.run("users list --org 711 --output json").expect_success().json(), file["assignments"]);
    assert_eq!(STACK.run("roles get 711:auditor --output json").expect_success().json(), file["roles"][0]);
    assert_eq!(
        STACK.run("users get local|7001 --org 711 --output json").expect_success().json(),
        file["assignments"][0]
    );
    assert!(STACK.run("users get local|7001 --org 711").expect_success().stdout.contains("711:auditor"));
}

#[test]
fn missing_role_or_user_is_not_found() {
    assert_eq!(
        STACK.run("roles get 712:missing").expect_failure(4),
        "error: no item is stored for the role 712:missing\n"
    );
    assert_eq!(
        STACK.run("users get local|none --org 712").expect_failure(4),
        "error: no item is stored for the roles of local|none in 712\n"
    );
    assert_eq!(STACK.run("roles list --org 712").expect_success().stderr, "0 roles\n");
}

#[test]
fn export_can_be_applied_without_change() {
    let file = apply_sample("713");
    let export = STACK.run("apply --export --org 713").expect_success();
    assert_eq!(export.json(), file);
    let path = STACK.write_file("export-713.json", &export.stdout);
    assert_eq!(STACK.run(&format!("apply {path}")).expect_success().stderr, "0 added, 0 changed, 2 unchanged\n");
    let empty = STACK.run("apply --export --org 714").expect_success();
    assert_eq!(empty.json(), json!({"roles": [], "assignments": []}));
}

/// 300 roles of 4 KB are more than the megabyte that one query returns.
#[test]
fn roles_of_several_query_pages_are_listed() {
    let name = "n".repeat(4_000);
    let roles: Vec<_> = (0..300).map(|n| json!({"id": format!("715:r{n}"), "name": name, "grants": []})).collect();
    let file = STACK.write_file("715.json", &json!({"roles": roles}).to_string());
    STACK.run(&format!("apply {file}")).expect_success();
    assert_eq!(STACK.run("roles list --org 715").expect_success().stderr, "300 roles\n");
}

#[tokio::test]
async fn item_of_newer_schema_version_is_shown_and_not_exported() {
    apply_sample("716");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let addresses = &STACK.stack.addresses;
    let client = operator(&addresses.dynamodb_url, &STACK.stack.template.pseudo_parameters);
    let put = client.put_item().table_name(&addresses.table).item("pk", text("ORG#716")).item("sk", text("ROLE#new"));
    put.item("v", AttributeValue::N("9".to_owned())).send().await.unwrap();
    let list = STACK.run("roles list --org 716").expect_success();
    assert!(list.stdout.contains("unreadable: invalid, or written by a newer version"), "{list:?}");
    assert_eq!(list.stderr, "2 roles\n");
    let roles = STACK.run("roles list --org 716 --output json").expect_success().json();
    assert_eq!(roles[1], json!({"id": "716:new", "unreadable": true}));
    let error = STACK.run("apply --export --org 716").expect_failure(1);
    assert!(error.starts_with("error: the stored item of the role 716:new cannot be read: "), "{error}");
}
