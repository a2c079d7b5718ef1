//! The CLI's error: one sentence for the user and one exit code for scripts.

use std::{io, process::ExitCode};

use data_dir::DataDirError;
use serde::Deserialize;
use shared::provisioning::{ApplyError, ManifestError};

#[cfg(feature = "aws")]
use crate::deployment::DeploymentError;
use crate::terminal::escape_line;

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The arguments are invalid or do not fit together.
    #[error("{0}")]
    Usage(String),
    /// No usable credential was given.
    #[error("{0}")]
    NoCredential(String),
    /// A token failed verification.
    #[error("invalid token: {0}")]
    InvalidToken(String),
    /// A decision denies an action. Contains the reason.
    #[error("{0}")]
    NotAllowed(String),
    /// The API returned an error.
    #[error("{detail} ({code} from `{service}`)")]
    Api {
        /// The base URL of the service.
        service: String,
        /// The HTTP status.
        status: u16,
        /// The problem's `detail`.
        detail: String,
        /// The problem's `code`.
        code: String,
    },
    /// A request for a token failed after the service may have created it.
    #[error("{cause}; the token may exist: retry with `--idempotency-key={idempotency_key}`")]
    OutcomeUnknown {
        /// The failure.
        cause: Box<Error>,
        /// The key with which a retry returns the same token.
        idempotency_key: String,
    },
    /// A rotation failed after the service may have executed it.
    #[error("{0}; repeat the command with the same options: if the token was rotated, it returns the same new token")]
    RotationUnfinished(Box<Error>),
    /// A file of roles and assignments is invalid.
    #[error("`{file}`: {reason}")]
    InvalidManifest {
        /// The file's path.
        file: String,
        /// The first violated rule.
        reason: ManifestError,
    },
    /// A file of route rules or of identity providers is invalid.
    #[error("`{file}`: {reason}")]
    InvalidConfiguration {
        /// The file's path.
        file: String,
        /// All errors of the file.
        reason: String,
    },
    /// The response is not one of Latchkey. Another service answers, or something between it and the client.
    #[error("{0}")]
    NotLatchkey(String),
    /// A role or an assignment is not stored.
    #[error("{0}")]
    NotStored(String),
    /// The user declined a confirmation. Nothing was changed.
    #[error("{0}")]
    Declined(String),
    /// The service or the issuer cannot be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The table of a deployment cannot be accessed.
    #[cfg(feature = "aws")]
    #[error(transparent)]
    Deployment(#[from] DeploymentError),
    /// A request to the ledger failed, or roles and assignments do not fit what is stored.
    #[error(transparent)]
    Ledger(#[from] ApplyError),
    /// Some of several requests failed. Each failure is already reported; the first one decides the exit code.
    #[error("{failed} of {total} requests failed")]
    PartialFailure {
        /// The number of failed requests.
        failed: usize,
        /// The number of all requests.
        total: usize,
        /// The first failure.
        first: Box<Error>,
    },
    /// Standard input, standard output or a file failed.
    #[error("{what}: {source}")]
    Io {
        /// The stream or file with the failed operation.
        what: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// Any other failure.
    #[error("{0}")]
    Other(String),
}

/// The members of a problem document (RFC 9457) that an error shows.
#[derive(Deserialize)]
struct ProblemDetails {
    detail: String,
    code: String,
}

impl From<DataDirError> for Error {
    fn from(error: DataDirError) -> Self {
        match error {
            DataDirError::OtherOwner(_) | DataDirError::SeveralEphemeral(_) => Self::Usage(error.to_string()),
            error => Self::Unreachable(error.to_string()),
        }
    }
}

impl Error {
    /// Creates the error of a response of `service`, the base URL, with `status` and `body`.
    #[must_use]
    pub fn from_response(service: &str, status: u16, body: &str) -> Self {
        let problem = serde_json::from_str(body).unwrap_or_else(|_| ProblemDetails {
            detail: format!(
                "status {status} without a problem document: check that the URL is the base URL of Latchkey"
            ),
            code: "no code".to_owned(),
        });
        Self::Api {
            service: escape_line(service),
            status,
            detail: escape_line(&problem.detail),
            code: escape_line(&problem.code),
        }
    }

    /// Adds to an error about the caller's identity or permissions where the credential came from.
    #[must_use]
    pub fn with_credential_source(self, source: &str) -> Self {
        match self {
            Self::Api { service, status: status @ (401 | 403), detail, code } => {
                Self::Api { service, status, detail: format!("{detail}; the credential is from {source}"), code }
            }
            other => other,
        }
    }

    /// Returns whether the service may have executed the failed request.
    #[must_use]
    pub fn leaves_outcome_unknown(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::NotLatchkey(_) | Self::Api { status: 500.., .. })
    }

    /// Adds to the failure that a retry with `idempotency_key` returns the token if it was created.
    #[must_use]
    pub fn with_unknown_outcome(self, idempotency_key: &str) -> Self {
        Self::OutcomeUnknown { cause: Box::new(self), idempotency_key: idempotency_key.to_owned() }
    }

    /// Adds to the failure that a repetition returns the successor if the token was rotated.
    #[must_use]
    pub fn with_unfinished_rotation(self) -> Self {
        Self::RotationUnfinished(Box::new(self))
    }

    /// Returns the exit code: 2 invalid arguments, 3 not authenticated, not permitted or an invalid token, 4 not found, 5 an
    /// invalid request or file, 6 unavailable, 7 declined by the user, 1 any other failure.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.exit_status())
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NoCredential(_) | Self::InvalidToken(_) | Self::NotAllowed(_) => 3,
            Self::InvalidManifest { .. }
            | Self::InvalidConfiguration { .. }
            | Self::Ledger(ApplyError::UnknownRole(..)) => 5,
            Self::Unreachable(_) => 6,
            Self::NotStored(_) => 4,
            Self::Declined(_) => 7,
            Self::Ledger(error) if error.is_retryable() => 6,
            #[cfg(feature = "aws")]
            Self::Deployment(error) => error.exit_status(),
            Self::PartialFailure { first: cause, .. }
            | Self::OutcomeUnknown { cause, .. }
            | Self::RotationUnfinished(cause) => cause.exit_status(),
            Self::Api { status, .. } => match status {
                401 | 403 => 3,
                404 => 4,
                400 | 409 | 413 | 414 | 415 | 422 => 5,
                429 | 503 => 6,
                _ => 1,
            },
            Self::NotLatchkey(_) | Self::Ledger(_) | Self::Io { .. } | Self::Other(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn api_error_status_selects_exit_code() {
        for (status, expected) in [
            (400, 5),
            (401, 3),
            (403, 3),
            (404, 4),
            (409, 5),
            (413, 5),
            (415, 5),
            (422, 5),
            (429, 6),
            (500, 1),
            (502, 1),
            (503, 6),
        ] {
            assert_eq!(Error::from_response("https://a.example", status, "{}").exit_status(), expected, "{status}");
        }
    }

    #[test]
    fn api_error_shows_detail_or_names_the_service() {
        let response = |status, body| Error::from_response("https://a.example", status, body);
        let error = response(404, r#"{"detail": "the token or route does not exist", "code": "not_found"}"#);
        assert_eq!(error.to_string(), "the token or route does not exist (not_found from `https://a.example`)");
        assert_eq!(
            response(502, "<html>").to_string(),
            "status 502 without a problem document: check that the URL is the base URL of Latchkey (no code from \
             `https://a.example`)"
        );
    }

    #[test]
    fn rejected_credential_is_named_by_its_source() {
        let body = r#"{"detail": "a valid bearer token is required", "code": "unauthenticated"}"#;
        let error = |status| {
            Error::from_response("https://a.example", status, body)
                .with_credential_source("`LATCHKEY_TOKEN`")
                .to_string()
        };
        let named = "a valid bearer token is required; the credential is from `LATCHKEY_TOKEN` (unauthenticated from \
                     `https://a.example`)";
        assert_eq!((error(401).as_str(), error(403).as_str()), (named, named));
        assert_eq!(error(404), "a valid bearer token is required (unauthenticated from `https://a.example`)");
    }

    #[test]
    fn declined_confirmation_has_its_own_exit_code() {
        assert_eq!(Error::Declined("no token was revoked".to_owned()).exit_status(), 7);
    }
}
