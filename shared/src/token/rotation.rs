//! Rotation: the links between a token and its successor, the overlap of both, and the expiration of a successor.

use super::{
    Fingerprint, Lifetime, LifetimeError, MaxLifetime, Principal, Token, TokenId, TokenKey, UnixTime,
    idempotency::digest,
    lifetime::{DAY_SECONDS, MINUTE_SECONDS, total_milliseconds},
};
use crate::permissions::OrgId;

/// Time for which a token remains valid after the first use of its successor, in seconds. Requests that were sent before it
/// then still succeed.
const GRACE_SECONDS: u64 = MINUTE_SECONDS;

/// How a token succeeded another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The token that was rotated.
    pub rotated_from: TokenId,
    /// The caller of the rotation: a user, or the rotated token itself.
    pub rotated_by: Principal,
    /// When the first token of the chain was created in which each token obtained the next one by rotating itself: the
    /// secret of that token leads to this one. It is the creation of this token if a user requested it.
    pub chain_created_at: UnixTime,
    /// When a request with the successor was first allowed; `None` if it has not been used.
    pub first_used_at: Option<UnixTime>,
}

/// The mark of a rotated token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The token that succeeds it.
    pub successor: TokenId,
    /// Time of the rotation.
    pub rotated_at: UnixTime,
    /// When the token ends at the latest. It ends earlier after the first use of its successor.
    pub ends_at: UnixTime,
}

/// How long a rotated token remains valid, in seconds: at most 30 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overlap(u64);

/// The overlap is not a duration of at most 30 days.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`overlap` must be whole seconds, or a number and a unit like `24h` or `7 days`, from 0 seconds to 30 days")]
pub struct OverlapError;

/// What limits the expiration of a successor, in addition to the length of the rotated token's lifetime.
#[derive(Debug, Clone, Copy, Default)]
pub struct SuccessorLimits {
    /// The operator's limit; `None`: there is none.
    pub max_lifetime: Option<MaxLifetime>,
    /// The end of the token that created the rotated one; `None`: no token did, or it does not end.
    pub parent_end: Option<UnixTime>,
    /// The latest expiration that a token that rotates itself can obtain; `None`: it does not apply.
    pub own_end: Option<UnixTime>,
}

impl Origin {
    /// Whether the token was obtained by the token that it succeeds, and not by a user.
    #[must_use]
    pub fn is_by_itself(&self) -> bool {
        self.rotated_by == Principal::Token(self.rotated_from.clone())
    }
}

impl Succession {
    /// Whether the rotated token is still valid at `now`, if its successor was first used at `first_used_at`.
    #[must_use]
    pub fn overlaps(&self, first_used_at: Option<UnixTime>, now: UnixTime) -> bool {
        now < self.ends_at && first_used_at.is_none_or(|first_use| now < first_use.plus(GRACE_SECONDS))
    }
}

impl Overlap {
    /// The overlap of a request that names none.
    pub const DEFAULT: Self = Self(DAY_SECONDS);
    /// Shortest overlap of a token that rotates itself: after its end it could not repeat the request.
    pub const MIN_OF_ITSELF: Self = Self(5 * MINUTE_SECONDS);
    /// The longest overlap, in seconds.
    pub const MAX_SECONDS: u64 = 30 * DAY_SECONDS;

    /// An overlap of `seconds`.
    ///
    /// # Errors
    ///
    /// Returns [`OverlapError`] if it exceeds 30 days.
    pub fn new(seconds: u64) -> Result<Self, OverlapError> {
        if seconds <= Self::MAX_SECONDS { Ok(Self(seconds)) } else { Err(OverlapError) }
    }

    /// Parses a duration in the format of `expires_in`.
    ///
    /// # Errors
    ///
    /// Returns [`OverlapError`] if `text` is not a duration in whole seconds of at most 30 days.
    pub fn parse(text: &str) -> Result<Self, OverlapError> {
        let total = total_milliseconds(text).filter(|total| total.is_multiple_of(1000)).ok_or(OverlapError)?;
        Self::new(total / 1000)
    }

    /// The overlap in seconds.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0
    }

    /// Whether it is shorter than `other`.
    #[must_use]
    pub fn is_shorter_than(self, other: Self) -> bool {
        self.0 < other.0
    }
}

impl Token {
    /// The id of the token's successor.
    #[must_use]
    pub fn successor_id(&self) -> TokenId {
        self.id.successor(&self.org)
    }

