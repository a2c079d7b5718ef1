//! Authorizes a request: authenticates its credential and evaluates the access rule of its route.
//!
//! *(deny by default)* Every path through this module that does not allow the request returns an [`AuthorizeError`],
//! an outage of a dependency included. Only public keys are cached: each decision reads the ledger.

mod access_rule;
mod decision;
mod issued_token;
mod numeric_date;
mod user;
mod user_claims;

use std::collections::HashMap;

pub(crate) use access_rule::explain;
use access_rule::{GrantedAccess, RoleVisibility};
pub use decision::{AuthorizeError, Decision, Denial, InactiveToken};
use decision::{Rejection, deny_org, unauthenticated};

use crate::{
    caller::Caller,
    identity_provider::IdentityProviders,
    jwt::Unverified,
    permissions::{EffectivePermissions, OrgId},
    ports::{Clock, ListAssignedRoles, OwnKeys, ProviderKeys, ReadAuthorizationData, RecordFirstUse, UpdateLastUsed},
    routes::{RouteAccess, Rules},
    token::{Families, Family, Issuer, SourceAddress},
};

/// The ports that the authorizer needs. A tuple of the four implements this trait.
pub trait AuthorizerPorts {
    /// Reads tokens, roles and assignments, and records the first and the last use of tokens.
    type Ledger: ReadAuthorizationData + ListAssignedRoles + RecordFirstUse + UpdateLastUsed;
    /// Latchkey's own keys of one family.
    type Keys: OwnKeys;
    /// The keys of identity providers.
    type ProviderKeys: ProviderKeys;
    /// The current time.
    type Clock: Clock;
}

impl<L, K, P, C> AuthorizerPorts for (L, K, P, C)
where
    L: ReadAuthorizationData + ListAssignedRoles + RecordFirstUse + UpdateLastUsed,
    K: OwnKeys,
    P: ProviderKeys,
    C: Clock,
{
    type Ledger = L;
    type Keys = K;
    type ProviderKeys = P;
    type Clock = C;
}

/// Authorizes requests.
pub struct Authorize<P: AuthorizerPorts> {
    ledger: P::Ledger,
    keys: Families<P::Keys>,
    provider_keys: P::ProviderKeys,
    clock: P::Clock,
    policy: Policy,
}

/// The configuration of an authorizer.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The current and the former issuers of each token family.
    pub issuers: Families<Vec<Issuer>>,
    /// The identity providers whose users may call.
    pub providers: IdentityProviders,
    /// The access rules of the routes.
    pub rules: Rules,
}

impl Policy {
    /// The families whose tokens a rule can allow. If no rule admits public tokens, every token of the public family is
    /// denied, and its keys only serve to report the denial.
    #[must_use]
    pub fn families(&self) -> Families<bool> {
        Families { access: true, public: self.rules.admit_public_tokens() }
    }
}

/// A request to authorize.
pub struct AuthorizationRequest {
    /// The bearer token, or why the request has none. The cause is for the log only.
    pub credential: Result<String, &'static str>,
    /// The id of the API.
    pub api: String,
    /// The HTTP method.
    pub method: String,
    /// The route as the gateway reports it, for example `GET /v1/access-tokens/{id}`.
    pub route: String,
    /// The path parameters that the gateway extracted.
    pub parameters: HashMap<String, String>,
    /// The organization that the request selects.
    pub org: OrgHeader,
    /// The address from which the gateway received the request; `None` if the event has no readable one. No header of
    /// the request determines it.
    pub source: Option<SourceAddress>,
}

/// The header `x-epilot-org-id`, which selects the organization in which the request acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgHeader {
    /// The header is missing.
    Absent,
    /// The header contains one organization id.
    Org(OrgId),
    /// The header does not contain exactly one valid organization id.
    Invalid,
}

/// A caller whose credential is valid, with its permissions.
struct AuthenticatedCaller {
    caller: Caller,
    permissions: EffectivePermissions,
    /// Whether the caller is a user whose own organization is a claim of its token. The provider may put any of its
    /// users into an organization, so membership without a role does not suffice.
    is_org_claimed: bool,
    first_use: Option<issued_token::FirstUse>,
    last_used: Option<issued_token::LastUsedUpdate>,
}

impl<L, K, P, C> Authorize<(L, K, P, C)>
where
    (L, K, P, C): AuthorizerPorts<Ledger = L, Keys = K, ProviderKeys = P, Clock = C>,
{
    /// An authorizer with these ports and this policy.
    pub fn new(ledger: L, keys: Families<K>, provider_keys: P, clock: C, policy: Policy) -> Self {
        Self { ledger, keys, provider_keys, clock, policy }
    }
}

impl<P: AuthorizerPorts> Authorize<P> {
    /// Decides on `request`.
    pub async fn decide(&self, request: &AuthorizationRequest) -> Decision {
        match self.authorize(request).await {
            Ok(caller) => Decision::Allow(caller),
            Err(error) => Decision::Reject(error),
        }
    }

    async fn authorize(&self, request: &AuthorizationRequest) -> Result<Option<Caller>, AuthorizeError> {
        // No credential is read: none can allow the request, and the reason is the same for every caller.
        let rule = self.policy.rules.find(&request.api, &request.route);
        let rule = rule.map_err(|invalid| Rejection::invalid_rule(invalid).for_caller(None))?;
        if rule.is_some_and(|rule| rule.access == RouteAccess::Public) {
            return Ok(None);
        }
        let authenticated = self.authenticate(request).await?;
        let access = match rule {
            Some(rule) => access_rule::check(rule, &authenticated, request),
            None => Err(Rejection::denied("no rule allows this route")),
        };
        let GrantedAccess { roles, scope } = match access {
            Ok(access) => access,
            Err(rejection) => return Err(rejection.for_caller(Some(authenticated.caller))),
        };
        let caller = match roles {
            RoleVisibility::Hidden => authenticated.caller.without_roles(),
            RoleVisibility::Visible => authenticated.caller,
        };
        if let Some(first_use) = authenticated.first_use {
            first_use.record(&self.ledger, self.clock.now()).await?;
        }
        if let Some(update) = authenticated.last_used {
            update.write(&self.ledger).await;
        }
        Ok(Some(caller.with_scope(scope)))
    }

    /// *(verify before use)* The claimed issuer selects the keys; every other claim is used only after the signature
    /// is verified.
    async fn authenticate(&self, request: &AuthorizationRequest) -> Result<AuthenticatedCaller, AuthorizeError> {
        let credential = request.credential.as_ref().map_err(|cause| unauthenticated(*cause))?;
        let token = Unverified::parse(credential)?;
        let is_own = |family: &Family| self.policy.issuers.of(*family).iter().any(|own| own.issuer == token.issuer());
        if let Some(family) = [Family::Access, Family::Public].into_iter().find(is_own) {
            return self.authenticate_issued_token(family, &token, request).await;
        }
        match self.policy.providers.find(token.issuer()) {
            Ok(Some(provider)) => self.authenticate_user(provider, &token, &request.org).await,
            Ok(None) => Err(unauthenticated("claim `iss` is not a configured issuer")),
            Err(disabled) => Err(AuthorizeError::from(disabled)),
        }
    }
}

#[cfg(test)]
mod tests;
