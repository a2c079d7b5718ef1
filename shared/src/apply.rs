//! Bringing roles and assignments into the ledger, as an operator does: read what is there, tell what differs, write that.
//!
//! Nothing is ever deleted, and what already is as it should be is not written. Of two files at once the last counts; an owner
//! is added to what lies there at that moment, and takes nothing from it.

mod bound;
mod setup;
#[cfg(test)]
mod tests;

use std::fmt;

use serde_json::Value;

pub use bound::TooManyRoles;
pub use setup::{Setup, SetupError};

use crate::{
    ports::{Answer, PortError},
    rights::{OrgId, RoleId},
    token::UserId,
};

/// How often an entry is tried to be written, made anew each time from what somebody else wrote meanwhile.
const ATTEMPTS: usize = 5;

/// Where an entry lies in the ledger: what it speaks of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Place {
    /// A role.
    Role(RoleId),
    /// What a person was assigned in an organization.
    Assignment(OrgId, UserId),
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
    /// What it was made from.
    pub basis: Basis,
}

/// What an entry was made from, and so over what it may be written.
#[derive(Debug, Clone, PartialEq)]
pub enum Basis {
    /// The operator's word alone: it is written over whatever lies there.
    Word,
    /// The role of the owner and what lay there, `None` for nothing: it is written over that alone.
    OwnerBeside(Option<Content>),
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

/// Why roles and assignments were not written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ApplyError {
    /// A call to `DynamoDB` failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Other operators changed the same item at each attempt.
    #[error("others change the {0} at the same time: try again")]
    Conflict(Place),
    /// The item has an invalid attribute.
    #[error("the row of the {0} cannot be read")]
    InvalidItem(Place),
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
pub trait RowBook: Send + Sync {
    /// What lies at `place` now. A row that was written by newer code is an error: nobody here knows what it means.
    fn present(&self, place: &Place) -> impl Answer<Option<Content>>;

    /// Writes `entry` over what its basis allows. `false`: something else lies there, and stays.
    fn put(&self, entry: &Entry) -> impl Answer<bool>;
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
    pub async fn compare(&self, entries: &[Entry]) -> Result<Vec<(Change, Entry)>, ApplyError> {
        let mut compared = Vec::with_capacity(entries.len());
        for entry in entries {
            let change = match &entry.basis {
                Basis::Word => entry.change(self.ledger.present(&entry.place).await?.as_ref()),
                Basis::OwnerBeside(there) => entry.change(there.as_ref()),
            };
            compared.push((change, entry.clone()));
        }
        Ok(compared)
    }

    /// Writes what differs. What failed midway is completed by doing it again.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn write(&self, compared: &[(Change, Entry)]) -> Result<(), ApplyError> {
        for (change, entry) in compared {
            if *change != Change::Unchanged {
                self.put(entry.clone()).await?;
            }
        }
        Ok(())
    }

    /// Writes `entry`, made anew from what lies there where that is no longer what it was made from.
    async fn put(&self, mut entry: Entry) -> Result<(), ApplyError> {
        for _ in 0..ATTEMPTS {
            if self.ledger.put(&entry).await? {
                return Ok(());
            }
            let (Place::Assignment(org, person), Basis::OwnerBeside(_)) = (&entry.place, &entry.basis) else { break };
            entry = self.with_owner(org, person).await?;
            if matches!(&entry.basis, Basis::OwnerBeside(Some(there)) if *there == entry.content) {
                return Ok(());
            }
        }
        Err(ApplyError::Conflict(entry.place))
    }

    /// The roles that `person` has in `org` and `<org>:owner`, as an entry to be written over the roles that were read.
    ///
    /// # Errors
    ///
    /// See [`ApplyError`].
    pub async fn with_owner(&self, org: &OrgId, person: &UserId) -> Result<Entry, ApplyError> {
        let place = Place::Assignment(org.clone(), person.clone());
        let there = self.ledger.present(&place).await?;
        let mut roles = match &there {
            None => Vec::new(),
            Some(Content::Assignment(roles)) => roles.clone(),
            Some(_) => return Err(ApplyError::InvalidItem(place)),
        };
        let owner = RoleId::owner(org);
        if !roles.contains(&owner) {
            roles.push(owner);
            let too_many = |why| ApplyError::TooManyRoles(person.clone(), org.clone(), why);
            bound::check(&roles).map_err(too_many)?;
        }
        Ok(Entry { place, content: Content::Assignment(roles), basis: Basis::OwnerBeside(there) })
    }
}

impl Entry {
    /// What writing the entry over `there` does.
    fn change(&self, there: Option<&Content>) -> Change {
        match there {
            None => Change::Added,
            Some(there) if *there == self.content => Change::Unchanged,
            Some(_) => Change::Changed,
        }
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
