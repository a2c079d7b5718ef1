//! The stored items that limit the tokens of a creator: the token that calls, and the roles that it may delegate.

use std::collections::HashSet;

use super::RequestedAccess;
use crate::{
    caller::Caller,
    error::ApiError,
    permissions::{DelegatedRoles, GrantLimits, RoleDelegation, RoleId, TokenGrants},
    ports::ReadAuthorizationData,
    token::{Access, AllowedNetworks, Token, TokenId, TokenType},
};

/// The items that limit a token of one creator.
pub(crate) struct StoredCreator {
    /// The token that calls, which becomes the parent of the new token; `None` if a user calls.
    parent: Option<Token>,
    /// The roles that exist, among those that the creator does not hold.
    existing_roles: HashSet<RoleId>,
}

impl StoredCreator {
    /// Reads the items in one batch; no item is read if a user delegates only roles that it holds.
    ///
    /// `requested_roles` are the roles of a token of the access family. Those in `verified` are known to exist and are not
    /// read again.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`RoleDelegation::new`], [`ApiError::Unauthenticated`] if the token that calls does not exist
    /// in its organization, [`ApiError::TooDeep`] if a token created it, and server errors.
    pub(crate) async fn read(
        ledger: &impl ReadAuthorizationData,
        caller: &Caller,
        requested_roles: Option<&[RoleId]>,
        verified: &[RoleId],
    ) -> Result<Self, ApiError> {
        let delegation = requested_roles.map(|roles| RoleDelegation::new(caller.as_delegator(), roles)).transpose()?;
        let to_verify = delegation.iter().flat_map(RoleDelegation::roles_to_verify);
        let to_verify: Vec<_> = to_verify.filter(|role| !verified.contains(role)).cloned().collect();
        let mut existing_roles: HashSet<_> = verified.iter().cloned().collect();
        let parent_id = caller.token().map(|token| &token.id);
        if parent_id.is_none() && to_verify.is_empty() {
            return Ok(Self { parent: None, existing_roles });
        }
        let mut data = ledger.read_authorization_data(parent_id.map_or(&[], std::slice::from_ref), &to_verify).await?;
        existing_roles.extend(data.existing());
        let parent = match parent_id {
            None => None,
            Some(id) => Some(require_parent(data.take_token(id)?, id, caller)?),
        };
        Ok(Self { parent, existing_roles })
    }

    /// The roles, grants and flags of a token of the access family for which `requested` are requested.
    pub(crate) fn access(&self, caller: &Caller, requested: &RequestedAccess) -> Result<Access, ApiError> {
        let (roles, inherited_denies) = self.delegate(caller, &requested.requested_roles)?.into_parts();
        // *(never wider)* A child token inherits the flags of its parent.
        let read_only = requested.read_only || caller.is_read_only();
        let anonymize = requested.anonymize || caller.is_anonymized();
        let renewable = requested.renewable;
        if renewable && self.parent.is_some() {
            let reason = "a token cannot create a renewable token: only a user can";
            return Err(ApiError::PermissionDenied(reason.to_owned()));
        }
        let grant_limits = GrantLimits::of_child(requested.grants.clone(), self.parent_grants());
        Ok(Access { roles, inherited_denies, read_only, anonymize, renewable, grant_limits })
    }

    /// *(never wider)* The roles that `caller` delegates to a token for `requested`. An owner may request roles that they do
    /// not hold, if they exist.
    pub(super) fn delegate(&self, caller: &Caller, requested: &[RoleId]) -> Result<DelegatedRoles, ApiError> {
        Ok(RoleDelegation::new(caller.as_delegator(), requested)?.resolve(&self.existing_roles)?)
    }

    /// *(never wider)* A role whose denies each token of `caller` inherits, and a stored token of this type does not.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::RoleNotHeld`] if the caller may not delegate a role of the token.
    pub(super) fn missing_deny(&self, caller: &Caller, token_type: &TokenType) -> Result<Option<RoleId>, ApiError> {
        let Some(access) = token_type.access() else { return Ok(None) };
        let (_, required) = self.delegate(caller, &access.roles)?.into_parts();
        Ok(required.into_iter().find(|role| !access.inherited_denies.contains(role)))
    }

    /// The networks of a token for which `requested` are requested: a token inherits those of its parent.
    pub(super) fn networks(&self, requested: Option<AllowedNetworks>) -> Result<Option<AllowedNetworks>, ApiError> {
        let networks = requested.or_else(|| self.parent_networks().cloned());
        self.check_networks(networks.as_ref())?;
        Ok(networks)
    }

    /// *(never wider)* A token can be used only from networks from which its parent can.
    pub(super) fn check_networks(&self, networks: Option<&AllowedNetworks>) -> Result<(), ApiError> {
        let Some(parent) = self.parent_networks() else { return Ok(()) };
        let is_within = networks.is_some_and(|networks| networks.are_within(parent));
        if is_within { Ok(()) } else { Err(ApiError::AddressesExceedParent) }
    }

    /// *(never wider)* A token is limited to the grants of its parent. A public token has no grants, and routes accept it
    /// without a permission.
    pub(super) fn check_grants(&self, token_type: &TokenType) -> Result<(), ApiError> {
        let Some(parent) = self.parent_grants() else { return Ok(()) };
        let Some(access) = token_type.access() else {
            return Err(ApiError::PermissionDenied("a token with grants cannot create public tokens".to_owned()));
        };
        if access.grant_limits.include(Some(parent)) {
            return Ok(());
        }
        Err(ApiError::PermissionDenied(
            "the token of this `Idempotency-Key` is not limited to the grants of the token that created it".to_owned(),
        ))
    }

    fn parent_grants(&self) -> Option<&TokenGrants> {
        self.parent.as_ref()?.token_type.access()?.grant_limits.grants.as_ref()
    }

    fn parent_networks(&self) -> Option<&AllowedNetworks> {
        self.parent.as_ref().and_then(|parent| parent.allowed_networks.as_ref())
    }
}

/// The stored token that calls. The authorizer has found it in the caller's organization, so it can only have been deleted
/// since.
fn require_parent(stored: Option<Token>, id: &TokenId, caller: &Caller) -> Result<Token, ApiError> {
    let parent = stored.filter(|token| token.id == *id && token.org == caller.org);
    let parent = parent.ok_or_else(|| ApiError::Unauthenticated("the token that calls does not exist".to_owned()))?;
    if parent.parent.is_some() { Err(ApiError::TooDeep) } else { Ok(parent) }
}
