//! Errors of the environment variables, collected so that one start reports all of them.

use std::fmt;

use crate::json::truncate;

/// Most characters of a reason, which may repeat parts of the configuration.
const MAX_REASON_CHARS: usize = 1_000;

/// An error of one environment variable.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set, or is empty.
    #[error("environment variable `{0}` is not set")]
    Missing(&'static str),
    /// The value is invalid.
    #[error("environment variable `{name}`: {reason}")]
    Invalid {
        /// Name of the variable.
        name: &'static str,
        /// The rule that the value violates.
        reason: String,
    },
    /// One entry of a list of route rules or identity providers is invalid.
    #[error("environment variable `{name}`: {reason}")]
    InvalidEntry {
        /// Name of the variable.
        name: &'static str,
        /// The route of the rule, or the name of the provider (its position if the name cannot be read).
        entry: String,
        /// The rule that the entry violates.
        reason: String,
    },
}

impl ConfigError {
    /// An error in `entry` of the variable `name`, or in the variable as a whole, that does not prevent the start.
    pub(super) fn of_entry(name: &'static str, entry: Option<String>, reason: &str, effect: &str) -> Self {
        let reason = format!("{} ({effect})", truncate(reason, MAX_REASON_CHARS));
        match entry {
            Some(entry) => Self::InvalidEntry { name, entry, reason },
            None => Self::Invalid { name, reason },
        }
    }

    /// The error without the name of the variable.
    pub(super) fn reason(self) -> String {
        match self {
            Self::Missing(_) => "the variable is not set".to_owned(),
            Self::Invalid { reason, .. } | Self::InvalidEntry { reason, .. } => reason,
        }
    }
}

/// All errors of a function's configuration, without duplicates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// Returns the value of `result`, or adds its errors.
    pub(super) fn collect<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(errors) => {
                self.append(errors);
                None
            }
        }
    }

    /// Adds `errors`.
    pub(super) fn append(&mut self, errors: Self) {
        errors.0.into_iter().for_each(|error| self.push(error));
    }

    /// Adds `error` unless it is already in the list: several settings may read the same variable.
    pub(super) fn push(&mut self, error: ConfigError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    /// Returns `value` if the list is empty.
    pub(super) fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// The errors in the order in which the variables were read.
    #[must_use]
    pub fn all(&self) -> &[ConfigError] {
        &self.0
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let errors: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&errors.join("; "))
    }
}

impl std::error::Error for ConfigErrors {}
