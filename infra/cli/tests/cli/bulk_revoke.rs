//! Revoking several tokens: by id, and all that match a filter, also by one of these tokens.

use serde_json::{Value, json};

use crate::{
    harness::{CommandOutput, STACK},
    stub_server::{response, run_against, serve},
};

const FIRST: &str = "api_SSSSSSSSSSSSSSSSSSSSS";
const SECOND: &str = "api_OOOOOOOOOOOOOOOOOOOOO";

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
    let question = "revoke all active tokens created by `local|1002` that the credential may revoke?";
    assert_eq!(error, format!("error: {question} the confirmation requires a terminal: pass `--yes`\n"));
    let list = STACK.run("token list --type api --type app --created-by local|1002").expect_success();
    assert!(created.iter().all(|id| list.stdout.contains(id)) && !list.stdout.contains(&others), "{list:?}");

    let revoked = STACK.run("token revoke --created-by local|1002 --yes").expect_success();
    assert_eq!(sorted_lines(&revoked), sorted(created), "the ids and nothing else");
    assert_eq!(revoked.stderr, "2 revoked\n");
    assert!(STACK.run("token list").expect_success().stdout.contains(&others));
    let none = STACK.run("token revoke --created-by local|1002 --yes").expect_success();
    assert_eq!((none.stdout.as_str(), none.stderr.as_str()), ("", "no active tokens created by `local|1002`\n"));
}

fn sorted(ids: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort_unstable();
    ids
}

fn sorted_lines(output: &CommandOutput) -> Vec<String> {
    sorted(output.stdout.lines().map(ToOwned::to_owned))
}

#[test]
fn revoke_before_and_all_print_each_id() {
    let user = token_manager("710");
    let run = |arguments: &str| STACK.command(arguments).env("LATCHKEY_TOKEN", &user).run().expect_success();
    let created = [STACK.create_token_as(&user).0, STACK.create_token_as(&user).0];
    let none = run("token revoke --before 2019-08-24T14:15:22Z --yes");
    assert_eq!(none.stderr, "no active tokens created before `2019-08-24T14:15:22Z`\n");
    let revoked = run("token revoke --before 9999-01-01T00:00:00Z --yes");
    assert_eq!((sorted_lines(&revoked), revoked.stderr.as_str()), (sorted(created), "2 revoked\n"));
    let (id, _) = STACK.create_token_as(&user);
    let json = run("token revoke --all --yes --output json");
    assert_eq!(json.json(), json!({"id": id}));
    assert_eq!(run("token revoke --all --yes").stderr, "no active tokens\n");
}

/// Exit code 7.
#[cfg(target_os = "linux")]
#[test]
fn declined_confirmation_revokes_nothing() {
    let creator = STACK.user_token("123", "1006");
    let (id, _) = STACK.create_token_as(&creator);
    let revoke = || STACK.command("token revoke --created-by local|1006");
    for answer in ["n", "", "yes please"] {
        let terminal = revoke().run_on_terminal(&format!("{answer}\n")).expect_failure(7);
        let expected = "revoke all active tokens created by `local|1006` that the credential may revoke? [y/N] no token was revoked\r\n";
        assert_eq!(terminal, format!("{answer}\r\n{expected}"));
    }
    assert!(STACK.run(&format!("token get {id} --output json")).expect_success().json()["revoked_at"].is_null());
    let revoked = revoke().run_on_terminal("y\n").expect_success();
    assert!(revoked.stdout.contains(&id) && revoked.stderr.ends_with("1 revoked\r\n"), "{revoked:?}");
}

#[test]
fn revoke_by_creator_revokes_current_token_last() {
    let user = token_manager("708");
    let older = STACK.create_token_as(&user).0;
    let (id, token) = STACK.create_token_as(&user);
    let revoked = revoke_all(&token).expect_success();
    assert_eq!(revoked.stdout, format!("{older}\n{id}\n"));
    assert_eq!(revoked.stderr, format!("2 revoked\nthe credential {id} is revoked\n"));
}

#[test]
fn revoke_by_creator_revokes_parent_token_last() {
    let user = token_manager("709");
    let older = STACK.create_token_as(&user).0;
    let (parent, token) = STACK.create_token_as(&user);
    let (id, child) = STACK.create_token_as(&token);
    let revoked = revoke_all(&child).expect_success();
    assert_eq!(revoked.stdout, format!("{older}\n{parent}\n"));
    let end = format!("the credential {id} is inactive: its parent {parent} is revoked");
    assert_eq!(revoked.stderr, format!("2 revoked\n{end}\n"));
}

/// A user with `token:revoke` alone may not read the token `self`.
#[test]
fn revoke_all_needs_no_permission_to_list() {
    let role = "741:responder";
    let text = json!({
        "roles": [{"id": role, "name": "", "grants": [{"action": "token:revoke"}, {"action": "token:view", "effect": "deny"}]}],
        "assignments": [{"org": "741", "user": "7002", "roles": [role]}],
    });
    let file = STACK.write_file("741-responder.json", &text.to_string());
    STACK.run(&format!("apply {file}")).expect_success();
    let responder = STACK.user_token("741", "7002");
    let (id, _) = STACK.create_token_as(&token_manager("741"));
    let revoked = STACK.command("token revoke --all --yes").env("LATCHKEY_TOKEN", &responder).run().expect_success();
    assert_eq!(revoked.stdout, format!("{id}\n"));
}

