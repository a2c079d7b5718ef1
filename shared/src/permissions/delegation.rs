//! *(never wider)* What a token may carry. Every way of minting goes through [`RoleDelegation`].

use std::collections::HashSet;

use super::{OrgId, RoleId};

/// The most roles that a request may ask for.
pub const MAX_REQUESTED_ROLES: usize = 50;

/// The most roles that a token carries: authorizing reads them in one batch of 100 rows, together with the token, its
/// parent and the root role.
pub const MAX_TOKEN_ROLES: usize = 97;

/// Who makes a token, as far as its roles go.
#[derive(Debug, Clone, Copy)]
pub struct Delegator<'a> {
    /// The organization in which the delegator acts.
    pub org: &'a OrgId,
    /// The roles that the delegator holds there.
    pub roles: &'a [RoleId],
    /// Those of them that deny something.
    pub deny_roles: &'a [RoleId],
}

/// Why a token would be wider than its delegator.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationError {
    /// The delegator does not hold a role that was asked for.
    #[error("you do not hold the role `{0}`")]
    NotHeld(RoleId),
    /// The delegator's own roles, asked for by not naming any, are more than a token may be asked to carry.
    #[error("you hold {0} roles and a token is given {MAX_REQUESTED_ROLES} at most: name the ones that it needs")]
    TooManyRolesHeld(usize),
    /// The roles asked for and those that must come along are more than a token can carry.
    #[error("the token would carry {0} roles and can carry {MAX_TOKEN_ROLES}")]
    TooManyTokenRoles(usize),
}

/// The roles of a token to be made, held or still to be shown to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDelegation {
    roles: Vec<RoleId>,
    roles_to_verify: Vec<RoleId>,
}

/// Roles that a token may carry. There is no way to have them but [`RoleDelegation::settle`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedRoles(Vec<RoleId>);

impl DelegatedRoles {
    /// The roles, each once.
    #[must_use]
    pub fn into_roles(self) -> Vec<RoleId> {
        self.0
    }
}

impl RoleDelegation {
    /// What `delegator` may give when `asked` for these roles; none asked for means the delegator's own. Roles of the delegator that
    /// deny come along, asked for or not. Duplicates collapse.
    ///
    /// # Errors
    ///
    /// See [`DelegationError`].
    pub fn new(delegator: Delegator<'_>, asked: &[RoleId]) -> Result<Self, DelegationError> {
        if asked.is_empty() && delegator.roles.len() > MAX_REQUESTED_ROLES {
            return Err(DelegationError::TooManyRolesHeld(delegator.roles.len()));
        }
        let wanted = if asked.is_empty() { delegator.roles } else { asked };
        let mut roles: Vec<RoleId> = Vec::new();
        for role in wanted.iter().chain(delegator.deny_roles) {
            if !roles.contains(role) {
                roles.push(role.clone());
            }
        }
        if roles.len() > MAX_TOKEN_ROLES {
            return Err(DelegationError::TooManyTokenRoles(roles.len()));
        }
        let roles_to_verify: Vec<_> = roles.iter().filter(|role| !delegator.roles.contains(role)).cloned().collect();
        match roles_to_verify.iter().find(|role| !delegator.may_assign(role)) {
            Some(role) => Err(DelegationError::NotHeld(role.clone())),
            None => Ok(Self { roles, roles_to_verify }),
        }
    }

    /// The roles that the delegator, an owner, may give if they exist.
    #[must_use]
    pub fn roles_to_verify(&self) -> &[RoleId] {
        &self.roles_to_verify
    }

    /// The roles to carry, once it is known which of the roles_to_verify ones exist.
    ///
    /// # Errors
    ///
    /// [`DelegationError::NotHeld`] for one that does not: nobody can hold a role that is not there.
    pub fn resolve(self, existing: &HashSet<RoleId>) -> Result<DelegatedRoles, DelegationError> {
        match self.roles_to_verify.iter().find(|role| !existing.contains(role)) {
            Some(role) => Err(DelegationError::NotHeld(role.clone())),
            None => Ok(DelegatedRoles(self.roles)),
        }
    }
}

impl Delegator<'_> {
    /// Whether the delegator may give roles that are there, held or not.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.roles.contains(&RoleId::owner(self.org))
    }

    /// An owner may give any role of the organization that exists, but never root, which nobody holds.
    fn may_assign(&self, role: &RoleId) -> bool {
        self.is_owner() && role.org() == self.org && !role.is_root()
    }
}

#[cfg(test)]
mod tests;
