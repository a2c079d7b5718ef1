//! Attribution of each 503 to an injected fault.
//!
//! The SDK makes three attempts, which carry the same invocation id. A call fails if all attempts, at least three, hit a failure.
//! A response 503 needs a failed call of one of its functions between request and response, and there may not be more responses
//! than failed calls.

use std::{collections::BTreeMap, time::Instant};

use local::aws::call_log::Call;

use super::{client::LoggedResponse, faults::is_failure, request_kind::RequestKind};

/// The SDK's attempts at a call.
const SDK_ATTEMPTS: usize = 3;

/// A call whose attempts all failed.
#[derive(Debug)]
struct FailedCall<'a> {
    function: &'a str,
    first: Instant,
    last: Instant,
}

/// The result for responses with status 500 and above.
#[derive(Debug, Clone, Copy)]
pub struct Attribution {
    pub responses: usize,
    pub failed_calls: usize,
    /// Responses without a failed call, or in excess of the failed calls: violations.
    pub unattributed: usize,
}

/// Attributes the server errors among `responses` to failed calls.
pub fn attribute(responses: &[LoggedResponse], calls: &[Call]) -> Attribution {
    let failed_calls = failed_calls(calls);
    let errors: Vec<_> = responses.iter().filter(|response| response.status >= 500).collect();
    let without_cause = errors.iter().filter(|error| !failed_calls.iter().any(|call| call.can_cause(error))).count();
    let excess = errors.len().saturating_sub(failed_calls.len());
    Attribution { responses: errors.len(), failed_calls: failed_calls.len(), unattributed: without_cause.max(excess) }
}

impl FailedCall<'_> {
    /// Whether the call was made for this request.
    fn can_cause(&self, response: &LoggedResponse) -> bool {
        let is_authorized = response.kind != RequestKind::Jwks;
        let is_invoked = self.function == response.kind.function() || is_authorized && self.function == "authorizer";
        is_invoked && response.sent <= self.first && self.last <= response.received
    }
}

/// The failed calls, except updates of `last_used`, whose failure the authorizer ignores.
fn failed_calls(calls: &[Call]) -> Vec<FailedCall<'_>> {
    let mut attempts: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.sdk_invocation_id.is_empty()) {
        attempts.entry(&call.sdk_invocation_id).or_default().push(call);
    }
    attempts.values().filter_map(|attempts| failed_call(attempts)).collect()
}

fn failed_call<'a>(attempts: &[&'a Call]) -> Option<FailedCall<'a>> {
    let first = attempts.first()?;
    let is_last_used = first.caller == "authorizer" && first.action == "dynamodb:UpdateItem";
    let has_failed = attempts.iter().all(|attempt| attempt.fault.as_ref().is_some_and(is_failure));
    let is_failed_call = !is_last_used && has_failed && attempts.len() >= SDK_ATTEMPTS;
    is_failed_call.then_some(FailedCall {
        function: &first.caller,
        first: first.received_at,
        last: attempts.last()?.received_at,
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use local::aws::faults::Fault;

    use super::*;

    /// Counts unattributed 503s with these send and response times in ms, when `create-token` makes one call at 10 ms whose
    /// attempts hit these faults.
    fn unattributed(kind: RequestKind, responses: &[(u64, u64)], faults: &[Option<Fault>]) -> usize {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let call = |(sequence, fault): (usize, &Option<Fault>)| Call {
            sequence,
            caller: "create-token".to_owned(),
            action: "dynamodb:PutItem".to_owned(),
            permissions: Vec::new(),
            allowed: true,
            received_at: at(10),
            sdk_invocation_id: "i".to_owned(),
            fault: fault.clone(),
            response: None,
        };
        let calls: Vec<_> = faults.iter().enumerate().map(call).collect();
        let response = |&(sent, received): &(u64, u64)| LoggedResponse {
            kind,
            status: 503,
            sent: at(sent),
            received: at(received),
        };
        attribute(&responses.iter().map(response).collect::<Vec<_>>(), &calls).unattributed
    }

    #[test]
    fn failed_call_justifies_one_response_of_its_function() {
        let down = [const { Some(Fault::ConnectionClosed) }; 3];
        assert_eq!(unattributed(RequestKind::Create, &[(0, 20)], &down), 0);
        assert_eq!(unattributed(RequestKind::Create, &[(0, 20), (5, 15)], &down), 1);
        assert_eq!(unattributed(RequestKind::Create, &[(11, 20)], &down), 1, "the call was before the request");
        assert_eq!(unattributed(RequestKind::Get, &[(0, 20)], &down), 1, "another function");
    }

    #[test]
    fn call_with_a_successful_or_missing_attempt_justifies_nothing() {
        let delayed = Some(Fault::Delay(Duration::ZERO));
        for last in [vec![], vec![None], vec![delayed]] {
            let faults = [vec![Some(Fault::ConnectionClosed), Some(Fault::ResponseLost)], last].concat();
            assert_eq!(unattributed(RequestKind::Create, &[(0, 20)], &faults), 1);
        }
    }
}
