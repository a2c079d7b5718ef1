//! Deciding who asks, and whether they may.
//!
//! *(closed by default)* Every path through here that is not a grant is an [`AuthorizeError`], and so is an outage. Nothing is cached
//! but public keys: each decision reads the ledger.

mod issued_token;
mod user;

use std::collections::HashMap;

use crate::{
    caller::Caller,
    error::{ErrorCode, ServerError},
    identity_provider::IdentityProvider,
    jwt::{Unverified, VerifyError},
    permissions::{Action, EffectivePermissions, OrgId, PermissionError},
    ports::{Clock, ListAssignedRoles, OwnKeys, PortError, ProviderKeys, ReadAuthorizationData, UpdateLastUsed},
    routes::{ResourcePattern, RouteAccess, Rule, Rules},
    token::{Families, Family, Issuer, TokenId},
};

/// What the authorizer reads and writes outside of the process. A tuple of the four is one.
pub trait AuthorizerPorts {
    /// Reads tokens, roles and assignments, and records the last use of tokens.
    type Ledger: ReadAuthorizationData + ListAssignedRoles + UpdateLastUsed;
    /// Latchkey's own keys of one family.
    type Keys: OwnKeys;
    /// The keys of identity providers.
    type ProviderKeys: ProviderKeys;
    /// The current time.
    type Clock: Clock;
}

impl<L, K, P, C> AuthorizerPorts for (L, K, P, C)
where
    L: ReadAuthorizationData + ListAssignedRoles + UpdateLastUsed,
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

/// What an authorizer is configured to accept.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Under which names and for whom each family is and was issued.
    pub issuers: Families<Vec<Issuer>>,
    /// The identity providers whose people may call.
    pub providers: Vec<IdentityProvider>,
    /// What the routes need.
    pub rules: Rules,
}

impl Policy {
    /// The families whose tokens reach a route. Those of the public family are refused where they reach none, and their keys are
    /// needed to say so alone.
    #[must_use]
    pub fn families(&self) -> Families<bool> {
        Families { access: true, public: self.rules.admit_public_tokens() }
    }
}

/// What is asked: may whoever has this credential use this route?
pub struct AuthorizationRequest {
    /// The bearer token, or why there is none, for the log alone.
    pub credential: Result<String, &'static str>,
    /// The id of the API.
    pub api: String,
    /// The request's method.
    pub method: String,
    /// The route as the gateway reports it: `POST /v1/access-tokens/{id}`.
    pub route: String,
    /// The path parameters that the gateway found.
    pub parameters: HashMap<String, String>,
    /// The organization that the request is to be moved to.
    pub org: OrgHeader,
}

/// What the header `x-epilot-org-id` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrgHeader {
    /// It is not there.
    Absent,
    /// It names an organization.
    Org(OrgId),
    /// It is there and names none, or several.
    Invalid,
}

/// The decision on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The request is allowed. `None`: the route is public and no credential was read.
    Allow(Option<Caller>),
    /// The request is rejected.
    Reject(AuthorizeError),
}

/// Why a request is rejected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthorizeError {
    /// The credential is missing or invalid. The cause is for the log only.
    Unauthenticated {
        /// Why the credential is invalid.
        cause: String,
        /// The token, if its signature is Latchkey's.
        token: Option<Box<InactiveToken>>,
    },
    /// The caller is known and lacks a permission.
    Denied(Box<Denial>),
    /// A server error prevents a decision.
    Undecided(ServerError),
    /// The event is not one that this authorizer accepts; the text names the setting to change.
    InvalidEvent(&'static str),
}

/// A token that Latchkey signed and that is revoked, expired or unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InactiveToken {
    /// Its id.
    pub id: TokenId,
    /// The organization for which it was signed.
    pub org: OrgId,
}

/// The rejection of a caller that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The caller; `None` if the caller may not act in the requested organization.
    pub caller: Option<Caller>,
    /// The contract's code.
    pub code: ErrorCode,
    /// The message for the caller: printable ASCII without quote and backslash, and without text of the request.
    pub reason: String,
}

/// The methods that change nothing (RFC 9110, section 9.2.1).
const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Whether a function behind the authorizer sees the caller's roles.
enum RoleVisibility {
    /// It does.
    Visible,
    /// It does not: the token needs no role for this request.
    Hidden,
}

