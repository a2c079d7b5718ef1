//! The log of calls to `DynamoDB` and KMS, which tests and measurements evaluate.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::{faults::Fault, request::RequiredPermission};

/// A call to a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The call's number, from 0, over both services.
    pub sequence: usize,
    /// The function that made the call, or [`OPERATOR`](super::OPERATOR).
    pub caller: String,
    /// The service and the operation, as in `dynamodb:PutItem`. Except for a transaction it is the IAM action.
    pub action: String,
    /// The IAM actions that the call requires, each with the ARN of a resource; `*` if the call names none.
    pub permissions: Vec<(String, String)>,
    /// Whether the caller's policy allows the call. A denied call does not reach the service.
    pub allowed: bool,
    /// When the complete request had been received.
    pub received_at: Instant,
    /// The SDK's id of the operation, the same for each of its attempts; empty if the client sends none.
    pub sdk_invocation_id: String,
    /// The injected fault.
    pub fault: Option<Fault>,
    /// The response; `None` until it is complete, and if the connection was closed instead.
    pub response: Option<CallResponse>,
}

/// The members of a [`Call`] that are known before its response.
#[derive(Default)]
pub(super) struct NewCall<'a> {
    pub(super) caller: &'a str,
    pub(super) action: &'a str,
    pub(super) permissions: &'a [RequiredPermission],
    pub(super) allowed: bool,
    pub(super) sdk_invocation_id: &'a str,
    pub(super) fault: Option<&'a Fault>,
}

/// The response to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CallResponse {
    /// Time from the complete request to the complete response, in the endpoint and the service.
    pub duration: Duration,
    /// The length of the body in bytes.
    pub bytes: u64,
}

/// The calls so far. Clones share one log.
#[derive(Debug, Clone, Default)]
pub struct CallLog(Arc<Mutex<Vec<Call>>>);

impl CallLog {
    /// Every call since the start, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Call> {
        self.since(0)
    }

    /// The number of the next call, for [`since`](Self::since).
    #[must_use]
    pub fn mark(&self) -> usize {
        self.calls().len()
    }

    /// The calls since `mark` was taken, in order.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Call> {
        self.calls().get(mark..).unwrap_or_default().to_vec()
    }

    /// Adds a call that was received now and returns its number.
    pub(super) fn record(&self, call: &NewCall<'_>) -> usize {
        let mut calls = self.calls();
        let sequence = calls.len();
        calls.push(Call {
            sequence,
            caller: call.caller.to_owned(),
            action: call.action.to_owned(),
            permissions: call.permissions.iter().flat_map(RequiredPermission::pairs).collect(),
            allowed: call.allowed,
            received_at: Instant::now(),
            sdk_invocation_id: call.sdk_invocation_id.to_owned(),
            fault: call.fault.cloned(),
            response: None,
        });
        sequence
    }

    /// Adds a response of `bytes` bytes to the call `sequence`.
    pub(super) fn set_response(&self, sequence: usize, bytes: u64) {
        if let Some(call) = self.calls().get_mut(sequence) {
            call.response = Some(CallResponse { duration: call.received_at.elapsed(), bytes });
        }
    }

    fn calls(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_returns_calls_after_the_mark() {
        let calls = CallLog::default();
        calls.record(&NewCall { action: "kms:Sign", ..NewCall::default() });
        let mark = calls.mark();
        calls.clone().record(&NewCall { action: "dynamodb:GetItem", ..NewCall::default() });
        let later = calls.since(mark);
        assert_eq!(later.len(), 1);
        assert_eq!(later[0].sequence, 1);
        assert_eq!(later[0].action, "dynamodb:GetItem");
        assert_eq!(calls.all().len(), 2);
        assert!(calls.since(calls.mark()).is_empty());
    }

    #[test]
    fn call_has_no_response_until_it_is_complete() {
        let calls = CallLog::default();
        let sequence = calls.record(&NewCall::default());
        assert_eq!(calls.all()[sequence].response, None);
        calls.set_response(sequence, 7);
        assert_eq!(calls.all()[sequence].response.map(|response| response.bytes), Some(7));
    }
}
