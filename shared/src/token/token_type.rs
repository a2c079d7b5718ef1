//! The types of tokens, and what tokens of each carry.

use std::{fmt, str::FromStr};

use super::Class;
use crate::rights::RoleId;

/// The name of a token type, as the contract writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeName {
    /// A token for a program of the organization.
    Api,
    /// A public token for one journey.
    Journey,
    /// A public token for one portal.
    Portal,
    /// A short-lived system token that acts for somebody.
    Assume,
    /// A system token of an installed app.
    App,
}

/// A token's type, and what tokens of that type carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenType {
    /// A token for a program of the organization.
    Api(Access),
    /// A short-lived system token that acts for somebody.
    Assume(Access),
    /// A system token of an installed app.
    App(Access),
}

/// What a token of the access family carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Its roles, all of the token's organization, each once.
    pub roles: Vec<RoleId>,
    /// Whether it is allowed reading actions alone, whatever its roles.
    pub read_only: bool,
    /// Whether the APIs that it calls are to leave personal data out.
    pub anonymize: bool,
}

/// Types that the newest client knows and that are not offered: a list of them is empty, a creation refused.
pub const NOT_OFFERED: [&str; 2] = ["portal_preview", "contact_identification"];

/// A text that names no token type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`token_type` must be one of api, journey, portal, assume, app")]
pub struct UnknownType;

impl TypeName {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Api, Self::Journey, Self::Portal, Self::Assume, Self::App];

    /// The name, which is also the prefix of the ids of its tokens.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Journey => "journey",
            Self::Portal => "portal",
            Self::Assume => "assume",
            Self::App => "app",
        }
    }

    /// In which of an organization's two lists its tokens stand.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::Api | Self::Journey | Self::Portal => Class::Listed,
            Self::Assume | Self::App => Class::System,
        }
    }

    /// The type of this name for a token that carries `access`; `None` for the public types, which carry none.
    #[must_use]
    pub fn with_access(self, access: Access) -> Option<TokenType> {
        match self {
            Self::Api => Some(TokenType::Api(access)),
            Self::Assume => Some(TokenType::Assume(access)),
            Self::App => Some(TokenType::App(access)),
            Self::Journey | Self::Portal => None,
        }
    }
}

impl TokenType {
    /// The type's name.
    #[must_use]
    pub fn name(&self) -> TypeName {
        match self {
            Self::Api(_) => TypeName::Api,
            Self::Assume(_) => TypeName::Assume,
            Self::App(_) => TypeName::App,
        }
    }

    /// What the token carries.
    #[must_use]
    pub fn access(&self) -> &Access {
        match self {
            Self::Api(access) | Self::Assume(access) | Self::App(access) => access,
        }
    }
}

impl FromStr for TypeName {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        Self::ALL.into_iter().find(|name| name.as_str() == text).ok_or(UnknownType)
    }
}

impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
