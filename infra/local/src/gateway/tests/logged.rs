//! What the log keeps.

use std::{
    fmt::{Debug, Write},
    sync::LazyLock,
};

use tracing::{
    Dispatch, Event, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use super::*;

/// Keeps every line.
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
        metadata.target().starts_with("local::gateway")
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

/// With a single subscriber `tracing` asks only the thread that first comes to a line whether anybody wants it, and keeps
/// the answer. With this one beside, it asks all subscribers, whichever thread comes first.
static SECOND: LazyLock<Dispatch> = LazyLock::new(|| Dispatch::new(Lines::default()));

async fn lines(functions: Fake, request: Request) -> Vec<String> {
    LazyLock::force(&SECOND);
    let lines = Lines::default();
    let guard = tracing::subscriber::set_default(lines.clone());
    send(functions, request).await;
    drop(guard);
    lines.0.lock().unwrap().clone()
}

/// A request that has it in every part.
fn with_secret(method: &str, path: &str) -> Request {
    let request = Request::builder().method(method).uri(format!("{path}?a=SECRET"));
    request.header("authorization", "Bearer SECRET").body(Body::from("SECRET")).unwrap()
}

#[tokio::test]
async fn a_request_is_one_line_with_its_route() {
    let lines = lines(willing(), with_secret("GET", "/tokens/SECRET")).await;
    assert_eq!(lines.len(), 1, "{lines:?}");
    for part in ["INFO", "method=\"GET\"", "route=\"/tokens/{id}\"", "status=200", "milliseconds=", "request_id=\""] {
        assert!(lines[0].contains(part), "{part} in {lines:?}");
    }
}

#[tokio::test]
async fn a_failure_is_an_error_with_the_same_request_id() {
    let cases = [
        willing().with("tokens", Err(InvokeError::Crashed)),
        willing().with("tokens", Err(InvokeError::CallerTimeout)),
        willing().with("tokens", Ok(json!(null))),
        willing().with("authorizer", Err(InvokeError::FunctionTimeout)),
        willing().with("authorizer", Ok(json!(null))),
    ];
    for functions in cases {
        let lines = lines(functions, request("GET", "/tokens/x")).await;
        let id = |line: &str| line.split_once("request_id=").map(|(_, rest)| rest[..38].to_owned());
        assert_eq!((lines.len(), &lines[0][..5], &lines[1][..4]), (2, "ERROR", "INFO"), "{lines:?}");
        assert_eq!(id(&lines[0]), id(&lines[1]), "{lines:?}");
    }
}

#[tokio::test]
async fn no_line_holds_what_came_with_a_request_or_in_an_answer() {
    let secret = || json!("SECRET");
    let answer = || json!({"statusCode": 200, "body": ["SECRET"], "headers": {"a": "SECRET"}});
    let cases = [
        (willing(), with_secret("GET", "/SECRET")),
        (willing(), with_secret("SECRET", "/tokens")),
        (willing(), with_secret("GET", "/tokens/SECRET")),
        (willing().with("tokens", Ok(secret())), with_secret("POST", "/tokens")),
        (willing().with("tokens", Ok(answer())), with_secret("POST", "/tokens")),
        (willing().with("tokens", Ok(json!({"statusCode": "SECRET"}))), with_secret("POST", "/tokens")),
        (willing().with("authorizer", Ok(secret())), with_secret("POST", "/tokens")),
        (willing().with("authorizer", Ok(json!({"principalId": ["SECRET"]}))), with_secret("POST", "/tokens")),
    ];
    for (functions, request) in cases {
        let lines = lines(functions, request).await;
        assert!(!lines.is_empty() && !lines.concat().contains("SECRET"), "{lines:?}");
    }
}
