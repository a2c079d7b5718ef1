//! Rotating tokens, and revoking their chain of rotations.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::{
    harness::{CliCommand, CommandOutput, STACK, empty_dir, snapshot_settings},
    stub_server::{response, run_against, serve},
};

const ROTATED: &str = "api_5ZugdRXasLfWBypHi93Fk";
const SUCCESSOR: &str = "api_uhjZMv5hOdovRbHkOR0tK";

/// Runs the CLI with `token` as its credential.
fn run_as(token: &str, arguments: &str) -> CommandOutput {
    STACK.command(arguments).env("LATCHKEY_TOKEN", token).run()
}

fn item(id: &str) -> Value {
    json!({"id": id, "created_at": "2026-01-01T00:00:00Z", "name": "x", "token_type": "api"})
}

/// The response to a rotation.
fn rotated() -> String {
    let mut successor = item(SUCCESSOR);
    successor["token"] = json!("t.o.k");
    response(201, "", &successor.to_string())
}

/// The response to the request for the rotated token.
fn with_end() -> String {
    let mut item = item(ROTATED);
    item["ends_at"] = json!("2026-01-02T00:00:00Z");
    response(200, "", &item.to_string())
}

fn problem(status: u16, code: &str) -> String {
    response(status, "", &json!({"detail": "a problem", "code": code}).to_string())
}

/// The request line and the body of each request.
fn lines_and_bodies(requests: &[String]) -> Vec<(&str, &str)> {
    let parts = requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap());
    parts.map(|(head, body)| (head.lines().next().unwrap().trim_end_matches(" HTTP/1.1"), body)).collect()
}

