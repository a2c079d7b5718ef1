//! Authenticates a user by a token of an identity provider.

use std::sync::Arc;

use super::{
    AuthenticatedCaller, Authorize, AuthorizeError, AuthorizerPorts, OrgHeader, Rejection, deny_org, unauthenticated,
    user_claims::UserClaims,
};
use crate::{
    caller::{Caller, CallerIdentity, MAX_CALLER_ROLES},
    error::ErrorCode,
    identity_provider::IdentityProvider,
    json::UniqueKeys,
    jwt::Unverified,
    permissions::{EffectivePermissions, OrgId, RoleId},
    ports::{Clock, ListAssignedRoles, ProviderKeys, ReadAuthorizationData},
    token::UserId,
};

impl<P: AuthorizerPorts> Authorize<P> {
    /// Authenticates the user of `token`, which claims `provider` as its issuer.
    pub(super) async fn authenticate_user(
        &self,
        provider: &IdentityProvider,
        token: &Unverified<'_>,
        header: &OrgHeader,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if !matches!(token.typ().as_deref(), None | Some("jwt" | "at+jwt")) {
            return Err(unauthenticated("header `typ` is neither JWT nor at+jwt"));
        }
        let UniqueKeys(claims) = self.verify_user_token(provider, token).await?;
        let claims = UserClaims { provider, claims };
        claims.check(self.clock.now())?;
        let user = claims.user()?;
        let user_org = claims.org()?;
        let org = effective_org(&user_org, header, provider)?;
        let claimed = match claims.roles(&user_org)? {
            Some(roles) if org == user_org => roles,
            _ => self.ledger.list_assigned_roles(&org, &user).await?,
        };
        let mut authenticated = self.load_permissions(org, user, claimed).await?;
        authenticated.is_org_claimed = provider.organization.is_none();
        if authenticated.caller.org != user_org && authenticated.caller.roles.is_empty() {
            return Err(deny_org("you have no role in the organization of the x-epilot-org-id header"));
        }
        Ok(authenticated)
    }

    /// The claims of `token`, verified with the keys of `provider`. If the cached keys do not verify it, newer ones may.
    async fn verify_user_token(
        &self,
        provider: &IdentityProvider,
        token: &Unverified<'_>,
    ) -> Result<UniqueKeys, AuthorizeError> {
        let key_set = self.provider_keys.key_set(provider).await?;
        let error = match token.verify_with_provider_keys(&key_set) {
            Err(error) if error.may_depend_on_newer_keys() => error,
            verified => return Ok(verified?),
        };
        let newer = self.provider_keys.newer_key_set(provider, &key_set).await?;
        if Arc::ptr_eq(&newer, &key_set) { Err(error.into()) } else { Ok(token.verify_with_provider_keys(&newer)?) }
    }

    async fn load_permissions(
        &self,
        org: OrgId,
        user: UserId,
        claimed: Vec<RoleId>,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if claimed.len() > MAX_CALLER_ROLES {
            let reason = format!("you have more than {MAX_CALLER_ROLES} roles in this organization");
            return Err(Rejection::new(ErrorCode::TooManyRoles, reason).for_caller(None));
        }
        let mut role_ids = claimed.clone();
        role_ids.push(RoleId::root(&org));
        let data = self.ledger.read_authorization_data(&[], &role_ids).await?;
        let permissions = EffectivePermissions::new(&org, &claimed, &[], data.roles, false);
        let caller = Caller {
            identity: CallerIdentity::User(user),
            org,
            roles: permissions.roles().to_vec(),
            deny_roles: permissions.deny_roles(),
            scope: None,
        };
        Ok(AuthenticatedCaller { caller, permissions, is_org_claimed: false, first_use: None, last_used: None })
    }
}

/// The organization in which the request acts.
fn effective_org(user_org: &OrgId, header: &OrgHeader, provider: &IdentityProvider) -> Result<OrgId, AuthorizeError> {
    let org = match header {
        OrgHeader::Absent => user_org,
        OrgHeader::Org(org) => org,
        OrgHeader::Invalid => return Err(deny_org("header x-epilot-org-id must contain one organization id")),
    };
    if provider.organizations.include(org) {
        Ok(org.clone())
    } else {
        Err(deny_org("your identity provider is not configured for this organization"))
    }
}
