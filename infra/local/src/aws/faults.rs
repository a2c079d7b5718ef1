//! Faults that tests inject into the calls to a service.
//!
//! Faults apply to calls of functions. The operator's calls are not affected, so that a test can read the table while a
//! fault is active.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;

use super::Service;

/// What happens to a call instead of a normal response.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed without a response, and nothing is applied.
    ConnectionClosed,
    /// The connection is reset (RFC 9293, section 3.5.2) without a response, and nothing is applied.
    ConnectionReset,
    /// No response arrives, and nothing is applied.
    NoResponse,
    /// The service responds with an error, and nothing is applied.
    ErrorResponse {
        /// The HTTP status.
        status: StatusCode,
        /// The error's name, as in `ThrottlingException`.
        error_type: String,
    },
    /// The call is applied and responded to after this delay.
    Delay(Duration),
    /// The call is applied, then the connection is reset without a response.
    ResponseLost,
    /// The call is applied, and no response arrives.
    ResponseWithheld,
    /// The call is applied, and the body of its response is cut in half.
    ResponseTruncated,
    /// The call is applied, and its response stops halfway without an end.
    ResponseStalled,
    /// `BatchGetItem` reads nothing and returns every key as unprocessed. Other operations respond normally.
    KeysUnprocessed,
}

/// An injected fault and the calls to which it applies.
#[derive(Debug)]
struct Rule {
    caller: Option<String>,
    service: Service,
    operation: Option<String>,
    fault: Fault,
    remaining: Option<u32>,
    sampling: Option<Sampling>,
}

/// Selects one call in so many, deterministically by a seed.
#[derive(Debug)]
struct Sampling {
    one_in: u64,
    random: fastrand::Rng,
}

/// The active faults. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Injects `fault` into calls to `service`: of one operation (`"PutItem"`) or all (`None`), for the next `times` calls
    /// or until cleared (`None`). If several faults apply to a call, the oldest one is injected.
    pub fn inject(&self, service: Service, operation: Option<&str>, fault: Fault, times: Option<u32>) {
        let operation = operation.map(str::to_owned);
        self.rules().push(Rule { caller: None, service, operation, fault, remaining: times, sampling: None });
    }

    /// As [`inject`](Self::inject), for calls of one operation by the function `caller`.
    pub fn inject_for(&self, caller: &str, service: Service, operation: &str, fault: Fault, times: Option<u32>) {
        self.rules().push(Rule {
            caller: Some(caller.to_owned()),
            service,
            operation: Some(operation.to_owned()),
            fault,
            remaining: times,
            sampling: None,
        });
    }

    /// Injects `fault` into one call in `one_in` to `service`, until cleared. The selection depends on `seed` and on the
    /// number of earlier calls; other faults may apply to the calls that are not selected.
    pub fn inject_share(&self, service: Service, fault: Fault, one_in: u64, seed: u64) {
        let sampling = Some(Sampling { one_in: one_in.max(1), random: fastrand::Rng::with_seed(seed) });
        self.rules().push(Rule { caller: None, service, operation: None, fault, remaining: None, sampling });
    }

    /// Removes every fault.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Removes the faults injected for `caller`.
    pub fn clear_for(&self, caller: &str) {
        self.rules().retain(|rule| rule.caller.as_deref() != Some(caller));
    }

    /// The fault to inject into a call of `operation` by `caller`, which counts.
    pub(super) fn next_fault(&self, caller: &str, service: Service, operation: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let rule = rules.iter_mut().find_map(|rule| rule.applies(caller, service, operation).then_some(rule))?;
        rule.remaining = rule.remaining.map(|remaining| remaining - 1);
        Some(rule.fault.clone())
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn applies(&mut self, caller: &str, service: Service, operation: &str) -> bool {
        self.service == service
            && self.remaining != Some(0)
            && self.caller.as_deref().is_none_or(|expected| expected == caller)
            && self.operation.as_deref().is_none_or(|expected| expected == operation)
            && self.sampling.as_mut().is_none_or(Sampling::selects_next)
    }
}

impl Sampling {
    fn selects_next(&mut self) -> bool {
        self.random.u64(0..self.one_in) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fault_applies_to_its_operation_the_given_number_of_times() {
        let faults = Faults::default();
        faults.inject(Service::DynamoDb, Some("PutItem"), Fault::ConnectionClosed, Some(2));
        assert_eq!(faults.next_fault("f", Service::DynamoDb, "GetItem"), None);
        assert_eq!(faults.next_fault("f", Service::Kms, "PutItem"), None);
        assert_eq!(faults.next_fault("f", Service::DynamoDb, "PutItem"), Some(Fault::ConnectionClosed));
        assert_eq!(faults.next_fault("f", Service::DynamoDb, "PutItem"), Some(Fault::ConnectionClosed));
        assert_eq!(faults.next_fault("f", Service::DynamoDb, "PutItem"), None);
    }

    #[test]
    fn fault_without_count_lasts_until_cleared() {
        let faults = Faults::default();
        faults.inject(Service::Kms, None, Fault::ResponseLost, None);
        for _ in 0..5 {
            assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), Some(Fault::ResponseLost));
        }
        faults.clear();
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), None);
    }

    #[test]
    fn fault_for_caller_applies_to_it_only_and_clears_alone() {
        let faults = Faults::default();
        faults.inject_for("f", Service::Kms, "Sign", Fault::ConnectionReset, None);
        faults.inject(Service::Kms, Some("Sign"), Fault::ConnectionClosed, Some(1));
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), Some(Fault::ConnectionReset));
        assert_eq!(faults.next_fault("g", Service::Kms, "Sign"), Some(Fault::ConnectionClosed));
        assert_eq!(faults.next_fault("g", Service::Kms, "Sign"), None);
        faults.clear_for("g");
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), Some(Fault::ConnectionReset));
        faults.clear_for("f");
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), None);
    }

    #[test]
    fn share_selects_the_same_calls_for_the_same_seed() {
        let selected = |seed| -> Vec<bool> {
            let faults = Faults::default();
            faults.inject_share(Service::Kms, Fault::ConnectionClosed, 100, seed);
            assert_eq!(faults.next_fault("f", Service::DynamoDb, "PutItem"), None);
            (0..10_000).map(|_| faults.next_fault("f", Service::Kms, "Sign").is_some()).collect()
        };
        let one = selected(1);
        assert!((70..=130).contains(&one.iter().filter(|selected| **selected).count()));
        assert_eq!(one, selected(1));
        assert_ne!(one, selected(2));
    }

    #[test]
    fn oldest_of_several_faults_applies_first() {
        let faults = Faults::default();
        faults.inject(Service::Kms, None, Fault::ConnectionClosed, Some(1));
        faults.inject(Service::Kms, None, Fault::ResponseLost, Some(1));
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), Some(Fault::ConnectionClosed));
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), Some(Fault::ResponseLost));
        assert_eq!(faults.next_fault("f", Service::Kms, "Sign"), None);
    }
}
