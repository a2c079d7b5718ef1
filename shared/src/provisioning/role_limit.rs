//! The number and size of the roles that one user may have in an organization without being denied by the authorizer.

use crate::{
    caller::{MAX_CALLER_ROLES, MAX_ROLE_LIST_BYTES, join},
    permissions::RoleId,
};

/// More roles than the authorizer accepts: it denies every request of a user with these roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooManyRoles {
    /// The authorizer reads the roles in one batch, whose size DynamoDB limits.
    #[error("{0} roles, at most {MAX_CALLER_ROLES} are allowed")]
    Number(usize),
    /// The role ids do not fit into the authorizer context, whose size API Gateway limits.
    #[error("role ids of {0} bytes including separators, at most {MAX_ROLE_LIST_BYTES} are allowed")]
    Bytes(usize),
}

/// Checks that the authorizer accepts a user with `roles`. A role that is not stored counts, because it may be stored
/// later.
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
