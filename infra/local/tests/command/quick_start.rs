//! What a new user does first.

use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{net::TcpStream, process::Command};

use crate::{
    api::{Api, KEYS},
    process::{started_by, within},
    running_stack::Place,
};

#[tokio::test]
async fn ready_line_is_last_and_local_json_lists_addresses() {
    let place = Place::new();
    let running = place.start(0).await;
    let local = place.local();
    let members: Vec<&str> = local.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = ["dynamodb_url", "functions", "idp_url", "issuer", "kms_url", "sample", "table", "url"];
    assert!(members.len() == expected.len() && expected.iter().all(|name| members.contains(name)), "{members:?}");
    assert_eq!(local["url"], running.api.url);
    assert_eq!(local["issuer"], format!("{}/v1/access-tokens", running.api.url));
    assert!(local["table"].as_str().is_some_and(|name| !name.is_empty()));
    for url in ["/url", "/dynamodb_url", "/kms_url", "/idp_url", "/sample/rest", "/sample/http"] {
        let address = local.pointer(url).unwrap().as_str().unwrap().strip_prefix("http://").unwrap();
        assert!(address.starts_with("127.0.0.1:") && TcpStream::connect(address).await.is_ok(), "{url} {address}");
    }
    let functions = place.functions();
    assert_eq!(started_by(running.pid).len(), functions.len());
    for (name, binary) in functions {
        assert!(binary.is_file() && running.processes(&binary).len() == 1, "{name}");
    }
    running.end(Signal::TERM).await;
}

#[tokio::test]
async fn commands_of_greeting_work_as_printed() {
    let place = Place::new();
    let running = place.start(0).await;
    let line = |start: &str| running.greeting.iter().map(|line| line.trim()).find(|line| line.starts_with(start));
    let commands = format!("{}\n{}", line("TOKEN=$(").unwrap(), line("curl ").unwrap());
    let output = within(Command::new("bash").args(["-c", &commands]).output()).await.unwrap();
    let created: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(created["name"], "My first token");
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let names: Vec<&Value> = listed.as_array().unwrap().iter().map(|item| &item["name"]).collect();
    assert_eq!(names, [&json!("My first token")]);
}

#[tokio::test]
async fn stage_option_prefixes_every_path() {
    let place = Place::new();
    let running = place.start_with(&["--stage", "--port", "0", "--data", &place.data()]).await;
    let host = running.api.url.strip_suffix("/live").unwrap();
    assert_eq!(Api::new(host).get(KEYS, "").await.problem(), (404, "not_found".to_owned()));
    assert_eq!(running.api.get(KEYS, "").await.status, 200);
    let token = running.api.token(&place.owner().await).await;
    assert_eq!(running.api.status_of(&token).await, 200);
}
