//! The operator's tool on the ledger.

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use serde_json::json;
use shared::{
    apply::{Apply, Content, Place, RowBook},
    aws::Ledger,
    rights::{OrgId, RoleId},
    token::UserId,
};

use crate::program::{Ended, Program, SHARED, elsewhere};

fn viewer_file(org: &str, action: &str) -> String {
    let role = format!("{org}:tester");
    let text = json!({
        "roles": [{"id": role, "name": "Tester", "grants": [{"action": action}]}],
        "assignments": [{"org": org, "user": "7001", "roles": [role]}],
    });
    SHARED.file(&format!("{org}.json"), &text.to_string())
}

/// Whether the person of the file may list tokens.
fn may_list(org: &str) -> bool {
    SHARED.program("token list").env("LATCHKEY_TOKEN", &SHARED.person(org, "7001")).run().code == 0
}

#[test]
fn what_is_applied_counts_at_once_and_twice_changes_nothing() {
    let file = viewer_file("701", "token:create");
    let dry = SHARED.run(&format!("apply {file} --dry-run")).ok();
    assert_eq!(dry.out, "CHANGE  WHAT\nadded   role 701:tester\nadded   roles of local|7001 in 701\n");
    assert_eq!(dry.err, "dry run: nothing was written\n");
    assert!(!may_list("701"));

    let first = SHARED.run(&format!("apply {file}")).ok();
    assert_eq!((first.out, first.err.as_str()), (dry.out, "2 added, 0 changed, 0 unchanged\n"));
    assert!(may_list("701"));
    assert_eq!(SHARED.run(&format!("apply {file}")).ok().err, "0 added, 0 changed, 2 unchanged\n");
    let changed = SHARED.run(&format!("apply {}", viewer_file("701", "*:view"))).ok();
    assert_eq!(changed.err, "0 added, 1 changed, 1 unchanged\n");
    assert!(!may_list("701"));
}

#[test]
fn the_first_owner_is_made_beside_what_they_have() {
    SHARED.run(&format!("apply {}", viewer_file("702", "*:view"))).ok();
    assert!(!may_list("702"));
    let made = SHARED.run("apply --owner local|7001 --org 702").ok();
    assert_eq!(made.out, "CHANGE   WHAT\nchanged  roles of local|7001 in 702\n");
    assert!(may_list("702"));
    assert_eq!(SHARED.run("apply --owner local|7001 --org 702").ok().err, "0 added, 0 changed, 1 unchanged\n");
    let owner = SHARED.person("702", "7001");
    let both = ["--role 702:owner", "--role 702:tester"]
        .map(|role| SHARED.program(&format!("token create --name x {role}")).env("LATCHKEY_TOKEN", &owner).run().code);
    assert_eq!(both, [0, 0]);
}

/// Assigns the person these roles, each of which may list tokens.
fn assign(org: &str, slugs: &[String]) -> Ended {
    let ids: Vec<_> = slugs.iter().map(|slug| format!("{org}:{slug}")).collect();
    let role = |id: &String| json!({"id": id, "name": "", "grants": [{"action": "token:create"}]});
    let roles: Vec<_> = ids.iter().map(role).collect();
    let text = json!({"roles": roles, "assignments": [{"org": org, "user": "7001", "roles": ids}]});
    SHARED.run(&format!("apply {}", SHARED.file(&format!("{org}.json"), &text.to_string())))
}

#[test]
fn whoever_has_as_many_roles_as_can_be_assigned_is_let_in_and_one_more_writes_nothing() {
    let slugs = |length: usize| (0..).map(move |n| format!("{n:0length$}"));
    let longest = |last: usize| slugs(64).take(53).chain(["l".repeat(last)]).collect::<Vec<_>>();
    for (org, most, more, words) in [
        ("705", slugs(1).take(99).collect(), slugs(1).take(100).collect(), "100 roles, and 99 at most"),
        ("706", longest(39), longest(40), "roles of 3701 bytes with a blank between each two, and 3700 at most"),
    ] {
        let refused = assign(org, &more).failed(5);
        assert!(refused.contains(&format!("would lock them out of `{org}`: {words}")), "{refused}");
        assert!(SHARED.run(&format!("apply --owner local|7001 --org {org} --dry-run")).ok().out.contains("added"));
        assign(org, &most).ok();
        assert!(may_list(org), "{org}");
    }
    let refused = SHARED.run("apply --owner local|7001 --org 705").failed(1);
    assert!(refused.contains("as owner too, local|7001 would be locked out of 705: 100 roles"), "{refused}");
    assert!(may_list("705"));
}

