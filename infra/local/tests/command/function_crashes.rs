//! Functions whose processes are killed.

use std::{collections::HashSet, path::Path, sync::Arc, time::Duration};

use reqwest::Method;
use rustix::process::{Signal, kill_process};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

use crate::{
    api::{Answer, Api, KEYS, MYSELF, TOKENS},
    process::eventually,
    running_stack::{Place, Running},
};

/// For each function a request that needs it, and what is answered when its process ends meanwhile. Without the authorizer
/// nobody knows who asks, which is unavailable and not a failure of the function behind.
fn requests() -> [(&'static str, Method, &'static str, (u16, &'static str)); 6] {
    let internal = (502, "internal");
    [
        ("authorizer", Method::GET, TOKENS, (503, "unavailable")),
        ("create-token", Method::POST, TOKENS, internal),
        ("list-tokens", Method::GET, TOKENS, internal),
        ("get-token", Method::GET, MYSELF, internal),
        ("well-known", Method::GET, KEYS, internal),
        ("revoke-token", Method::DELETE, MYSELF, internal),
    ]
}

/// Kills the process with `binary` while it has the request, and gives the answer. The process is stopped before, so that it
/// keeps the request. If it is killed before it has got it, another process answers, and the next try gives the request more
/// time to arrive.
async fn crash(running: &Running, binary: &Path, method: Method, path: &'static str, token: &str) -> Answer {
    for milliseconds in [20, 100, 500, 2_500] {
        let process = eventually(|| running.processes(binary).pop()).await;
        kill_process(process, Signal::STOP).unwrap();
        let (api, method, token) = (running.api.clone(), method.clone(), token.to_owned());
        let asked = tokio::spawn(async move { api.send(method, path, &token).await });
        tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        kill_process(process, Signal::KILL).unwrap();
        let answer = asked.await.unwrap();
        if answer.status >= 300 {
            return answer;
        }
    }
    panic!("the request never came to the process");
}

#[tokio::test]
async fn request_to_killed_function_fails_and_next_succeeds() {
    let place = Place::new();
    let running = place.start(0).await;
    let token = running.api.token(&place.owner().await).await;
    let functions = place.functions();
    for (name, method, path, (status, code)) in requests() {
        let answer = crash(&running, &functions[name], method.clone(), path, &token).await;
        assert_eq!(answer.problem(), (status, code.to_owned()), "{name}");
        let next = running.api.send(method, path, &token).await;
        assert!(matches!(next.status, 200 | 201), "{name} {next:?}");
        let logged = format!("ERROR the function's process ended function=\"{name}\" status=signal: 9 (SIGKILL)");
        assert!(place.log().contains(&logged), "{name} {}", place.log());
    }
}

/// Asks for the list until it is told to stop, and tells of each answer.
async fn list(api: Api, token: Arc<str>, stop: watch::Receiver<bool>, answers: mpsc::UnboundedSender<Answer>) {
    while !*stop.borrow() {
        let _ = answers.send(api.get(TOKENS, &token).await);
    }
}

#[tokio::test]
async fn requests_during_kills_succeed_or_return_problem() {
    let place = Place::new();
    let running = place.start(0).await;
    let token: Arc<str> = running.api.token(&place.owner().await).await.into();
    let (stop, stopped) = watch::channel(false);
    let (answers, mut answered) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for _ in 0..4 {
        clients.spawn(list(running.api.clone(), Arc::clone(&token), stopped.clone(), answers.clone()));
    }
    let mut killed = HashSet::new();
    for binary in place.functions().values().cycle().take(18) {
        for process in running.processes(binary) {
            if kill_process(process, Signal::KILL).is_ok() {
                killed.insert(process);
            }
        }
        for _ in 0..20 {
            assert_fair(&answered.recv().await.unwrap());
        }
    }
    stop.send_replace(true);
    clients.join_all().await;
    drop(answers);
    while let Some(answer) = answered.recv().await {
        assert_fair(&answer);
    }
    let ends = || place.log().matches("ERROR the function's process ended").count();
    eventually(|| (ends() == killed.len()).then_some(())).await;
    assert_eq!(running.api.get(TOKENS, &token).await.status, 200);
}

fn assert_fair(answer: &Answer) {
    if answer.status != 200 {
        let (status, code) = answer.problem();
        assert!(matches!((status, code.as_str()), (502, "internal") | (503, "unavailable")), "{answer:?}");
    }
}
