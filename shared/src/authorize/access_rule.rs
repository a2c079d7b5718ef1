//! Evaluates the access rule of a route for an authenticated caller.

use super::{
    AuthenticatedCaller, AuthorizationRequest,
    decision::{Denial, Rejection},
};
use crate::{
    error::ErrorCode,
    permissions::{Action, PermissionError, Scope},
    routes::{RequiredPermission, RequiredPermissions, ResourcePattern, RouteAccess, Rule},
    token::Family,
};

/// The safe methods: they do not change state (RFC 9110, section 9.2.1).
const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// What the rule of a route grants to a caller whose request it allows.
pub(super) struct GrantedAccess {
    /// Whether the functions receive the caller's roles.
    pub(super) roles: RoleVisibility,
    /// Whose items the caller may access; `None`: the rule requires no permission.
    pub(super) scope: Option<Scope>,
}

/// Whether the functions behind the authorizer receive the caller's roles.
pub(super) enum RoleVisibility {
    /// The functions receive the roles.
    Visible,
    /// The functions receive no role: the token needs none for this request.
    Hidden,
}

/// Whether `rule` allows the request.
pub(super) fn check(
    rule: &Rule,
    authenticated: &AuthenticatedCaller,
    request: &AuthorizationRequest,
) -> Result<GrantedAccess, Rejection> {
    if authenticated.is_public() {
        return authenticated.check_public(rule, request);
    }
    if targets_own_token(rule, authenticated, request) {
        return Ok(GrantedAccess { roles: RoleVisibility::Hidden, scope: Some(Scope::OwnToken) });
    }
    if authenticated.caller.has_too_many_roles() {
        let Denial { code, reason, .. } = Denial::too_large();
        return Err(Rejection::new(code, reason));
    }
    let scope = match &rule.access {
        RouteAccess::Permission(required) => {
            let decide = |action: &_, resource: Option<&_>| authenticated.permissions.decide(action, resource);
            Some(widest_scope(required, request, decide)?)
        }
        RouteAccess::Authenticated { without_role: false } if authenticated.lacks_role_in_claimed_org() => {
            return Err(Rejection::denied("you have no role in your organization"));
        }
        RouteAccess::Authenticated { .. }
            if authenticated.caller.is_read_only() && !SAFE_METHODS.contains(&request.method.as_str()) =>
        {
            return Err(Rejection::read_only("a read-only token allows only GET, HEAD and OPTIONS requests here"));
        }
        RouteAccess::Authenticated { .. } => {
            require_safe_method_of_restricted(authenticated, request)?;
            None
        }
        RouteAccess::Public => None,
    };
    Ok(GrantedAccess { roles: RoleVisibility::Visible, scope })
}

/// A token with grants may only read where the rule requires no permission, because no grant names such a route.
fn require_safe_method_of_restricted(
    authenticated: &AuthenticatedCaller,
    request: &AuthorizationRequest,
) -> Result<(), Rejection> {
    if authenticated.caller.is_restricted() && !SAFE_METHODS.contains(&request.method.as_str()) {
        return Err(Rejection::denied("a token with grants allows only GET, HEAD and OPTIONS requests here"));
    }
    Ok(())
}

/// The widest scope of the `required` permissions that `decide` allows. If it allows none, the rejection names the first.
fn widest_scope(
    required: &RequiredPermissions,
    request: &AuthorizationRequest,
    decide: impl Fn(&Action, Option<&str>) -> Result<(), PermissionError>,
) -> Result<Scope, Rejection> {
    let check = |permission: &RequiredPermission| {
        let resource = permission.resource.as_ref().map(|pattern| resource_for(pattern, request)).transpose()?;
        let decision = decide(&permission.action, resource.as_deref());
        decision.map(|()| permission.scope).map_err(|error| {
            let (code, reason) = explain(error, &permission.action);
            Rejection::new(code, reason)
        })
    };
    let mut widest = check(required.first());
    for alternative in required.others() {
        if matches!(widest, Ok(Scope::Organization)) {
            break;
        }
        if let Ok(scope) = check(alternative) {
            widest = Ok(widest.map_or(scope, |widest| widest.max(scope)));
        }
    }
    widest
}

/// The resource that `pattern` yields for the path parameters of the request.
fn resource_for(pattern: &ResourcePattern, request: &AuthorizationRequest) -> Result<String, Rejection> {
    pattern.fill(&request.parameters).map_err(|error| Rejection::denied(error.to_string()))
}

impl AuthenticatedCaller {
    /// Whether the caller is a token of the public family.
    fn is_public(&self) -> bool {
        self.caller.token().is_some_and(|token| token.id.type_name().family() == Family::Public)
    }

    /// Whether the caller is a user without a role in the organization that its token claims.
    fn lacks_role_in_claimed_org(&self) -> bool {
        self.is_org_claimed && self.caller.roles.is_empty()
    }

    /// A token of the public family needs no role on a route whose rule admits public tokens. The root role of the
    /// organization, if it exists, must still allow the action.
    fn check_public(&self, rule: &Rule, request: &AuthorizationRequest) -> Result<GrantedAccess, Rejection> {
        if !rule.public_tokens {
            return Err(Rejection::denied("public tokens are not allowed on this route"));
        }
        match &rule.access {
            RouteAccess::Permission(required) => {
                let decide = |action: &_, resource: Option<&_>| self.permissions.decide_without_roles(action, resource);
                widest_scope(required, request, decide)?;
            }
            RouteAccess::Authenticated { .. } => require_safe_method_of_restricted(self, request)?,
            RouteAccess::Public => {}
        }
        Ok(GrantedAccess { roles: RoleVisibility::Hidden, scope: None })
    }
}

/// A token may always read and revoke itself if the rule names the path parameter that contains the token id.
fn targets_own_token(rule: &Rule, authenticated: &AuthenticatedCaller, request: &AuthorizationRequest) -> bool {
    let Some(parameter) = &rule.own_id else { return false };
    let Some(token) = authenticated.caller.token() else { return false };
    let requested_id = request.parameters.get(parameter);
    requested_id.is_some_and(|id| id == "self" || *id == token.id.to_string())
}

/// The code and the message of a denial of `action`.
pub(crate) fn explain(error: PermissionError, action: &Action) -> (ErrorCode, String) {
    let reason = match error {
        PermissionError::NoGrant => format!("permission {action} is missing"),
        PermissionError::Denied => format!("one of your roles denies {action}"),
        PermissionError::InheritedDeny => format!("a role of the token's creator denies {action} to this token"),
        PermissionError::Root => format!("the root role of the organization does not allow {action}"),
        PermissionError::NotInGrants => format!("the grants of this token do not allow {action}"),
        PermissionError::ReadOnly => {
            return (ErrorCode::ReadOnlyToken, format!("a read-only token does not allow {action}"));
        }
    };
    (ErrorCode::PermissionDenied, reason)
}