    /// When the token ends: its expiration or, if it is earlier, the end of its overlap with its successor.
    #[must_use]
    pub fn end(&self) -> Option<UnixTime> {
        let overlap_end = self.succession.as_ref().map(|succession| succession.ends_at);
        [self.expires_at, overlap_end].into_iter().flatten().min()
    }

    /// When the first token of the chain was created in which each token obtained the next one by rotating itself.
    #[must_use]
    pub fn chain_created_at(&self) -> UnixTime {
        self.origin.as_ref().map_or(self.created_at, |origin| origin.chain_created_at)
    }

    /// The mark of a rotation to `successor` at `now`. *(never wider)* The token ends no later than without it.
    #[must_use]
    pub fn succession(&self, successor: TokenId, now: UnixTime, overlap: Overlap) -> Succession {
        let overlap_end = now.plus(overlap.0);
        let ends_at = self.expires_at.map_or(overlap_end, |end| end.min(overlap_end));
        Succession { successor, rotated_at: now, ends_at }
    }
}

impl TokenId {
    /// The id of the successor of this token of `org`: its key is 126 bits of SHA-256 over both, in the nanoid alphabet. A
    /// repeated rotation finds the successor by it.
    #[must_use]
    pub fn successor(&self, org: &OrgId) -> Self {
        let key = TokenKey::from_bits(digest(&["successor", org.as_str(), &self.to_string()]));
        Self::new(self.type_name(), key)
    }
}

/// Distinguishes a rotation from one with other values.
#[must_use]
pub fn rotation_fingerprint(overlap: Overlap, lifetime: Option<Lifetime>) -> Fingerprint {
    let lifetime = lifetime.map(|lifetime| lifetime.seconds().to_string()).unwrap_or_default();
    Fingerprint::of(&format!("rotation\n{}\n{lifetime}", overlap.0))
}

