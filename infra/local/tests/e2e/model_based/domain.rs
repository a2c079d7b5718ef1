//! The terms of commands and model.

use std::collections::BTreeSet;

/// The organizations of a sequence.
pub const ORGANIZATIONS: usize = 2;

/// The slugs of the roles of each organization, without owner and root role.
pub const ROLES: [&str; 6] = ["token_creator", "seller", "viewer", "denier", "developer", "responder"];

/// The index of the root role in [`ROLE_GRANTS`].
pub const ROOT_ROLE: usize = ROLES.len();

/// The names that tokens receive after their creation.
pub const NAMES: [&str; 3] = ["Second name", "Third name", "Fourth name"];

/// A role's grants: the pattern of actions, and whether they are denied.
pub type Grants = &'static [(&'static str, bool)];

/// Two variants of the grants of each role in [`ROLES`], and of the root role.
pub const ROLE_GRANTS: [[Grants; 2]; ROLES.len() + 1] = [
    [&[("token:create", false)], &[("token:*", false), ("catalog:view", false)]],
    [&[("order:*", false)], &[("order:view", false), ("order:create", true)]],
    [&[("*:view", false)], &[("catalog:*", false)]],
    [&[("*", false), ("order:delete", true)], &[("*", false), ("order:*", true), ("token:revoke", true)]],
    [&[("token:self", false), ("order:view", false)], &[("token:self", false), ("token:view", true)]],
    [&[("token:revoke", false)], &[("token:r*", false), ("*:self", false), ("token:create", true)]],
    [&[("*", false)], &[("*:view", false), ("token:self", false)]],
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    ViewOrder,
    CreateOrder,
    DeleteOrder,
    CreateTokens,
    ViewTokens,
    RevokeTokens,
    OwnTokens,
    ViewCatalog,
}

/// The actions of which a route requires one.
pub const ROUTE_ACTIONS: [Action; 5] =
    [Action::ViewOrder, Action::CreateOrder, Action::DeleteOrder, Action::ViewTokens, Action::ViewCatalog];

/// Whose tokens a caller may access, from the narrowest to the widest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    Own,
    Organization,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::ViewOrder => "order:view",
            Self::CreateOrder => "order:create",
            Self::DeleteOrder => "order:delete",
            Self::CreateTokens => "token:create",
            Self::ViewTokens => "token:view",
            Self::RevokeTokens => "token:revoke",
            Self::OwnTokens => "token:self",
            Self::ViewCatalog => "catalog:view",
        }
    }
}

/// The roles of a user or token, or the roles that a request names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleSet {
    pub owner: bool,
    /// Indices into [`ROLES`].
    pub roles: BTreeSet<usize>,
}

impl RoleSet {
    pub fn is_empty(&self) -> bool {
        !self.owner && self.roles.is_empty()
    }

    pub fn slugs(&self) -> Vec<&'static str> {
        let owner = self.owner.then_some("owner");
        owner.into_iter().chain(self.roles.iter().map(|role| ROLES[*role])).collect()
    }
}

/// A user of one organization.
#[derive(Debug, Clone)]
pub struct User {
    pub org: usize,
    pub name: &'static str,
    pub roles: RoleSet,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Never,
    /// Long after the sequence.
    Late,
    /// During the sequence, at the next [`Command::Wait`](super::commands::Command::Wait).
    Soon,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenType {
    Api,
    App,
    Assume,
    Journey,
}

impl TokenType {
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::App => "app",
            Self::Assume => "assume",
            Self::Journey => "journey",
        }
    }

    /// Whether it belongs to the public family, whose tokens have no roles.
    pub fn is_public(self) -> bool {
        self == Self::Journey
    }
}

/// The sender of a request, as an index into the users or tokens of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    User(usize),
    Token(usize),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    pub read_only: bool,
    pub anonymize: bool,
}

/// A token as the model expects it.
#[derive(Debug, Clone)]
pub struct ExpectedToken {
    pub org: usize,
    pub creator: Actor,
    pub token_type: TokenType,
    pub roles: RoleSet,
    /// Roles of which only the denies apply, as indices into [`ROLES`].
    pub inherited_denies: BTreeSet<usize>,
    pub expiry: Expiry,
    pub flags: Flags,
    /// The index into [`NAMES`] of its current name; `None`: the name of its create request.
    pub name: Option<usize>,
    pub revoked: bool,
    pub expired: bool,
    /// The token that it succeeds, and the caller of the rotation.
    pub origin: Option<(usize, Actor)>,
    /// The token that succeeds it. It has been used, so that this token has ended.
    pub successor: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct CreateRequest {
    pub token_type: TokenType,
    /// Empty: the creator's own roles.
    pub requested_roles: RoleSet,
    /// `None`: the default of the type and the creator.
    pub expiry: Option<Expiry>,
    pub flags: Flags,
}

/// The expected result of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Success,
    Unauthenticated,
    Forbidden,
    NotFound,
    Conflict,
    Mismatch,
}
