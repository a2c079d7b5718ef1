//! What became of the requests around a revoke.

use std::time::{Duration, Instant};

/// A request that used the token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    /// Before its first byte was sent.
    pub(super) begun: Instant,
    /// When the whole answer was there.
    pub(super) answered: Instant,
    /// The answer's status.
    pub(super) status: u16,
}

/// A revoke that was answered 200.
#[derive(Debug, Clone, Copy)]
pub(super) struct Revoke {
    /// Before its first byte was sent.
    pub(super) begun: Instant,
    /// When the whole answer was there.
    pub(super) answered: Instant,
}

/// What was recorded of one round.
pub(super) struct Round {
    pub(super) asked: Vec<Asked>,
    pub(super) revoke: Revoke,
}

/// What was seen in some rounds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Judged {
    /// Requests in all.
    pub(super) requests: usize,
    /// Those that were granted before the revoke's 200 was there.
    pub(super) granted_before: usize,
    /// Those that began before the 200 and were answered after it: how long after, granted and refused.
    pub(super) under_way_granted: Vec<Duration>,
    pub(super) under_way_refused: Vec<Duration>,
    /// Those that began after the 200 and were granted all the same, with the time from the 200 to the answer.
    pub(super) granted_after: Vec<Duration>,
    /// Those that began after the 200 and were refused.
    pub(super) refused_after: usize,
    /// From the 200 to the first refusal of a request that began later, of each round.
    pub(super) first_refusal: Vec<Duration>,
    /// Those that were refused while nobody had asked for a revoke, or answered neither 200 nor 401.
    pub(super) unexpected: usize,
}

impl Judged {
    /// Adds what a round saw.
    pub(super) fn add(&mut self, round: &Round) {
        for asked in &round.asked {
            self.place(asked, round.revoke);
        }
        let late = round.asked.iter().filter(|asked| asked.begun > round.revoke.answered && asked.status == 401);
        self.first_refusal.extend(late.map(|asked| asked.answered - round.revoke.answered).min());
    }

    fn place(&mut self, asked: &Asked, revoke: Revoke) {
        self.requests += 1;
        let after = asked.answered.saturating_duration_since(revoke.answered);
        let (later, over) = (asked.begun > revoke.answered, asked.answered <= revoke.answered);
        match asked.status {
            200 if later => self.granted_after.push(after),
            200 if over => self.granted_before += 1,
            200 => self.under_way_granted.push(after),
            401 if later => self.refused_after += 1,
            401 if asked.answered < revoke.begun => self.unexpected += 1,
            401 if over => {}
            401 => self.under_way_refused.push(after),
            _ => self.unexpected += 1,
        }
    }

    /// Each promise that these rounds, of which `what` was revoked, break.
    pub(super) fn broken(&self, what: &str) -> Vec<String> {
        let mut broken = Vec::new();
        if !self.granted_after.is_empty() {
            let (count, last) = (self.granted_after.len(), self.granted_after.iter().max().unwrap_or(&Duration::ZERO));
            broken.push(format!(
                "{what}: {count} grants to requests that began after the 200, the last {last:?} after it"
            ));
        }
        if self.unexpected > 0 {
            broken.push(format!("{what}: {} answers that had no reason", self.unexpected));
        }
        if self.granted_before == 0 || self.refused_after == 0 {
            broken.push(format!("{what}: nothing was granted before or refused after, so nothing is shown"));
        }
        broken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A round whose revoke lasts from 100 to 110 ms, with these requests: begun, answered, status.
    fn judged(asked: &[(u64, u64, u16)]) -> Judged {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let asked = asked.iter().map(|&(begun, end, status)| Asked { begun: at(begun), answered: at(end), status });
        let mut judged = Judged::default();
        judged.add(&Round { asked: asked.collect(), revoke: Revoke { begun: at(100), answered: at(110) } });
        judged
    }

    const GOOD: [(u64, u64, u16); 2] = [(10, 20, 200), (111, 120, 401)];

    #[test]
    fn a_grant_to_a_request_that_began_after_the_revoke_was_answered_breaks_the_promise() {
        let seen = judged(&[GOOD[0], GOOD[1], (111, 135, 200)]);
        assert_eq!(seen.granted_after, [Duration::from_millis(25)]);
        assert_eq!(seen.broken("it").len(), 1, "{:?}", seen.broken("it"));
    }

    #[test]
    fn a_grant_to_a_request_under_way_is_counted_apart_and_breaks_nothing() {
        let seen = judged(&[GOOD[0], GOOD[1], (105, 117, 200), (109, 119, 401), (110, 112, 200)]);
        assert_eq!(seen.under_way_granted, [7, 2].map(Duration::from_millis));
        assert_eq!(seen.under_way_refused, [Duration::from_millis(9)]);
        assert_eq!((seen.requests, seen.granted_before, seen.refused_after), (5, 1, 1));
        assert_eq!(seen.first_refusal, [Duration::from_millis(10)]);
        assert!(seen.broken("it").is_empty());
    }

    #[test]
    fn a_refusal_of_a_living_token_and_an_outage_break_the_promise_and_one_during_the_revoke_does_not() {
        assert!(judged(&[GOOD[0], GOOD[1], (101, 108, 401)]).broken("it").is_empty());
        for odd in [(10, 99, 401), (10, 20, 503), (120, 130, 503), (120, 130, 403)] {
            assert_eq!(judged(&[GOOD[0], GOOD[1], odd]).broken("it").len(), 1, "{odd:?}");
        }
    }

    #[test]
    fn rounds_in_which_nothing_was_granted_or_nothing_refused_show_nothing() {
        assert_eq!(judged(&GOOD[..1]).broken("it").len(), 1);
        assert_eq!(judged(&GOOD[1..]).broken("it").len(), 1);
        assert!(judged(&GOOD).broken("it").is_empty());
    }
}
