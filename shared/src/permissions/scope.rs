//! The scope of a permission: whose items the caller may access with it.

use std::{fmt, str::FromStr};

/// Whose items a caller may access with the permission that a route requires. Scopes are ordered from the narrowest to
/// the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// The calling token only. No route rule grants this scope: a token has it that names itself.
    OwnToken,
    /// What the caller owns.
    Own,
    /// Everything in the organization.
    Organization,
}

/// The text is not a scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a scope must be `organization`, `own` or `self`")]
pub struct ScopeError;

impl Scope {
    /// The scope in the authorizer context.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OwnToken => "self",
            Self::Own => "own",
            Self::Organization => "organization",
        }
    }
}

impl FromStr for Scope {
    type Err = ScopeError;

    fn from_str(text: &str) -> Result<Self, ScopeError> {
        [Self::OwnToken, Self::Own, Self::Organization]
            .into_iter()
            .find(|scope| scope.as_str() == text)
            .ok_or(ScopeError)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
