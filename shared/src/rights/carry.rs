//! *(never wider)* What a token may carry. Every way of minting goes through [`Carry`].

use std::collections::HashSet;

use super::{OrgId, RoleId};

/// The most roles that a request may ask for.
pub const MAX_ASKED: usize = 50;

/// The most roles that a token carries: authorizing reads them in one batch of 100 rows, together with the token, its
/// parent and the root role.
pub const MAX_CARRIED: usize = 97;

/// Who makes a token, as far as its roles go.
#[derive(Debug, Clone, Copy)]
pub struct Maker<'a> {
    /// The organization in which the maker acts.
    pub org: &'a OrgId,
    /// The roles that the maker holds there.
    pub held: &'a [RoleId],
    /// Those of them that deny something.
    pub denying: &'a [RoleId],
}

/// Why a token would be wider than its maker.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WiderThanMaker {
    /// The maker does not hold a role that was asked for.
    #[error("you do not hold the role `{0}`")]
    NotHeld(RoleId),
    /// The maker's own roles, asked for by not naming any, are more than a token may be asked to carry.
    #[error("you hold {0} roles and a token is given {MAX_ASKED} at most: name the ones that it needs")]
    TooManyHeld(usize),
    /// The roles asked for and those that must come along are more than a token can carry.
    #[error("the token would carry {0} roles and can carry {MAX_CARRIED}")]
    TooManyCarried(usize),
}

/// The roles of a token to be made, held or still to be shown to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carry {
    roles: Vec<RoleId>,
    unproved: Vec<RoleId>,
}

/// Roles that a token may carry. There is no way to have them but [`Carry::settle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried(Vec<RoleId>);

impl Carried {
    /// The roles, each once.
    #[must_use]
    pub fn into_roles(self) -> Vec<RoleId> {
        self.0
    }
}

impl Carry {
    /// What `maker` may give when `asked` for these roles; none asked for means the maker's own. Roles of the maker that
    /// deny come along, asked for or not. Duplicates collapse.
    ///
    /// # Errors
    ///
    /// See [`WiderThanMaker`].
    pub fn plan(maker: Maker<'_>, asked: &[RoleId]) -> Result<Self, WiderThanMaker> {
        if asked.is_empty() && maker.held.len() > MAX_ASKED {
            return Err(WiderThanMaker::TooManyHeld(maker.held.len()));
        }
        let wanted = if asked.is_empty() { maker.held } else { asked };
        let mut roles: Vec<RoleId> = Vec::new();
        for role in wanted.iter().chain(maker.denying) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        if roles.len() > MAX_CARRIED {
            return Err(WiderThanMaker::TooManyCarried(roles.len()));
        }
        let unproved: Vec<_> = roles.iter().filter(|role| !maker.held.contains(role)).cloned().collect();
        match unproved.iter().find(|role| !maker.may_give_unheld(role)) {
            Some(role) => Err(WiderThanMaker::NotHeld(role.clone())),
            None => Ok(Self { roles, unproved }),
        }
    }

    /// The roles that the maker, an owner, may give if they exist.
    #[must_use]
    pub fn unproved(&self) -> &[RoleId] {
        &self.unproved
    }

    /// The roles to carry, once it is known which of the unproved ones exist.
    ///
    /// # Errors
    ///
    /// [`WiderThanMaker::NotHeld`] for one that does not: nobody can hold a role that is not there.
    pub fn settle(self, existing: &HashSet<RoleId>) -> Result<Carried, WiderThanMaker> {
        match self.unproved.iter().find(|role| !existing.contains(role)) {
            Some(role) => Err(WiderThanMaker::NotHeld(role.clone())),
            None => Ok(Carried(self.roles)),
        }
    }
}

impl Maker<'_> {
    /// Whether the maker may give roles that are there, held or not.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.held.contains(&RoleId::owner(self.org))
    }

    /// An owner may give any role of the organization that exists, but never root, which nobody holds.
    fn may_give_unheld(&self, role: &RoleId) -> bool {
        self.is_owner() && role.org() == self.org && !role.is_root()
    }
}

#[cfg(test)]
mod tests;
