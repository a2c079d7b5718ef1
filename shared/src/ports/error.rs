//! The errors of the ports as data: service, operation and kind. Metrics, alarms and the HTTP status depend on these
//! and never on a message.

use std::fmt;

/// A service that a port calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Service {
    /// Amazon `DynamoDB`.
    DynamoDb,
    /// AWS Key Management Service.
    Kms,
    /// An identity provider.
    IdentityProvider,
}

/// Why a call of a port failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortErrorKind {
    /// The service limits the rate of requests, or left part of a batch unprocessed.
    Throttled,
    /// The call exceeded its time limit.
    TimedOut,
    /// No connection was established, or it closed before the response.
    Unreachable,
    /// The service reports a server error (5xx).
    ServerError,
    /// The response is truncated or is not in the format of the service.
    MalformedResponse,
    /// A document of an identity provider cannot be used, or the provider responds with an error status.
    UnusableDocument,
    /// Another writer changed the item at the same time.
    Conflict,
    /// No key of a family is enabled.
    NoEnabledKey,
    /// The signing key is disabled or is being deleted.
    SigningKeyDisabled,
    /// The type of the key is not supported, or the service signed with a different key than requested.
    WrongKey,
    /// The credentials do not allow the operation.
    AccessDenied,
    /// The service rejects the request for any other reason (4xx).
    Rejected,
    /// The request could not be built.
    InvalidRequest,
    /// A stored item has an invalid attribute or a newer schema version.
    InvalidItem,
    /// The HTTP client cannot be configured, or the configuration of an identity provider is invalid.
    Configuration,
}

/// A failed call of a port. The message is for the log and for operators, never for callers of the API.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{service} {operation} {kind}{}", detail.as_deref().map(|detail| format!(": {detail}")).unwrap_or_default())]
pub struct PortError {
    /// The service that was called.
    pub service: Service,
    /// The operation, in the service's spelling: `GetItem`, `Sign`.
    pub operation: &'static str,
    /// Why the call failed.
    pub kind: PortErrorKind,
    /// Status, error code or identifier for the log. It never contains text that a caller sent.
    pub detail: Option<String>,
}

/// Why a stored item cannot be read. The authorizer rejects a token whose item cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ItemError {
    /// A newer version of the code wrote the item, which may contain a restriction that this version does not know.
    #[error("the item has the unsupported schema version {0}")]
    Newer(u32),
    /// The value of an attribute is invalid.
    #[error("the item has an invalid attribute `{0}`")]
    Attribute(&'static str),
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 3] = [Self::DynamoDb, Self::Kms, Self::IdentityProvider];

    /// The name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
            Self::IdentityProvider => "identity_provider",
        }
    }
}

impl PortErrorKind {
    /// Every kind.
    pub const ALL: [Self; 15] = [
        Self::Throttled,
        Self::TimedOut,
        Self::Unreachable,
        Self::ServerError,
        Self::MalformedResponse,
        Self::UnusableDocument,
        Self::Conflict,
        Self::NoEnabledKey,
        Self::SigningKeyDisabled,
        Self::WrongKey,
        Self::AccessDenied,
        Self::Rejected,
        Self::InvalidRequest,
        Self::InvalidItem,
        Self::Configuration,
    ];

    /// The name in the log.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::TimedOut => "timed_out",
            Self::Unreachable => "unreachable",
            Self::ServerError => "server_error",
            Self::MalformedResponse => "malformed_response",
            Self::UnusableDocument => "unusable_document",
            Self::Conflict => "conflict",
            Self::NoEnabledKey => "no_enabled_key",
            Self::SigningKeyDisabled => "signing_key_disabled",
            Self::WrongKey => "wrong_key",
            Self::AccessDenied => "access_denied",
            Self::Rejected => "rejected",
            Self::InvalidRequest => "invalid_request",
            Self::InvalidItem => "invalid_item",
            Self::Configuration => "configuration",
        }
    }

    /// Whether the same call may succeed later without an operator's action.
    #[must_use]
    pub fn is_retryable(self) -> bool {
        match self {
            Self::Throttled
            | Self::TimedOut
            | Self::Unreachable
            | Self::ServerError
            | Self::MalformedResponse
            | Self::UnusableDocument
            | Self::Conflict
            | Self::NoEnabledKey => true,
            Self::SigningKeyDisabled
            | Self::WrongKey
            | Self::AccessDenied
            | Self::Rejected
            | Self::InvalidRequest
            | Self::InvalidItem
            | Self::Configuration => false,
        }
    }
}

impl PortError {
    /// An error without a detail.
    #[must_use]
    pub fn new(service: Service, operation: &'static str, kind: PortErrorKind) -> Self {
        Self { service, operation, kind, detail: None }
    }

    /// The same error with a detail for the log.
    #[must_use]
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Whether the same call may succeed later without an operator's action.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('_', " "))
    }
}

impl fmt::Display for PortErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.as_str().replace('_', " "))
    }
}
