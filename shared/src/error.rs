//! The errors of the operations, their codes, and their messages: one for the caller and one for the log.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::{
    permissions::{DelegationError, RoleId},
    ports::PortError,
    token::{LifetimeError, TokenId, UnixTime},
};

/// The error codes of the contract (`infra/openapi.yaml`, member `code`). Clients depend on them: a code keeps its
/// meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 400: the request violates a rule of the contract.
    InvalidRequest,
    /// 401: the credential is missing or invalid.
    Unauthenticated,
    /// 403: the caller lacks a permission.
    PermissionDenied,
    /// 403: the caller does not hold a requested role.
    RoleNotHeld,
    /// 403: a read-only token requests an action that is not read-only.
    ReadOnlyToken,
    /// 403: the token is bound to networks, and the request comes from no address in them.
    AddressNotAllowed,
    /// 403: the token would outlive its parent.
    LifetimeExceedsParent,
    /// 403: the networks of the token would not be within those of its parent.
    AddressesExceedParent,
    /// 403: a token that a token created cannot create tokens.
    TooDeep,
    /// 403: the roles exceed the limit of a token or of the authorizer's context.
    TooManyRoles,
    /// 404: the resource or the route does not exist.
    NotFound,
    /// 409: the token of this idempotency key is revoked or expired.
    IdempotencyConflict,
    /// 409: the token is revoked or expired, so that it cannot be changed or rotated.
    TokenInactive,
    /// 409: the token has a successor that this caller cannot receive again.
    AlreadyRotated,
    /// 409: the stored role or assignment does not admit the change, or another request changed it at the same time.
    Conflict,
    /// 422: the idempotency key, or the rotation of a token, was used for another request.
    IdempotencyMismatch,
    /// 413 and 414: the body or the URL exceeds its size limit.
    TooLarge,
    /// 415: the body is not JSON.
    UnsupportedMediaType,
    /// 429: the rate of requests exceeds the limit of API Gateway.
    Throttled,
    /// 503: a service that Latchkey calls does not respond.
    Unavailable,
    /// 500, 502, 504: any other server error.
    Internal,
}

impl ErrorCode {
    /// Every code.
    pub const ALL: [Self; 21] = [
        Self::InvalidRequest,
        Self::Unauthenticated,
        Self::PermissionDenied,
        Self::RoleNotHeld,
        Self::ReadOnlyToken,
        Self::AddressNotAllowed,
        Self::LifetimeExceedsParent,
        Self::AddressesExceedParent,
        Self::TooDeep,
        Self::TooManyRoles,
        Self::NotFound,
        Self::IdempotencyConflict,
        Self::TokenInactive,
        Self::AlreadyRotated,
        Self::Conflict,
        Self::IdempotencyMismatch,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Throttled,
        Self::Unavailable,
        Self::Internal,
    ];

    /// The code in responses, in the authorizer's context and in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::Unauthenticated => "unauthenticated",
            Self::PermissionDenied => "permission_denied",
            Self::RoleNotHeld => "role_not_held",
            Self::ReadOnlyToken => "read_only_token",
            Self::AddressNotAllowed => "address_not_allowed",
            Self::LifetimeExceedsParent => "lifetime_exceeds_parent",
            Self::AddressesExceedParent => "addresses_exceed_parent",
            Self::TooDeep => "too_deep",
            Self::TooManyRoles => "too_many_roles",
            Self::NotFound => "not_found",
            Self::IdempotencyConflict => "idempotency_conflict",
            Self::TokenInactive => "token_inactive",
            Self::AlreadyRotated => "already_rotated",
            Self::Conflict => "conflict",
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

/// A server-side error: the caller cannot avoid it, and an operator may have to act. Its message is for the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ServerError {
    /// A call to a service failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// The request exceeded the time limit that applies to every request.
    #[error("the request exceeded its time limit")]
    RequestTimeout,
    /// A defect or damaged data.
    #[error("{0}")]
    Internal(String),
    /// The code panicked. Contains the source location and not the message of the panic, which may quote input.
    #[error("panic at {0}")]
    Panic(String),
}

impl ServerError {
    /// [`ErrorCode::Unavailable`] if a retry may succeed, otherwise [`ErrorCode::Internal`].
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Port(error) if error.is_retryable() => ErrorCode::Unavailable,
            Self::RequestTimeout => ErrorCode::Unavailable,
            Self::Port(_) | Self::Internal(_) | Self::Panic(_) => ErrorCode::Internal,
        }
    }
}

