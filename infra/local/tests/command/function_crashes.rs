//! Functions whose processes are killed.

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use reqwest::Method;
use rustix::process::{Signal, kill_process};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    api::{Api, ApiResponse, JWK_SET, OWN_TOKEN, TOKENS},
    process::eventually,
    running_stack::{RunningStack, TestDirectory},
};

/// For each function a request that needs it, and the error if its process ends meanwhile. Without the authorizer, the caller
/// cannot be authenticated: the service is unavailable, and the function is not to blame.
fn requests() -> [(&'static str, Method, &'static str, (u16, &'static str)); 6] {
    let internal = (502, "internal");
    [
        ("authorizer", Method::GET, TOKENS, (503, "unavailable")),
        ("create-token", Method::POST, TOKENS, internal),
        ("list-tokens", Method::GET, TOKENS, internal),
        ("get-token", Method::GET, OWN_TOKEN, internal),
        ("well-known", Method::GET, JWK_SET, internal),
        ("revoke-token", Method::DELETE, OWN_TOKEN, internal),
    ]
}

/// Kills the process with `binary` while it has a request of a new token of `owner`, and returns the response and the token. The
/// process is stopped before, so that it keeps the request. If it is killed before it has received it, another process
/// responds, and the next attempt gives the request more time to arrive.
async fn crash(
    running: &RunningStack,
    binary: &Path,
    method: &Method,
    path: &'static str,
    owner: &str,
) -> (ApiResponse, String) {
    for milliseconds in [20, 100, 500, 2_500] {
        let token = running.api.create_token(owner).await;
        let process = eventually(|| running.processes(binary).pop()).await;
        kill_process(process, Signal::STOP).unwrap();
        let api = running.api.clone();
        let method = method.clone();
        let credential = token.clone();
        let request = tokio::spawn(async move { api.send(method, path, &credential).await });
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        kill_process(process, Signal::KILL).unwrap();
        let response = request.await.unwrap();
        if response.status >= 300 {
            return (response, token);
        }
    }
    panic!("the request did not reach the process");
}

#[tokio::test]
async fn request_to_killed_function_fails_and_next_succeeds() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let owner = directory.owner_token().await;
    let functions = directory.functions();
    for (name, method, path, (status, code)) in requests() {
        let (response, token) = crash(&running, &functions[name], &method, path, &owner).await;
        assert_eq!(response.problem(), (status, code.to_owned()), "{name}");
        let next = running.api.send(method, path, &token).await;
        assert!(matches!(next.status, 200 | 201), "{name} {next:?}");
        let logged = format!("ERROR the function's process ended function=\"{name}\" status=signal: 9 (SIGKILL)");
        assert!(directory.stderr().contains(&logged), "{name} {}", directory.stderr());
    }
}

/// Lists tokens until it is stopped, and sends each response to `responses`.
async fn list(api: Api, token: Arc<str>, stop: watch::Receiver<bool>, responses: mpsc::UnboundedSender<ApiResponse>) {
    while !*stop.borrow() {
        let _ = responses.send(api.get(TOKENS, &token).await);
    }
}

#[tokio::test]
async fn requests_during_kills_succeed_or_return_problem() {
    let directory = TestDirectory::new();
    let running = directory.start(0).await;
    let token: Arc<str> = running.api.create_token(&directory.owner_token().await).await.into();
    let (stop, stopped) = watch::channel(false);
    let (responses, mut received) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(list(running.api.clone(), Arc::clone(&token), stopped.clone(), responses.clone()));
    }
    let mut killed = HashSet::new();
    for binary in directory.functions().values().cycle().take(18) {
        for process in running.processes(binary) {
            if kill_process(process, Signal::KILL).is_ok() {
                killed.insert(process);
            }
        }
        for _ in 0..20 {
            assert_succeeded_or_problem(&received.recv().await.unwrap());
        }
    }
    stop.send_replace(true);
    clients.join_all().await;
    drop(responses);
    while let Some(response) = received.recv().await {
        assert_succeeded_or_problem(&response);
    }
    let ends = || directory.stderr().matches("ERROR the function's process ended").count();
    eventually(|| (ends() == killed.len()).then_some(())).await;
    assert_eq!(running.api.get(TOKENS, &token).await.status, 200);
}

fn assert_succeeded_or_problem(response: &ApiResponse) {
    if response.status != 200 {
        let (status, code) = response.problem();
        assert!(matches!((status, code.as_str()), (502, "internal") | (503, "unavailable")), "{response:?}");
    }
}
