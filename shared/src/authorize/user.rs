//! Recognizing a person by the token of an identity provider.

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

/// How far a provider's clock may differ from ours, in seconds.
const CLOCK_SKEW_SECONDS: i64 = 60;

/// Verified claims of a person's token. *(verify, then clear)* A claim of the wrong type is a refusal, never an absence.
struct UserClaims<'a> {
    provider: &'a IdentityProvider,
    claims: Map<String, Value>,
}

impl<P: AuthorizerPorts> Authorize<P> {
    /// Who has `token`, one that `provider` issued.
    pub(super) async fn authenticate_user(
        &self,
        provider: &IdentityProvider,
        token: &Unverified<'_>,
        header: &OrgHeader,
    ) -> Result<AuthenticatedCaller, AuthorizeError> {
        if !matches!(token.typ().as_deref(), None | Some("jwt" | "at+jwt")) {
            return Err(unauthenticated("its `typ` is neither JWT nor at+jwt"));
        }
        let kid = token.kid().ok_or_else(|| unauthenticated("it names no key"))?;
        let key_set = self.provider_keys.key_set(provider, kid).await?;
        let claims = UserClaims { provider, claims: token.verify::<UniqueKeys>(&key_set)?.0 };
        claims.check(self.clock.now())?;
        let user = claims.user()?;
        let home = claims.org()?;
        let org = effective_org(&home, header, provider)?;
        let claimed = match claims.roles(&home)? {
            Some(roles) if org == home => roles,
            _ => self.ledger.list_assigned_roles(&org, &user).await?,
        };
        let authenticated = self.load_permissions(org, user, claimed).await?;
        if authenticated.caller.org != home && authenticated.caller.roles.is_empty() {
            return Err(deny_org("you hold no role in the organization that x-epilot-org-id names"));
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
            let reason = "you hold more roles than can be looked up".to_owned();
            return Err(Rejection { code: ErrorCode::TooManyRoles, reason }.of(None));
        }
        let mut asked = claimed.clone();
        asked.push(RoleId::root(&org));
        let data = self.ledger.read_authorization_data(&[], &asked).await?;
        let permissions = EffectivePermissions::new(&org, &claimed, data.roles, false);
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
fn effective_org(home: &OrgId, header: &OrgHeader, provider: &IdentityProvider) -> Result<OrgId, AuthorizeError> {
    let org = match header {
        OrgHeader::Absent => home,
        OrgHeader::Org(org) => org,
        OrgHeader::Invalid => return Err(deny_org("x-epilot-org-id must name one organization")),
    };
    if provider.organizations.include(org) {
        Ok(org.clone())
    } else {
        Err(deny_org("your identity provider does not speak for this organization"))
    }
}

impl UserClaims<'_> {
    fn check(&self, now: UnixTime) -> Result<(), AuthorizeError> {
        let now = now.seconds();
        let (expiry, issued) = (self.seconds("exp")?, self.seconds("iat")?);
        if expiry <= now - CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("it is expired"));
        }
        if issued > now + CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("it was issued in the future"));
        }
        if self.claims.contains_key("nbf") && self.seconds("nbf")? > now + CLOCK_SKEW_SECONDS {
            return Err(unauthenticated("it is not valid yet"));
        }
        self.check_audience()?;
        match (&self.provider.token_use, self.claims.get("token_use")) {
            (None, _) => Ok(()),
            (Some(wanted), Some(Value::String(is))) if wanted == is => Ok(()),
            _ => Err(unauthenticated("its `token_use` is another")),
        }
    }

    fn check_audience(&self) -> Result<(), AuthorizeError> {
        let client = || self.claims.get("client_id").filter(|client| client.is_string());
        let named = match self.provider.audience_claim {
            AudienceClaim::Aud => self.claims.get("aud"),
            AudienceClaim::ClientId => client(),
            AudienceClaim::AudOrClientId => self.claims.get("aud").or_else(client),
        };
        let wanted =
            |text: &Value| text.as_str().is_some_and(|text| self.provider.audience.iter().any(|own| own == text));
        match named {
            Some(Value::Array(all)) if all.iter().any(wanted) && all.iter().all(Value::is_string) => Ok(()),
            Some(one) if wanted(one) => Ok(()),
            _ => Err(unauthenticated("its audience is another")),
        }
    }

    /// A `NumericDate` in whole seconds (RFC 7519, section 2); a fraction is no whole number and refused.
    fn seconds(&self, claim: &str) -> Result<i64, AuthorizeError> {
        let seconds = self.claims.get(claim).and_then(Value::as_i64).filter(|seconds| (0..=1 << 40).contains(seconds));
        seconds.ok_or_else(|| unauthenticated(format!("its claim `{claim}` is absent or no time")))
    }

    fn text(&self, claim: &str) -> Result<&str, AuthorizeError> {
        let text = self.claims.get(claim).and_then(Value::as_str);
        text.ok_or_else(|| unauthenticated(format!("its claim `{claim}` is absent or no text")))
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

    /// The roles that the token claims, of the person's own organization only; a value without a colon is a slug there.
    /// `None` where the ledger says which they are.
    fn roles(&self, home: &OrgId) -> Result<Option<Vec<RoleId>>, AuthorizeError> {
        let Some(claim) = &self.provider.roles_claim else { return Ok(None) };
        let Some(value) = self.claims.get(claim) else {
            return Ok(if self.provider.assigned_without_claim { None } else { Some(Vec::new()) });
        };
        let ill_typed = || unauthenticated("its roles are no list of role names");
        let texts = value.as_array().ok_or_else(ill_typed)?;
        let mut roles = Vec::new();
        for text in texts {
            let text = text.as_str().ok_or_else(ill_typed)?;
            let named = if text.contains(':') { text.parse() } else { RoleId::new(home.clone(), text) };
            // The claim may hold groups of other systems, whose names are none of ours.
            let Ok(role) = named else { continue };
            let counts = role.org() == home && (!role.is_owner() || self.provider.owner_from_claim);
            if counts && !roles.contains(&role) {
                roles.push(role);
            }
        }
        Ok(Some(roles))
    }
}
