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
    middleware,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::{ids, invoke::InvokeError, loopback_host};

/// Largest result of a function: 6 MB (Lambda Developer Guide, "Lambda quotas") and 100 bytes, as Lambda's error message
/// states.
const MAX_RESULT_BYTES: usize = 6_291_556;

/// The result of an invocation.
pub(super) type InvokeResult = Result<Vec<u8>, InvokeError>;

/// An event for the function.
pub(super) struct Event {
    pub(super) body: Bytes,
    /// Notified when the function receives the event.
    pub(super) received: oneshot::Sender<()>,
    pub(super) result: oneshot::Sender<InvokeResult>,
}

/// The event that the process handles.
pub(super) struct CurrentEvent {
    request_id: String,
    result: oneshot::Sender<InvokeResult>,
}

/// The state of one process's Runtime API.
pub(super) struct RuntimeApi {
    pub(super) function: String,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    pub(super) events: tokio::sync::Mutex<mpsc::Receiver<Event>>,
    /// Set when the process first requests an event, which ends its initialization.
    pub(super) ready: watch::Sender<bool>,
    /// Notified when the process reports that its initialization failed.
    pub(super) kill: Arc<Notify>,
    pub(super) current: Mutex<Option<CurrentEvent>>,
}

/// The error object of a function.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorObject {
    error_message: String,
}

impl RuntimeApi {
    /// The routes of the Runtime API.
    pub(super) fn router(self) -> Router {
        Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(response))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(error))
            .route("/2018-06-01/runtime/init/error", post(init_error))
            .layer(DefaultBodyLimit::disable())
            .layer(middleware::from_fn(loopback_host::require))
            .with_state(Arc::new(self))
    }

    fn current(&self) -> MutexGuard<'_, Option<CurrentEvent>> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Completes the event `id`. Returns false if it is not the current one.
    fn complete(&self, id: &str, result: InvokeResult) -> bool {
        let Some(event) = self.current().take_if(|event| event.request_id == id) else { return false };
        // The receiver is dropped if the caller's timeout expired.
        let _ = event.result.send(result);
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
        return error_response(StatusCode::INTERNAL_SERVER_ERROR, "Runtime.Shutdown", "the function is shutting down");
    };
    let id = ids::uuid();
    *api.current() = Some(CurrentEvent { request_id: id.clone(), result: event.result });
    // The receiver is dropped if the caller's timeout expired; the function handles the event nevertheless.
    let _ = event.received.send(());
    api.event_response(id, event.body)
}

async fn response(State(api): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: Bytes) -> Response {
    if body.len() > MAX_RESULT_BYTES {
        let message =
            format!("Response payload size exceeded maximum allowed payload size ({MAX_RESULT_BYTES} bytes).");
        api.complete(&id, Err(InvokeError::Failed { message: message.clone() }));
        return error_response(StatusCode::PAYLOAD_TOO_LARGE, "RequestEntityTooLarge", &message);
    }
    completion_response(api.complete(&id, Ok(body.to_vec())))
}

async fn error(State(api): State<Arc<RuntimeApi>>, Path(id): Path<String>, body: Bytes) -> Response {
    completion_response(api.complete(&id, Err(InvokeError::Failed { message: error_message(&body) })))
}

async fn init_error(State(api): State<Arc<RuntimeApi>>, body: Bytes) -> Response {
    tracing::error!(function = api.function, error = error_message(&body), "the function failed to initialize");
    api.kill.notify_one();
    completion_response(true)
}

/// The message of an error object; the whole body if it is not an error object.
fn error_message(body: &Bytes) -> String {
    serde_json::from_slice(body)
        .map_or_else(|_| String::from_utf8_lossy(body).into_owned(), |error: ErrorObject| error.error_message)
}

fn completion_response(completed: bool) -> Response {
    if !completed {
        return error_response(StatusCode::BAD_REQUEST, "InvalidRequestID", "the request id is not the current one");
    }
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn error_response(status: StatusCode, error_type: &str, message: &str) -> Response {
    (status, Json(json!({ "errorType": error_type, "errorMessage": message }))).into_response()
}
