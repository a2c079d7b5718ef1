//! Why a command failed, and the exit code that tells it to programs.

use std::{io, process::ExitCode};

use serde::Deserialize;
use shared::apply::{ApplyError, SetupError};

/// Why a command failed: one sentence for a person, one exit code for a program.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What was asked for does not go together.
    #[error("{0}")]
    Usage(String),
    /// There is nothing to say who asks.
    #[error("{0}")]
    NoCredential(String),
    /// A token that does not verify.
    #[error("the token is refused: {0}")]
    NotVerified(String),
    /// The service refused, in its own words.
    #[error("{detail} ({code})")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The sentence.
        detail: String,
        /// The stable code.
        code: String,
    },
    /// A token may have been made, of which no usable answer came.
    #[error("{why}; the token may have been made: ask again with --idempotency-key={key}")]
    Unsure {
        /// What came in its place.
        why: Box<Error>,
        /// The key by which the same token comes again.
        key: String,
    },
    /// A file of roles and assignments that cannot be used.
    #[error("`{file}`: {why}")]
    Setup {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: SetupError,
    },
    /// A file of rules that the authorizer would not start with.
    #[error("`{file}`: {why}")]
    Rules {
        /// Which.
        file: String,
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answers.
    #[error("{0}")]
    Unreachable(String),
    /// What the ledger could not do.
    #[error("the ledger: {0}")]
    Ledger(#[from] ApplyError),
    /// Some of many failed; each was told where it happened. The first decides the exit code.
    #[error("{failed} of {all} failed")]
    Some {
        /// How many failed.
        failed: usize,
        /// Of how many.
        all: usize,
        /// The first failure.
        first: Box<Error>,
    },
    /// Standard input or output, or a file.
    #[error("{what}: {source}")]
    Io {
        /// What could not be done, with what.
        what: String,
        /// What the system says.
        source: io::Error,
    },
    /// Anything else.
    #[error("{0}")]
    Other(String),
}

/// An error of the service (RFC 9457), as far as it is shown.
#[derive(Deserialize)]
struct Problem {
    detail: String,
    code: String,
}

impl Error {
    /// The refusal that the service answered with this status and body.
    #[must_use]
    pub fn refused(status: u16, body: &str) -> Self {
        let problem = serde_json::from_str(body).unwrap_or_else(|_| Problem {
            detail: format!("the answer is {status} and no problem document"),
            code: "no code".to_owned(),
        });
        let printable = |text: String| text.chars().filter(|c| !c.is_control()).collect();
        Self::Refused { status, detail: printable(problem.detail), code: printable(problem.code) }
    }

    /// Whether what was asked for may have been done all the same.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Refused { status: 500.., .. })
    }

    /// The failure to make a token that may be there now: by `key` it comes again.
    #[must_use]
    pub fn unsure(self, key: &str) -> Self {
        Self::Unsure { why: Box::new(self), key: key.to_owned() }
    }

    /// The exit code: 1 anything else, 2 usage, 3 not authenticated or not permitted, 4 not found, 5 not valid, 6 not
    /// available.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::from(self.number())
    }

    fn number(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::NoCredential(_) | Self::NotVerified(_) => 3,
            Self::Setup { .. } | Self::Rules { .. } => 5,
            Self::Unreachable(_) => 6,
            Self::Ledger(error) if error.is_retryable() => 6,
            Self::Some { first: why, .. } | Self::Unsure { why, .. } => why.number(),
            Self::Refused { status, .. } => match status {
                401 | 403 => 3,
                404 => 4,
                400 | 409 | 413 | 414 | 415 | 422 => 5,
                429 | 503 => 6,
                _ => 1,
            },
            Self::Ledger(_) | Self::Io { .. } | Self::Other(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_refusal_has_its_exit_code() {
        for (status, number) in [
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
            assert_eq!(Error::refused(status, "{}").number(), number, "{status}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_services_words_and_without_control_characters() {
        let told = Error::refused(404, r#"{"detail": "there is\u001b nothing here", "code": "not_found"}"#);
        assert_eq!(told.to_string(), "there is nothing here (not_found)");
        assert_eq!(Error::refused(502, "<html>").to_string(), "the answer is 502 and no problem document (no code)");
    }
}
