//! The operations that decide a permission without a request to the route that requires it: for the caller, and for a
//! token that does not exist yet.

mod request;

use serde::Serialize;

pub use self::request::SimulationRequest;
use crate::{
    authorize::explain,
    caller::{Caller, CallingToken},
    create::{StoredCreator, require_scope},
    error::ApiError,
    permissions::{EffectivePermissions, GrantLimits, PermissionCheck, RoleId},
    ports::ReadAuthorizationData,
    token::TypeName,
};

/// Decides permissions.
pub struct DecidePermission<L> {
    /// Reads roles, and the token that calls.
    pub ledger: L,
}

/// A decision, with the code and the reason of the authorizer's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PermissionDecision {
    allowed: bool,
    code: &'static str,
    reason: String,
}

impl<L: ReadAuthorizationData> DecidePermission<L> {
    /// Whether `caller` is allowed what `check` names, by its roles, the denies that it has inherited, the root role, its
    /// grants and its flag `read_only`. Networks to which a token is bound do not count.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Unauthenticated`] if the token that calls was deleted, and the errors of the ledger.
    pub async fn of_caller(&self, caller: &Caller, check: &PermissionCheck) -> Result<PermissionDecision, ApiError> {
        let limits = match caller.token().filter(|token| token.restricted) {
            None => Vec::new(),
            Some(token) => self.grant_limits(caller, token).await?,
        };
        let inherited_denies = caller.inherited_denies();
        self.decide(caller, &caller.roles, &inherited_denies, caller.is_read_only(), limits, check).await
    }

    /// Whether the token that `request` describes would be allowed what it names, if `caller` created it now.
    ///
    /// # Errors
    ///
    /// Returns the errors of a create request: `too_deep`, `permission_denied`, `role_not_held`, `too_many_roles`, and those
    /// of the ledger.
    pub async fn simulate(&self, caller: &Caller, request: &SimulationRequest) -> Result<PermissionDecision, ApiError> {
        if caller.is_child_token() {
            return Err(ApiError::TooDeep);
        }
        require_scope(caller, TypeName::Api)?;
        let requested = &request.access;
        let creator = StoredCreator::read(&self.ledger, caller, Some(&requested.requested_roles), &[]).await?;
        let access = creator.access(caller, requested)?;
        let limits = vec![access.grant_limits];
        self.decide(caller, &access.roles, &access.inherited_denies, access.read_only, limits, &request.check).await
    }

    /// The grants that limit `token`, which calls: its own and, as in the authorizer, those of its parent's item.
    async fn grant_limits(&self, caller: &Caller, token: &CallingToken) -> Result<Vec<GrantLimits>, ApiError> {
        let ids: Vec<_> = [Some(&token.id), token.parent.as_ref()].into_iter().flatten().cloned().collect();
        let mut data = self.ledger.read_authorization_data(&ids, &[]).await?;
        let mut limits = Vec::new();
        for id in &ids {
            let stored = data.take_token(id)?.filter(|stored| stored.id == *id && stored.org == caller.org);
            let access = stored.as_ref().and_then(|stored| stored.token_type.access());
            let deleted =
                || ApiError::Unauthenticated("the token that calls, or its parent, does not exist".to_owned());
            limits.push(access.ok_or_else(deleted)?.grant_limits.clone());
        }
        Ok(limits)
    }

    async fn decide(
        &self,
        caller: &Caller,
        roles: &[RoleId],
        inherited_denies: &[RoleId],
        read_only: bool,
        limits: Vec<GrantLimits>,
        check: &PermissionCheck,
    ) -> Result<PermissionDecision, ApiError> {
        let root = RoleId::root(&caller.org);
        let ids = [roles, inherited_denies, std::slice::from_ref(&root)].concat();
        let stored = self.ledger.read_authorization_data(&[], &ids).await?.roles;
        let permissions =
            EffectivePermissions::new(&caller.org, roles, inherited_denies, stored, read_only).limited_to(limits);
        let PermissionCheck { action, resource } = check;
        Ok(match permissions.decide(action, resource.as_deref()) {
            Ok(()) => PermissionDecision { allowed: true, code: "ok", reason: format!("{action} is allowed") },
            Err(error) => {
                let (code, reason) = explain(error, action);
                PermissionDecision { allowed: false, code: code.as_str(), reason }
            }
        })
    }
}

#[cfg(test)]
mod tests;
