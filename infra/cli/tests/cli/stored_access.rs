//! `latchkey roles`, `latchkey users` and `latchkey apply --export`: roles and assignments through the API and as stored.

use aws_sdk_dynamodb::types::AttributeValue;
use local::stack::operator;
use serde_json::{Value, json};

use crate::harness::{CommandOutput, STACK};

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

/// Runs the CLI with blank-separated `arguments` as the owner `local|7000` of `org`.
fn run_as_owner(org: &str, arguments: &str) -> CommandOutput {
    STACK.run(&format!("apply --owner local|7000 --org {org}")).expect_success();
    STACK.command(arguments).env("LATCHKEY_TOKEN", &STACK.user_token(org, "7000")).run()
}

#[test]
fn roles_and_users_are_listed_and_shown() {
    let file = apply_sample("711");
    let run = |arguments: &str| run_as_owner("711", arguments).expect_success();
    let roles = run("roles list");
    let expected = "ROLE         NAME     GRANTS\n711:owner    owner    *\n711:auditor  Auditor  *:view, deny billing:* on \
                    invoice/*\n";
    assert_eq!((roles.stdout.as_str(), roles.stderr.as_str()), (expected, "2 roles\n"));
    let users = run("users list");
    assert_eq!(
        (users.stdout.as_str(), users.stderr.as_str()),
        ("USER        ROLES\nlocal|7000  711:owner\nlocal|7001  711:auditor\n", "2 users\n")
    );
    assert_eq!(run("roles list --output json").json()[1], file["roles"][0]);
    assert_eq!(run("users list --output json").json()[1], file["assignments"][0]);
    assert_eq!(run("roles get 711:auditor --output json").json(), file["roles"][0]);
    assert_eq!(run("users get local|7001 --org 711 --output json").json(), file["assignments"][0]);
    assert!(run("users get local|7001").stdout.contains("711:auditor"));
}

#[test]
fn role_is_stored_assigned_taken_and_deleted() {
    let run = |arguments: &str| run_as_owner("717", arguments);
    let grants = r#"[{"action":"order:*"},{"action":"order:delete","effect":"deny"}]"#;
    let put = run(&format!("roles put 717:clerk --name Clerk --grants {grants}")).expect_success();
    assert_eq!(put.stdout, "ROLE       NAME   GRANTS\n717:clerk  Clerk  order:*, deny order:delete\n");
    let file = STACK.write_file("717.json", r#"[{"action": "order:view"}]"#);
    let put = run(&format!("roles put 717:viewer --name Viewer --grants-file {file} --output json")).expect_success();
    let expected = json!({"id": "717:viewer", "name": "Viewer", "grants": [{"action": "order:view"}]});
    assert_eq!(put.json(), expected);
    let assigned = run("users assign ad|https://x/*?7 717:clerk 717:viewer --output json").expect_success().json();
    let user = json!({"org": "717", "principal": "ad|https://x/*?7", "roles": ["717:clerk", "717:viewer"]});
    assert_eq!(assigned, user);
    assert_eq!(run("users get ad|https://x/*?7 --output json").expect_success().json(), user);
    let left = run("users unassign ad|https://x/*?7 717:clerk").expect_success();
    assert_eq!(left.stdout, "USER              ROLES\nad|https://x/*?7  717:viewer\n");
    assert_eq!(run("roles delete 717:clerk").expect_success().stderr, "deleted the role 717:clerk\n");
    assert!(run("roles delete 717:clerk").expect_failure(4).contains("the role `717:clerk` does not exist"));
    let last = run("users unassign local|7000 717:owner").expect_failure(5);
    assert!(last.contains("is the last user with the role `717:owner`"), "{last}");
    let invalid =
        run(r#"roles put 717:clerk --name Clerk --grants [{"action":"a","conditions":[]}]"#).expect_failure(5);
    assert!(invalid.contains("has an invalid grant"), "{invalid}");
}

#[test]
fn missing_role_or_user_is_not_found() {
    let missing = run_as_owner("712", "roles get 712:missing").expect_failure(4);
    assert_eq!(missing, format!("error: the role `712:missing` does not exist{}", STACK.error_end("not_found")));
    assert_eq!(
        run_as_owner("712", "users get local|none --org 712").expect_failure(4),
        "error: no roles are assigned to local|none\n"
    );
    let denied = STACK.run("roles list --org 712").expect_failure(3);
    assert!(denied.contains("you have no role in the organization"), "the owner of another organization: {denied}");
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
    assert_eq!(run_as_owner("715", "roles list").expect_success().stderr, "301 roles\n");
    let export = STACK.run("apply --export --org 715").expect_success().json();
    assert_eq!(export["roles"].as_array().unwrap().len(), 300);
}

#[tokio::test]
async fn item_of_newer_schema_version_denies_and_is_not_exported() {
    apply_sample("716");
    let text = |text: &str| AttributeValue::S(text.to_owned());
    let addresses = &STACK.stack.addresses;
    let client = operator(&addresses.dynamodb_url, &STACK.stack.template.pseudo_parameters);
    let put = client.put_item().table_name(&addresses.table).item("pk", text("ORG#716")).item("sk", text("ROLE#new"));
    put.item("v", AttributeValue::N("9".to_owned())).send().await.unwrap();
    let list = run_as_owner("716", "roles list").expect_success();
    assert!(list.stdout.contains("716:new      new      deny *\n"), "{list:?}");
    let error = STACK.run("apply --export --org 716").expect_failure(1);
    assert!(error.starts_with("error: the stored item of the role 716:new cannot be read: "), "{error}");
}
