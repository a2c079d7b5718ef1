//! The Runtime API of one process (Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes").

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use super::ids;
use crate::invoke::InvokeError;

/// The largest answer, in bytes (Lambda Developer Guide, "Lambda quotas": 6 MB).
const LARGEST_ANSWER: usize = 6 * 1024 * 1024;

/// What comes of an event.
pub(super) type Outcome = Result<Vec<u8>, InvokeError>;

/// An event on its way to the function.
pub(super) struct Event {
    pub(super) body: Bytes,
    /// Told when the function has taken the event.
    pub(super) taken: oneshot::Sender<()>,
    pub(super) outcome: oneshot::Sender<Outcome>,
}

/// One process's side of the Runtime API.
pub(super) struct RuntimeApi {
    pub(super) function: String,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    pub(super) events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    /// Set when the process first asks for an event: its initialization is over.
    pub(super) ready: watch::Sender<bool>,
    /// Told when the process reports that its initialization failed.
    pub(super) kill: Arc<Notify>,
    /// The event that the process works on, by its request id.
    pub(super) current: Mutex<Option<(String, oneshot::Sender<Outcome>)>>,
}

/// What a function reports when it fails.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Diagnostic {
    error_message: String,
}

impl RuntimeApi {
    /// The routes that the process calls.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .with_state(Arc::new(self))
    }

    fn current(&self) -> MutexGuard<'_, Option<(String, oneshot::Sender<Outcome>)>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends the work on the event `id`. Gives false when it is not the one at work.
    fn finish(&self, id: &str, outcome: Outcome) -> bool {
        let mut current = self.current();
        let Some((_, sender)) = current.take_if(|(at_work, _)| at_work == id) else { return false };
        // An invocation that gave up has nobody waiting; the late answer is thrown away.
        let _ = sender.send(outcome);
        true
    }

    fn event_response(&self, id: String, body: Bytes) -> Response {
        let now = Timestamp::now();
        let deadline = now.as_millisecond() + i64::try_from(self.timeout.as_millis()).unwrap_or(i64::MAX / 2);
        let headers = [
            ("Content-Type", "application/json".to_owned()),
            ("Lambda-Runtime-Aws-Request-Id", id),
            ("Lambda-Runtime-Deadline-Ms", deadline.to_string()),
            ("Lambda-Runtime-Invoked-Function-Arn", self.function_arn.clone()),
            ("Lambda-Runtime-Trace-Id", ids::trace_id(now)),
        ];
        (headers, body).into_response()
    }
}

async fn next(State(api): State<Arc<RuntimeApi>>) -> Response {
    api.ready.send_replace(true);
    let Some(event) = api.events.lock().await.recv().await else {
        return refuse(StatusCode::INTERNAL_SERVER_ERROR, "Runtime.Shutdown", "no more events come");
    };
    let id = ids::uuid();
    *api.current() = Some((id.clone(), event.outcome));
    // An invocation that gave up does not listen; the event is handed out all the same.
    let _ = event.taken.send(());
    api.event_response(id, event.body)
}

async fn response(State(api): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: Bytes) -> Response {
    if body.len() > LARGEST_ANSWER {
        let message = format!("the answer is larger than {LARGEST_ANSWER} bytes");
        api.finish(&id, Err(InvokeError::Failed { message: message.clone() }));
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
    }
    accepted(api.finish(&id, Ok(body.to_vec())))
}

async fn error(State(api): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: Bytes) -> Response {
    accepted(api.finish(&id, Err(InvokeError::Failed { message: message(&body) })))
}

async fn init_error(State(api): State<Arc<RuntimeApi>>, body: Bytes) -> Response {
    tracing::error!(function = api.function, error = message(&body), "the function failed at its initialization");
    api.kill.notify_one();
    accepted(true)
}

/// The message of an error object; the whole text of a body that is none.
fn message(body: &Bytes) -> String {
    serde_json::from_slice(body)
        .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |diagnostic: Diagnostic| diagnostic.error_message)
}

fn accepted(known: bool) -> Response {
    if !known {
        return refuse(StatusCode::BAD_REQUEST, "InvalidRequestID", "the request id is not the one at work");
    }
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn refuse(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message }))).into_response()
}
