//! Authenticates a user by a token of an identity provider.

use serde_json::{Map, Value};

use super::{
    AuthenticatedCaller, Authorize, AuthorizeError, AuthorizerPorts, OrgHeader, Rejection, deny_org, unauthenticated,
};
use crate::{
    caller::{Caller, CallerIdentity, MAX_CALLER_ROLES},
    error::ErrorCode,
    identity_provider::{AudienceClaim, IdentityProvider},
    json::UniqueKeys,
    jwt::Unverified,
    permissions::{EffectivePermissions, OrgId, OrgIdError, RoleId},
    ports::{Clock, ListAssignedRoles, ProviderKeys, ReadAuthorizationData},
    token::{UnixTime, UserId},
};

/// Accepted difference between the clocks of a provider and of this machine, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// Largest accepted `NumericDate`, in seconds since 1970. Arithmetic with it does not overflow.
const MAX_NUMERIC_DATE_SECONDS: i64 = 1 << 40;

/// Verified claims of a user's token. *(verify, then clear)* A claim of the wrong type is an error and never counts as
/// missing.
struct UserClaims<'a> {
    provider: &'a IdentityProvider,
    claims: Map<String, Value>,
}

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
        let kid = token.kid().ok_or_else(|| unauthenticated("header `kid` is missing"))?;
        let key_set = self.provider_keys.key_set(provider, kid).await?;
        let claims = UserClaims { provider, claims: token.verify::<UniqueKeys>(&key_set)?.0 };
        claims.check(self.clock.now())?;
        let user = claims.user()?;
        let user_org = claims.org()?;
        let org = effective_org(&user_org, header, provider)?;
        let claimed = match claims.roles(&user_org)? {
            Some(roles) if org == user_org => roles,
            _ => self.ledger.list_assigned_roles(&org, &user).await?,
        };
        let authenticated = self.load_permissions(org, user, claimed).await?;
        if authenticated.caller.org != user_org && authenticated.caller.roles.is_empty() {
            return Err(deny_org("you have no role in the organization of the x-epilot-org-id header"));
        }
        Ok(authenticated)
    }

    async fn load_permissions(
        &self,
        org: OrgId,
        user: UserId,
        claimed: Vec<RoleId>,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if claimed.len() > MAX_CALLER_ROLES {
            let reason = format!("you have more than {MAX_CALLER_ROLES} roles in this organization");
            return Err(Rejection { code: ErrorCode::TooManyRoles, reason }.for_caller(None));
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
        };
        Ok(AuthenticatedCaller { caller, permissions, last_used: None })
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

impl UserClaims<'_> {
    fn check(&self, now: UnixTime) -> Result<(), AuthorizeError> {
        let now = now.seconds();
        let expires_at = self.seconds("exp")?;
        let issued_at = self.seconds("iat")?;
        if expires_at <= now - CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("token is expired"));
        }
        if issued_at > now + CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("claim `iat` is in the future"));
        }
        if self.claims.contains_key("nbf") && self.seconds("nbf")? > now + CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("claim `nbf` is in the future"));
        }
        self.check_audience()?;
        match (&self.provider.token_use, self.claims.get("token_use")) {
            (None, _) => Ok(()),
            (Some(expected), Some(Value::String(actual))) if expected == actual => Ok(()),
            _ => Err(unauthenticated("claim `token_use` does not have the configured value")),
        }
    }

    fn check_audience(&self) -> Result<(), AuthorizeError> {
        let client_id = || self.claims.get("client_id").filter(|id| id.is_string());
        let audience = match self.provider.audience_claim {
            AudienceClaim::Aud => self.claims.get("aud"),
            AudienceClaim::ClientId => client_id(),
            AudienceClaim::AudOrClientId => self.claims.get("aud").or_else(client_id),
        };
        let is_accepted = |value: &Value| {
            value.as_str().is_some_and(|value| self.provider.audience.iter().any(|accepted| accepted == value))
        };
        match audience {
            Some(Value::Array(all)) if all.iter().any(is_accepted) && all.iter().all(Value::is_string) => Ok(()),
            Some(one) if is_accepted(one) => Ok(()),
            _ => Err(unauthenticated("token audience is not accepted")),
        }
    }

    /// A `NumericDate` (RFC 7519, section 2) in whole seconds. A fraction is rejected.
    fn seconds(&self, claim: &str) -> Result<i64, AuthorizeError> {
        let seconds = self.claims.get(claim).and_then(Value::as_i64);
        let seconds = seconds.filter(|seconds| (0..=MAX_NUMERIC_DATE_SECONDS).contains(seconds));
        seconds.ok_or_else(|| unauthenticated(format!("claim `{claim}` is missing or not a NumericDate")))
    }

    fn text(&self, claim: &str) -> Result<&str, AuthorizeError> {
        let text = self.claims.get(claim).and_then(Value::as_str);
        text.ok_or_else(|| unauthenticated(format!("claim `{claim}` is missing or not a string")))
    }

    fn user(&self) -> Result<UserId, AuthorizeError> {
        self.text("sub")?;
        let subject = self.text(&self.provider.user_claim)?;
        UserId::new(self.provider.name.clone(), subject).map_err(|error| unauthenticated(error.to_string()))
    }

    fn org(&self) -> Result<OrgId, AuthorizeError> {
        if let Some(org) = &self.provider.organization {
            return Ok(org.clone());
        }
        self.text(&self.provider.org_claim)?.parse().map_err(|error: OrgIdError| unauthenticated(error.to_string()))
    }

    /// The claimed roles of the user's own organization; a value without a colon is a slug in it. `None` if the roles
    /// are those assigned in the ledger.
    fn roles(&self, user_org: &OrgId) -> Result<Option<Vec<RoleId>>, AuthorizeError> {
        let Some(claim) = &self.provider.roles_claim else { return Ok(None) };
        let Some(value) = self.claims.get(claim) else {
            return Ok(if self.provider.assigned_without_claim { None } else { Some(Vec::new()) });
        };
        let ill_typed = || unauthenticated(format!("claim `{claim}` is not an array of strings"));
        let texts = value.as_array().ok_or_else(ill_typed)?;
        let mut roles = Vec::new();
        for text in texts {
            let text = text.as_str().ok_or_else(ill_typed)?;
            let parsed = if text.contains(':') { text.parse() } else { RoleId::new(user_org.clone(), text) };
            // The claim may contain groups of other systems, whose names are not role ids.
            let Ok(role) = parsed else { continue };
            let is_accepted = role.org() == user_org && (!role.is_owner() || self.provider.owner_from_claim);
            if is_accepted && !roles.contains(&role) {
                roles.push(role);
            }
        }
        Ok(Some(roles))
    }
}
