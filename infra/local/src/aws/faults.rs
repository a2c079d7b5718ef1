//! Faults that tests put between the functions and a service.
//!
//! They strike the calls of functions; the operator's always get through, so that a test can look while a fault lasts.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;

use super::Service;

/// What happens to a call instead of being answered as usual.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection is closed without an answer, and nothing is applied.
    Down,
    /// The connection is reset (RFC 9293, section 3.5.2) without an answer, and nothing is applied.
    Reset,
    /// No answer ever comes, and nothing is applied.
    Silence,
    /// An error is answered, and nothing is applied.
    Status {
        /// The HTTP status.
        status: StatusCode,
        /// The error's name, as in `ThrottlingException`.
        error_type: String,
    },
    /// The call is applied and answered, so much later.
    Delay(Duration),
    /// The call is applied, then the connection is reset without an answer.
    LoseAnswer,
    /// The call is applied, and no answer ever comes.
    WithholdAnswer,
    /// The call is applied, and its answer is the first half of one.
    Garble,
    /// The call is applied, and its answer begins, and never ends.
    Stall,
    /// `BatchGetItem` reads nothing and gives every key back as unprocessed. Other operations are answered as usual.
    Unprocessed,
}

#[derive(Debug)]
struct Rule {
    caller: Option<String>,
    service: Service,
    operation: Option<String>,
    fault: Fault,
    left: Option<u32>,
    share: Option<Share>,
}

/// One call in so many. Which ones follows from the seed.
#[derive(Debug)]
struct Share {
    one_in: u64,
    drawn: fastrand::Rng,
}

/// The faults in force. Its clones share one table.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Rule>>>);

impl Faults {
    /// Puts `fault` before `service`: before one operation (`"PutItem"`) or all of them (`None`), for the next `times`
    /// calls or until cleared (`None`). Of several faults that fit a call, the oldest one strikes.
    pub fn inject(&self, service: Service, operation: Option<&str>, fault: Fault, times: Option<u32>) {
        let operation = operation.map(str::to_owned);
        self.rules().push(Rule { caller: None, service, operation, fault, left: times, share: None });
    }

    /// The same before one operation as the function `caller` calls it, and no other.
    pub fn inject_for(&self, caller: &str, service: Service, operation: &str, fault: Fault, times: Option<u32>) {
        let (caller, operation) = (Some(caller.to_owned()), Some(operation.to_owned()));
        self.rules().push(Rule { caller, service, operation, fault, left: times, share: None });
    }

    /// Puts `fault` before one call in `one_in` of `service`, until cleared. Which calls are struck follows from `seed` and from
    /// how many came before; a call that is let through may be struck by another fault.
    pub fn inject_share(&self, service: Service, fault: Fault, one_in: u64, seed: u64) {
        let share = Some(Share { one_in: one_in.max(1), drawn: fastrand::Rng::with_seed(seed) });
        self.rules().push(Rule { caller: None, service, operation: None, fault, left: None, share });
    }

    /// Takes every fault away.
    pub fn clear(&self) {
        self.rules().clear();
    }

    /// Takes the faults away that were put before calls of `caller` alone.
    pub fn clear_for(&self, caller: &str) {
        self.rules().retain(|rule| rule.caller.as_deref() != Some(caller));
    }

    /// The fault that strikes a call of `operation` by `caller`, which is counted.
    pub(super) fn strike(&self, caller: &str, service: Service, operation: &str) -> Option<Fault> {
        let mut rules = self.rules();
        let striking = rules.iter_mut().position(|rule| rule.strikes(caller, service, operation))?;
        let rule = rules.get_mut(striking)?;
        rule.left = rule.left.map(|left| left - 1);
        Some(rule.fault.clone())
    }

    fn rules(&self) -> MutexGuard<'_, Vec<Rule>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Rule {
    fn strikes(&mut self, caller: &str, service: Service, operation: &str) -> bool {
        self.service == service
            && self.left != Some(0)
            && self.caller.as_deref().is_none_or(|named| named == caller)
            && self.operation.as_deref().is_none_or(|named| named == operation)
            && self.share.as_mut().is_none_or(Share::strikes)
    }
}

impl Share {
    fn strikes(&mut self) -> bool {
        self.drawn.u64(0..self.one_in) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_its_operation_as_often_as_it_says() {
        let faults = Faults::default();
        faults.inject(Service::DynamoDb, Some("PutItem"), Fault::Down, Some(2));
        assert_eq!(faults.strike("f", Service::DynamoDb, "GetItem"), None);
        assert_eq!(faults.strike("f", Service::Kms, "PutItem"), None);
        assert_eq!(faults.strike("f", Service::DynamoDb, "PutItem"), Some(Fault::Down));
        assert_eq!(faults.strike("f", Service::DynamoDb, "PutItem"), Some(Fault::Down));
        assert_eq!(faults.strike("f", Service::DynamoDb, "PutItem"), None);
    }

    #[test]
    fn a_fault_without_a_number_lasts_until_it_is_cleared() {
        let faults = Faults::default();
        faults.inject(Service::Kms, None, Fault::LoseAnswer, None);
        for _ in 0..5 {
            assert_eq!(faults.strike("f", Service::Kms, "Sign"), Some(Fault::LoseAnswer));
        }
        faults.clear();
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), None);
    }

    #[test]
    fn a_fault_for_one_caller_strikes_no_other_and_is_cleared_alone() {
        let faults = Faults::default();
        faults.inject_for("f", Service::Kms, "Sign", Fault::Reset, None);
        faults.inject(Service::Kms, Some("Sign"), Fault::Down, Some(1));
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), Some(Fault::Reset));
        assert_eq!(faults.strike("g", Service::Kms, "Sign"), Some(Fault::Down));
        assert_eq!(faults.strike("g", Service::Kms, "Sign"), None);
        faults.clear_for("g");
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), Some(Fault::Reset));
        faults.clear_for("f");
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), None);
    }

    #[test]
    fn a_share_strikes_about_as_often_as_it_says_and_the_same_calls_by_the_same_seed() {
        let struck = |seed| -> Vec<bool> {
            let faults = Faults::default();
            faults.inject_share(Service::Kms, Fault::Down, 100, seed);
            assert_eq!(faults.strike("f", Service::DynamoDb, "PutItem"), None);
            (0..10_000).map(|_| faults.strike("f", Service::Kms, "Sign").is_some()).collect()
        };
        let one = struck(1);
        assert!((70..=130).contains(&one.iter().filter(|struck| **struck).count()));
        assert_eq!(one, struck(1));
        assert_ne!(one, struck(2));
    }

    #[test]
    fn of_several_faults_the_oldest_strikes_first() {
        let faults = Faults::default();
        faults.inject(Service::Kms, None, Fault::Down, Some(1));
        faults.inject(Service::Kms, None, Fault::LoseAnswer, Some(1));
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), Some(Fault::Down));
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), Some(Fault::LoseAnswer));
        assert_eq!(faults.strike("f", Service::Kms, "Sign"), None);
    }
}
