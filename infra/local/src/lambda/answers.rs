//! The record of every event that a function answered, by which tests know what must be in the log.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

/// An event that a function answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The function's name.
    pub function: String,
    /// The id that the gateway gave the request; empty where the event has none.
    pub request_id: String,
}

/// The answers so far.
#[derive(Debug, Default)]
pub(super) struct Answers(Mutex<Vec<Answered>>);

/// What is looked at of an event of API Gateway.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Event {
    request_context: Context,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Context {
    request_id: String,
}

impl Answers {
    /// Every answer since the start, in order.
    pub(super) fn all(&self) -> Vec<Answered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn record(&self, function: &str, request_id: String) {
        let answered = Answered { function: function.to_owned(), request_id };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(answered);
    }
}

/// The gateway's id of the request that `event` is about, empty where there is none.
pub(super) fn request_id(event: &[u8]) -> String {
    serde_json::from_slice::<Event>(event).unwrap_or_default().request_context.request_id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_known_by_the_gateways_id_of_its_request() {
        for (event, id) in [
            (r#"{"requestContext": {"requestId": "r-1", "stage": "live"}, "path": "/"}"#, "r-1"),
            (r#"{"requestContext": {}}"#, ""),
            (r#"{"requestContext": null}"#, ""),
            ("[]", ""),
            ("no JSON", ""),
        ] {
            assert_eq!(request_id(event.as_bytes()), id, "{event}");
        }
    }

    #[test]
    fn answers_are_kept_in_their_order() {
        let answers = Answers::default();
        answers.record("authorizer", "r-1".to_owned());
        answers.record("get-token", "r-1".to_owned());
        let functions: Vec<_> = answers.all().into_iter().map(|answered| answered.function).collect();
        assert_eq!(functions, ["authorizer", "get-token"]);
    }
}
