//! The errors of a start, each of which is one sentence.

use std::{fs, net::TcpListener, process::Stdio};

use rustix::process::Signal;

use crate::{
    api::JWK_SET,
    process::{all_gone, local_command, pid, with_timeout},
    running_stack::TestDirectory,
};

/// Returns the sentence with which the command fails. No process that it started is left.
pub async fn error_of(arguments: &[&str]) -> String {
    let child = local_command(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let pid = pid(&child);
    let output = with_timeout(child.wait_with_output()).await.unwrap();
    all_gone(pid).await;
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(output.stdout.is_empty());
    let sentence = stderr.lines().last().and_then(|line| line.strip_prefix("error: "));
    sentence.unwrap_or_else(|| panic!("no sentence: {stderr}")).to_owned()
}

#[tokio::test]
async fn port_in_use_is_reported() {
    let directory = TestDirectory::new();
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let error = error_of(&["--port", &port.to_string(), "--data", &directory.data()]).await;
    assert_eq!(error, format!("port {port} is in use: choose another with `--port`, or 0 for a free one"));
}

#[tokio::test]
async fn data_directory_that_cannot_be_created_is_reported() {
    let directory = TestDirectory::new();
    fs::write(directory.data(), "a file").unwrap();
    let data = format!("{}/below", directory.data());
    let error = error_of(&["--port", "0", "--data", &data]).await;
    assert!(error.starts_with(&format!("cannot use the data directory `{data}`: ")), "{error}");
}

#[tokio::test]
async fn data_directory_of_another_stack_is_reported() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let data = directory.data();
    let error = error_of(&["--port", "0", "--data", &data]).await;
    let expected = format!("another stack uses the data directory `{data}`: stop it, or choose another with `--data`");
    assert_eq!(error, expected);
    assert_eq!(running.api.get(JWK_SET, "").await.status, 200);
    assert_eq!(directory.addresses()["url"], running.api.url);
    running.stop(Signal::TERM).await;
}

#[tokio::test]
async fn invalid_seed_is_reported_with_its_file() {
    let directory = TestDirectory::new();
    let file = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let absent = file("absent");
    let not_json = file("not_json");
    let grant = file("grant");
    fs::write(&not_json, "roles:\n  - id: 123:viewer\n").unwrap();
    let role = r#"{"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view", "effect": "Deny"}]}"#;
    fs::write(&grant, format!(r#"{{"roles": [{role}], "assignments": []}}"#)).unwrap();
    for (seed, beginning) in [
        (&absent, format!("cannot read the seed `{absent}`: No such file or directory")),
        (&not_json, format!("cannot read the seed `{not_json}`: expected value at line 1 column 1")),
        (&grant, "seed: role `123:viewer` has an invalid grant: {".to_owned()),
    ] {
        let error = error_of(&["--port", "0", "--data", &directory.data(), "--seed", seed]).await;
        assert!(error.starts_with(&beginning), "{error}");
    }
}

#[tokio::test]
async fn unknown_template_parameter_is_reported() {
    let directory = TestDirectory::new();
    let error = error_of(&["--port", "0", "--data", &directory.data(), "--set", "Unknown=1"]).await;
    assert!(error.starts_with("template.yaml: ") && error.contains("`Unknown`"), "{error}");
}
