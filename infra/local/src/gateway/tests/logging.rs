//! Log lines.

use std::{
    fmt::{Debug, Write},
    sync::LazyLock,
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::{host::status_of, *};
use crate::terminal::REQUEST_TARGET;

/// Records log lines.
#[derive(Default, Clone)]
struct Lines(Arc<Mutex<Vec<String>>>);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        ["local::gateway", REQUEST_TARGET].iter().any(|target| metadata.target().starts_with(target))
    }
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, event: &Event<'_>) {
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// With one subscriber, `tracing` caches the interest of the thread that first reaches a log statement. With a second one, it
/// asks all subscribers each time.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Lines::default()));

async fn lines(functions: FakeFunctions, request: Request) -> Vec<String> {
    lines_during(send(functions, request)).await
}

async fn lines_during<T>(work: impl Future<Output = T>) -> Vec<String> {
    LazyLock::force(&SECOND);
    let lines = Lines::default();
    let guard = tracing::subscriber::set_default(lines.clone());
    work.await;
    drop(guard);
    lines.0.lock().unwrap().clone()
}

/// A request with a secret in every part.
fn with_secret(method: &str, path: &str) -> Request {
    let request = Request::builder().method(method).uri(format!("{path}?a=SECRET"));
    request.header("authorization", "Bearer SECRET").body(Body::from("SECRET")).unwrap()
}

#[tokio::test]
async fn request_logs_one_line_with_its_route() {
    let lines = lines(functions(), with_secret("GET", "/tokens/SECRET")).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["INFO", "method=\"GET\"", "route=\"/tokens/{id}\"", "status=200", "duration_ms=", "request_id=\""] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
}

#[tokio::test]
async fn request_for_another_host_logs_one_line() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gateway = gateway(TEMPLATE, Arc::new(functions()), false);
    let lines = lines_during(async {
        tokio::spawn(gateway.serve(listener, std::future::pending()));
        assert_eq!(status_of(address, &["SECRET.example"]).await, "421");
    })
    .await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["INFO", "method=\"-\"", "route=\"-\"", "status=421", "request_id=\""] {
        assert!(lines[0].contains(part) && !lines[0].contains("SECRET"), "{part} in {lines:?}");
    }
}

#[tokio::test]
async fn error_response_logs_principal_and_code() {
    let mut authorizer_response = allow();
    authorizer_response["context"]["principal"] = json!("local|1001");
    let conflict = json!({"statusCode": 409, "body": "{\"code\":\"conflict\"}"});
    let functions = functions().with("authorizer", Ok(authorizer_response)).with("tokens", Ok(conflict));
    let lines = lines(functions, request("GET", "/tokens/x")).await;
    for part in ["status=409", "principal=\"local|1001\"", "code=\"conflict\""] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
}

#[tokio::test]
async fn failure_logs_an_error_with_the_same_request_id() {
    let cases = [
        functions().with("tokens", Err(InvokeError::Crashed)),
        functions().with("tokens", Err(InvokeError::CallerTimeout)),
        functions().with("tokens", Ok(json!(null))),
        functions().with("authorizer", Err(InvokeError::FunctionTimeout)),
        functions().with("authorizer", Ok(json!(null))),
    ];
    for functions in cases {
        let lines = lines(functions, request("GET", "/tokens/x")).await;
        let id = |line: &str| line.split_once("request_id=").map(|(_, rest)| rest[..38].to_owned());
        assert_eq!((lines.len(), &lines[0][..5], &lines[1][..4]), (2, "ERROR", "INFO"), "{lines:?}");
        assert_eq!(id(&lines[0]), id(&lines[1]), "{lines:?}");
    }
}

#[tokio::test]
async fn log_contains_no_text_of_requests_or_responses() {
    let secret = || json!("SECRET");
    let malformed = || json!({"statusCode": 200, "body": ["SECRET"], "headers": {"a": "SECRET"}});
    let cases = [
        (functions(), with_secret("GET", "/SECRET")),
        (functions(), with_secret("SECRET", "/tokens")),
        (functions(), with_secret("GET", "/tokens/SECRET")),
        (functions().with("tokens", Ok(secret())), with_secret("POST", "/tokens")),
        (functions().with("tokens", Ok(malformed())), with_secret("POST", "/tokens")),
        (functions().with("tokens", Ok(json!({"statusCode": "SECRET"}))), with_secret("POST", "/tokens")),
        (functions().with("authorizer", Ok(secret())), with_secret("POST", "/tokens")),
        (functions().with("authorizer", Ok(json!({"principalId": ["SECRET"]}))), with_secret("POST", "/tokens")),
    ];
    for (functions, request) in cases {
        let lines = lines(functions, request).await;
        assert!(!lines.is_empty() && !lines.concat().contains("SECRET"), "{lines:?}");
    }
}