/// The response to a bulk request.
fn page(ids: &[&str], cursor: Option<&str>) -> String {
    let mut body = json!({"revoked": ids});
    if let Some(cursor) = cursor {
        body["cursor"] = json!(cursor);
    }
    response(200, "", &body.to_string())
}

fn problem(status: u16, headers: &str) -> String {
    response(status, headers, &json!({"detail": "a problem", "code": "a_code"}).to_string())
}

/// Runs a bulk revocation against a stub server whose first response is that the caller is a user. Returns the output and the
/// bodies of the bulk requests.
fn run_bulk(responses: Vec<String>) -> (CommandOutput, Vec<Value>) {
    let mut all = vec![problem(404, "")];
    all.extend(responses);
    let (url, requests) = serve(all);
    let output = run_against(&url, "token revoke --created-by local|1 --yes");
    let requests = requests.join().unwrap().into_iter().skip(1).map(|request| {
        assert!(request.starts_with("POST /v1/access-tokens/revoke HTTP/1.1"), "{request}");
        serde_json::from_str(request.split("\r\n\r\n").nth(1).unwrap()).unwrap()
    });
    (output, requests.collect())
}

fn first_page() -> Value {
    json!({"created_by": "local|1"})
}

fn page_at(cursor: &str) -> Value {
    json!({"created_by": "local|1", "cursor": cursor})
}

#[test]
fn bulk_revoke_repeats_failed_requests_with_the_cursor() {
    let (output, requests) = run_bulk(vec![
        page(&[FIRST], Some("a")),
        problem(503, "retry-after: 1\r\n"),
        problem(429, "retry-after: 1\r\n"),
        // The client repeats a request once without a wait if the connection fails.
        String::new(),
        String::new(),
        page(&[SECOND], None),
        page(&[], None),
    ]);
    let output = output.expect_success();
    assert_eq!(output.stdout, format!("{FIRST}\n{SECOND}\n"));
    let (retries, end): (Vec<_>, Vec<_>) = output.stderr.lines().partition(|line| line.contains("retrying in"));
    assert_eq!(end, ["2 revoked"]);
    let waits: Vec<_> = retries.iter().map(|line| line.split("retrying in ").nth(1).unwrap()).collect();
    assert_eq!(waits, ["1000 ms", "1000 ms", "1000 ms"], "{retries:?}");
    let expected = [&[first_page()], &vec![page_at("a"); 5][..], &[first_page()]].concat();
    assert_eq!(requests, expected);
}

#[test]
fn bulk_revoke_ends_after_a_pass_that_finds_none() {
    let (output, requests) = run_bulk(vec![
        page(&[FIRST], Some("a")),
        page(&[], None),
        page(&[], Some("b")),
        page(&[SECOND], None),
        page(&[], None),
    ]);
    assert_eq!(output.expect_success().stdout, format!("{FIRST}\n{SECOND}\n"));
    assert_eq!(requests, [first_page(), page_at("a"), first_page(), page_at("b"), first_page()]);
}

#[test]
fn bulk_revoke_gives_up_after_five_failures() {
    let mut responses = vec![page(&[FIRST], Some("a"))];
    responses.extend((0..5).map(|_| problem(503, "")));
    let (output, requests) = run_bulk(responses);
    assert_eq!((output.exit_code, output.stdout.as_str()), (6, format!("{FIRST}\n").as_str()), "{output:?}");
    assert!(output.stderr.contains("1 revoked: repeat the command to revoke the rest\nerror: a problem"), "{output:?}");
    assert_eq!(requests.len(), 6);
}

#[test]
fn bulk_revoke_does_not_repeat_a_rejected_request() {
    for (status, exit_code) in [(400, 5), (403, 3), (401, 3)] {
        let (output, requests) = run_bulk(vec![page(&[FIRST], Some("a")), problem(status, "")]);
        assert_eq!((output.exit_code, requests.len()), (exit_code, 2), "{output:?}");
    }
    let (output, _) = run_bulk(vec![page(&[], Some("a")), page(&[], Some("a"))]);
    assert_eq!(output.exit_code, 1);
    assert!(output.stderr.ends_with("error: the cursor of the next page repeats a page\n"), "{output:?}");
    let (output, _) = run_bulk(vec![response(200, "", "{}")]);
    assert!(output.stderr.contains("returned a response that is not a list of revoked tokens"), "{output:?}");
}

#[test]
fn bulk_revoke_that_ends_its_credential_early_is_an_error() {
    let item = json!({"id": FIRST, "name": "x", "token_type": "api", "created_at": "2026-01-01T00:00:00Z"});
    let early = [response(200, "", &item.to_string()), page(&[FIRST, SECOND], Some("a"))];
    let (url, _) = serve(early.to_vec());
    let output = run_against(&url, "token revoke --all --yes");
    assert_eq!(output.exit_code, 3, "{output:?}");
    assert!(
        output.stderr.ends_with(&format!("error: the credential {FIRST} is revoked, but others are left\n")),
        "{output:?}"
    );
}

/// The lost response may have been the one that revoked the credential, but other tokens may be left.
#[test]
fn bulk_revoke_rejected_after_a_failure_is_an_error() {
    let (output, _) = run_bulk(vec![problem(503, ""), problem(401, "")]);
    assert_eq!(output.exit_code, 3, "{output:?}");
    assert!(output.stderr.contains("repeat the command with another credential"), "{output:?}");
}
