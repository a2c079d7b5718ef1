//! The types of tokens, and what tokens of each carry.

use std::{fmt, str::FromStr};

use crate::permissions::RoleId;

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

/// The family of a token type. Each has its own keys, issuer and JWK set, and neither accepts the other's tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// api, assume, app: programs that act with roles.
    Access,
    /// journey, portal: tokens that lie in public pages and carry no roles.
    Public,
}

/// One thing for each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families<T> {
    /// The access family's.
    pub access: T,
    /// The public family's.
    pub public: T,
}

impl<T> Families<T> {
    /// What `make` gives for each of the two.
    pub fn map<U>(self, mut make: impl FnMut(T) -> U) -> Families<U> {
        Families { access: make(self.access), public: make(self.public) }
    }

    /// That of `family`.
    pub fn of(&self, family: Family) -> &T {
        match family {
            Family::Access => &self.access,
            Family::Public => &self.public,
        }
    }
}

/// Which of an organization's two lists a token stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenClass {
    /// What a person manages: api, journey, portal.
    Listed,
    /// What systems make for themselves: assume, app.
    System,
}

/// A token's type, and what tokens of that type carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenType {
    /// A token for a program of the organization.
    Api(Access),
    /// A public token for one journey.
    Journey(TargetId),
    /// A public token for one portal.
    Portal(TargetId),
    /// A short-lived system token that acts for somebody.
    Assume(Access),
    /// A system token of an installed app.
    App(Access),
}

/// The journey or the portal that a public token is for: 1 to 255 characters, none of them a control character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetId(String);

/// A text that names no journey or portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id has 1 to 255 characters, none of them a control character")]
pub struct TargetIdError;

impl TargetId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for TargetId {
    type Err = TargetIdError;

    fn from_str(text: &str) -> Result<Self, TargetIdError> {
        let fits = (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| Self(text.to_owned())).ok_or(TargetIdError)
    }
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
    pub fn class(self) -> TokenClass {
        match self {
            Self::Api | Self::Journey | Self::Portal => TokenClass::Listed,
            Self::Assume | Self::App => TokenClass::System,
        }
    }

    /// The family that its tokens are of.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Api | Self::Assume | Self::App => Family::Access,
            Self::Journey | Self::Portal => Family::Public,
        }
    }
}

impl TokenType {
    /// The type's name.
    #[must_use]
    pub fn name(&self) -> TypeName {
        match self {
            Self::Api(_) => TypeName::Api,
            Self::Journey(_) => TypeName::Journey,
            Self::Portal(_) => TypeName::Portal,
            Self::Assume(_) => TypeName::Assume,
            Self::App(_) => TypeName::App,
        }
    }

    /// What a token of the access family carries.
    #[must_use]
    pub fn access(&self) -> Option<&Access> {
        match self {
            Self::Api(access) | Self::Assume(access) | Self::App(access) => Some(access),
            Self::Journey(_) | Self::Portal(_) => None,
        }
    }

    /// The roles, none for a public token.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        self.access().map_or(&[], |access| &access.roles)
    }

    /// The journey that the token is for.
    #[must_use]
    pub fn journey_id(&self) -> Option<&str> {
        if let Self::Journey(id) = self { Some(id.as_str()) } else { None }
    }

    /// The portal that the token is for.
    #[must_use]
    pub fn portal_id(&self) -> Option<&str> {
        if let Self::Portal(id) = self { Some(id.as_str()) } else { None }
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