fn operators_ledger() -> Ledger {
    let local = &SHARED.stack.local;
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("operator", "local", None, None, "test"))
        .endpoint_url(&local.dynamodb_url);
    Ledger::through(Client::from_conf(config.build()), local.table.clone())
}

#[tokio::test]
async fn an_owner_is_not_written_over_what_was_not_read() {
    let apply = Apply { ledger: operators_ledger() };
    let (org, person): (OrgId, UserId) = ("707".parse().unwrap(), "local|7001".parse().unwrap());
    let place = Place::Assignment(org.clone(), person.clone());
    let beside_nothing = apply.with_owner(&org, &person).await.unwrap();
    SHARED.run(&format!("apply {}", viewer_file("707", "*:view"))).ok();
    assert_eq!(apply.ledger.put(&beside_nothing).await, Ok(false));
    let beside_tester = apply.with_owner(&org, &person).await.unwrap();
    assert_eq!(apply.ledger.put(&beside_tester).await, Ok(true));
    assert_eq!(apply.ledger.put(&beside_tester).await, Ok(false));

    apply.write(&apply.compare(&[beside_nothing]).await.unwrap()).await.unwrap();
    let both = vec!["707:tester".parse().unwrap(), RoleId::owner(&org)];
    assert_eq!(apply.ledger.present(&place).await, Ok(Some(Content::Assignment(both))));
}

#[test]
fn a_broken_file_or_a_grant_that_is_not_understood_writes_nothing() {
    let good = json!({"id": "703:tester", "name": "", "grants": [{"action": "token:create"}]});
    let bad = json!({"id": "703:bad", "name": "", "grants": [{"action": "x", "effect": "Deny"}]});
    let assigned = json!([{"org": "703", "user": "7001", "roles": ["703:tester"]}]);
    for (text, reason) in [
        (
            json!({"roles": [good, bad], "assignments": assigned}).to_string(),
            "role `703:bad` has a grant that is not understood",
        ),
        (format!("{{\"roles\": [{good}], \"assignments\": {assigned}"), "EOF while parsing"),
    ] {
        let refused = SHARED.run(&format!("apply {}", SHARED.file("broken.json", &text))).failed(5);
        assert!(refused.contains(reason), "{refused}");
        let dry = SHARED.run("apply --owner local|7001 --org 703 --dry-run").ok();
        assert!(dry.out.contains("added"), "{dry:?}");
    }
    let absent = SHARED.run("apply /nonexistent.json").failed(1);
    assert!(absent.starts_with("error: `/nonexistent.json` cannot be read: "), "{absent}");
}

#[test]
fn with_a_table_the_aws_environment_says_where_and_who() {
    let folder = elsewhere();
    let local = &SHARED.stack.local;
    let file = viewer_file("704", "token:create");
    let run = |words: &str, operator: &str| {
        let program = Program::new(folder.path(), &format!("apply {file} --table {words}"));
        let program = program.env("AWS_ENDPOINT_URL_DYNAMODB", &local.dynamodb_url).env("AWS_REGION", "us-east-1");
        program.env("AWS_ACCESS_KEY_ID", operator).env("AWS_SECRET_ACCESS_KEY", "local").run()
    };
    let table = &local.table;
    let unnamed = run(table, "operator").failed(5);
    assert!(unnamed.contains("user `7001` is of no known identity provider"), "{unnamed}");
    let denied = run(&format!("{table} --provider local"), "list-tokens").failed(1);
    assert!(denied.starts_with("error: the ledger: dynamodb GetItem access denied: 400 "), "{denied}");
    assert!(!may_list("704"));
    run(&format!("{table} --provider local"), "operator").ok();
    assert!(may_list("704"));
}

#[test]
fn a_ledger_that_cannot_be_reached_is_unavailable() {
    let folder = elsewhere();
    let program = Program::new(folder.path(), "apply --table t --owner local|1 --org 1");
    let program = program.env("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:1").env("AWS_REGION", "us-east-1");
    let refused = program.env("AWS_ACCESS_KEY_ID", "x").env("AWS_SECRET_ACCESS_KEY", "y").run().failed(6);
    assert!(refused.starts_with("error: the ledger: dynamodb GetItem unreachable"), "{refused}");
}
