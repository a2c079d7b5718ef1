//! Why an operation refuses or fails: what the caller reads and what the log keeps are two things.

use crate::{
    rights::{RoleId, WiderThanMaker},
    token::UnixTime,
};

/// Why an operation gives no answer. It knows no HTTP; `web` gives each its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The request breaks a rule; the sentence says which member and which rule.
    Invalid(String),
    /// The body is larger than is accepted.
    TooLarge,
    /// The body is of another media type than JSON.
    UnsupportedMediaType,
    /// Nobody knows who asks. The cause is for the log alone: one answer for all.
    Unauthenticated(String),
    /// It is known who asks, and they may not; the sentence says why.
    PermissionDenied(String),
    /// The caller would give a role that they do not hold.
    RoleNotHeld(RoleId),
    /// The token would outlive the one that makes it, which ends then.
    LifetimeExceedsParent(UnixTime),
    /// A token made by a token would make a token.
    TooDeep,
    /// More roles than a token can carry; the sentence has the numbers.
    TooManyRoles(String),
    /// There is no such token for this caller.
    NotFound,
    /// The token that this idempotency key made is over.
    IdempotencyConflict,
    /// This idempotency key was used for another order.
    IdempotencyMismatch,
    /// Something that is needed is not reachable or overloaded. The cause is for the log alone.
    Unavailable(String),
    /// Something else went wrong. The cause is for the log alone.
    Internal(String),
}

impl Failure {
    /// The stable code, for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Unauthenticated(_) => "unauthenticated",
            Self::PermissionDenied(_) => "permission_denied",
            Self::RoleNotHeld(_) => "role_not_held",
            Self::LifetimeExceedsParent(_) => "lifetime_exceeds_parent",
            Self::TooDeep => "too_deep",
            Self::TooManyRoles(_) => "too_many_roles",
            Self::NotFound => "not_found",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::Unavailable(_) => "unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// The sentence that the caller reads. It says nothing of a cause that lies on our side.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Invalid(sentence) | Self::PermissionDenied(sentence) | Self::TooManyRoles(sentence) => {
                sentence.clone()
            }
            Self::RoleNotHeld(role) => WiderThanMaker::NotHeld(role.clone()).to_string(),
            Self::LifetimeExceedsParent(end) => {
                format!("the token would outlive the one that makes it, which ends at {end}")
            }
            Self::TooLarge => "the body must have 16 KiB at most".to_owned(),
            Self::UnsupportedMediaType => "the body must be application/json".to_owned(),
            Self::Unauthenticated(_) => "a valid bearer token is required".to_owned(),
            Self::TooDeep => "a token made by a token cannot make tokens".to_owned(),
            Self::NotFound => "there is nothing here".to_owned(),
            Self::IdempotencyConflict => "the token that this `Idempotency-Key` made is revoked or expired".to_owned(),
            Self::IdempotencyMismatch => "this `Idempotency-Key` was used for another request".to_owned(),
            Self::Unavailable(_) => "the service cannot answer right now, try again shortly".to_owned(),
            Self::Internal(_) => "something went wrong, the request id finds it in the log".to_owned(),
        }
    }

    /// What the log keeps beside the code: the cause, or else the sentence, unless that may repeat what the caller sent.
    #[must_use]
    pub fn reason(&self) -> String {
        match self {
            Self::Unauthenticated(cause) | Self::Unavailable(cause) | Self::Internal(cause) => cause.clone(),
            Self::Invalid(_) => "the request breaks a rule".to_owned(),
            other => other.sentence(),
        }
    }

    /// Whether the failure lies on our side, so that somebody should look.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Internal(_))
    }
}

impl From<WiderThanMaker> for Failure {
    fn from(error: WiderThanMaker) -> Self {
        match error {
            WiderThanMaker::NotHeld(role) => Self::RoleNotHeld(role),
            many => Self::TooManyRoles(many.to_string()),
        }
    }
}
