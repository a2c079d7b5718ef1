//! `latchkey apply`: writing roles and assignments to the ledger.

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use serde_json::{Value, json};
use shared::{
    access_item::{ItemKey, ItemValue},
    aws::Ledger,
    permissions::{OrgId, RoleId},
    provisioning::{AdminStore, Provisioning},
    token::UserId,
};

use crate::harness::{CliCommand, CommandOutput, STACK, empty_dir};

/// Writes a manifest that assigns user 7001 a role with `action` in `org`.
fn write_manifest(org: &str, action: &str) -> String {
    let role = format!("{org}:tester");
    let text = json!({
        "roles": [{"id": role, "name": "Tester", "grants": [{"action": action}]}],
        "assignments": [{"org": org, "user": "7001", "roles": [role]}],
    });
    STACK.write_file(&format!("{org}.json"), &text.to_string())
}

/// Returns whether user 7001 may list tokens in `org`.
fn may_list(org: &str) -> bool {
    STACK.command("token list").env("LATCHKEY_TOKEN", &STACK.user_token(org, "7001")).run().exit_code == 0
}

#[test]
fn apply_takes_effect_at_once_and_is_idempotent() {
    let file = write_manifest("701", "token:create");
    let dry_run = STACK.run(&format!("apply {file} --dry-run")).expect_success();
    assert_eq!(dry_run.stdout, "CHANGE  ITEM\nadded   role 701:tester\nadded   roles of local|7001 in 701\n");
    assert_eq!(dry_run.stderr, "dry run: nothing was written\n");
    assert!(!may_list("701"));

    let first = STACK.run(&format!("apply {file}")).expect_success();
    assert_eq!((first.stdout, first.stderr.as_str()), (dry_run.stdout, "2 added, 0 changed, 0 unchanged\n"));
    assert!(may_list("701"));
    assert_eq!(STACK.run(&format!("apply {file}")).expect_success().stderr, "0 added, 0 changed, 2 unchanged\n");
    let changed = STACK.run(&format!("apply {}", write_manifest("701", "order:*"))).expect_success();
    assert_eq!(changed.stderr, "0 added, 1 changed, 1 unchanged\n");
    assert!(!may_list("701"));
}

#[test]
fn apply_owner_keeps_existing_roles() {
    STACK.run(&format!("apply {}", write_manifest("702", "order:*"))).expect_success();
    assert!(!may_list("702"));
    let changed = STACK.run("apply --owner local|7001 --org 702").expect_success();
    assert_eq!(changed.stdout, "CHANGE   ITEM\nchanged  roles of local|7001 in 702\n");
    assert!(may_list("702"));
    assert_eq!(
        STACK.run("apply --owner local|7001 --org 702").expect_success().stderr,
        "0 added, 0 changed, 1 unchanged\n"
    );
    let owner = STACK.user_token("702", "7001");
    let both = ["--role 702:owner", "--role 702:tester"].map(|role| {
        STACK.command(&format!("token create --name x {role}")).env("LATCHKEY_TOKEN", &owner).run().exit_code
    });
    assert_eq!(both, [0, 0]);
}

/// Assigns user 7001 these roles, each of which may list tokens.
fn assign(org: &str, slugs: &[String]) -> CommandOutput {
    let ids: Vec<_> = slugs.iter().map(|slug| format!("{org}:{slug}")).collect();
    let role = |id: &String| json!({"id": id, "name": "", "grants": [{"action": "token:create"}]});
    let roles: Vec<_> = ids.iter().map(role).collect();
    let text = json!({"roles": roles, "assignments": [{"org": org, "user": "7001", "roles": ids}]});
    STACK.run(&format!("apply {}", STACK.write_file(&format!("{org}.json"), &text.to_string())))
}

#[test]
fn apply_more_roles_than_the_limit_writes_nothing() {
    let slugs = |length: usize| (0..).map(move |n| format!("{n:0length$}"));
    let long_slugs = |last: usize| slugs(64).take(53).chain(["l".repeat(last)]).collect::<Vec<_>>();
    for (org, at_limit, above_limit, reason) in [
        ("705", slugs(1).take(99).collect(), slugs(1).take(100).collect(), "100 roles, at most 99"),
        ("706", long_slugs(39), long_slugs(40), "role ids of 3701 bytes including separators, at most 3700"),
    ] {
        let error = assign(org, &above_limit).expect_failure(5);
        assert!(error.contains(&format!("exceeds the role limit in `{org}`: {reason}")), "{error}");
        let dry_run = STACK.run(&format!("apply --owner local|7001 --org {org} --dry-run")).expect_success();
        assert!(dry_run.stdout.contains("added"));
        assign(org, &at_limit).expect_success();
        assert!(may_list(org), "{org}");
    }
    let error = STACK.run("apply --owner local|7001 --org 705").expect_failure(1);
    assert!(
        error.contains("with the owner role, `local|7001` would exceed the role limit in `705`: 100 roles"),
        "{error}"
    );
    assert!(may_list("705"));
}

fn operator_ledger() -> Ledger {
    let local = &STACK.stack.addresses;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("operator", "local", None, None, "test"))
        .endpoint_url(&local.dynamodb_url);
    Ledger::through(Client::from_conf(config.build()), local.table.clone())
}

