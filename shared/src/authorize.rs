//! Authorizes a request: authenticates its credential and evaluates the access rule of its route.
//!
//! *(closed by default)* Every path through this module that does not allow the request returns an [`AuthorizeError`],
//! an outage of a dependency included. Only public keys are cached: each decision reads the ledger.

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

/// The ports that the authorizer needs. A tuple of the four implements this trait.
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

/// The configuration of an authorizer.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The current and the former issuers of each token family.
    pub issuers: Families<Vec<Issuer>>,
    /// The identity providers whose users may call.
    pub providers: Vec<IdentityProvider>,
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
    /// The caller is authenticated and lacks a permission.
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

/// The rejection of an authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// The caller; `None` if the caller may not act in the requested organization.
    pub caller: Option<Caller>,
    /// The contract's code.
    pub code: ErrorCode,
    /// The message for the caller: printable ASCII without quote and backslash, and without text of the request.
    pub reason: String,
}

/// The safe methods: they do not change state (RFC 9110, section 9.2.1).
const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Whether the functions behind the authorizer receive the caller's roles.
enum RoleVisibility {
    /// The functions receive the roles.
    Visible,
    /// The functions receive no role: the token needs none for this request.
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
            None => Err(Rejection::denied("no rule allows this route")),
        };
        let caller = match visibility {
            Ok(RoleVisibility::Hidden) => authenticated.caller.without_roles(),
            Ok(RoleVisibility::Visible) => authenticated.caller,
            Err(rejection) => return Err(rejection.for_caller(Some(authenticated.caller))),
        };
        if let Some(update) = authenticated.last_used {
            update.write(&self.ledger).await;
        }
        Ok(Some(caller))
    }

    /// *(verify, then clear)* The claimed issuer selects the keys; every other claim is used only after the signature
    /// is verified.
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
            None => Err(unauthenticated("claim `iss` is not a configured issuer")),
        }
    }
}

/// A denial without its caller: the contract's code and the message for the caller.
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

    fn for_caller(self, caller: Option<Caller>) -> AuthorizeError {
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
            return Err(Rejection::read_only("a read-only token allows only GET, HEAD and OPTIONS requests here"));
        }
        RouteAccess::Authenticated | RouteAccess::Public => {}
    }
    Ok(RoleVisibility::Visible)
}

/// The resource that `pattern` yields for the path parameters of the request.
fn resource_for(pattern: &ResourcePattern, request: &AuthorizationRequest) -> Result<String, Rejection> {
    let resource = pattern.fill(&request.parameters);
    resource
        .ok_or_else(|| Rejection::denied("a path parameter that the rule of this route requires is missing or empty"))
}

impl AuthenticatedCaller {
    /// Whether the caller is a token of the public family.
    fn is_public(&self) -> bool {
        self.caller.token().is_some_and(|token| token.id.type_name().family() == Family::Public)
    }

    /// A token of the public family needs no role on a route whose rule admits public tokens. The root role of the
    /// organization, if it exists, must still allow the action.
    fn check_public(&self, rule: &Rule, request: &AuthorizationRequest) -> Result<RoleVisibility, Rejection> {
        if !rule.public_tokens {
            return Err(Rejection::denied("public tokens are not allowed on this route"));
        }
        if let RouteAccess::Permission(action, resource) = &rule.access {
            let resource = resource.as_ref().map(|pattern| resource_for(pattern, request)).transpose()?;
            let decision = self.permissions.root_allows(action, resource.as_deref());
            decision.map_err(|error| explain(error, action))?;
        }
        Ok(RoleVisibility::Hidden)
    }
}

/// A token may always read and revoke itself if the rule names the path parameter that contains the token id.
fn targets_own_token(rule: &Rule, authenticated: &AuthenticatedCaller, request: &AuthorizationRequest) -> bool {
    let Some(parameter) = &rule.own_id else { return false };
    let Some(token) = authenticated.caller.token() else { return false };
    let requested_id = request.parameters.get(parameter);
    requested_id.is_some_and(|id| id == "self" || *id == token.id.to_string())
}

fn explain(error: PermissionError, action: &Action) -> Rejection {
    match error {
        PermissionError::NoGrant => Rejection::denied(format!("permission {action} is missing")),
        PermissionError::Denied => Rejection::denied(format!("one of your roles denies {action}")),
        PermissionError::Root => {
            Rejection::denied(format!("the root role of the organization does not allow {action}"))
        }
        PermissionError::ReadOnly => Rejection::read_only(format!("a read-only token does not allow {action}")),
    }
}

impl Denial {
    /// Denies a caller whose roles exceed the size limit of the authorizer context, which then does not contain the
    /// caller.
    #[must_use]
    pub fn too_large() -> Self {
        let reason = "your roles in this organization exceed the size limit of the authorizer context".to_owned();
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

    /// The caller, if it is authenticated.
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
    /// Returns the error of a rejection.
    pub fn into_result(self) -> Result<Option<Caller>, AuthorizeError> {
        match self {
            Self::Allow(caller) => Ok(caller),
            Self::Reject(error) => Err(error),
        }
    }
}

/// The rejection of an organization in which the caller may not act.
fn deny_org(reason: &str) -> AuthorizeError {
    Rejection::denied(reason).for_caller(None)
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
