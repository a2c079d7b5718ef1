//! Creating, showing, listing and revoking tokens.

use insta::assert_snapshot;

use crate::{
    harness::{STACK, snapshot_settings},
    stub_server::{response, run_against, serve},
};

#[test]
fn create_prints_token_to_stdout_and_metadata_to_stderr() {
    let command = STACK.command("token create --role 123:viewer --expires-in 30d --read-only --name").arg("A name");
    let created = command.run().expect_success();
    let parts: Vec<_> = created.stdout.strip_suffix('\n').unwrap().split('.').collect();
    assert!(
        parts.len() == 3 && parts.iter().all(|part| part.len() > 20 && !part.contains(char::is_whitespace)),
        "{created:?}"
    );
    assert!(!created.stderr.contains(parts[2]));
    snapshot_settings().bind(|| {
        assert_snapshot!(created.stderr, @r"
        id  api_ID
        name  A name
        type  api
        roles  123:viewer
        created  TIME
        created by  local|1001
        owner  local|1001
        expires  TIME
        read-only  yes
        ");
    });
}

/// The token appears in no later response.
#[test]
fn create_with_malformed_metadata_prints_token() {
    let (url, _) = serve(vec![response(201, "", r#"{"token": "t.o.k", "id": 1}"#)]);
    let created = run_against(&url, "token create --name x").expect_success();
    let has_warning = created.stderr.contains("warning: the token is valid, but");
    assert_eq!((created.stdout.as_str(), has_warning), ("t.o.k\n", true), "{created:?}");
}

#[test]
fn create_public_token_verifies_under_public_issuer() {
    for (arguments, member) in [("--type journey --journey-id j1", "journey_id"), ("--portal-id p1", "portal_id")] {
        let (id, token) = STACK.create_token(arguments);
        let claims = STACK.command("token verify --output json").stdin(&token).run().expect_success().json();
        assert!(claims["iss"].as_str().unwrap().ends_with("/public") && claims[member].is_string(), "{claims}");
        let details = STACK.run(&format!("token get {id}")).expect_success().stdout;
        let expected = if member == "journey_id" { "journey     j1" } else { "portal      p1" };
        assert!(details.contains(expected), "{details}");
    }
    let json = STACK.run("keys --output json").expect_success().json();
    assert!(json["public"]["keys"][0]["kid"].is_string(), "{json}");
}

#[test]
fn get_used_token_shows_day_of_last_use() {
    let (id, token) = STACK.create_token("--role 123:token_admin");
    let command = STACK.command("token get self --output json").env("LATCHKEY_TOKEN", &token);
    let by_itself = command.run().expect_success().json();
    assert_eq!(by_itself["id"], id.as_str());
    let by_id = STACK.run(&format!("token get {id} --output json")).expect_success().json();
    assert_eq!((&by_id["id"], &by_id["assignments"]), (&by_itself["id"], &by_itself["assignments"]));
    let details = STACK.run(&format!("token get {id}")).expect_success();
    snapshot_settings().bind(|| {
        assert_snapshot!(details.stdout, @r"
        id  api_ID
        name  Test
        type  api
        roles  123:token_admin
        created  TIME
        created by  local|1001
        owner  local|1001
        expires  never
        last used  DAY
        ");
    });
}

#[test]
fn revoked_token_is_unauthenticated() {
    let (id, token) = STACK.create_token("--role 123:token_admin");
    let list = STACK.command("token list --token-stdin").stdin(&token).run().expect_success();
    assert!(list.stdout.starts_with("ID ") && list.stdout.contains(&id), "{list:?}");
    assert!(list.stdout.lines().all(|line| line == line.trim_end()));

    let revoked = STACK.run(&format!("token revoke {id}")).expect_success();
    assert!(revoked.stdout.contains(&id) && revoked.stderr == "1 revoked\n", "{revoked:?}");
    let error = STACK.command("token get self").env("LATCHKEY_TOKEN", &token).run().expect_failure(3);
    assert!(error.ends_with(&STACK.error_end("unauthenticated")), "{error}");
    assert!(!STACK.run("token list").expect_success().stdout.contains(&id));
}

#[test]
fn json_output_is_the_api_response() {
    let created = STACK.run("token create --name J --type app --output json").expect_success();
    assert!(created.stdout.starts_with(r#"{"id":"app_"#) && created.stderr.is_empty(), "{created:?}");
    let id = created.json()["id"].as_str().unwrap().to_owned();
    let items = STACK.run("token list --type app --output json").expect_success().json();
    let mut item = items.as_array().unwrap().iter().find(|item| item["id"] == id.as_str()).unwrap().clone();
    item["token"] = created.json()["token"].clone();
    assert_eq!(item, created.json());
    let revoked = STACK.run(&format!("token revoke {id} --output json")).expect_success();
    assert!(revoked.json()["revoked_at"].is_string(), "{revoked:?}");
}

#[test]
fn list_expiring_omits_later_and_unlimited_tokens() {
    let soon = STACK.create_token("--expires-in 2d").0;
    let later = STACK.create_token("--expires-in 20d").0;
    let never = STACK.create_token("").0;
    let list = STACK.run("token list --expiring 7d").expect_success().stdout;
    assert!(list.contains(&soon) && !list.contains(&later) && !list.contains(&never), "{list}");
}

#[test]
fn update_changes_name_and_description() {
    let created = STACK.command("token create --name Old --output json --description").arg("In the vault").run();
    let created = created.expect_success().json();
    assert_eq!(created["description"], "In the vault", "{created}");
    let id = created["id"].as_str().unwrap();
    let renamed = STACK.command(&format!("token update {id} --name")).arg("New name").run().expect_success();
    snapshot_settings().bind(|| {
        assert_snapshot!(renamed.stdout, @r"
        id  api_ID
        name  New name
        description  In the vault
        type  api
        roles  123:owner
        created  TIME
        created by  local|1001
        owner  local|1001
        expires  never
        ");
    });
    let described = STACK.run(&format!("token update {id} --description Moved --output json")).expect_success().json();
    assert_eq!((&described["name"], &described["description"]), (&"New name".into(), &"Moved".into()));
    let removed = STACK.run(&format!("token update {id} --no-description --name Last --output json"));
    let removed = removed.expect_success().json();
    assert_eq!((&removed["name"], removed.get("description")), (&"Last".into(), None));
    let token = created["token"].as_str().unwrap();
    let own = STACK.command("token get self --output json").env("LATCHKEY_TOKEN", token).run().expect_success().json();
    assert_eq!(own["name"], "Last", "the token is valid under its old name");
    let refused = STACK.command("token update self --name Other").env("LATCHKEY_TOKEN", token).run();
    assert!(refused.expect_failure(3).contains("its own name"));
    STACK.run(&format!("token revoke {id}")).expect_success();
    let inactive = STACK.run(&format!("token update {id} --name Late")).expect_failure(5);
    assert!(inactive.contains("not active"), "{inactive}");
}
