//! Classification of the requests around a revocation.

use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
pub struct TokenUse {
    /// The time before its first byte was sent.
    pub sent: Instant,
    pub received: Instant,
    pub status: u16,
}

/// The requests of one round and the revocation, which returned 200.
pub struct RoundLog {
    pub uses: Vec<TokenUse>,
    pub revoke_sent: Instant,
    /// The time of the complete response 200.
    pub revoked: Instant,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    pub requests: usize,
    pub granted_before: usize,
    pub in_flight_granted: usize,
    pub in_flight_denied: usize,
    /// Sent after the 200 and granted, a violation: the time from the 200 to the response.
    pub granted_after: Vec<Duration>,
    pub denied_after: usize,
    /// Denied before the revocation was sent, or a status other than 200 and 401.
    pub unexpected: usize,
}

impl Outcomes {
    pub fn add(&mut self, round: &RoundLog) {
        for token_use in &round.uses {
            self.classify(token_use, round);
        }
    }

    fn classify(&mut self, token_use: &TokenUse, round: &RoundLog) {
        self.requests += 1;
        let is_sent_after = token_use.sent > round.revoked;
        let is_complete_before = token_use.received <= round.revoked;
        let delay = token_use.received.saturating_duration_since(round.revoked);
        match token_use.status {
            200 if is_sent_after => self.granted_after.push(delay),
            200 if is_complete_before => self.granted_before += 1,
            200 => self.in_flight_granted += 1,
            401 if is_sent_after => self.denied_after += 1,
            401 if token_use.received < round.revoke_sent => self.unexpected += 1,
            401 if is_complete_before => {}
            401 => self.in_flight_denied += 1,
            _ => self.unexpected += 1,
        }
    }

    pub fn violations(&self, name: &str) -> Vec<String> {
        let mut violations = Vec::new();
        if let Some(latest) = self.granted_after.iter().max() {
            let count = self.granted_after.len();
            violations.push(format!(
                "{name}: {count} requests sent after the 200 were granted, the last {latest:?} after it"
            ));
        }
        if self.unexpected > 0 {
            violations.push(format!("{name}: {} unexpected responses", self.unexpected));
        }
        if self.granted_before == 0 || self.denied_after == 0 {
            violations.push(format!("{name}: no request was granted before or denied after the 200"));
        }
        violations
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRANTED: (u64, u64, u16) = (10, 20, 200);
    const DENIED: (u64, u64, u16) = (111, 120, 401);

    /// A round whose revocation lasts from 100 to 110 ms, with requests by send time, response time and status.
    fn outcomes(uses: &[(u64, u64, u16)]) -> Outcomes {
        let start = Instant::now();
        let at = |millis| start + Duration::from_millis(millis);
        let uses =
            uses.iter().map(|&(sent, received, status)| TokenUse { sent: at(sent), received: at(received), status });
        let mut outcomes = Outcomes::default();
        outcomes.add(&RoundLog { uses: uses.collect(), revoke_sent: at(100), revoked: at(110) });
        outcomes
    }

    fn violation_count(uses: &[(u64, u64, u16)]) -> usize {
        outcomes(uses).violations("token").len()
    }

    #[test]
    fn grant_of_a_request_sent_after_the_200_is_a_violation() {
        let uses = [GRANTED, DENIED, (111, 135, 200)];
        assert_eq!(outcomes(&uses).granted_after, [Duration::from_millis(25)]);
        assert_eq!(violation_count(&uses), 1);
    }

    #[test]
    fn request_in_flight_may_be_granted_or_denied() {
        let all = outcomes(&[GRANTED, DENIED, (105, 117, 200), (109, 119, 401), (110, 112, 200), (101, 108, 401)]);
        assert_eq!((all.in_flight_granted, all.in_flight_denied), (2, 1));
        assert_eq!((all.requests, all.granted_before, all.denied_after), (6, 1, 1));
        assert!(all.violations("token").is_empty());
    }

    #[test]
    fn early_denial_or_other_status_is_a_violation() {
        for unexpected in [(10, 99, 401), (10, 20, 503), (120, 130, 503), (120, 130, 403)] {
            assert_eq!(violation_count(&[GRANTED, DENIED, unexpected]), 1, "{unexpected:?}");
        }
    }

    #[test]
    fn rounds_without_a_grant_or_without_a_denial_prove_nothing() {
        assert_eq!(violation_count(&[GRANTED]), 1);
        assert_eq!(violation_count(&[DENIED]), 1);
        assert_eq!(violation_count(&[GRANTED, DENIED]), 0);
    }
}