/// The error of an operation. It has no HTTP status: `web` maps [`ApiError::code`] to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// The request violates a rule. The message names the member and the rule.
    Invalid(String),
    /// The body exceeds its size limit.
    TooLarge,
    /// The media type of the body is not JSON.
    UnsupportedMediaType,
    /// The authorizer's context is missing or invalid. The cause is for the log only: callers receive the same message
    /// for all causes.
    Unauthenticated(String),
    /// The caller lacks a permission. The message names it.
    PermissionDenied(String),
    /// The caller requests a role that they do not hold.
    RoleNotHeld(RoleId),
    /// The token would outlive its parent, which expires at this time.
    LifetimeExceedsParent(UnixTime),
    /// The networks of the token would not be within those of its parent.
    AddressesExceedParent,
    /// The caller is a token that a token created, and such a token cannot create tokens.
    TooDeep,
    /// The roles exceed the limit of a token. The message contains the numbers.
    TooManyRoles(String),
    /// The token does not exist in the caller's organization.
    NotFound,
    /// The role does not exist in the caller's organization.
    RoleNotFound(RoleId),
    /// The token of this idempotency key is revoked or expired.
    IdempotencyConflict,
    /// The token is revoked or expired, or the token that created it is.
    TokenInactive,
    /// The token has a successor that the caller cannot receive: another caller requested it, it was used, or it is
    /// revoked or gone.
    AlreadyRotated,
    /// What is stored does not admit the change, or changed at the same time. The message says which.
    Conflict(String),
    /// The idempotency key was used for another request.
    IdempotencyMismatch,
    /// The token was rotated by a request with other values.
    RotationMismatch,
    /// The time of the request did not suffice to revoke all successors of a token. The request can be continued with this
    /// token.
    Unfinished(TokenId),
    /// A server-side error.
    Server(ServerError),
}

impl ApiError {
    /// An internal error. `cause` is for the log only.
    #[must_use]
    pub fn internal(cause: impl Into<String>) -> Self {
        Self::Server(ServerError::Internal(cause.into()))
    }

    /// The error code of the contract.
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
            Self::AddressesExceedParent => ErrorCode::AddressesExceedParent,
            Self::TooDeep => ErrorCode::TooDeep,
            Self::TooManyRoles(_) => ErrorCode::TooManyRoles,
            Self::NotFound | Self::RoleNotFound(_) => ErrorCode::NotFound,
            Self::IdempotencyConflict => ErrorCode::IdempotencyConflict,
            Self::TokenInactive => ErrorCode::TokenInactive,
            Self::AlreadyRotated => ErrorCode::AlreadyRotated,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::IdempotencyMismatch | Self::RotationMismatch => ErrorCode::IdempotencyMismatch,
            Self::Unfinished(_) => ErrorCode::Unavailable,
            Self::Server(error) => error.code(),
        }
    }

    /// The message for the caller. It never contains the cause of a server-side error.
    #[must_use]
    pub fn public_message(&self) -> String {
        match self {
            Self::Invalid(message)
            | Self::PermissionDenied(message)
            | Self::TooManyRoles(message)
            | Self::Conflict(message) => message.clone(),
            Self::RoleNotHeld(role) => DelegationError::NotHeld(role.clone()).to_string(),
            Self::LifetimeExceedsParent(end) => LifetimeError::BeyondParent(*end).to_string(),
            Self::AddressesExceedParent => {
                "each network of `allowed_cidrs` must be within a network of the token that creates the token"
                    .to_owned()
            }
            Self::TooLarge => "the body must not exceed 16 KiB".to_owned(),
            Self::UnsupportedMediaType => "the `Content-Type` of the body must be `application/json`".to_owned(),
            Self::Unauthenticated(_) => "a valid bearer token is required".to_owned(),
            Self::TooDeep => "a token that was created by a token cannot create tokens".to_owned(),
            Self::NotFound => "the token or route does not exist".to_owned(),
            Self::RoleNotFound(role) => format!("the role `{role}` does not exist"),
            Self::IdempotencyConflict => {
                "the token that was created with this `Idempotency-Key` is revoked or expired".to_owned()
            }
            Self::TokenInactive => {
                "the token is not active: it, or the token that created it, is revoked or expired".to_owned()
            }
            Self::AlreadyRotated => {
                "the token was rotated, and its successor was used, is revoked or belongs to another caller".to_owned()
            }
            Self::Unfinished(id) => {
                format!("not all tokens of the chain of rotations are revoked: continue with the token `{id}`")
            }
            Self::RotationMismatch => "the token was rotated with another `overlap` or `expires_in`".to_owned(),
            Self::IdempotencyMismatch => "this `Idempotency-Key` was used for another request".to_owned(),
            Self::Server(error) if error.code() == ErrorCode::Unavailable => {
                "the service is temporarily unavailable; retry after a second".to_owned()
            }
            Self::Server(_) => "internal error; quote the request id to support".to_owned(),
        }
    }

    /// The message for the log: the cause of a server-side error, otherwise the public message. The message of an
    /// invalid request is replaced, since it may repeat text that the caller sent.
    #[must_use]
    pub fn log_message(&self) -> String {
        match self {
            Self::Unauthenticated(cause) => cause.clone(),
            Self::Server(error) => error.to_string(),
            Self::Invalid(_) => "the request is invalid".to_owned(),
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
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::well_known::openapi::OPENAPI;

    #[test]
    fn error_codes_match_openapi_document() {
        let document: Value = serde_json::from_str(OPENAPI).unwrap();
        let documented = document.pointer("/components/schemas/Problem/properties/code/enum").unwrap();
        let documented: BTreeSet<_> =
            documented.as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
        assert_eq!(ErrorCode::ALL.map(ErrorCode::as_str).into_iter().collect::<BTreeSet<_>>(), documented);
    }
}
