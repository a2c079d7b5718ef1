//! How many roles a person can be assigned and still come in.

use crate::{
    caller::{MAX_CALLER_ROLES, MAX_ROLE_LIST_BYTES, join},
    permissions::RoleId,
};

/// More roles than the authorizer can work with: it would refuse whoever has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooManyRoles {
    /// There are too many to be looked up.
    #[error("{0} roles, and {MAX_CALLER_ROLES} at most can be looked up")]
    Number(usize),
    /// Their ids are too long to be handed on.
    #[error("roles of {0} bytes with a blank between each two, and {MAX_ROLE_LIST_BYTES} at most can be handed on")]
    Bytes(usize),
}

/// Checks that somebody with `roles` is not refused for their number. A role without a row counts: it may have one tomorrow.
///
/// # Errors
///
/// See [`TooManyRoles`].
pub(super) fn check(roles: &[RoleId]) -> Result<(), TooManyRoles> {
    let bytes = join(roles).len();
    match roles.len() {
        number if number > MAX_CALLER_ROLES => Err(TooManyRoles::Number(number)),
        _ if bytes > MAX_ROLE_LIST_BYTES => Err(TooManyRoles::Bytes(bytes)),
        _ => Ok(()),
    }
}
