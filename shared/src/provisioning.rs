//! Provisioning of roles and assignments by an operator: compares files with the stored items and writes the changes.
//!
//! Items are never deleted, and unchanged items are not written. If two operators apply files at the same time, the
//! last write wins. The owner role is added to the roles that are stored at that moment, and removes none of them.

mod access_manifest;
mod role_limit;
mod store_error;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, fmt, future::Future};

pub use access_manifest::{AccessManifest, ManifestError};
pub use role_limit::TooManyRoles;
pub use store_error::{ServiceError, StoreError};

use crate::{
    access_item::{DesiredItem, ItemKey, ItemValue, Precondition},
    permissions::{OrgId, RoleId},
    token::UserId,
};

/// Most attempts to write an item. After a conflict, the next attempt starts from the newly stored roles.
const MAX_WRITE_ATTEMPTS: usize = 5;

/// Most roles and assignments of one organization that are listed.
pub const MAX_LISTED_ITEMS: usize = 100_000;

/// The effect of writing an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The item is not stored yet.
    Added,
    /// The stored value differs.
    Changed,
    /// The stored value is the desired one.
    Unchanged,
}

/// Why roles and assignments were not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A call to DynamoDB failed.
    #[error("ledger request failed: {0}")]
    Store(#[from] StoreError),
    /// Other operators changed the item during each attempt to write it.
    #[error("concurrent changes to the {0}: try again")]
    Conflict(ItemKey),
    /// The stored item has an invalid attribute, or a newer version of Latchkey wrote it.
    #[error("the stored item of the {0} cannot be read: it is invalid, or a newer version of Latchkey wrote it")]
    InvalidItem(ItemKey),
    /// The stored items do not form a valid file.
    #[error("the stored items do not form a valid file: {0}")]
    InvalidExport(ManifestError),
    /// An assignment names a role that is neither stored nor declared in the file, so it would have no effect.
    #[error("the {0} name `{1}`, which is neither a stored role nor declared in the file")]
    UnknownRole(ItemKey, RoleId),
    /// With the owner role the user would have more roles than the authorizer accepts, and would be denied everywhere.
    #[error("with the owner role, `{0}` would exceed the role limit in `{1}`: {2}")]
    TooManyRoles(UserId, OrgId, TooManyRoles),
}

impl ApplyError {
    /// Whether a retry may succeed.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Store(failure) => failure.error.is_retryable(),
            Self::Conflict(_) => true,
            Self::InvalidItem(_) | Self::InvalidExport(_) | Self::UnknownRole(..) | Self::TooManyRoles(..) => false,
        }
    }
}

/// The future that a method of an [`AdminStore`] returns.
pub trait StoreFuture<T>: Future<Output = Result<T, StoreError>> + Send {}

impl<T, F: Future<Output = Result<T, StoreError>> + Send> StoreFuture<T> for F {}

/// Reads and writes roles and assignments.
pub trait AdminStore: Send + Sync {
    /// Reads the item at `key` with a consistent read. An item of a newer schema version is an error, because this
    /// version cannot interpret it.
    fn read_item(&self, key: &ItemKey) -> impl StoreFuture<Option<ItemValue>>;

    /// All roles and assignments of `org`, sorted by kind and id, with consistent reads. An item that is invalid or of a newer
    /// schema version is [`ItemValue::Unreadable`]. More than [`MAX_LISTED_ITEMS`] items are an error.
    fn list_items(&self, org: &OrgId) -> impl StoreFuture<Vec<(ItemKey, ItemValue)>>;

    /// Writes `item`. Returns `false`, without a write, if its precondition is not met.
    fn put_item(&self, item: &DesiredItem) -> impl StoreFuture<bool>;
}

/// Compares items with the ledger and writes the differences.
pub struct Provisioning<L> {
    /// Reads and writes the items.
    pub ledger: L,
}

impl<L: AdminStore> Provisioning<L> {
    /// Returns the effect of writing each of `items`, in their order, without a write.
    ///
    /// # Errors
    ///
    /// Returns [`ApplyError::Store`] if an item cannot be read.
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

    /// Whether the stored assignment at `key` has `role`. It may have been deleted since, and the file may be an export.
    async fn is_assigned(&self, key: &ItemKey, role: &RoleId) -> Result<bool, ApplyError> {
        let stored = self.ledger.read_item(key).await?;
        Ok(matches!(stored, Some(ItemValue::Assignment(roles)) if roles.contains(role)))
    }

    /// Checks that every role in the assignments of `items` is stored, is one of `items`, is assigned to the user already,
    /// or is owner, which exists without an item.
    ///
    /// # Errors
    ///
    /// Returns [`ApplyError::UnknownRole`] for the first role that does not exist, and [`ApplyError::Store`] if a role cannot
    /// be read.
    pub async fn check_roles(&self, items: &[DesiredItem]) -> Result<(), ApplyError> {
        let mut known: HashSet<ItemKey> = items.iter().map(|item| item.key.clone()).collect();
        for item in items {
            let ItemValue::Assignment(roles) = &item.value else { continue };
            for role in roles {
                let key = ItemKey::Role(role.clone());
                if role.is_owner() || known.contains(&key) {
                    continue;
                }
                if self.ledger.read_item(&key).await?.is_some() {
                    known.insert(key);
                } else if !self.is_assigned(&item.key, role).await? {
                    return Err(ApplyError::UnknownRole(item.key.clone(), role.clone()));
                }
            }
        }
        Ok(())
    }

    /// Writes the items that differ. After an error some of them may be written; a retry of the whole command completes
    /// the rest.
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

    /// Writes `item`. If its precondition fails, adds the owner role to the roles that are stored now.
    async fn put(&self, mut item: DesiredItem) -> Result<(), ApplyError> {
        for _ in 0..MAX_WRITE_ATTEMPTS {
            if self.ledger.put_item(&item).await? {
                return Ok(());
            }
            let ItemKey::Assignment(org, user) = &item.key else { break };
            let Precondition::Unchanged(_) = &item.precondition else { break };
            item = self.with_owner(org, user).await?;
            if matches!(&item.precondition, Precondition::Unchanged(Some(existing)) if *existing == item.value) {
                return Ok(());
            }
        }
        Err(ApplyError::Conflict(item.key))
    }

    /// The stored roles of `user` in `org` plus `<org>:owner`, as an item that replaces only the roles that were read.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn with_owner(&self, org: &OrgId, user: &UserId) -> Result<DesiredItem, ApplyError> {
        let key = ItemKey::Assignment(org.clone(), user.clone());
        let existing = self.ledger.read_item(&key).await?;
        let mut roles = match &existing {
            None => Vec::new(),
            Some(ItemValue::Assignment(roles)) => roles.clone(),
            Some(_) => return Err(ApplyError::InvalidItem(key)),
        };
        let owner = RoleId::owner(org);
        if !roles.contains(&owner) {
            roles.push(owner);
            let too_many = |limit| ApplyError::TooManyRoles(user.clone(), org.clone(), limit);
            role_limit::check(&roles).map_err(too_many)?;
        }
        Ok(DesiredItem { key, value: ItemValue::Assignment(roles), precondition: Precondition::Unchanged(existing) })
    }
}

impl DesiredItem {
    /// The effect of writing the item if `existing` is stored.
    fn change(&self, existing: Option<&ItemValue>) -> Change {
        match existing {
            None => Change::Added,
            Some(existing) if *existing == self.value => Change::Unchanged,
            Some(_) => Change::Changed,
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
