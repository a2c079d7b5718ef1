//! Whether each 503 is the doing of a fault.
//!
//! The SDK asks three times, and every attempt carries the id of what it is an attempt at. So a request may be unavailable if one of its
//! functions asked for something that no attempt got an answer to, three attempts at least, all between the request's begin and
//! its answer. Each such failure explains one answer: a matching of answers and failures is looked for, and an answer that is
//! left over is one that no fault explains.

use std::{collections::BTreeMap, time::Instant};

use local::aws::call_log::Call;

use super::{
    client::{Asked, Log},
    faults::fails,
    mix::Kind,
};

/// How often the SDK asks before it gives up.
const ATTEMPTS: usize = 3;

/// Something that a function asked for in vain.
#[derive(Debug, Clone)]
struct Failure {
    caller: String,
    first: Instant,
    last: Instant,
}

/// What is known of the answers of status 500 and above.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Explained {
    /// How many there are.
    pub(super) answers: usize,
    /// How many calls failed in spite of every attempt.
    pub(super) failures: usize,
    /// Those that no fault explains.
    pub(super) unexplained: usize,
}

impl Explained {
    /// The promise, where it is broken.
    pub(super) fn broken(&self) -> Option<String> {
        (self.unexplained > 0).then(|| format!("{} answers of status 5xx are explained by no fault", self.unexplained))
    }
}

/// Compares the answers with the calls.
pub(super) fn explain(log: &Log, calls: &[Call]) -> Explained {
    let answers: Vec<&Asked> = log.asked.iter().filter(|asked| asked.status >= 500).collect();
    let failures = failures(calls);
    let candidates: Vec<Vec<usize>> = answers.iter().map(|answer| fitting(answer, &failures)).collect();
    let mut taken = vec![None; failures.len()];
    let matched = (0..answers.len()).filter(|at| augment(*at, &candidates, &mut taken, &mut Vec::new())).count();
    Explained { answers: answers.len(), failures: failures.len(), unexplained: answers.len() - matched }
}

/// What functions asked for and got no good answer to, whatever the attempt. That a token was used is noted in passing: nobody waits
/// for it, so it explains nothing.
fn failures(calls: &[Call]) -> Vec<Failure> {
    let mut attempts: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in calls.iter().filter(|call| !call.sdk_invocation_id.is_empty()) {
        attempts.entry(&call.sdk_invocation_id).or_default().push(call);
    }
    let in_vain = |calls: &&Vec<&Call>| {
        let noted = calls.iter().any(|call| call.caller == "authorizer" && call.action == "dynamodb:UpdateItem");
        !noted && calls.len() >= ATTEMPTS && calls.iter().all(|call| call.fault.as_ref().is_some_and(fails))
    };
    let failure = |calls: &Vec<&Call>| {
        let (first, last) = (calls.first()?, calls.last()?);
        Some(Failure { caller: first.caller.clone(), first: first.received_at, last: last.received_at })
    };
    attempts.values().filter(in_vain).filter_map(failure).collect()
}

/// The failures that may be the reason of this answer.
fn fitting(answer: &Asked, failures: &[Failure]) -> Vec<usize> {
    let fits = |failure: &Failure| {
        let functions = [answer.kind.function(), if answer.kind == Kind::Keys { "" } else { "authorizer" }];
        let within = answer.begun <= failure.first && failure.last <= answer.answered;
        within && functions.contains(&failure.caller.as_str())
    };
    (0..failures.len()).filter(|at| fits(&failures[*at])).collect()
}

/// Gives the answer `at` a failure of its own, if need be by giving another answer another one (Kuhn's algorithm).
fn augment(at: usize, candidates: &[Vec<usize>], taken: &mut [Option<usize>], tried: &mut Vec<usize>) -> bool {
    for &failure in &candidates[at] {
        if tried.contains(&failure) {
            continue;
        }
        tried.push(failure);
        if taken[failure].is_none_or(|other| augment(other, candidates, taken, tried)) {
            taken[failure] = Some(at);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use local::aws::faults::Fault;

    use super::*;

    fn at(start: Instant, millis: u64) -> Instant {
        start + Duration::from_millis(millis)
    }

    /// A call of `create-token` at 10 ms that was struck by these.
    fn calls(start: Instant, faults: &[Option<Fault>]) -> Vec<Call> {
        let call = |(sequence, fault): (usize, &Option<Fault>)| Call {
            sequence,
            caller: "create-token".to_owned(),
            action: "dynamodb:PutItem".to_owned(),
            resources: Vec::new(),
            allowed: true,
            received_at: at(start, 10),
            sdk_invocation_id: "i".to_owned(),
            fault: fault.clone(),
            response: None,
        };
        faults.iter().enumerate().map(call).collect()
    }

    fn unexplained(kind: Kind, answers: &[(u64, u64)], faults: &[Option<Fault>]) -> usize {
        let start = Instant::now();
        let asked = |&(begun, answered): &(u64, u64)| Asked {
            kind,
            status: 503,
            begun: at(start, begun),
            answered: at(start, answered),
        };
        let log = Log { asked: answers.iter().map(asked).collect(), ..Log::default() };
        explain(&log, &calls(start, faults)).unexplained
    }

    #[test]
    fn three_attempts_that_were_all_struck_explain_one_answer() {
        let down = [const { Some(Fault::ConnectionClosed) }; 3];
        assert_eq!(unexplained(Kind::Create, &[(0, 20)], &down), 0);
        assert_eq!(unexplained(Kind::Create, &[(0, 20), (5, 15)], &down), 1);
        assert_eq!(unexplained(Kind::Create, &[(11, 20)], &down), 1, "it came before the request");
        assert_eq!(unexplained(Kind::Get, &[(0, 20)], &down), 1, "it is another function's");
    }

    #[test]
    fn an_attempt_that_was_answered_or_one_too_few_explain_nothing() {
        let late = Some(Fault::Delay(Duration::ZERO));
        for last in [vec![], vec![None], vec![late]] {
            let faults = [vec![Some(Fault::ConnectionClosed), Some(Fault::ResponseLost)], last].concat();
            assert_eq!(unexplained(Kind::Create, &[(0, 20)], &faults), 1);
        }
    }

    #[test]
    fn answers_give_way_to_each_other() {
        let candidates = [vec![0, 1], vec![0]];
        let mut taken = vec![None; 2];
        assert!((0..2).all(|at| augment(at, &candidates, &mut taken, &mut Vec::new())));
        assert_eq!(taken, [Some(1), Some(0)]);
    }
}