#[tokio::test]
async fn apply_owner_after_concurrent_change_keeps_both_roles() {
    let provisioning = Provisioning { ledger: operator_ledger() };
    let org: OrgId = "707".parse().unwrap();
    let user: UserId = "local|7001".parse().unwrap();
    let key = ItemKey::Assignment(org.clone(), user.clone());
    let without_roles = provisioning.with_owner(&org, &user).await.unwrap();
    STACK.run(&format!("apply {}", write_manifest("707", "*:view"))).expect_success();
    assert_eq!(provisioning.ledger.put_item(&without_roles).await, Ok(false));
    let with_tester = provisioning.with_owner(&org, &user).await.unwrap();
    assert_eq!(provisioning.ledger.put_item(&with_tester).await, Ok(true));
    assert_eq!(provisioning.ledger.put_item(&with_tester).await, Ok(false));

    provisioning.write(&provisioning.compare(&[without_roles]).await.unwrap()).await.unwrap();
    let both = vec!["707:tester".parse().unwrap(), RoleId::owner(&org)];
    assert_eq!(provisioning.ledger.read_item(&key).await, Ok(Some(ItemValue::Assignment(both))));
}

#[test]
fn apply_invalid_file_writes_nothing() {
    let good = json!({"id": "703:tester", "name": "", "grants": [{"action": "token:create"}]});
    let bad = json!({"id": "703:bad", "name": "", "grants": [{"action": "x", "effect": "Deny"}]});
    let assigned = json!([{"org": "703", "user": "7001", "roles": ["703:tester"]}]);
    for (text, reason) in [
        (json!({"roles": [good, bad], "assignments": assigned}).to_string(), "role `703:bad` has an invalid grant"),
        (format!("{{\"roles\": [{good}], \"assignments\": {assigned}"), "EOF while parsing"),
    ] {
        let file = STACK.write_file("broken.json", &text);
        let error = STACK.run(&format!("apply {file}")).expect_failure(5);
        assert!(error.contains(reason), "{error}");
        let dry_run = STACK.run("apply --owner local|7001 --org 703 --dry-run").expect_success();
        assert!(dry_run.stdout.contains("added"), "{dry_run:?}");
    }
    let missing = STACK.run("apply /nonexistent.json").expect_failure(1);
    assert!(missing.starts_with("error: cannot read `/nonexistent.json`: "), "{missing}");
}

#[cfg(feature = "aws")]
#[test]
fn apply_with_table_uses_aws_environment() {
    let directory = empty_dir();
    let local = &STACK.stack.addresses;
    let file = write_manifest("704", "token:create");
    let run = |arguments: &str, access_key: &str| {
        let command = CliCommand::new(directory.path(), &format!("apply {file} --table {arguments}"));
        let command = command.env("AWS_ENDPOINT_URL_DYNAMODB", &local.dynamodb_url).env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", access_key).env("AWS_SECRET_ACCESS_KEY", "local").run()
    };
    let table = &local.table;
    let without_provider = run(table, "operator").expect_failure(5);
    assert!(without_provider.contains("user `7001` has no identity provider"), "{without_provider}");
    let denied = run(&format!("{table} --provider local"), "list-tokens").expect_failure(3);
    assert!(denied.starts_with("error: access denied to GetItem: grant `dynamodb:GetItem` on table "), "{denied}");
    assert!(!may_list("704"));
    run(&format!("{table} --provider local"), "operator").expect_success();
    assert!(may_list("704"));
}

#[cfg(not(feature = "aws"))]
#[test]
fn apply_with_table_without_aws_feature_names_the_feature() {
    let directory = empty_dir();
    let command = CliCommand::new(directory.path(), "apply --table t --owner local|1 --org 1");
    let expected =
        "error: this build cannot access AWS: install it with `cargo install --path infra/cli --features aws`\n";
    assert_eq!(command.run().expect_failure(2), expected);
}

#[test]
fn apply_of_assignments_alone_requires_existing_roles() {
    let write = |name: &str, text: Value| STACK.write_file(name, &text.to_string());
    let assignment = |roles: Value| json!({"assignments": [{"org": "709", "user": "7009", "roles": roles}]});
    let unknown = write("unknown-role.json", assignment(json!(["709:missing"])));
    let error = STACK.run(&format!("apply {unknown}")).expect_failure(5);
    assert_eq!(
        error,
        "error: the roles of local|7009 in 709 name `709:missing`, which is neither a stored role nor declared in the file\n"
    );
    let role = write("role-alone.json", json!({"roles": [{"id": "709:tester", "name": "T", "grants": []}]}));
    STACK.run(&format!("apply {role}")).expect_success();
    let known = write("known-role.json", assignment(json!(["709:tester", "709:owner"])));
    assert_eq!(STACK.run(&format!("apply {known}")).expect_success().stderr, "1 added, 0 changed, 0 unchanged\n");
}

#[test]
fn apply_of_malformed_action_or_empty_file_is_rejected() {
    for (text, reason) in [
        (json!({}), "neither roles nor assignments are declared"),
        (
            json!({"roles": [{"id": "1:a", "name": "A", "grants": [{"action": "token create"}]}]}),
            "role `1:a` has the action `token create`: an action must have 1 to 128 characters of A-Z a-z 0-9 _ - . : *",
        ),
        (
            json!({"roles": [{"id": "1:a", "name": "A", "grants": [{"action": "", "effect": "deny"}]}]}),
            "role `1:a` has the action ``: an action must have 1 to 128 characters of A-Z a-z 0-9 _ - . : *",
        ),
    ] {
        let file = STACK.write_file("malformed.json", &text.to_string());
        assert_eq!(STACK.run(&format!("apply {file}")).expect_failure(5), format!("error: `{file}`: {reason}\n"));
    }
}
