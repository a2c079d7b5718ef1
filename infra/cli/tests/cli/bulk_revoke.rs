//! Revoking several tokens: by id, and all tokens of a creator, also by one of these tokens.

use serde_json::{Value, json};

use crate::{
    harness::{CommandOutput, STACK},
    stub_server::{response, run_against, serve},
};

const CURRENT: &str = "api_SSSSSSSSSSSSSSSSSSSSS";
const PARENT: &str = "api_PPPPPPPPPPPPPPPPPPPPP";
const OTHER: &str = "api_OOOOOOOOOOOOOOOOOOOOO";

/// Assigns user 7001 a role that may manage tokens in `org`, and returns the user's token.
fn token_manager(org: &str) -> String {
    let role = format!("{org}:tester");
    let text = json!({
        "roles": [{"id": role, "name": "", "grants": [{"action": "token:create"}]}],
        "assignments": [{"org": org, "user": "7001", "roles": [role]}],
    });
    let file = STACK.write_file(&format!("{org}.json"), &text.to_string());
    STACK.run(&format!("apply {file}")).expect_success();
    STACK.user_token(org, "7001")
}

/// Revokes all tokens of user 7001 with `credential`.
fn revoke_all(credential: &str) -> CommandOutput {
    STACK.command("token revoke --created-by local|7001 --yes").env("LATCHKEY_TOKEN", credential).run()
}

#[test]
fn revoke_several_ids_continues_after_failure() {
    let first = STACK.create_token("").0;
    let second = STACK.create_token("").0;
    let unknown = "api_AAAAAAAAAAAAAAAAAAAAA";
    let output = STACK.run(&format!("token revoke {first} {unknown} {second}"));
    assert_eq!(output.exit_code, 4, "{output:?}");
    assert!(output.stdout.contains(&first) && output.stdout.contains(&second), "{output:?}");
    let end = STACK.error_end("not_found");
    let expected =
        format!("2 revoked\n{unknown}: the token or route does not exist{end}error: 1 of 3 requests failed\n");
    assert_eq!(output.stderr, expected);
}

#[test]
fn revoke_by_creator_requires_confirmation() {
    let creator = STACK.user_token("123", "1002");
    let created = ["", "--type app"].map(|arguments| {
        let command = STACK.command(&format!("token create --name Mine --output json {arguments}"));
        let created = command.env("LATCHKEY_TOKEN", &creator).run().expect_success().json();
        created["id"].as_str().unwrap().to_owned()
    });
    let (others, _) = STACK.create_token("");
    let error = STACK.run("token revoke --created-by local|1002").expect_failure(2);
    assert_eq!(
        error,
        "error: revoke 2 tokens created by `local|1002`? the confirmation requires a terminal: pass `--yes`\n"
    );
    let list = STACK.run("token list --type api --type app --created-by local|1002").expect_success();
    assert!(created.iter().all(|id| list.stdout.contains(id)) && !list.stdout.contains(&others), "{list:?}");

    let revoked = STACK.run("token revoke --created-by local|1002 --yes").expect_success();
    assert!(created.iter().all(|id| revoked.stdout.contains(id)) && revoked.stderr == "2 revoked\n", "{revoked:?}");
    assert!(STACK.run("token list").expect_success().stdout.contains(&others));
    let none = STACK.run("token revoke --created-by local|1002 --yes").expect_success();
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "no active tokens created by `local|1002`\n"));
}

#[test]
fn revoke_by_creator_revokes_current_token_last() {
    let user = token_manager("708");
    let older = STACK.create_token_as(&user).0;
    let (id, token) = STACK.create_token_as(&user);
    let revoked = revoke_all(&token).expect_success();
    assert!(revoked.stdout.contains(&older) && revoked.stderr == "2 revoked\n", "{revoked:?}");
    assert!(revoked.stdout.lines().last().unwrap().starts_with(&id), "{revoked:?}");
}

#[test]
fn revoke_by_creator_revokes_parent_token_last() {
    let user = token_manager("709");
    let older = STACK.create_token_as(&user).0;
    let (parent, token) = STACK.create_token_as(&user);
    let revoked = revoke_all(&STACK.create_token_as(&token).1).expect_success();
    assert!(revoked.stdout.contains(&older) && revoked.stderr == "2 revoked\n", "{revoked:?}");
    assert!(revoked.stdout.lines().last().unwrap().starts_with(&parent), "{revoked:?}");
}

fn item(id: &str) -> Value {
    let parent = (id == CURRENT).then_some(PARENT);
    json!({
        "id": id, "name": "x", "token_type": "api", "created_at": "2026-01-01T00:00:00Z", "created_by": "local|1",
        "parent": parent,
    })
}

/// Revokes the three tokens of a stub server that answers the parent's revocation with `status`. Returns the output, and
/// the request lines that follow the list request.
fn revoke_with_parent_status(status: u16) -> (CommandOutput, Vec<String>) {
    let list = json!([item(CURRENT), item(PARENT), item(OTHER)]).to_string();
    let mut responses = vec![response(200, "", &list)];
    responses.extend([CURRENT, OTHER].map(|id| response(200, "", &item(id).to_string())));
    responses.push(response(status, "", &item(PARENT).to_string()));
    if status != 200 {
        responses.push(response(200, "", &item(CURRENT).to_string()));
    }
    let (url, requests) = serve(responses);
    let output = run_against(&url, "token revoke --created-by local|1 --yes");
    let requests = requests.join().unwrap().into_iter().skip(1);
    (output, requests.map(|request| request.lines().next().unwrap().replace(" HTTP/1.1", "")).collect())
}

#[test]
fn revoke_by_creator_skips_token_ended_with_its_parent() {
    let (output, requests) = revoke_with_parent_status(200);
    let path = "/v1/access-tokens";
    let expected = [format!("GET {path}/self"), format!("DELETE {path}/{OTHER}"), format!("DELETE {path}/{PARENT}")];
    assert_eq!(requests, expected);
    assert_eq!(
        output.expect_success().stderr,
        format!("2 revoked\n{CURRENT} is inactive: its parent {PARENT} is revoked\n")
    );
}

#[test]
fn revoke_by_creator_with_failed_parent_revokes_child() {
    let (output, requests) = revoke_with_parent_status(503);
    assert_eq!(requests.last().unwrap(), &format!("DELETE /v1/access-tokens/{CURRENT}"));
    assert_eq!(output.exit_code, 6, "{output:?}");
    assert!(
        output.stdout.contains(CURRENT) && output.stderr.ends_with("error: 1 of 3 requests failed\n"),
        "{output:?}"
    );
}
