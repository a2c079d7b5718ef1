//! The end of a stack, and its state at the next start.

use std::{io::Write, net::TcpStream, path::Path};

use reqwest::Method;
use rustix::process::{Signal, kill_process};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    api::{Api, OWN_TOKEN, TOKENS},
    process::{all_gone, eventually, local_command, pid, with_timeout},
    running_stack::TestDirectory,
};

/// Creates tokens until the API cannot be reached.
async fn create_until_stopped(api: Api, owner: String, created: mpsc::UnboundedSender<String>) {
    while let Ok(response) = api.try_send(Method::POST, TOKENS, &owner).await {
        assert_eq!(response.status, 201, "{response:?}");
        created.send(response.token()).unwrap();
    }
}

#[tokio::test]
async fn sigkill_loses_no_answered_request_and_leaves_no_process() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let owner = directory.owner_token().await;
    let revoked = running.api.create_token(&owner).await;
    assert_eq!(running.api.send(Method::DELETE, OWN_TOKEN, &revoked).await.status, 200);

    let (created, mut tokens) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(create_until_stopped(running.api.clone(), owner.clone(), created.clone()));
    }
    drop(created);
    let mut active = Vec::new();
    while active.len() < 20 {
        active.push(tokens.recv().await.unwrap());
    }
    let previous_url = running.api.url.clone();
    running.stop(Signal::KILL).await;
    clients.join_all().await;
    while let Some(token) = tokens.recv().await {
        active.push(token);
    }

    let running = directory.start(0).await;
    assert_ne!(running.api.url, previous_url);
    for token in &active {
        assert_eq!(running.api.status_of(token).await, 200);
    }
    assert_eq!(running.api.status_of(&revoked).await, 401);
}

#[tokio::test]
async fn signal_stops_all_processes_and_keeps_the_state() {
    let directory = TestDirectory::new();
    let mut running = directory.start(0).await;
    let owner = directory.owner_token().await;
    let active = running.api.create_token(&owner).await;
    let revoked = running.api.create_token(&owner).await;
    assert_eq!(running.api.send(Method::DELETE, OWN_TOKEN, &revoked).await.status, 200);
    for signal in [Signal::TERM, Signal::INT] {
        assert!(!directory.functions_log().contains("eyJ"), "a token is in the log");
        assert_eq!(running.stop(signal).await.code(), Some(0), "{}", directory.stderr());
        assert!(!directory.addresses_path().exists());
        running = directory.start(0).await;
        assert_eq!(running.api.status_of(&active).await, 200);
        assert_eq!(running.api.status_of(&revoked).await, 401);
    }
    assert!(!directory.stderr().contains("eyJ"), "a token is on standard error");
}

#[tokio::test]
async fn signal_during_startup_stops_all_processes() {
    let directory = TestDirectory::new();
    let data = directory.data();
    let mut child = local_command(&["--port", "0", "--data", &data]).spawn().unwrap();
    let pid = pid(&child);
    eventually(|| Path::new(&data).is_dir().then_some(())).await;
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(with_timeout(child.wait()).await.unwrap().code(), Some(0));
    all_gone(pid).await;
    assert!(!directory.addresses_path().exists());
    directory.start(0).await.stop(Signal::TERM).await;
}

#[tokio::test]
async fn open_connections_do_not_delay_shutdown() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let addresses = directory.addresses();
    let open = |service: &str, text: &str| {
        let address = addresses[service].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(text.as_bytes()).unwrap();
        connection
    };
    let incomplete = "POST /v1/access-tokens HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{";
    let services = ["url", "dynamodb_url", "kms_url", "idp_url"];
    let connections = services.map(|service| ["", "GET / HTTP/1.1\r\n", incomplete].map(|text| open(service, text)));
    assert_eq!(running.stop(Signal::TERM).await.code(), Some(0), "{}", directory.stderr());
    drop(connections);
}

#[tokio::test]
async fn ephemeral_stack_is_found_and_removes_its_data_dir() {
    let directory = TestDirectory::new();
    let running = directory.start_with(&["--ephemeral", "--port", "0"]).await;
    let data = running.greeting.iter().find_map(|line| line.strip_prefix("Data and log (functions.log): ")).unwrap();
    let data = Path::new(data).to_owned();
    assert!(data.join("local.json").is_file());
    let arguments = ["token", "--ephemeral", "--org", "123", "--user", "1001"];
    let output = with_timeout(local_command(&arguments).env("TMPDIR", directory.path()).output()).await.unwrap();
    let token = String::from_utf8(output.stdout).unwrap();
    assert_eq!(running.api.get(TOKENS, token.trim()).await.status, 200);
    assert_eq!(running.stop(Signal::TERM).await.code(), Some(0));
    assert!(!data.exists());
}
