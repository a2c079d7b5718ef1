//! Bringing roles and assignments into the ledger, as an operator does: read what is there, tell what differs, write that.
//!
//! Nothing is ever deleted, and what already is as it should be is not written. Of two operators at once the last counts.

mod setup;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use setup::{Setup, SetupError};

use crate::{
    ports::{Answer, PortError},
    rights::{OrgId, RoleId},
    token::Principal,
};

/// Where an entry lies in the ledger: what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A role.
    Role(RoleId),
    /// What a person was assigned in an organization.
    Assignment(OrgId, Principal),
}

/// What lies there.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
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
pub struct Entry {
    /// Of what it speaks.
    pub place: Place,
    /// What it says.
    pub content: Content,
}

/// What writing an entry does to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Nothing lay there.
    Added,
    /// Something else lay there.
    Changed,
    /// It lay there already.
    Unchanged,
}

/// May read and write roles and assignments.
pub trait RowBook: Send + Sync {
    /// What lies at `place` now. A row that was written by newer code is an error: nobody here knows what it means.
    fn present(&self, place: &Place) -> impl Answer<Option<Content>>;

    /// Writes `entry` over what lies there.
    fn put(&self, entry: &Entry) -> impl Answer<()>;
}

/// Brings entries into the ledger.
pub struct Apply<L> {
    /// Reads and writes them.
    pub ledger: L,
}

impl<L: RowBook> Apply<L> {
    /// What writing each of `entries` would do, in their order. Writes nothing.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn compare(&self, entries: &[Entry]) -> Result<Vec<(Change, Entry)>, PortError> {
        let mut compared = Vec::with_capacity(entries.len());
        for entry in entries {
            let change = match self.ledger.present(&entry.place).await? {
                None => Change::Added,
                Some(there) if there == entry.content => Change::Unchanged,
                Some(_) => Change::Changed,
            };
            compared.push((change, entry.clone()));
        }
        Ok(compared)
    }

    /// Writes what differs. What failed midway is completed by doing it again.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn write(&self, compared: &[(Change, Entry)]) -> Result<(), PortError> {
        for (change, entry) in compared {
            if *change != Change::Unchanged {
                self.ledger.put(entry).await?;
            }
        }
        Ok(())
    }

    /// The roles that `person` has in `org` and `<org>:owner`, as an entry to be written.
    ///
    /// # Errors
    ///
    /// What the ledger could not do; [`PortError::Broken`] where the roles that are there cannot be read.
    pub async fn with_owner(&self, org: &OrgId, person: &Principal) -> Result<Entry, PortError> {
        let place = Place::Assignment(org.clone(), person.clone());
        let mut roles = match self.ledger.present(&place).await? {
            None => Vec::new(),
            Some(Content::Assignment(roles)) => roles,
            Some(_) => return Err(PortError::Broken(format!("the row of the {place} cannot be read"))),
        };
        let owner = RoleId::owner(org);
        if !roles.contains(&owner) {
            roles.push(owner);
        }
        Ok(Entry { place, content: Content::Assignment(roles) })
    }
}

impl fmt::Display for Place {
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
