//! A role or an assignment of roles, as the ledger contains it.

use std::fmt;

use serde_json::Value;

use crate::{
    permissions::{OrgId, RoleId},
    token::UserId,
};

/// The key of an item in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ItemKey {
    /// A role.
    Role(RoleId),
    /// The roles of a user in an organization.
    Assignment(OrgId, UserId),
}

/// The value of an item in the ledger.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemValue {
    /// A role.
    Role {
        /// Display name.
        name: String,
        /// An array of `{action, resource?, effect?}`.
        grants: Value,
    },
    /// The roles of a user.
    Assignment(Vec<RoleId>),
    /// A stored item with an invalid attribute. It is never written.
    Unreadable,
}

/// A role or an assignment as the operator wants it to be stored.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredItem {
    /// Key of the item.
    pub key: ItemKey,
    /// Desired value.
    pub value: ItemValue,
    /// Which stored value the write may replace.
    pub precondition: Precondition,
}

/// The condition under which an item is written.
#[derive(Debug, Clone, PartialEq)]
pub enum Precondition {
    /// No condition: the item replaces any stored value.
    None,
    /// The stored value is still this one, from which the desired value was computed; `None` means no stored item.
    Unchanged(Option<ItemValue>),
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(id) => write!(f, "role {id}"),
            Self::Assignment(org, user) => write!(f, "roles of {user} in {org}"),
        }
    }
}
