use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State},
    http::{HeaderMap, HeaderValue},
};
use serde_json::{Value, json};

use super::{Gateway, answer};
use crate::{
    invoke::{Invocation, Invoke, InvokeError},
    template::{PseudoParameters, load},
};

mod authorizer;
mod compression;
mod http_api;
mod integration;
mod logged;
mod quota;
mod route;

const TEMPLATE: &str = include_str!("tests/template.yaml");
const ALLOWED: &str = "arn:aws:execute-api:us-east-1:000000000000:api/live/*";

/// Functions that answer what they were told to, and keep what they were asked.
#[derive(Default)]
struct Fake {
    answers: BTreeMap<&'static str, Result<Vec<u8>, InvokeError>>,
    calls: Mutex<Vec<(String, Value, Duration)>>,
}

impl Fake {
    fn with(mut self, function: &'static str, answer: Result<Value, InvokeError>) -> Self {
        self.answers.insert(function, answer.map(|answer| answer.to_string().into_bytes()));
        self
    }

    fn calls(&self) -> Vec<(String, Value, Duration)> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The event of the one call to `function`.
    fn event(&self, function: &str) -> Value {
        let mut events: Vec<_> = self.calls().into_iter().filter(|(name, ..)| name == function).collect();
        assert_eq!(events.len(), 1, "calls of `{function}`");
        events.remove(0).1
    }

    fn called(&self) -> Vec<String> {
        self.calls().into_iter().map(|(name, ..)| name).collect()
    }
}

impl Invoke for Fake {
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, patience: Duration) -> Invocation<'a> {
        let event = serde_json::from_slice(&event).unwrap();
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push((function.to_owned(), event, patience));
        let unknown = || Err(InvokeError::UnknownFunction(function.to_owned()));
        let answer = self.answers.get(function).cloned().unwrap_or_else(unknown);
        Box::pin(async move { answer })
    }
}

/// What an authorizer says which allows everything.
fn grant() -> Value {
    policy("Allow", ALLOWED)
}

fn policy(effect: &str, resource: &str) -> Value {
    let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
    json!({
        "principalId": "someone",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"code": "missing_permission", "reason": "it may not", "count": 2, "live": true},
    })
}

fn ok() -> Value {
    json!({"statusCode": 200, "body": "hello"})
}

/// Functions of which the authorizer allows and the others answer.
fn willing() -> Fake {
    Fake::default().with("authorizer", Ok(grant())).with("open", Ok(ok())).with("tokens", Ok(ok()))
}

struct Answered {
    status: u16,
    headers: HeaderMap,
    body: String,
    functions: Arc<Fake>,
}

impl Answered {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The status and the kind of the refusal.
    fn refusal(&self) -> (u16, &str) {
        (self.status, self.header("x-amzn-errortype").unwrap_or("none"))
    }
}

fn gateway(template: &str, functions: Arc<Fake>, stage_in_path: bool) -> Gateway {
    let template = load(template, &BTreeMap::new(), &PseudoParameters::default()).unwrap();
    Gateway::new(
        &template.apis[0],
        &template.pseudo_parameters,
        functions,
        stage_in_path,
        "http://api.example.com:3000/base",
    )
}

async fn sent(gateway: Gateway, request: Request, functions: Arc<Fake>) -> Answered {
    let (parts, body) = answer(State(Arc::new(gateway)), request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    Answered { status: parts.status.as_u16(), headers: parts.headers, body, functions }
}

/// Sends the request to a gateway without a stage in its paths.
async fn send(functions: Fake, request: Request) -> Answered {
    let functions = Arc::new(functions);
    sent(gateway(TEMPLATE, Arc::clone(&functions), false), request, functions).await
}

/// A request with an identity header.
fn request(method: &str, uri: &str) -> Request {
    Request::builder().method(method).uri(uri).header("authorization", "Bearer x").body(Body::empty()).unwrap()
}
