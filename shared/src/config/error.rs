//! Errors of the configuration.

use std::fmt;

/// An error of one variable of the environment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// The variable is not set, or is empty.
    #[error("the environment variable {0} is not set")]
    Missing(&'static str),
    /// The value is invalid.
    #[error("the environment variable {name}: {reason}")]
    Invalid {
        /// The variable.
        name: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// One entry of a list of route rules or identity providers is invalid.
    #[error("the environment variable {name}: {reason}")]
    InvalidEntry {
        /// The variable.
        name: &'static str,
        /// The route of the rule, or the name or position of the provider.
        entry: String,
        /// What is wrong with the entry.
        reason: String,
    },
}

/// All errors of a function's configuration, each once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// The value of `result`; an error is added to these.
    pub(super) fn collect<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(Self(errors)) => {
                errors.into_iter().for_each(|error| self.push(error));
                None
            }
        }
    }

    /// Adds `error`, unless it is among these: a variable may be read for several settings.
    pub(super) fn push(&mut self, error: ConfigError) {
        if !self.0.contains(&error) {
            self.0.push(error);
        }
    }

    /// `value`, if there is no error.
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