/// A caller whose credential is valid, with its permissions.
struct AuthenticatedCaller {
    caller: Caller,
    permissions: EffectivePermissions,
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
        let rule = self.policy.rules.find(&request.api, &request.route);
        if rule.is_some_and(|rule| rule.access == RouteAccess::Public) {
            return Ok(None);
        }
        let authenticated = self.authenticate(request).await?;
        let visibility = match rule {
            Some(rule) => check(rule, &authenticated, request),
            None => Err(Rejection::denied("no rule opens this route")),
        };
        let caller = match visibility {
            Ok(RoleVisibility::Hidden) => authenticated.caller.without_roles(),
            Ok(RoleVisibility::Visible) => authenticated.caller,
            Err(rejection) => return Err(rejection.of(Some(authenticated.caller))),
        };
        if let Some(update) = authenticated.last_used {
            update.write(&self.ledger).await;
        }
        Ok(Some(caller))
    }

    /// *(verify, then clear)* The issuer that the token claims selects the keys; everything else follows the signature.
    async fn authenticate(&self, request: &AuthorizationRequest) -> Result<AuthenticatedCaller, AuthorizeError> {
        let credential = request.credential.as_ref().map_err(|cause| unauthenticated(*cause))?;
        let token = Unverified::parse(credential)?;
        let is_own = |family: &Family| self.policy.issuers.of(*family).iter().any(|own| own.issuer == token.issuer());
        if let Some(family) = [Family::Access, Family::Public].into_iter().find(is_own) {
            return self.authenticate_issued_token(family, &token, &request.org).await;
        }
        let provider = self.policy.providers.iter().find(|provider| provider.issuer == token.issuer());
        match provider {
            Some(provider) => self.authenticate_user(provider, &token, &request.org).await,
            None => Err(unauthenticated("its issuer is unknown")),
        }
    }
}

/// Why a request is rejected, before the caller is added: the contract's code and the message for the caller.
struct Rejection {
    code: ErrorCode,
    reason: String,
}

impl Rejection {
    fn denied(reason: impl Into<String>) -> Self {
        Self { code: ErrorCode::PermissionDenied, reason: reason.into() }
    }

    fn read_only(reason: impl Into<String>) -> Self {
        Self { code: ErrorCode::ReadOnlyToken, reason: reason.into() }
    }

    fn of(self, caller: Option<Caller>) -> AuthorizeError {
        AuthorizeError::Denied(Box::new(Denial { caller, code: self.code, reason: self.reason }))
    }
}

fn check(
    rule: &Rule,
    authenticated: &AuthenticatedCaller,
    request: &AuthorizationRequest,
) -> Result<RoleVisibility, Rejection> {
    if authenticated.is_public() {
        return authenticated.check_public(rule, request);
    }
    if targets_own_token(rule, authenticated, request) {
        return Ok(RoleVisibility::Hidden);
    }
    if authenticated.caller.has_too_many_roles() {
        let Denial { code, reason, .. } = Denial::too_large();
        return Err(Rejection { code, reason });
    }
    match &rule.access {
        RouteAccess::Permission(action, resource) => {
            let resource = resource.as_ref().map(|pattern| resource_for(pattern, request)).transpose()?;
            let decision = authenticated.permissions.decide(action, resource.as_deref());
            decision.map_err(|error| explain(error, action))?;
        }
        RouteAccess::Authenticated
            if authenticated.caller.is_read_only() && !SAFE_METHODS.contains(&request.method.as_str()) =>
        {
            return Err(Rejection::read_only("this token is read-only, and the request may change something"));
        }
        RouteAccess::Authenticated | RouteAccess::Public => {}
    }
    Ok(RoleVisibility::Visible)
}

/// The resource that the request names.
fn resource_for(pattern: &ResourcePattern, request: &AuthorizationRequest) -> Result<String, Rejection> {
    let resource = pattern.fill(&request.parameters);
    resource.ok_or_else(|| Rejection::denied("the path does not name the resource that the rule asks for"))
}

impl AuthenticatedCaller {
    /// Whether this is a token of the public family.
    fn is_public(&self) -> bool {
        self.caller.token().is_some_and(|token| token.id.type_name().family() == Family::Public)
    }

