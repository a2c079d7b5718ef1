//! What keeps a stack from starting: each is one sentence.

use std::{fs, net::TcpListener, process::Stdio};

use rustix::process::Signal;

use crate::{
    api::KEYS,
    process::{all_gone, program, within},
    running_stack::{Place, pid},
};

/// The one sentence with which the program refuses these arguments. It leaves nothing running.
async fn refusal(arguments: &[&str]) -> String {
    let child = program(arguments).stderr(Stdio::piped()).spawn().unwrap();
    let pid = pid(&child);
    let output = within(child.wait_with_output()).await.unwrap();
    all_gone(pid).await;
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(output.stdout.is_empty());
    let sentence = said.strip_prefix("error: ").and_then(|rest| rest.strip_suffix('\n'));
    sentence.filter(|sentence| !sentence.contains('\n')).unwrap_or_else(|| panic!("no one sentence: {said}")).to_owned()
}

#[tokio::test]
async fn port_in_use_is_rejected() {
    let (place, other) = (Place::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = other.local_addr().unwrap().port();
    let sentence = refusal(&["--port", &port.to_string(), "--data", &place.data()]).await;
    assert_eq!(sentence, format!("the port {port} is taken: choose another with --port, or 0 for a free one"));
}

#[tokio::test]
async fn data_folder_that_cannot_be_created_is_rejected() {
    let place = Place::new();
    fs::write(place.data(), "a file").unwrap();
    let data = format!("{}/below", place.data());
    for arguments in
        [&["--port", "0", "--data", &data][..], &["token", "--org", "123", "--user", "1003", "--data", &data]]
    {
        let sentence = refusal(arguments).await;
        assert!(sentence.starts_with(&format!("the folder `{data}` cannot be used: ")), "{sentence}");
    }
}

#[tokio::test]
async fn data_folder_of_running_stack_is_rejected() {
    let place = Place::new();
    let running = place.start(0).await;
    let sentence = refusal(&["--port", "0", "--data", &place.data()]).await;
    let folder = place.data();
    assert_eq!(
        sentence,
        format!("another stack runs on the folder `{folder}`: stop it, or choose another with --data")
    );
    assert_eq!(running.api.get(KEYS, "").await.status, 200);
    assert_eq!(place.local()["url"], running.api.url);
    running.end(Signal::TERM).await;
}

#[tokio::test]
async fn invalid_seed_is_rejected() {
    let place = Place::new();
    let file = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (absent, no_json, grant) = (file("absent"), file("no_json"), file("grant"));
    fs::write(&no_json, "roles:\n  - id: 123:viewer\n").unwrap();
    let role = r#"{"id": "123:viewer", "name": "Viewer", "grants": [{"action": "*:view", "effect": "Deny"}]}"#;
    fs::write(&grant, format!(r#"{{"roles": [{role}], "assignments": []}}"#)).unwrap();
    for (seed, beginning) in [
        (&absent, format!("the seed `{absent}` cannot be read: No such file or directory")),
        (&no_json, format!("the seed `{no_json}` cannot be read: expected value at line 1 column 1")),
        (&grant, "the seed's role `123:viewer` has an invalid grant: {".to_owned()),
    ] {
        let sentence = refusal(&["--port", "0", "--data", &place.data(), "--seed", seed]).await;
        assert!(sentence.starts_with(&beginning), "{sentence}");
    }
}

#[tokio::test]
async fn unknown_template_parameter_is_rejected() {
    let place = Place::new();
    let sentence = refusal(&["--port", "0", "--data", &place.data(), "--set", "Colour=red"]).await;
    assert_eq!(sentence, "template.yaml: the template has no parameter `Colour`");
}
