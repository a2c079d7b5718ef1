//! The first steps of a new user.

use std::{path::Path, process::Output};

use rustix::process::Signal;
use serde_json::Value;
use tokio::{net::TcpStream, process::Command};

use crate::{
    api::{Api, JWK_SET},
    process::{started_by, with_timeout},
    running_stack::{RunningStack, TestDirectory},
};

#[tokio::test]
async fn ready_line_is_last_and_local_json_lists_addresses() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let addresses = directory.addresses();
    let members: Vec<&str> = addresses.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["dynamodb_url", "functions", "idp_url", "issuer", "kms_url", "sample", "table", "url"];
    assert!(members.len() == expected.len() && expected.iter().all(|name| members.contains(name)), "{members:?}");
    assert_eq!(addresses["url"], running.api.url);
    assert_eq!(addresses["issuer"], format!("{}/v1/access-tokens", running.api.url));
    assert!(addresses["table"].as_str().is_some_and(|name| !name.is_empty()));
    for url in ["/url", "/dynamodb_url", "/kms_url", "/idp_url", "/sample/rest", "/sample/http"] {
        let address = addresses.pointer(url).unwrap().as_str().unwrap().strip_prefix("http://").unwrap();
        assert!(address.starts_with("127.0.0.1:") && TcpStream::connect(address).await.is_ok(), "{url} {address}");
        assert!(running.greeting.iter().any(|line| line.contains(address)), "{url} {:?}", running.greeting);
    }
    let functions = directory.functions();
    assert_eq!(started_by(running.pid).len(), functions.len());
    for (name, binary) in functions {
        assert!(binary.is_file() && running.processes(&binary).len() == 1, "{name}");
    }
    running.stop(Signal::TERM).await;
}

#[test]
fn help_builds_no_function() {
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_local"));
        command.args(arguments).env("CARGO", "/no/such/cargo").output().unwrap()
    };
    for arguments in [&["--help"][..], &["token", "--help"], &["--version"]] {
        let output = run(arguments);
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    }
    assert!(String::from_utf8_lossy(&run(&["--help"]).stdout).contains("Usage: cargo local"));
    let start = run(&["--ephemeral", "--port", "0"]);
    assert!(!start.status.success() && start.stdout.is_empty(), "{start:?}");
}

/// Runs shell commands as they are printed, in `directory`. Cargo prints nothing.
async fn run_in_shell(directory: &Path, commands: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", commands]).current_dir(directory).env("CARGO_TERM_QUIET", "true");
    with_timeout(command.output()).await.unwrap()
}

/// Returns the printed command that starts with `start`.
fn printed<'a>(running: &'a RunningStack, start: &str) -> &'a str {
    running.greeting.iter().map(|line| line.trim()).find(|line| line.starts_with(start)).unwrap()
}

/// The commands work in every directory of the workspace.
#[tokio::test]
async fn commands_of_the_greeting_work_as_printed() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../sample");
    let created = run_in_shell(&functions, printed(&running, "cargo latchkey ")).await;
    assert_eq!(String::from_utf8(created.stdout).unwrap().trim().split('.').count(), 3, "{:?}", created.stderr);

    let commands = format!("{}\n{}", printed(&running, "TOKEN=$("), printed(&running, "curl "));
    let listed = run_in_shell(&functions, &commands).await;
    let tokens: Value = serde_json::from_slice(&listed.stdout).unwrap();
    let names: Vec<&Value> = tokens.as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, ["first", "first"]);
    running.stop(Signal::TERM).await;
}

#[tokio::test]
async fn stage_option_puts_stage_before_every_path() {
    let directory = TestDirectory::new();
    let running = directory.start_with(&["--stage", "--port", "0", "--data", &directory.data()]).await;
    let host = running.api.url.strip_suffix("/live").unwrap();
    assert_eq!(Api::new(host).get(JWK_SET, "").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(running.api.get(JWK_SET, "").await.status, 200);
    let token = running.api.create_token(&directory.owner_token().await).await;
    assert_eq!(running.api.status_of(&token).await, 200);
}

#[tokio::test]
async fn terminal_shows_a_line_per_request_and_file_the_json_lines() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    running.api.create_token(&directory.owner_token().await).await;
    let viewer = directory.user_token(&["--org", "123", "--user", "1003"]).await;
    let denied = running.api.send(reqwest::Method::POST, "/v1/access-tokens", &viewer).await;
    assert_eq!(denied.problem(), (403, "permission_denied".to_owned()));
    running.stop(Signal::TERM).await;
    let stderr = directory.stderr();
    for line in ["POST /v1/access-tokens 201 ", " ms local|1001\n", " 403 ", " ms local|1003 permission_denied\n"] {
        assert!(stderr.contains(line), "{line} {stderr}");
    }
    assert!(!stderr.contains('{'), "{stderr}");
    let log = directory.functions_log();
    assert!(log.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{log}");
    assert!(log.contains("\"operation\":\"createAccessToken\""), "{log}");
}

#[tokio::test]
async fn invalid_route_rule_is_shown_on_the_terminal() {
    let directory = TestDirectory::new();
    let rules = r#"RouteRules={"GET /x": {"acton": "x:view"}}"#;
    let running = directory.start_with(&["--port", "0", "--data", &directory.data(), "--set", rules]).await;
    running.stop(Signal::TERM).await;
    let stderr = directory.stderr();
    let warning =
        "WARN invalid configuration: environment variable `ROUTE_RULES`: the rule of `GET /x`: unknown field `acton`";
    assert!(stderr.contains(warning), "{stderr}");
}

#[tokio::test]
async fn log_json_writes_every_line_to_the_terminal_as_json() {
    let directory = TestDirectory::new();
    let arguments = ["--log", "json", "--port", "0", "--data", &directory.data()];
    let running = directory.start_with(&arguments).await;
    running.api.create_token(&directory.owner_token().await).await;
    running.stop(Signal::TERM).await;
    let stderr = directory.stderr();
    assert!(stderr.lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{stderr}");
    assert!(stderr.contains("\"operation\":\"createAccessToken\""), "{stderr}");
    assert!(!directory.path().join("data/functions.log").exists());
}
