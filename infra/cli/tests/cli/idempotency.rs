//! Idempotency keys: a retried create request returns the same token.

use serde_json::json;

use crate::{
    harness::{CliCommand, STACK, empty_dir},
    stub_server::{header, response, run_against, serve},
};

/// The idempotency key of a create request.
fn key(request: &str) -> &str {
    header(request, "idempotency-key: ")
}

#[test]
fn create_with_same_key_returns_same_token() {
    let [first, repeated] = [(); 2].map(|()| STACK.create_token("--idempotency-key one-key-of-a-test").0);
    assert_eq!(first, repeated);
    let mismatch = STACK.run("token create --name Other --idempotency-key one-key-of-a-test").expect_failure(5);
    assert!(mismatch.ends_with(&STACK.error_end("idempotency_mismatch")), "{mismatch}");
    STACK.run(&format!("token revoke {first}")).expect_success();
    let conflict = STACK.run("token create --name Test --idempotency-key one-key-of-a-test").expect_failure(5);
    assert!(conflict.ends_with(&STACK.error_end("idempotency_conflict")), "{conflict}");
}

#[test]
fn create_after_broken_connection_retries_with_same_key() {
    let created = json!({
        "id": "api_5ZugdRXasLfWBypHi93Fk", "created_at": "2026-01-01T00:00:00Z", "name": "x", "token_type": "api",
        "token": "t.o.k",
    });
    let (url, requests) = serve(vec![String::new(), response(201, "", &created.to_string())]);
    assert_eq!(run_against(&url, "token create --name x").expect_success().stdout, "t.o.k\n");
    let requests = requests.join().unwrap();
    let keys: Vec<_> = requests.iter().map(|request| key(request)).collect();
    assert!(keys[0] == keys[1] && keys[0].len() >= 21, "{keys:?}");
    assert!(requests.iter().all(|request| header(request, "authorization: ") == "Bearer a-credential"));
}

#[test]
fn create_without_key_generates_a_new_one() {
    let keys = [(); 2].map(|()| {
        let (url, requests) = serve(vec![response(503, "", "{}")]);
        run_against(&url, "token create --name x").expect_failure(6);
        key(&requests.join().unwrap()[0]).to_owned()
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn create_with_unknown_outcome_reports_key() {
    let closed = String::new;
    for (responses, exit_code) in [
        (vec![response(500, "", "{}")], 1),
        (vec![response(502, "", "<html>")], 1),
        (vec![response(503, "", "{}")], 6),
        (vec![response(504, "", "")], 1),
        (vec![response(201, "", r#"{"id": "api_x"}"#)], 1),
        (vec![response(200, "", "<html>")], 1),
        (vec![closed(), closed()], 6),
        (vec![closed(), response(429, "", "{}")], 6),
        (vec![closed(), response(403, "", "{}")], 3),
    ] {
        for arguments in ["token create --name x", "token create --name x --output json"] {
            let (url, requests) = serve(responses.clone());
            let error = run_against(&url, arguments).expect_failure(exit_code);
            let requests = requests.join().unwrap();
            let expected = format!("; the token may exist: retry with `--idempotency-key={}`\n", key(&requests[0]));
            assert!(error.ends_with(&expected), "{responses:?} {error}");
        }
    }
    for status in [302, 400, 403, 422, 429] {
        let (url, _) = serve(vec![response(status, "", "{}")]);
        let output = run_against(&url, "token create --name x");
        assert!(!output.stderr.contains("--idempotency-key"), "{output:?}");
    }
}

#[test]
fn reported_key_is_a_valid_argument() {
    let (url, requests) = serve(vec![response(503, "", "{}")]);
    let error = run_against(&url, "token create --name x --idempotency-key=-a-key").expect_failure(6);
    assert!(error.ends_with("retry with `--idempotency-key=-a-key`\n"), "{error}");
    assert_eq!(key(&requests.join().unwrap()[0]), "-a-key");
}

#[test]
fn create_with_closed_stdout_reports_key() {
    let (url, requests) = serve(vec![response(201, "", r#"{"token": "t.o.k"}"#)]);
    let directory = empty_dir();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let command = CliCommand::new(directory.path(), "token create --name x").stdout(writer);
    let error = command.env("LATCHKEY_URL", &url).env("LATCHKEY_TOKEN", "a-credential").run().expect_failure(1);
    let expected = format!("retry with `--idempotency-key={}`\n", key(&requests.join().unwrap()[0]));
    assert!(error.starts_with("error: cannot write standard output: ") && error.ends_with(&expected), "{error}");
}
