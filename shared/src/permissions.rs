//! Roles, their grants, the permission decision, and the delegation of roles to tokens.
//!
//! *(pure core)* This module performs no I/O, reads no clock, generates no random numbers and does not depend on HTTP.

mod action;
mod check;
mod delegation;
mod effective;
mod grant;
mod org_id;
mod role;
mod role_id;
mod scope;
mod token_grants;

pub use action::{Action, ActionError};
pub use check::{PermissionCheck, PermissionCheckError};
pub use delegation::{
    DelegatedRoles, DelegationError, Delegator, MAX_REQUESTED_ROLES, MAX_TOKEN_ROLES, RoleDelegation,
};
pub use effective::{EffectivePermissions, PermissionError};
pub use grant::{Effect, Grant, Pattern};
pub use org_id::{OrgId, OrgIdError};
pub use role::{Role, RoleWithName};
pub use role_id::{RoleId, RoleIdError};
pub use scope::{Scope, ScopeError};
#[cfg(test)]
pub(crate) use token_grants::tests::token_grants;
pub use token_grants::{GrantLimits, MAX_TOKEN_GRANTS, MAX_TOKEN_GRANTS_BYTES, TokenGrants, TokenGrantsError};