    /// A token of the public family needs no role on a route that is opened to them, and is allowed what the organization's root
    /// role allows.
    fn check_public(&self, rule: &Rule, request: &AuthorizationRequest) -> Result<RoleVisibility, Rejection> {
        if !rule.public_tokens {
            return Err(Rejection::denied("tokens of the public family do not reach this route"));
        }
        if let RouteAccess::Permission(action, resource) = &rule.access {
            let resource = resource.as_ref().map(|pattern| resource_for(pattern, request)).transpose()?;
            let root = self.permissions.root_allows(action, resource.as_deref());
            root.map_err(|error| explain(error, action))?;
        }
        Ok(RoleVisibility::Hidden)
    }
}

/// A token may always read and revoke itself, if the rule names the path parameter for it.
fn targets_own_token(rule: &Rule, authenticated: &AuthenticatedCaller, request: &AuthorizationRequest) -> bool {
    let Some(parameter) = &rule.own_id else { return false };
    let Some(token) = authenticated.caller.token() else { return false };
    let named = request.parameters.get(parameter);
    named.is_some_and(|id| id == "self" || *id == token.id.to_string())
}

fn explain(error: PermissionError, action: &Action) -> Rejection {
    match error {
        PermissionError::NoGrant => Rejection::denied(format!("you lack the permission {action}")),
        PermissionError::Denied => Rejection::denied(format!("a role of yours denies {action}")),
        PermissionError::Root => {
            Rejection::denied(format!("the root role of the organization does not allow {action}"))
        }
        PermissionError::ReadOnly => {
            Rejection::read_only(format!("this token is read-only, and {action} is no reading action"))
        }
    }
}

impl Denial {
    /// Denies a caller whose roles exceed the limit of the authorizer's context. The context contains nothing about the caller.
    #[must_use]
    pub fn too_large() -> Self {
        let reason = "you hold more roles in this organization than the gateway can carry".to_owned();
        Self { caller: None, code: ErrorCode::TooManyRoles, reason }
    }
}

impl Decision {
    /// The contract's code of a rejection; `None` if the request is allowed.
    #[must_use]
    pub fn code(&self) -> Option<ErrorCode> {
        match self {
            Self::Allow(_) => None,
            Self::Reject(AuthorizeError::Unauthenticated { .. }) => Some(ErrorCode::Unauthenticated),
            Self::Reject(AuthorizeError::Denied(denial)) => Some(denial.code),
            Self::Reject(AuthorizeError::Undecided(_) | AuthorizeError::InvalidEvent(_)) => {
                Some(ErrorCode::Unavailable)
            }
        }
    }

    /// The caller, if it is known.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Allow(caller) => caller.as_ref(),
            Self::Reject(AuthorizeError::Denied(denial)) => denial.caller.as_ref(),
            Self::Reject(_) => None,
        }
    }

    /// The decision as a result.
    ///
    /// # Errors
    ///
    /// The error of a rejection.
    pub fn into_result(self) -> Result<Option<Caller>, AuthorizeError> {
        match self {
            Self::Allow(caller) => Ok(caller),
            Self::Reject(error) => Err(error),
        }
    }
}

/// The rejection of an organization in which the caller may not act.
fn deny_org(reason: &str) -> AuthorizeError {
    Rejection::denied(reason).of(None)
}

fn unauthenticated(cause: impl Into<String>) -> AuthorizeError {
    AuthorizeError::Unauthenticated { cause: cause.into(), token: None }
}

impl AuthorizeError {
    /// The same error, which names `token` if it does not name a caller.
    fn with_token(self, token: impl FnOnce() -> InactiveToken) -> Self {
        match self {
            Self::Unauthenticated { cause, .. } => Self::Unauthenticated { cause, token: Some(Box::new(token())) },
            other => other,
        }
    }
}

impl From<VerifyError> for AuthorizeError {
    fn from(error: VerifyError) -> Self {
        unauthenticated(error.to_string())
    }
}

impl From<PortError> for AuthorizeError {
    fn from(error: PortError) -> Self {
        Self::Undecided(ServerError::Port(error))
    }
}

#[cfg(test)]
mod tests;
