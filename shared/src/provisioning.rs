//! Bringing roles and assignments into the ledger, as an operator does: read what is there, tell what differs, write that.
//!
//! Nothing is ever deleted, and what already is as it should be is not written. Of two files at once the last counts; an owner
//! is added to what lies there at that moment, and takes nothing from it.

mod access_manifest;
mod role_limit;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use access_manifest::{AccessManifest, ManifestError};
pub use role_limit::TooManyRoles;

use crate::{
    permissions::{OrgId, RoleId},
    ports::{PortError, PortFuture},
    token::UserId,
};

/// How often an item is tried to be written, made anew each time from what somebody else wrote meanwhile.
const MAX_ATTEMPTS: usize = 5;

/// Where an item lies in the ledger: what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum ItemKey {
    /// A role.
    Role(RoleId),
    /// What a person was assigned in an organization.
    Assignment(OrgId, UserId),
}

/// What lies there.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemValue {
    /// A role's name for people, and its grants, an array of `{action, resource?, effect?}`.
    Role {
        /// What people call it.
        name: String,
        /// Its grants.
        grants: Value,
    },
    /// The roles of a person.
    Assignment(Vec<RoleId>),
    /// A row that has not the form of one. It is never written.
    Unreadable,
}

/// A role, or the roles of a person, as they are to be.
#[derive(Debug, Clone, PartialEq)]
pub struct DesiredItem {
    /// Of what it speaks.
    pub key: ItemKey,
    /// What it says.
    pub value: ItemValue,
    /// What it was made from.
    pub precondition: Precondition,
}

/// What an item was made from, and so over what it may be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Precondition {
    /// The operator's word alone: it is written over whatever lies there.
    None,
    /// The role of the owner and what lay there, `None` for nothing: it is written over that alone.
    Unchanged(Option<ItemValue>),
}

/// What writing an item does to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing lay there.
    Added,
    /// Something else lay there.
    Changed,
    /// It lay there already.
    Unchanged,
}

/// Why roles and assignments were not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A call to `DynamoDB` failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Other operators changed the same item at each attempt.
    #[error("others change the {0} at the same time: try again")]
    Conflict(ItemKey),
    /// The item has an invalid attribute.
    #[error("the row of the {0} cannot be read")]
    InvalidItem(ItemKey),
    /// With the owner role the user would have more roles than the authorizer accepts.
    #[error("as owner too, {0} would be locked out of {1}: {2}")]
    TooManyRoles(UserId, OrgId, TooManyRoles),
}

impl ApplyError {
    /// Whether the same command may succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Port(error) => error.is_retryable(),
            Self::Conflict(_) => true,
            Self::InvalidItem(_) | Self::TooManyRoles(..) => false,
        }
    }
}

/// May read and write roles and assignments.
pub trait AdminStore: Send + Sync {
    /// What lies at `place` now. A row that was written by newer code is an error: nobody here knows what it means.
    fn read_item(&self, key: &ItemKey) -> impl PortFuture<Option<ItemValue>>;

    /// Writes `item` over what its basis allows. `false`: something else lies there, and stays.
    fn put_item(&self, item: &DesiredItem) -> impl PortFuture<bool>;
}

/// Brings items into the ledger.
pub struct Provisioning<L> {
    /// Reads and writes them.
    pub ledger: L,
}

impl<L: AdminStore> Provisioning<L> {
    /// What writing each of `items` would do, in their order. Writes nothing.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn compare(&self, items: &[DesiredItem]) -> Result<Vec<(Change, DesiredItem)>, ApplyError> {
        let mut compared = Vec::with_capacity(items.len());
        for item in items {
            let change = match &item.precondition {
                Precondition::None => item.change(self.ledger.read_item(&item.key).await?.as_ref()),
                Precondition::Unchanged(existing) => item.change(existing.as_ref()),
            };
            compared.push((change, item.clone()));
        }
        Ok(compared)
    }

    /// Writes what differs. What failed midway is completed by doing it again.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn write(&self, compared: &[(Change, DesiredItem)]) -> Result<(), ApplyError> {
        for (change, item) in compared {
            if *change != Change::Unchanged {
                self.put(item.clone()).await?;
            }
        }
        Ok(())
    }

    /// Writes `item`, made anew from what lies there where that is no longer what it was made from.
    async fn put(&self, mut item: DesiredItem) -> Result<(), ApplyError> {
        for _ in 0..MAX_ATTEMPTS {
            if self.ledger.put_item(&item).await? {
                return Ok(());
            }
            let (ItemKey::Assignment(org, person), Precondition::Unchanged(_)) = (&item.key, &item.precondition) else {
                break;
            };
            item = self.with_owner(org, person).await?;
            if matches!(&item.precondition, Precondition::Unchanged(Some(existing)) if *existing == item.value) {
                return Ok(());
            }
        }
        Err(ApplyError::Conflict(item.key))
    }

    /// The roles that `person` has in `org` and `<org>:owner`, as an item to be written over the roles that were read.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn with_owner(&self, org: &OrgId, person: &UserId) -> Result<DesiredItem, ApplyError> {
        let key = ItemKey::Assignment(org.clone(), person.clone());
        let existing = self.ledger.read_item(&key).await?;
        let mut roles = match &existing {
            None => Vec::new(),
            Some(ItemValue::Assignment(roles)) => roles.clone(),
            Some(_) => return Err(ApplyError::InvalidItem(key)),
        };
        let owner = RoleId::owner(org);
        if !roles.contains(&owner) {
            roles.push(owner);
            let too_many = |why| ApplyError::TooManyRoles(person.clone(), org.clone(), why);
            role_limit::check(&roles).map_err(too_many)?;
        }
        Ok(DesiredItem { key, value: ItemValue::Assignment(roles), precondition: Precondition::Unchanged(existing) })
    }
}

impl DesiredItem {
    /// What writing the item over `existing` does.
    fn change(&self, existing: Option<&ItemValue>) -> Change {
        match existing {
            None => Change::Added,
            Some(existing) if *existing == self.value => Change::Unchanged,
            Some(_) => Change::Changed,
        }
    }
}

impl fmt::Display for ItemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Role(id) => write!(f, "role {id}"),
            Self::Assignment(org, person) => write!(f, "roles of {person} in {org}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
        })
    }
}
