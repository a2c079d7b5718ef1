//! The words in which programs and their model speak.

use std::collections::BTreeSet;

/// The organizations of a program.
pub const ORGS: usize = 2;

/// The roles of each organization, beside its owner's and the root role.
pub const ROLES: [&str; 4] = ["maker", "seller", "viewer", "denier"];

/// The place of the root role among those that may be edited.
pub const ROOT: usize = ROLES.len();

/// What a role says: an action's pattern, and whether it is denied.
pub type Grants = &'static [(&'static str, bool)];

/// What each role may say, the root role's last. In its second form the seller's takes something away.
pub const FORMS: [[Grants; 2]; ROLES.len() + 1] = [
    [&[("token:create", false)], &[("token:*", false), ("catalog:view", false)]],
    [&[("order:*", false)], &[("order:view", false), ("order:create", true)]],
    [&[("*:view", false)], &[("catalog:*", false)]],
    [&[("*", false), ("order:delete", true)], &[("*", false), ("order:*", true)]],
    [&[("*", false)], &[("order:view", false), ("token:create", false)]],
];

/// What can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    View,
    Sell,
    Delete,
    Manage,
    Catalog,
}

pub const ACTIONS: [Action; 5] = [Action::View, Action::Sell, Action::Delete, Action::Manage, Action::Catalog];

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "order:view",
            Self::Sell => "order:create",
            Self::Delete => "order:delete",
            Self::Manage => "token:create",
            Self::Catalog => "catalog:view",
        }
    }
}

/// The roles of somebody: those of [`ROLES`] by their places, and whether the owner's is among them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Held {
    pub owner: bool,
    pub roles: BTreeSet<usize>,
}

/// A person of one organization.
#[derive(Debug, Clone)]
pub struct Person {
    pub org: usize,
    pub user: &'static str,
    pub held: Held,
}

/// When a token ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Never,
    /// Long after the program.
    Late,
    /// Within the program, when time passes.
    Soon,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Api,
    App,
    Assume,
    Journey,
}

/// Somebody who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor {
    Person(usize),
    Token(usize),
}

/// What a token is held to beside its roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flags {
    pub read_only: bool,
    pub anonymize: bool,
}

/// A token as it was promised.
#[derive(Debug, Clone)]
pub struct Token {
    pub org: usize,
    pub maker: Actor,
    pub kind: Kind,
    pub held: Held,
    pub end: End,
    pub flags: Flags,
    pub revoked: bool,
    pub ended: bool,
}

/// An order for a token.
#[derive(Debug, Clone)]
pub struct Order {
    pub kind: Kind,
    /// Empty: the maker's own.
    pub asked: Held,
    /// `None`: what the kind and the maker give.
    pub end: Option<End>,
    pub flags: Flags,
}

/// What is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Granted,
    Unauthenticated,
    Denied,
    NotFound,
    Conflict,
    Mismatch,
}
