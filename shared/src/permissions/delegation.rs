//! *(never wider)* Delegation of roles to tokens. Every way to create a token goes through [`RoleDelegation`].

use std::collections::HashSet;

use super::{OrgId, RoleId};

/// Most roles that a request for a token may name.
pub const MAX_REQUESTED_ROLES: usize = 50;

/// Most roles of a token, inherited denies included: the authorizer reads them in one batch of 100 items, together with
/// the token, its parent and the root role.
pub const MAX_TOKEN_ROLES: usize = 97;

/// The creator of a token, with the roles that it holds.
#[derive(Debug, Clone, Copy)]
pub struct Delegator<'a> {
    /// The organization in which the delegator acts.
    pub org: &'a OrgId,
    /// The roles that the delegator holds in that organization.
    pub roles: &'a [RoleId],
    /// The roles whose denies the delegator passes on: those of `roles` that deny an action, and those whose denies it
    /// has itself inherited.
    pub deny_roles: &'a [RoleId],
    /// Whether the delegator may assign every existing role of the organization except root, which no caller holds.
    pub may_assign_any: bool,
}

/// Why roles cannot be delegated to a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DelegationError {
    /// The delegator does not hold a requested role.
    #[error("you do not hold the role `{0}`")]
    NotHeld(RoleId),
    /// The request names no roles, and the delegator holds more than [`MAX_REQUESTED_ROLES`].
    #[error("you hold {0} roles: request at most {MAX_REQUESTED_ROLES} of them for the token by name")]
    TooManyRolesHeld(usize),
    /// The requested roles and the roles whose denies are passed on are more than [`MAX_TOKEN_ROLES`].
    #[error("the token would have {0} roles, inherited denies included: the limit is {MAX_TOKEN_ROLES}")]
    TooManyTokenRoles(usize),
}

/// The roles of a token to be created, before roles that the delegator does not hold are verified to exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDelegation {
    delegated: DelegatedRoles,
    roles_to_verify: Vec<RoleId>,
}

/// Roles that a token may have. Only [`RoleDelegation::resolve`] returns them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DelegatedRoles {
    roles: Vec<RoleId>,
    inherited_denies: Vec<RoleId>,
}

impl DelegatedRoles {
    /// The roles, then the roles of which only the denies apply, both without duplicates. No role is in both lists.
    #[must_use]
    pub fn into_parts(self) -> (Vec<RoleId>, Vec<RoleId>) {
        (self.roles, self.inherited_denies)
    }
}

impl RoleDelegation {
    /// The delegation of the `requested` roles by `delegator`. An empty request means all roles of the delegator. The
    /// roles are exactly the selected ones, without duplicates. The denies of `delegator.deny_roles` are always passed
    /// on, without the allows of these roles.
    ///
    /// # Errors
    ///
    /// Returns a [`DelegationError`] if the delegator cannot assign a role or if there are too many roles.
    pub fn new(delegator: Delegator<'_>, requested: &[RoleId]) -> Result<Self, DelegationError> {
        if requested.is_empty() && delegator.roles.len() > MAX_REQUESTED_ROLES {
            return Err(DelegationError::TooManyRolesHeld(delegator.roles.len()));
        }
        let selected = if requested.is_empty() { delegator.roles } else { requested };
        let roles = unique_roles_except(&[], selected);
        let inherited_denies = unique_roles_except(&roles, delegator.deny_roles);
        let count = roles.len() + inherited_denies.len();
        if count > MAX_TOKEN_ROLES {
            return Err(DelegationError::TooManyTokenRoles(count));
        }
        let roles_to_verify: Vec<_> = roles.iter().filter(|role| !delegator.roles.contains(role)).cloned().collect();
        match roles_to_verify.iter().find(|role| !delegator.may_assign(role)) {
            Some(role) => Err(DelegationError::NotHeld(role.clone())),
            None => Ok(Self { delegated: DelegatedRoles { roles, inherited_denies }, roles_to_verify }),
        }
    }

    /// The roles that the delegator does not hold and may assign if they exist.
    #[must_use]
    pub fn roles_to_verify(&self) -> &[RoleId] {
        &self.roles_to_verify
    }

    /// The roles of the token, given which of [`Self::roles_to_verify`] exist.
    ///
    /// # Errors
    ///
    /// Returns [`DelegationError::NotHeld`] if one of them does not exist.
    pub fn resolve(self, existing: &HashSet<RoleId>) -> Result<DelegatedRoles, DelegationError> {
        match self.roles_to_verify.iter().find(|role| !existing.contains(role)) {
            Some(role) => Err(DelegationError::NotHeld(role.clone())),
            None => Ok(self.delegated),
        }
    }
}

/// The `roles` that are not in `excluded`, without duplicates, in their order.
fn unique_roles_except(excluded: &[RoleId], roles: &[RoleId]) -> Vec<RoleId> {
    let mut unique: Vec<RoleId> = Vec::new();
    for role in roles {
        if !excluded.contains(role) && !unique.contains(role) {
            unique.push(role.clone());
        }
    }
    unique
}

impl Delegator<'_> {
    fn may_assign(&self, role: &RoleId) -> bool {
        self.may_assign_any && role.org() == self.org && !role.is_root()
    }
}

#[cfg(test)]
mod tests;