#[test]
fn rotate_prints_only_the_new_token_to_stdout() {
    let (id, token) = STACK.create_token("--role 123:viewer --expires-in 2d");
    let output = run_as(&token, "token rotate self --overlap 6h").expect_success();
    let successor = output.stdout.strip_suffix('\n').unwrap();
    assert!(!output.stderr.contains(successor.rsplit('.').next().unwrap()));
    snapshot_settings().bind(|| {
        assert_snapshot!(output.stderr, @r"
        id  api_ID
        name  Test
        type  api
        roles  123:viewer
        created  TIME
        created by  local|1001
        owner  local|1001
        expires  TIME
        rotated from  api_ID
        rotated by  api_ID
        the rotated token ends at TIME, or 60 seconds after the first use of the new one
        ");
    });
    let repeated = run_as(&token, "token rotate self --overlap 6h --output json").expect_success();
    assert!(repeated.stderr.is_empty(), "{repeated:?}");
    let repeated = repeated.json();
    assert!(output.stderr.contains(repeated["id"].as_str().unwrap()), "the same successor");

    let used = run_as(successor, "token get self --output json").expect_success().json();
    assert_eq!((&used["rotated_from"], &used["id"]), (&json!(id), &repeated["id"]));
    let details = STACK.run(&format!("token get {id}")).expect_success().stdout;
    for field in ["successor", "rotated", "ends"] {
        assert!(details.lines().any(|line| line.starts_with(&format!("{field} "))), "{field} {details}");
    }
    let list = STACK.run("token list").expect_success().stdout;
    assert!(list.lines().any(|line| line.starts_with(&id) && line.contains(" (rotated) ")), "{list}");
}

#[test]
fn rotate_after_first_use_is_a_conflict() {
    let (id, token) = STACK.create_token("--role 123:viewer");
    let successor = run_as(&token, "token rotate self").expect_success().stdout;
    let mismatch = run_as(&token, "token rotate self --overlap 1h").expect_failure(5);
    assert!(mismatch.ends_with(&STACK.error_end("idempotency_mismatch")), "{mismatch}");
    let by_user = STACK.run(&format!("token rotate {id}")).expect_failure(5);
    assert!(by_user.ends_with(&STACK.error_end("already_rotated")), "{by_user}");
    run_as(successor.trim(), "token get self").expect_success();
    let used = run_as(&token, "token rotate self").expect_failure(5);
    assert!(used.ends_with(&STACK.error_end("already_rotated")), "{used}");
    let (revoked, _) = STACK.create_token("");
    STACK.run(&format!("token revoke {revoked}")).expect_success();
    let inactive = STACK.run(&format!("token rotate {revoked}")).expect_failure(5);
    assert!(inactive.ends_with(&STACK.error_end("token_inactive")), "{inactive}");
}

#[test]
fn rotate_renewable_token_starts_lifetime_anew() {
    let created =
        STACK.run("token create --name CI --renewable --expires-in 30d --output json").expect_success().json();
    assert_eq!(created["renewable"], true);
    let token = created["token"].as_str().unwrap();
    run_as(token, "token rotate self --expires-in 60d").expect_failure(3);
    let successor = run_as(token, "token rotate self --expires-in 30d --output json").expect_success().json();
    assert_eq!(successor["renewable"], true);
    assert!(successor["expires_at"].as_str() >= created["expires_at"].as_str(), "{successor}");
    let details = STACK.run(&format!("token get {}", successor["id"].as_str().unwrap())).expect_success().stdout;
    assert!(details.contains("renewable") && details.contains("yes"), "{details}");
    let (_, fixed) = STACK.create_token("--expires-in 30d");
    run_as(&fixed, "token rotate self --expires-in 60d").expect_failure(3);
}

#[test]
fn rotate_sends_the_same_values_after_failures() {
    let lost = String::new;
    let (url, requests) = serve(vec![
        problem(503, "unavailable"),
        // The client repeats a request once without a wait if the connection fails.
        lost(),
        lost(),
        problem(429, "throttled"),
        rotated(),
        with_end(),
    ]);
    let output = run_against(&url, &format!("token rotate {ROTATED} --overlap 1h --expires-in 30d")).expect_success();
    assert_eq!(output.stdout, "t.o.k\n");
    let waits: Vec<_> = output.stderr.lines().filter_map(|line| line.split_once("; retrying in ")).collect();
    assert_eq!(waits.iter().map(|(_, wait)| *wait).collect::<Vec<_>>(), ["500 ms", "1000 ms", "2000 ms"]);
    let end = "the rotated token ends at 2026-01-02T00:00:00Z, or 60 seconds after the first use of the new one\n";
    assert!(output.stderr.ends_with(end), "{output:?}");
    let requests = requests.join().unwrap();
    let rotation = (&*format!("POST /v1/access-tokens/{ROTATED}/rotate"), r#"{"overlap":"1h","expires_in":"30d"}"#);
    let read = (&*format!("GET /v1/access-tokens/{ROTATED}"), "");
    assert_eq!(lines_and_bodies(&requests), [&[rotation; 5][..], &[read]].concat());
}

#[test]
fn rotate_gives_up_after_five_attempts() {
    let (url, requests) = serve(vec![problem(503, "unavailable"); 5]);
    let error = run_against(&url, "token rotate self").expect_failure(6);
    let hint = "repeat the command with the same options: if the token was rotated, it returns the same new token\n";
    assert!(
        error.lines().last().unwrap().starts_with("error: a problem (unavailable") && error.ends_with(hint),
        "{error}"
    );
    assert_eq!(requests.join().unwrap().len(), 5);
}

#[test]
fn rotate_does_not_repeat_a_rejected_request() {
    for (status, code, exit_code) in [
        (400, "invalid_request", 5),
        (401, "unauthenticated", 3),
        (403, "permission_denied", 3),
        (404, "not_found", 4),
        (409, "already_rotated", 5),
        (409, "token_inactive", 5),
        (422, "idempotency_mismatch", 5),
    ] {
        let (url, requests) = serve(vec![problem(status, code)]);
        let error = run_against(&url, "token rotate self").expect_failure(exit_code);
        assert!(error.contains(code) && !error.contains("repeat the command"), "{error}");
        assert_eq!(requests.join().unwrap().len(), 1);
    }
}

/// The token is printed whatever follows, because the same request returns it only until its first use.
#[test]
fn rotate_without_end_of_rotated_token_succeeds() {
    let (url, _requests) = serve(vec![rotated(), problem(403, "permission_denied")]);
    let output = run_against(&url, "token rotate self").expect_success();
    let end = "the rotated token ends at the end of the overlap, or 60 seconds after the first use of the new one\n";
    assert!(output.stdout == "t.o.k\n" && output.stderr.ends_with(end), "{output:?}");
}

#[test]
fn rotate_with_closed_stdout_says_to_repeat() {
    let (url, _requests) = serve(vec![rotated()]);
    let directory = empty_dir();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let command = CliCommand::new(directory.path(), "token rotate self").stdout(writer);
    let error = command.env("LATCHKEY_URL", &url).env("LATCHKEY_TOKEN", "a-credential").run().expect_failure(1);
    assert!(error.starts_with("error: cannot write standard output: "), "{error}");
    assert!(error.ends_with("if the token was rotated, it returns the same new token\n"), "{error}");
}

#[test]
fn rotate_if_older_than_leaves_a_young_token() {
    let mut young = item(ROTATED);
    young["created_at"] = json!("9999-01-01T00:00:00Z");
    let (url, requests) = serve(vec![response(200, "", &young.to_string())]);
    let output = run_against(&url, "token rotate self --if-older-than 12h").expect_success();
    let message = format!("{ROTATED} was created at 9999-01-01T00:00:00Z: it is not rotated yet\n");
    assert_eq!((output.stdout.as_str(), output.stderr.as_str()), ("", message.as_str()));
    assert_eq!(lines_and_bodies(&requests.join().unwrap()), [("GET /v1/access-tokens/self", "")]);

    let (url, requests) = serve(vec![response(200, "", &item(ROTATED).to_string()), rotated(), with_end()]);
    let output = run_against(&url, "token rotate self --if-older-than 12h").expect_success();
    assert_eq!(output.stdout, "t.o.k\n");
    assert_eq!(lines_and_bodies(&requests.join().unwrap())[1], ("POST /v1/access-tokens/self/rotate", "{}"));
}

#[test]
fn revoke_names_the_tokens_of_the_chain() {
    let (id, token) = STACK.create_token("--role 123:viewer");
    let successor = run_as(&token, "token rotate self --output json").expect_success().json();
    let successor = successor["id"].as_str().unwrap();
    let revoked = STACK.run(&format!("token revoke {id}")).expect_success();
    assert_eq!(revoked.stderr, format!("{successor} is revoked with {id}\n2 revoked\n"));

    let (id, _) = STACK.create_token("");
    let successor = STACK.run(&format!("token rotate {id} --output json")).expect_success().json();
    let successor = successor["id"].as_str().unwrap();
    let revoked = STACK.run(&format!("token revoke {id}")).expect_success();
    let remains = format!("{successor}, the successor of {id}, is not revoked: see --family\n1 revoked\n");
    assert_eq!(revoked.stderr, remains);
    let family = STACK.run(&format!("token revoke {id} --family --output json")).expect_success().json();
    assert_eq!(family["also_revoked"], json!([successor]));
    let item = STACK.run(&format!("token get {successor} --output json")).expect_success().json();
    assert!(item["revoked_at"].is_string(), "{item}");
}
