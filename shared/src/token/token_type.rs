//! The token types, their families, and the roles, flags or target of each.

use std::{fmt, str::FromStr};

use crate::permissions::{GrantLimits, RoleId};

/// The name of a token type, as the contract writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TypeName {
    /// A token for a client of the organization's APIs.
    Api,
    /// A public token for one journey.
    Journey,
    /// A public token for one portal.
    Portal,
    /// A system token with a lifetime of one hour that acts with assumed roles.
    Assume,
    /// A system token of an installed app.
    App,
}

/// The family of a token type. Each family has its own keys, issuer and JWK set, and the tokens of one are never
/// accepted as tokens of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// The types api, assume and app: tokens with roles.
    Access,
    /// The types journey and portal: tokens without roles that are embedded in public pages.
    Public,
}

/// One value for each family.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Families<T> {
    /// The value for the access family.
    pub access: T,
    /// The value for the public family.
    pub public: T,
}

impl<T> Families<T> {
    /// Applies `convert` to both values.
    pub fn map<U>(self, mut convert: impl FnMut(T) -> U) -> Families<U> {
        Families { access: convert(self.access), public: convert(self.public) }
    }

    /// The value for `family`.
    pub fn of(&self, family: Family) -> &T {
        match family {
            Family::Access => &self.access,
            Family::Public => &self.public,
        }
    }
}

/// The class of a token type. An organization has one list of tokens for each class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TokenClass {
    /// The types that users manage: api, journey and portal.
    Listed,
    /// The types that systems create for their own use: assume and app.
    System,
}

/// The type of a token, with the roles and flags or the target of that type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TokenType {
    /// A token for a client of the organization's APIs.
    Api(Access),
    /// A public token for one journey.
    Journey(TargetId),
    /// A public token for one portal.
    Portal(TargetId),
    /// A system token with a lifetime of one hour that acts with assumed roles.
    Assume(Access),
    /// A system token of an installed app.
    App(Access),
}

/// The id of the journey or portal of a public token: 1 to 255 characters without control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetId(String);

/// The text is not the id of a journey or portal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id must have 1 to 255 characters and no control characters")]
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
        let is_valid = (1..=255).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        is_valid.then(|| Self(text.to_owned())).ok_or(TargetIdError)
    }
}

/// The roles and flags of a token of the access family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The roles, without duplicates, all of the token's organization.
    pub roles: Vec<RoleId>,
    /// Roles of the token's creator of which only the denies apply, without duplicates and without those in `roles`.
    pub inherited_denies: Vec<RoleId>,
    /// Limits the token to read-only actions, regardless of its roles.
    pub read_only: bool,
    /// Requests responses without personal data from the APIs that the token calls.
    pub anonymize: bool,
    /// Whether a rotation by the token itself starts its lifetime anew.
    pub renewable: bool,
    /// Grants that limit the token in addition to its roles.
    pub grant_limits: GrantLimits,
}

/// Types that clients of the API know and that Latchkey does not offer: a list of them is empty, and a create request
/// is rejected.
pub const NOT_OFFERED: [&str; 2] = ["portal_preview", "contact_identification"];

/// The text is not a token type.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`token_type` must be one of api, journey, portal, assume, app")]
pub struct UnknownType;

impl TypeName {
    /// Every type.
    pub const ALL: [Self; 5] = [Self::Api, Self::Journey, Self::Portal, Self::Assume, Self::App];

    /// The name, which is also the prefix of token ids of this type.
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

    /// The class of the type.
    #[must_use]
    pub fn class(self) -> TokenClass {
        match self {
            Self::Api | Self::Journey | Self::Portal => TokenClass::Listed,
            Self::Assume | Self::App => TokenClass::System,
        }
    }

    /// The family of the type.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Self::Api | Self::Assume | Self::App => Family::Access,
            Self::Journey | Self::Portal => Family::Public,
        }
    }
}

impl TokenType {
    /// The name of the type.
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

    /// The roles and flags; `None` for a public token.
    #[must_use]
    pub fn access(&self) -> Option<&Access> {
        match self {
            Self::Api(access) | Self::Assume(access) | Self::App(access) => Some(access),
            Self::Journey(_) | Self::Portal(_) => None,
        }
    }

    /// The roles; empty for a public token.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        self.access().map_or(&[], |access| &access.roles)
    }

    /// The roles of which only the denies apply; empty for a public token.
    #[must_use]
    pub fn inherited_denies(&self) -> &[RoleId] {
        self.access().map_or(&[], |access| &access.inherited_denies)
    }

    /// The journey of a journey token.
    #[must_use]
    pub fn journey_id(&self) -> Option<&str> {
        if let Self::Journey(id) = self { Some(id.as_str()) } else { None }
    }

    /// The portal of a portal token.
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
