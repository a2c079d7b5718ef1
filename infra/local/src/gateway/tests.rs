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

use super::{Gateway, handle};
use crate::{
    invoke::{Invocation, Invoke, InvokeError},
    template::{PseudoParameters, load},
};

mod authorizer;
mod compression;
mod host;
mod http_api;
mod integration;
mod limits;
mod logging;
mod routing;

const TEMPLATE: &str = include_str!("tests/template.yaml");
const ALLOWED: &str = "arn:aws:execute-api:us-east-1:000000000000:api/live/*";

/// Functions with fixed results, which record their invocations.
#[derive(Default)]
struct FakeFunctions {
    results: BTreeMap<&'static str, Result<Vec<u8>, InvokeError>>,
    calls: Mutex<Vec<(String, Value, Duration)>>,
}

impl FakeFunctions {
    fn with(mut self, function: &'static str, result: Result<Value, InvokeError>) -> Self {
        self.results.insert(function, result.map(|response| response.to_string().into_bytes()));
        self
    }

    fn calls(&self) -> Vec<(String, Value, Duration)> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The event of the only invocation of `function`.
    fn event(&self, function: &str) -> Value {
        let mut events: Vec<_> = self.calls().into_iter().filter(|(name, ..)| name == function).collect();
        assert_eq!(events.len(), 1, "invocations of `{function}`");
        events.remove(0).1
    }

    /// Names of the invoked functions.
    fn invoked(&self) -> Vec<String> {
        self.calls().into_iter().map(|(name, ..)| name).collect()
    }
}

impl Invoke for FakeFunctions {
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, timeout: Duration) -> Invocation<'a> {
        let event = serde_json::from_slice(&event).unwrap();
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push((function.to_owned(), event, timeout));
        let unknown = || Err(InvokeError::UnknownFunction(function.to_owned()));
        let result = self.results.get(function).cloned().unwrap_or_else(unknown);
        Box::pin(async move { result })
    }
}

/// A response of the authorizer that allows every method.
fn allow() -> Value {
    policy("Allow", ALLOWED)
}

fn policy(effect: &str, resource: &str) -> Value {
    let statement = json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource});
    json!({
        "principalId": "someone",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
        "context": {"code": "missing_permission", "reason": "not permitted", "count": 2, "live": true},
    })
}

fn ok() -> Value {
    json!({"statusCode": 200, "body": "hello"})
}

/// Functions of which the authorizer allows every request and the others succeed.
fn functions() -> FakeFunctions {
    FakeFunctions::default().with("authorizer", Ok(allow())).with("open", Ok(ok())).with("tokens", Ok(ok()))
}

struct TestResponse {
    status: u16,
    headers: HeaderMap,
    body: String,
    functions: Arc<FakeFunctions>,
}

impl TestResponse {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// Status and type of an error response.
    fn error(&self) -> (u16, &str) {
        (self.status, self.header("x-amzn-errortype").unwrap_or("none"))
    }
}

fn gateway(template: &str, functions: Arc<FakeFunctions>, stage_in_path: bool) -> Gateway {
    let template = load(template, &BTreeMap::new(), &PseudoParameters::default()).unwrap();
    Gateway::new(
        &template.apis[0],
        &template.pseudo_parameters,
        functions,
        stage_in_path,
        "http://api.example.com:3000/base",
    )
}

async fn send_to(gateway: Gateway, request: Request, functions: Arc<FakeFunctions>) -> TestResponse {
    let (parts, body) = handle(State(Arc::new(gateway)), request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let body = String::from_utf8(body.to_vec()).unwrap();
    TestResponse { status: parts.status.as_u16(), headers: parts.headers, body, functions }
}

/// Sends the request to a gateway without the stage in its paths.
async fn send(functions: FakeFunctions, request: Request) -> TestResponse {
    let functions = Arc::new(functions);
    send_to(gateway(TEMPLATE, Arc::clone(&functions), false), request, functions).await
}

/// A request with the identity header.
fn request(method: &str, uri: &str) -> Request {
    Request::builder().method(method).uri(uri).header("authorization", "Bearer x").body(Body::empty()).unwrap()
}
