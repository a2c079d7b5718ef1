//! Output: closed pipes, and text from the service that a terminal would interpret.

use std::io::pipe;

use serde_json::{Value, json};

use crate::{
    harness::{CliCommand, empty_dir},
    stub_server::{response, run_against, serve},
};

fn token(number: usize, name: &str) -> Value {
    json!({
        "id": format!("api_{number:021}"), "created_at": "2026-11-30T00:00:00Z", "name": name, "token_type": "api",
        "assignments": ["123:viewer"], "inherited_denies": ["123:no_billing"], "created_by": "local|1001",
    })
}

/// Runs the command against a service that responds with `body`.
fn run(arguments: &str, body: &str) -> String {
    let (url, _requests) = serve(vec![response(200, "", body)]);
    run_against(&url, arguments).expect_success().stdout
}

#[test]
fn list_into_closed_pipe_ends_quietly() {
    let tokens: Vec<Value> = (0..900).map(|number| token(number, "n")).collect();
    for arguments in ["token list", "token list --output json"] {
        let (url, _requests) = serve(vec![response(200, "", &json!(tokens).to_string())]);
        let (reader, writer) = pipe().unwrap();
        drop(reader);
        let directory = empty_dir();
        let command = CliCommand::new(directory.path(), arguments).stdout(writer);
        let output = command.env("LATCHKEY_URL", &url).env("LATCHKEY_TOKEN", "a-credential").run();
        assert_eq!(output.exit_code, 0, "{output:?}");
        assert!(!output.stderr.contains("error"), "{output:?}");
    }
}

#[test]
fn number_of_tokens_has_its_plural() {
    for (number, expected) in [(0, "0 tokens\n"), (1, "1 token\n"), (2, "2 tokens\n")] {
        let tokens: Vec<Value> = (0..number).map(|number| token(number, "n")).collect();
        let (url, _requests) = serve(vec![response(200, "", &json!(tokens).to_string())]);
        assert_eq!(run_against(&url, "token list").expect_success().stderr, expected);
    }
}

#[test]
fn inherited_denies_are_shown() {
    assert!(run("token list", &json!([token(1, "n")]).to_string()).contains("123:viewer (denied by 123:no_billing)"));
    let details = run("token get self", &token(1, "n").to_string());
    assert!(details.contains("denied by") && details.contains("123:no_billing"), "{details}");
}

#[test]
fn networks_of_token_are_shown() {
    let mut bound = token(1, "n");
    bound["allowed_cidrs"] = json!(["203.0.113.0/24", "2001:db8::/32"]);
    let details = run("token get self", &bound.to_string());
    assert!(details.contains("networks") && details.contains("203.0.113.0/24 2001:db8::/32"), "{details}");
    assert!(run("token list", &json!([bound]).to_string()).contains("203.0.113.0/24 2001:db8::/32"));
    assert!(!run("token get self", &token(1, "n").to_string()).contains("networks"));
}

#[test]
fn grants_of_token_are_shown() {
    let mut limited = token(1, "n");
    limited["grants"] =
        json!([{"action": "order:view", "resource": "order/*"}, {"action": "catalog:*", "effect": "allow"}]);
    limited["parent_grants"] = json!([{"action": "*:view"}]);
    let details = run("token get self", &limited.to_string());
    assert!(details.contains("order:view=order/* catalog:*") && details.contains("parent grants"), "{details}");
    let row = run("token list", &json!([limited]).to_string());
    assert!(row.contains("only order:view=order/* catalog:*, parent only *:view"), "{row}");
}

#[test]
fn text_of_the_service_is_escaped() {
    let hostile = "prod\u{202e}nimda\u{1b}[2J\u{9b}2J\nrow";
    let escaped = "prod\\u{202e}nimda\\u{1b}[2J\\u{9b}2J\\u{a}row";
    assert!(run("token list", &json!([token(1, hostile)]).to_string()).contains(escaped));
    assert!(run("token get self", &token(1, hostile).to_string()).contains(escaped));
    let json = run("token get self --output json", &token(1, hostile).to_string());
    assert!(json.is_ascii(), "{json}");
    assert_eq!(serde_json::from_str::<Value>(&json).unwrap()["name"], hostile);
    let problem = json!({"detail": "a\u{1b}]0;title\u{7}\nerror: b", "code": "c\u{202e}"}).to_string();
    let (url, _requests) = serve(vec![response(404, "", &problem)]);
    let error = run_against(&url, "token get self").expect_failure(4);
    assert_eq!(error, format!("error: a\\u{{1b}}]0;title\\u{{7}}\\u{{a}}error: b (c\\u{{202e}} from `{url}`)\n"));
}

#[test]
fn created_token_with_control_characters_is_not_printed() {
    let mut created = token(1, "n");
    created["token"] = json!("a\u{1b}[2J");
    let (url, _requests) = serve(vec![response(201, "", &created.to_string())]);
    let error = run_against(&url, "token create --name n").expect_failure(1);
    assert!(error.contains("member `token` is not a token") && !error.contains('\u{1b}'), "{error}");
}
