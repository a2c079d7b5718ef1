//! How the program ends, and what is still there when it starts again.

use std::{io::Write, net::TcpStream, path::Path};

use reqwest::Method;
use rustix::process::{Signal, kill_process};
use tokio::{sync::mpsc, task::JoinSet};

use crate::{
    api::{Api, MYSELF, TOKENS},
    process::{all_gone, eventually, program, within},
    running_stack::{Place, pid},
};

/// Makes tokens until the service is gone.
async fn create_until_the_end(api: Api, owner: String, made: mpsc::UnboundedSender<String>) {
    while let Ok(answer) = api.try_send(Method::POST, TOKENS, &owner).await {
        assert_eq!(answer.status, 201, "{answer:?}");
        made.send(answer.token()).unwrap();
    }
}

#[tokio::test]
async fn kill_keeps_acknowledged_state_and_ends_all_processes() {
    let place = Place::new();
    let running = place.start(0).await;
    let owner = place.owner().await;
    let revoked = running.api.token(&owner).await;
    assert_eq!(running.api.send(Method::DELETE, MYSELF, &revoked).await.status, 200);

    let (made, mut tokens) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(create_until_the_end(running.api.clone(), owner.clone(), made.clone()));
    }
    drop(made);
    let mut living = Vec::new();
    while living.len() < 20 {
        living.push(tokens.recv().await.unwrap());
    }
    let former = running.api.url.clone();
    running.end(Signal::KILL).await;
    clients.join_all().await;
    while let Some(token) = tokens.recv().await {
        living.push(token);
    }

    let running = place.start(0).await;
    assert_ne!(running.api.url, former);
    for token in &living {
        assert_eq!(running.api.status_of(token).await, 200);
    }
    assert_eq!(running.api.status_of(&revoked).await, 401);
}

#[tokio::test]
async fn signal_ends_all_processes_and_keeps_state() {
    let place = Place::new();
    let mut running = place.start(0).await;
    let owner = place.owner().await;
    let (living, revoked) = (running.api.token(&owner).await, running.api.token(&owner).await);
    assert_eq!(running.api.send(Method::DELETE, MYSELF, &revoked).await.status, 200);
    for signal in [Signal::TERM, Signal::INT] {
        assert_eq!(running.end(signal).await.code(), Some(0), "{}", place.log());
        assert!(!place.local_path().exists());
        running = place.start(0).await;
        assert_eq!(running.api.status_of(&living).await, 200);
        assert_eq!(running.api.status_of(&revoked).await, 401);
    }
    assert!(!place.log().contains("eyJ"), "a token is in the log");
}

#[tokio::test]
async fn signal_during_startup_ends_all_processes() {
    let place = Place::new();
    let folder = place.data();
    let mut child = program(&["--port", "0", "--data", &folder]).spawn().unwrap();
    let pid = pid(&child);
    eventually(|| Path::new(&folder).is_dir().then_some(())).await;
    kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(within(child.wait()).await.unwrap().code(), Some(0));
    all_gone(pid).await;
    assert!(!place.local_path().exists());
    place.start(0).await.end(Signal::TERM).await;
}

#[tokio::test]
async fn open_connections_do_not_delay_shutdown() {
    let place = Place::new();
    let running = place.start(0).await;
    let local = place.local();
    let open = |service: &str, text: &str| {
        let address = local[service].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut connection = TcpStream::connect(address).unwrap();
        connection.write_all(text.as_bytes()).unwrap();
        connection
    };
    let begun = "POST /v1/access-tokens HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n{";
    let services = ["url", "dynamodb_url", "kms_url", "idp_url"];
    let connections = services.map(|service| ["", "GET / HTTP/1.1\r\n", begun].map(|text| open(service, text)));
    assert_eq!(running.end(Signal::TERM).await.code(), Some(0), "{}", place.log());
    drop(connections);
}

#[tokio::test]
async fn ephemeral_stack_deletes_its_data_folder() {
    let place = Place::new();
    let running = place.start_with(&["--ephemeral", "--port", "0"]).await;
    let data = running.greeting.iter().find_map(|line| line.trim().strip_prefix("data ")).unwrap().trim().to_owned();
    assert!(Path::new(&data).join("local.json").is_file());
    assert_eq!(running.end(Signal::TERM).await.code(), Some(0));
    assert!(!Path::new(&data).exists());
}
