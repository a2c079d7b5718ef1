//! Evaluates the access rule of a route for an authenticated caller.

use super::{
    AuthenticatedCaller, AuthorizationRequest,
    decision::{Denial, Rejection},
};
use crate::{
    permissions::{Action, PermissionError},
    routes::{ResourcePattern, RouteAccess, Rule},
    token::Family,
};

/// The safe methods: they do not change state (RFC 9110, section 9.2.1).
const SAFE_METHODS: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

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
) -> Result<RoleVisibility, Rejection> {
    if authenticated.is_public() {
        return authenticated.check_public(rule, request);
    }
    if targets_own_token(rule, authenticated, request) {
        return Ok(RoleVisibility::Hidden);
    }
    if authenticated.caller.has_too_many_roles() {
        let Denial { code, reason, .. } = Denial::too_large();
        return Err(Rejection::new(code, reason));
    }
    match &rule.access {
        RouteAccess::Permission(action, resource) => {
            let resource = resource.as_ref().map(|pattern| resource_for(pattern, request)).transpose()?;
            let decision = authenticated.permissions.decide(action, resource.as_deref());
            decision.map_err(|error| explain(error, action))?;
        }
        RouteAccess::Authenticated { without_role: false } if authenticated.lacks_role_in_claimed_org() => {
            return Err(Rejection::denied("you have no role in your organization"));
        }
        RouteAccess::Authenticated { .. }
            if authenticated.caller.is_read_only() && !SAFE_METHODS.contains(&request.method.as_str()) =>
        {
            return Err(Rejection::read_only("a read-only token allows only GET, HEAD and OPTIONS requests here"));
        }
        RouteAccess::Authenticated { .. } | RouteAccess::Public => {}
    }
    Ok(RoleVisibility::Visible)
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
        PermissionError::InheritedDeny => {
            Rejection::denied(format!("a role of the token's creator denies {action} to this token"))
        }
        PermissionError::Root => {
            Rejection::denied(format!("the root role of the organization does not allow {action}"))
        }
        PermissionError::ReadOnly => Rejection::read_only(format!("a read-only token does not allow {action}")),
    }
}
