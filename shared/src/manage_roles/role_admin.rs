//! The permission to manage the roles of an organization.

use crate::{
    caller::Caller,
    error::ApiError,
    permissions::{OrgId, RoleId},
};

/// A caller that may manage the roles of its organization: a user with the owner role. Only [`RoleAdmin::of`] creates one.
///
/// The rules of the routes require the permission `role:manage` in addition, so that a deny or the root role can forbid it.
#[derive(Debug, Clone, Copy)]
pub struct RoleAdmin<'a>(&'a Caller);

impl<'a> RoleAdmin<'a> {
    /// `caller` as an administrator of roles. *(deny by default)* The permission `role:manage` does not suffice: with it, a role
    /// that is not owner could give itself every permission of the organization.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] if a token calls, or a user without the owner role.
    pub fn of(caller: &'a Caller) -> Result<Self, ApiError> {
        let denied = |reason: String| Err(ApiError::PermissionDenied(reason));
        if caller.token().is_some() {
            return denied("tokens cannot manage roles: sign in as a user".to_owned());
        }
        let owner = RoleId::owner(&caller.org);
        if !caller.roles.contains(&owner) {
            return denied(format!("only users with the role {owner} can manage roles"));
        }
        Ok(Self(caller))
    }

    /// The organization whose roles the caller may manage.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.0.org
    }

    /// Checks that `role` is of the caller's organization and is not the root role.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] with the reason.
    pub fn require_own(&self, role: &RoleId) -> Result<(), ApiError> {
        if role.org() != self.org() {
            return Err(ApiError::PermissionDenied(format!("the role `{role}` belongs to another organization")));
        }
        if role.is_root() {
            return Err(ApiError::PermissionDenied(format!("only an operator can access the root role `{role}`")));
        }
        Ok(())
    }

    /// [`RoleAdmin::require_own`] for a role that is created, changed or deleted: not the owner role, which exists in every
    /// organization. With its denies an operator limits all owners.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::PermissionDenied`] with the reason.
    pub fn require_writable(&self, role: &RoleId) -> Result<(), ApiError> {
        self.require_own(role)?;
        if role.is_owner() {
            return Err(ApiError::PermissionDenied(format!("only an operator can change the owner role `{role}`")));
        }
        Ok(())
    }
}
