//! The record of every call that reached `DynamoDB` and KMS, by which tests count and compare.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::faults::Fault;

/// One call of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The call's number, from 0, over both services.
    pub sequence: usize,
    /// The function that called, or [`OPERATOR`](super::iam::OPERATOR).
    pub caller: String,
    /// The action by its IAM name, as in `dynamodb:PutItem`.
    pub action: String,
    /// The ARNs that the call touches; `*` when it names none.
    pub resources: Vec<String>,
    /// Whether the caller's policy allows it. A call that is not allowed went no further.
    pub allowed: bool,
    /// When it came.
    pub at: Instant,
    /// The SDK's id of what it was asked to do, which every attempt at it carries; empty where the caller sends none.
    pub invocation: String,
    /// The fault that struck it.
    pub fault: Option<Fault>,
    /// Its answer; `None` as long as there is none, and where the connection was closed instead.
    pub reply: Option<Reply>,
}

/// The answer to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reply {
    /// How long it took from the call's whole body to the answer's, in the service and in the front before it.
    pub took: Duration,
    /// The length of its body in bytes.
    pub bytes: u64,
}

/// The calls so far. Its clones share one record.
#[derive(Debug, Clone, Default)]
pub struct Calls(Arc<Mutex<Vec<Call>>>);

impl Calls {
    /// Every call since the start, in order.
    #[must_use]
    pub fn all(&self) -> Vec<Call> {
        self.since(0)
    }

    /// A mark for [`since`](Self::since): the number of the next call.
    #[must_use]
    pub fn mark(&self) -> usize {
        self.entries().len()
    }

    /// The calls since `mark` was taken, in order.
    #[must_use]
    pub fn since(&self, mark: usize) -> Vec<Call> {
        self.entries().get(mark..).unwrap_or_default().to_vec()
    }

    /// Records a call and gives its number.
    pub(super) fn record(&self, caller: &str, action: &str, resources: &[String], allowed: bool) -> usize {
        let mut entries = self.entries();
        let call = Call {
            sequence: entries.len(),
            caller: caller.to_owned(),
            action: action.to_owned(),
            resources: resources.to_vec(),
            allowed,
            at: Instant::now(),
            invocation: String::new(),
            fault: None,
            reply: None,
        };
        entries.push(call);
        entries.len() - 1
    }

    /// Adds to the call `sequence` what is known of it later.
    pub(super) fn amend(&self, sequence: usize, invocation: &str, fault: Option<&Fault>) {
        if let Some(call) = self.entries().get_mut(sequence) {
            invocation.clone_into(&mut call.invocation);
            call.fault = fault.cloned();
        }
    }

    /// Adds to the call `sequence` that it was answered with `bytes`.
    pub(super) fn answered(&self, sequence: usize, bytes: u64) {
        if let Some(call) = self.entries().get_mut(sequence) {
            call.reply = Some(Reply { took: call.at.elapsed(), bytes });
        }
    }

    fn entries(&self) -> MutexGuard<'_, Vec<Call>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_cuts_the_record_in_two() {
        let calls = Calls::default();
        calls.record("create-token", "kms:Sign", &["key".to_owned()], true);
        let mark = calls.mark();
        calls.clone().record("get-token", "dynamodb:GetItem", &["table".to_owned()], false);
        let later = calls.since(mark);
        assert_eq!(later.len(), 1);
        assert_eq!((later[0].sequence, later[0].action.as_str()), (1, "dynamodb:GetItem"));
        assert_eq!(calls.all().len(), 2);
        assert!(calls.since(calls.mark()).is_empty());
    }

    #[test]
    fn a_call_has_no_reply_before_its_answer() {
        let calls = Calls::default();
        let sequence = calls.record("get-token", "dynamodb:GetItem", &["table".to_owned()], true);
        assert_eq!(calls.all()[sequence].reply, None);
        calls.answered(sequence, 7);
        assert_eq!(calls.all()[sequence].reply.map(|reply| reply.bytes), Some(7));
    }
}