impl SuccessorLimits {
    /// The expiration of the successor of `rotated`, created at `now`; `None`: it does not expire. Without a requested
    /// lifetime, it is the length of the rotated token's lifetime, shortened to the limits.
    ///
    /// # Errors
    ///
    /// Returns [`LifetimeError`] if the `requested` lifetime exceeds a limit.
    pub fn expiry(
        self,
        rotated: &Token,
        requested: Option<Lifetime>,
        now: UnixTime,
    ) -> Result<Option<UnixTime>, LifetimeError> {
        let Some(requested) = requested else {
            let length = rotated.expires_at.map(|end| end.seconds_since(rotated.created_at));
            let own = length.map(|seconds| now.plus(seconds));
            let max = self.max_lifetime.map(|max| now.plus(max.seconds()));
            return Ok([own, max, self.parent_end, self.own_end].into_iter().flatten().min());
        };
        let end = now.plus(requested.seconds());
        let exceeds = |limit: Option<UnixTime>| limit.filter(|limit| end > *limit);
        if let Some(parent_end) = exceeds(self.parent_end) {
            return Err(LifetimeError::BeyondParent(parent_end));
        }
        if let Some(own_end) = exceeds(self.own_end) {
            return Err(LifetimeError::BeyondRotated(own_end));
        }
        self.max_lifetime.map_or(Ok(()), |max| max.check(now, Some(end)))?;
        Ok(Some(end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{IdempotencyKey, TypeName, samples};

    #[test]
    fn overlap_is_zero_seconds_to_30_days() {
        for (text, seconds) in [("0s", 0), ("0", 0), ("5m", 300), ("24h", 86_400), ("30 days", 2_592_000)] {
            assert_eq!(Overlap::parse(text).map(Overlap::seconds), Ok(seconds), "{text}");
        }
        for bad in ["", "soon", "-1", "1.5h", "31d", "2592001", "500ms", "99999999999999999999y"] {
            assert_eq!(Overlap::parse(bad), Err(OverlapError), "{bad}");
        }
        assert!(Overlap::new(2_592_001).is_err());
    }

    /// The label separates successors from tokens of idempotency keys, whatever key a client chooses.
    #[test]
    fn successor_id_depends_on_org_and_token() {
        let token = samples::plain();
        let id = token.successor_id();
        assert_eq!(id, token.successor_id());
        assert_eq!(id.to_string(), "api_uhjZMv5hOdovRbHkOR0tK", "a stored successor is found by this id");
        let other_org = Token { org: "1234".parse().unwrap(), ..token.clone() };
        let other_token = Token { id: "api_AAAAAAAAAAAAAAAAAAAAA".parse().unwrap(), ..token.clone() };
        let journey = Token { id: "journey_5ZugdRXasLfWBypHi93Fk".parse().unwrap(), ..samples::journey() };
        for other in [other_org.successor_id(), other_token.successor_id(), journey.successor_id()] {
            assert_ne!(id.key(), other.key());
        }
        for text in [token.id.to_string(), "successor".to_owned(), format!("successor123{}", token.id)] {
            let key: IdempotencyKey = text.parse().unwrap();
            for creator in [token.created_by.clone(), Principal::Token(token.id.clone())] {
                assert_ne!(key.token_key(&token.org, &creator), *id.key(), "{text}");
            }
        }
    }

    #[test]
    fn rotated_token_ends_with_overlap_or_after_first_use() {
        let token = Token { expires_at: Some(samples::at(1_000)), ..samples::plain() };
        let mark = |overlap| token.succession(token.successor_id(), samples::at(100), Overlap(overlap));
        assert_eq!(mark(900).ends_at, samples::at(1_000));
        assert_eq!(mark(901).ends_at, samples::at(1_000), "never after its own end");
        assert_eq!(mark(0).ends_at, samples::at(100));
        let succession = mark(500);
        let overlaps = |first: Option<i64>, now| succession.overlaps(first.map(samples::at), samples::at(now));
        assert!(overlaps(None, 599) && !overlaps(None, 600));
        assert!(overlaps(Some(200), 259) && !overlaps(Some(200), 260));
        assert!(overlaps(Some(590), 599) && !overlaps(Some(590), 600));
        let rotated = Token { succession: Some(succession), ..token };
        assert_eq!(rotated.end(), Some(samples::at(600)));
        assert!(rotated.is_alive(samples::at(599)) && !rotated.is_alive(samples::at(600)));
    }

    #[test]
    fn successor_expires_within_every_limit() {
        let at = samples::at;
        let requested = |seconds| Some(Lifetime::new(seconds, TypeName::Api).unwrap());
        let limited = |max: &str, parent: Option<i64>, own: Option<i64>| SuccessorLimits {
            max_lifetime: (!max.is_empty()).then(|| max.parse().unwrap()),
            parent_end: parent.map(at),
            own_end: own.map(at),
        };
        let expiring = Token { created_at: at(0), expires_at: Some(at(10_000)), ..samples::plain() };
        let endless = Token { expires_at: None, ..expiring.clone() };
        for (token, limits, lifetime, expected) in [
            (&endless, limited("", None, None), None, Ok(None)),
            (&endless, limited("1h", None, None), None, Ok(Some(at(8_600)))),
            (&endless, limited("", Some(6_000), None), None, Ok(Some(at(6_000)))),
            (&expiring, limited("", None, None), None, Ok(Some(at(15_000)))),
            (&expiring, limited("1h", None, None), None, Ok(Some(at(8_600)))),
            (&expiring, limited("", Some(12_000), None), None, Ok(Some(at(12_000)))),
            (&expiring, limited("", None, Some(10_000)), None, Ok(Some(at(10_000)))),
            (&expiring, limited("", None, Some(10_000)), requested(5_000), Ok(Some(at(10_000)))),
            (
                &expiring,
                limited("", None, Some(10_000)),
                requested(5_001),
                Err(LifetimeError::BeyondRotated(at(10_000))),
            ),
            (&expiring, limited("", Some(9_000), None), requested(4_001), Err(LifetimeError::BeyondParent(at(9_000)))),
            (&expiring, limited("1h", None, None), requested(3_601), Err(LifetimeError::BeyondMaxLifetime(3_600))),
            (&endless, limited("", None, None), requested(60), Ok(Some(at(5_060)))),
        ] {
            assert_eq!(limits.expiry(token, lifetime, at(5_000)), expected, "{limits:?} {lifetime:?}");
        }
    }

    #[test]
    fn rotation_fingerprint_depends_on_both_values() {
        let lifetime = |seconds| Some(Lifetime::new(seconds, TypeName::Api).unwrap());
        let one = rotation_fingerprint(Overlap(60), None);
        assert_eq!(one, rotation_fingerprint(Overlap(60), None));
        for other in [
            rotation_fingerprint(Overlap(61), None),
            rotation_fingerprint(Overlap(60), lifetime(60)),
            rotation_fingerprint(Overlap(6), lifetime(300)),
        ] {
            assert_ne!(one, other);
        }
    }
}
