//! The decision on a request, and why a request is rejected.

use std::iter;

use crate::{
    caller::Caller,
    error::{ErrorCode, ServerError},
    identity_provider::DisabledProvider,
    jwt::{ProviderVerifyError, VerifyError},
    permissions::OrgId,
    ports::{PortError, PortErrorKind, Service},
    routes::InvalidRule,
    token::TokenId,
};

/// The decision on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is allowed. `None`: the route is public and no credential was read.
    Allow(Option<Caller>),
    /// The request is rejected.
    Reject(AuthorizeError),
}

/// Why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeError {
    /// The credential is missing or invalid. The cause is for the log only.
    Unauthenticated {
        /// Why the credential is invalid.
        cause: String,
        /// The token, if its signature is Latchkey's.
        token: Option<Box<InactiveToken>>,
    },
    /// The caller is authenticated and lacks a permission.
    Denied(Box<Denial>),
    /// A server error prevents a decision.
    Undecided(ServerError),
    /// The event is not one that this authorizer accepts; the text names the setting to change.
    InvalidEvent(&'static str),
}

/// A token that Latchkey signed and that is revoked, expired or unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactiveToken {
    /// Its id.
    pub id: TokenId,
    /// The organization for which it was signed.
    pub org: OrgId,
}

/// The rejection of an authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The caller; `None` if the caller may not act in the requested organization.
    pub caller: Option<Caller>,
    /// The contract's code.
    pub code: ErrorCode,
    /// The message for the caller: printable ASCII without quote and backslash, and without text of the request.
    pub reason: String,
    /// The entry of the configuration that is the cause, for the log only.
    pub cause: Option<String>,
}

/// A denial without its caller: the contract's code and the message for the caller.
pub(super) struct Rejection {
    pub(super) code: ErrorCode,
    pub(super) reason: String,
    pub(super) cause: Option<String>,
}

impl Rejection {
    pub(super) fn new(code: ErrorCode, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), cause: None }
    }

    pub(super) fn denied(reason: impl Into<String>) -> Self {
        Self::new(ErrorCode::PermissionDenied, reason)
    }

    /// The denial of a route whose rule is invalid.
    pub(super) fn invalid_rule(cause: &InvalidRule) -> Self {
        Self { cause: Some(cause.to_string()), ..Self::denied("the rule of this route is invalid") }
    }

    pub(super) fn read_only(reason: impl Into<String>) -> Self {
        Self::new(ErrorCode::ReadOnlyToken, reason)
    }

    /// The denial of a token outside of its networks. It names neither the networks nor the address.
    pub(super) fn address_not_allowed() -> Self {
        Self::new(ErrorCode::AddressNotAllowed, "this token may not be used from the address of the request")
    }

    pub(super) fn for_caller(self, caller: Option<Caller>) -> AuthorizeError {
        let Self { code, reason, cause } = self;
        AuthorizeError::Denied(Box::new(Denial { caller, code, reason, cause }))
    }
}

impl Denial {
    /// Denies a caller whose roles exceed the size limit of the authorizer context, which then does not contain the
    /// caller.
    #[must_use]
    pub fn too_large() -> Self {
        let reason = "your roles in this organization exceed the size limit of the authorizer context".to_owned();
        Self { caller: None, code: ErrorCode::TooManyRoles, reason, cause: None }
    }

    /// The message for the log.
    #[must_use]
    pub fn log_message(&self) -> String {
        let cause = self.cause.iter().map(|cause| format!(": {cause}"));
        iter::once(self.reason.clone()).chain(cause).collect()
    }
}

impl Decision {
    /// The contract's code of a rejection; `None` if the request is allowed.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Allow(_) => None,
            Self::Reject(AuthorizeError::Unauthenticated { .. }) => Some(ErrorCode::Unauthenticated),
            Self::Reject(AuthorizeError::Denied(denial)) => Some(denial.code),
            Self::Reject(AuthorizeError::Undecided(_) | AuthorizeError::InvalidEvent(_)) => {
                Some(ErrorCode::Unavailable)
            }
        }
    }

    /// The caller, if it is authenticated.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Allow(caller) => caller.as_ref(),
            Self::Reject(AuthorizeError::Denied(denial)) => denial.caller.as_ref(),
            Self::Reject(_) => None,
        }
    }

    /// The decision as a result.
    ///
    /// # Errors
    ///
    /// Returns the error of a rejection.
    pub fn into_result(self) -> Result<Option<Caller>, AuthorizeError> {
        match self {
            Self::Allow(caller) => Ok(caller),
            Self::Reject(error) => Err(error),
        }
    }
}

/// The rejection of an organization in which the caller may not act.
pub(super) fn deny_org(reason: &str) -> AuthorizeError {
    Rejection::denied(reason).for_caller(None)
}

pub(super) fn unauthenticated(cause: impl Into<String>) -> AuthorizeError {
    AuthorizeError::Unauthenticated { cause: cause.into(), token: None }
}

impl AuthorizeError {
    /// The same error, which names `token` if it does not name a caller.
    pub(super) fn with_token(self, token: impl FnOnce() -> InactiveToken) -> Self {
        match self {
            Self::Unauthenticated { cause, .. } => Self::Unauthenticated { cause, token: Some(Box::new(token())) },
            other => other,
        }
    }
}

impl From<VerifyError> for AuthorizeError {
    fn from(error: VerifyError) -> Self {
        unauthenticated(error.to_string())
    }
}

impl From<ProviderVerifyError> for AuthorizeError {
    fn from(error: ProviderVerifyError) -> Self {
        unauthenticated(error.to_string())
    }
}

impl From<&DisabledProvider> for AuthorizeError {
    fn from(disabled: &DisabledProvider) -> Self {
        let error = PortError::new(Service::IdentityProvider, "FindProvider", PortErrorKind::Configuration);
        error.with_detail(disabled.to_string()).into()
    }
}

impl From<PortError> for AuthorizeError {
    fn from(error: PortError) -> Self {
        Self::Undecided(ServerError::Port(error))
    }
}
