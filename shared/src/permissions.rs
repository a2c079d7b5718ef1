//! Who may do what: roles, their grants, how a decision comes about, and what a token may carry.
//!
//! *(pure core)* Nothing here does I/O, reads a clock, draws random numbers or knows HTTP.

mod action;
mod delegation;
mod effective;
mod grant;
mod org_id;
mod role;
mod role_id;

pub use action::{Action, ActionError};
pub use delegation::{
    DelegatedRoles, DelegationError, Delegator, MAX_REQUESTED_ROLES, MAX_TOKEN_ROLES, RoleDelegation,
};
pub use effective::{EffectivePermissions, PermissionError};
pub use grant::{Effect, Grant, Pattern};
pub use org_id::{OrgId, OrgIdError};
pub use role::{Role, RoleWithName};
pub use role_id::{RoleId, RoleIdError};
