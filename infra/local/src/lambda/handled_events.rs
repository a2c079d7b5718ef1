//! The log of events that a function handled, from which tests determine the expected log lines.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// An event that a function handled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandledEvent {
    /// The function's name.
    pub function: String,
    /// The gateway's request id; empty if the event has none.
    pub request_id: String,
}

/// The events handled so far.
#[derive(Debug, Default)]
pub(super) struct HandledEvents(Mutex<Vec<HandledEvent>>);

/// The part of an API Gateway event with the request id.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    request_context: RequestContext,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RequestContext {
    request_id: String,
}

impl HandledEvents {
    /// Every event since the start, in order.
    pub(super) fn all(&self) -> Vec<HandledEvent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn record(&self, function: &str, request_id: String) {
        let handled = HandledEvent { function: function.to_owned(), request_id };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(handled);
    }
}

/// The gateway's request id in `event`; empty if it has none.
pub(super) fn request_id(event: &[u8]) -> String {
    serde_json::from_slice::<Event>(event).unwrap_or_default().request_context.request_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn request_id_is_read_from_request_context() {
        for (event, id) in [
            (r#"{"requestContext": {"requestId": "r-1", "stage": "live"}, "path": "/"}"#, "r-1"),
            (r#"{"requestContext": {}}"#, ""),
            (r#"{"requestContext": null}"#, ""),
            ("[]", ""),
            ("not JSON", ""),
        ] {
            assert_eq!(request_id(event.as_bytes()), id, "{event}");
        }
    }

    #[test]
    fn handled_events_keep_their_order() {
        let events = HandledEvents::default();
        events.record("authorizer", "r-1".to_owned());
        events.record("get-token", "r-1".to_owned());
        let functions: Vec<_> = events.all().into_iter().map(|handled| handled.function).collect();
        assert_eq!(functions, ["authorizer", "get-token"]);
    }
}
