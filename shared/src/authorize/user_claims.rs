//! The verified claims of a user's token. *(verify before use)* A claim of the wrong type is an error and never counts
//! as missing.

use std::time::Duration;

use serde_json::{Map, Value};

use super::{AuthorizeError, numeric_date::NumericDate, unauthenticated};
use crate::{
    identity_provider::{AudienceClaim, ClaimName, IdentityProvider},
    permissions::{OrgId, OrgIdError, RoleId},
    token::{UnixTime, UserId},
};

/// Accepted difference between the clocks of a provider and of this machine.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Verified claims of a user's token, read as its provider is configured.
pub(super) struct UserClaims<'a> {
    pub(super) provider: &'a IdentityProvider,
    pub(super) claims: Map<String, Value>,
}

impl UserClaims<'_> {
    /// Checks the times, the audience and the use of the token at `now`.
    pub(super) fn check(&self, now: UnixTime) -> Result<(), AuthorizeError> {
        let now = NumericDate::from(now);
        let latest = now.plus(CLOCK_SKEW);
        let expires_at = self.time("exp")?.ok_or_else(|| not_a_time("exp"))?;
        if expires_at.plus(CLOCK_SKEW) <= now {
            return Err(unauthenticated("token is expired"));
        }
        for claim in ["iat", "nbf"] {
            if self.time(claim)?.is_some_and(|time| time > latest) {
                return Err(unauthenticated(format!("claim `{claim}` is in the future")));
            }
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

    /// The time in `claim`; `None` if the claim is absent.
    fn time(&self, claim: &str) -> Result<Option<NumericDate>, AuthorizeError> {
        let Some(value) = self.claims.get(claim) else { return Ok(None) };
        NumericDate::parse(value).map(Some).ok_or_else(|| not_a_time(claim))
    }

    /// The value of a configured claim; `None` if it is absent.
    fn find(&self, name: &ClaimName) -> Result<Option<&Value>, AuthorizeError> {
        let found = name.find(&self.claims);
        found.map_err(|_| unauthenticated(format!("claim `{name}` is below a value that is not an object")))
    }

    /// The user.
    pub(super) fn user(&self) -> Result<UserId, AuthorizeError> {
        let not_a_string = |claim: &str| unauthenticated(format!("claim `{claim}` is missing or not a string"));
        if !self.claims.get("sub").is_some_and(Value::is_string) {
            return Err(not_a_string("sub"));
        }
        let claim = &self.provider.user_claim;
        let subject = self.find(claim)?.and_then(Value::as_str).ok_or_else(|| not_a_string(claim.as_str()))?;
        UserId::new(self.provider.name.clone(), subject).map_err(|error| unauthenticated(error.to_string()))
    }

    /// The user's own organization: the provider's, or that of the claim. The claim is its id, a list of this one id,
    /// or an object whose only member has the id as its name.
    pub(super) fn org(&self) -> Result<OrgId, AuthorizeError> {
        if let Some(org) = &self.provider.organization {
            return Ok(org.clone());
        }
        let claim = &self.provider.org_claim;
        let value = self.find(claim)?;
        let id = match value {
            Some(Value::String(id)) => Some(id),
            Some(Value::Array(ids)) => match &ids[..] {
                [Value::String(id)] => Some(id),
                _ => None,
            },
            // Keycloak's form: the member's value is an object with the details of the organization. Another object, such
            // as `{"id": "acme"}`, names the organization elsewhere, and its member would be one name for all of them.
            Some(Value::Object(members)) if members.len() == 1 && members.values().all(Value::is_object) => {
                members.keys().next()
            }
            _ => None,
        };
        let id = id.ok_or_else(|| {
            let rule = "must be a string, a list of one string or an object with one member";
            unauthenticated(format!("claim `{claim}` {rule}, and is {}", form(value)))
        })?;
        id.parse().map_err(|error: OrgIdError| unauthenticated(error.to_string()))
    }

    /// The claimed roles of the user's own organization: a list, or one role as a string. A value without a colon is a
    /// slug in it, and `null` is an empty list. `None` if the roles are those assigned in the ledger.
    pub(super) fn roles(&self, user_org: &OrgId) -> Result<Option<Vec<RoleId>>, AuthorizeError> {
        let Some(claim) = &self.provider.roles_claim else { return Ok(None) };
        let values = match self.find(claim)? {
            None if self.provider.assigned_without_claim => return Ok(None),
            None | Some(Value::Null) => &[],
            Some(Value::Array(values)) => &values[..],
            Some(one) => std::slice::from_ref(one),
        };
        let mut roles = Vec::new();
        for value in values {
            let text = value.as_str().ok_or_else(|| {
                unauthenticated(format!("claim `{claim}` is neither a string nor an array of strings"))
            })?;
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

fn not_a_time(claim: &str) -> AuthorizeError {
    unauthenticated(format!("claim `{claim}` is missing or not a NumericDate"))
}

/// The form of a claim, without its content.
fn form(value: Option<&Value>) -> String {
    match value {
        None => "missing".to_owned(),
        Some(Value::Null) => "null".to_owned(),
        Some(Value::Bool(_)) => "a boolean".to_owned(),
        Some(Value::Number(_)) => "a number".to_owned(),
        Some(Value::String(_)) => "a string".to_owned(),
        Some(Value::Array(values)) if values.len() == 1 => "a list of one value that is not a string".to_owned(),
        Some(Value::Array(values)) => format!("a list of {} values", values.len()),
        Some(Value::Object(members)) if members.len() == 1 => {
            "an object with one member that is not an object".to_owned()
        }
        Some(Value::Object(members)) => format!("an object with {} members", members.len()),
    }
}
