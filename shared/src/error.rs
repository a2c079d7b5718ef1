//! Errors of the operations and their codes. Two texts per error: one for the caller, one for the log.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    permissions::{DelegationError, RoleId},
    ports::PortError,
    token::UnixTime,
};

/// The error codes of the contract (`infra/openapi.yaml`, member `code`). Programs depend on them: a code keeps its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 400: the request breaks a rule of the contract.
    InvalidRequest,
    /// 401: the credential is missing or invalid.
    Unauthenticated,
    /// 403: the caller lacks a permission.
    PermissionDenied,
    /// 403: the caller does not hold a requested role.
    RoleNotHeld,
    /// 403: a read-only token requests an action that changes something.
    ReadOnlyToken,
    /// 403: the token would outlive its parent.
    LifetimeExceedsParent,
    /// 403: a token that a token created cannot create tokens.
    TooDeep,
    /// 403: more roles than a token or the authorizer's context can contain.
    TooManyRoles,
    /// 404: the resource or the route does not exist.
    NotFound,
    /// 409: the token of this idempotency key is revoked or expired.
    IdempotencyConflict,
    /// 422: the idempotency key was used for another request.
    IdempotencyMismatch,
    /// 413 and 414: the body or the URL is too long.
    TooLarge,
    /// 415: the body is not JSON.
    UnsupportedMediaType,
    /// 429: API Gateway limits the rate of requests.
    Throttled,
    /// 503: a dependency does not answer.
    Unavailable,
    /// 500, 502, 504: any other server error.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 16] = [
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::RoleNotHeld,
        Self::ReadOnlyToken,
        Self::LifetimeExceedsParent,
        Self::TooDeep,
        Self::TooManyRoles,
        Self::NotFound,
        Self::IdempotencyConflict,
        Self::IdempotencyMismatch,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Throttled,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code as it is written in responses, in the authorizer's context and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::RoleNotHeld => "role_not_held",
            Self::ReadOnlyToken => "read_only_token",
            Self::LifetimeExceedsParent => "lifetime_exceeds_parent",
            Self::TooDeep => "too_deep",
            Self::TooManyRoles => "too_many_roles",
            Self::NotFound => "not_found",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::IdempotencyMismatch => "idempotency_mismatch",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Throttled => "throttled",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ErrorCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// A server-side error: the caller cannot avoid it, and an operator may have to act. The message is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// A call to a service failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The request took longer than the time limit of every request.
    #[error("the request exceeded its time limit")]
    RequestTimeout,
    /// A bug or damaged data: an expectation of the code does not hold.
    #[error("{0}")]
    Internal(String),
}

impl ServerError {
    /// `unavailable` if a retry may succeed, otherwise `internal`.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Port(error) if error.is_retryable() => ErrorCode::Unavailable,
            Self::RequestTimeout => ErrorCode::Unavailable,
            Self::Port(_) | Self::Internal(_) => ErrorCode::Internal,
        }
    }
}

/// The error of an operation. It has no HTTP status: `web` maps [`ApiError::code`] to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The request breaks a rule; the message names the member and the rule.
    Invalid(String),
    /// The body exceeds its size limit.
    TooLarge,
    /// The body has another media type than JSON.
    UnsupportedMediaType,
    /// The authorizer's context is missing or damaged. The cause is for the log only: callers get one message for all.
    Unauthenticated(String),
    /// The caller lacks a permission; the message names it.
    PermissionDenied(String),
    /// The caller requests a role that they do not hold.
    RoleNotHeld(RoleId),
    /// The token would outlive its parent, which ends at this time.
    LifetimeExceedsParent(UnixTime),
    /// The caller is a token that a token created, and requests a token.
    TooDeep,
    /// More roles than a token can contain; the message has the numbers.
    TooManyRoles(String),
    /// The token does not exist in the caller's organization.
    NotFound,
    /// The token of this idempotency key is revoked or expired.
    IdempotencyConflict,
    /// The idempotency key was used for another request.
    IdempotencyMismatch,
    /// A server-side error.
    Server(ServerError),
}

impl ApiError {
    /// An internal error with this cause for the log.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::Server(ServerError::Internal(cause.into()))
    }

    /// The contract's code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Invalid(_) => ErrorCode::InvalidRequest,
            Self::TooLarge => ErrorCode::TooLarge,
            Self::UnsupportedMediaType => ErrorCode::UnsupportedMediaType,
            Self::Unauthenticated(_) => ErrorCode::Unauthenticated,
            Self::PermissionDenied(_) => ErrorCode::PermissionDenied,
            Self::RoleNotHeld(_) => ErrorCode::RoleNotHeld,
            Self::LifetimeExceedsParent(_) => ErrorCode::LifetimeExceedsParent,
            Self::TooDeep => ErrorCode::TooDeep,
            Self::TooManyRoles(_) => ErrorCode::TooManyRoles,
            Self::NotFound => ErrorCode::NotFound,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::IdempotencyMismatch => ErrorCode::IdempotencyMismatch,
            Self::Server(error) => error.code(),
        }
    }

    /// The message for the caller. It contains nothing about a server-side cause.
    #[must_use]
    pub fn public_message(&self) -> String {
        match self {
            Self::Invalid(message) | Self::PermissionDenied(message) | Self::TooManyRoles(message) => message.clone(),
            Self::RoleNotHeld(role) => DelegationError::NotHeld(role.clone()).to_string(),
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
            Self::Server(error) if error.code() == ErrorCode::Unavailable => {
                "the service cannot answer right now, try again shortly".to_owned()
            }
            Self::Server(_) => "something went wrong, the request id finds it in the log".to_owned(),
        }
    }

    /// The message for the log: the cause, or the public message unless that may repeat what the caller sent.
    #[must_use]
    pub fn log_message(&self) -> String {
        match self {
            Self::Unauthenticated(cause) => cause.clone(),
            Self::Server(error) => error.to_string(),
            Self::Invalid(_) => "the request breaks a rule".to_owned(),
            other => other.public_message(),
        }
    }

    /// The server-side error, if it is one.
    #[must_use]
    pub fn server_error(&self) -> Option<&ServerError> {
        if let Self::Server(error) = self { Some(error) } else { None }
    }
}

impl From<PortError> for ApiError {
    fn from(error: PortError) -> Self {
        Self::Server(ServerError::Port(error))
    }
}

impl From<ServerError> for ApiError {
    fn from(error: ServerError) -> Self {
        Self::Server(error)
    }
}

impl From<DelegationError> for ApiError {
    fn from(error: DelegationError) -> Self {
        match error {
            DelegationError::NotHeld(role) => Self::RoleNotHeld(role),
            many => Self::TooManyRoles(many.to_string()),
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::well_known::openapi::OPENAPI;

    #[test]
    fn error_codes_are_those_of_the_openapi_document() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let documented = document.pointer("/components/schemas/Problem/properties/code/enum").unwrap();
        let documented: BTreeSet<_> =
            documented.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
        assert_eq!(ErrorCode::ALL.map(ErrorCode::as_str).into_iter().collect::<BTreeSet<_>>(), documented);
    }
}
