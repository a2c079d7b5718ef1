//! The request to create a token: parses the members of the JSON body and checks each against the contract.

use std::{borrow::Cow, collections::BTreeMap, time::Duration};

use serde_json::{Map, Number, Value};

use crate::{
    error::ApiError,
    json::excerpt,
    permissions::{MAX_REQUESTED_ROLES, RoleId, TokenGrants},
    token::{
        AllowedNetworks, Description, Family, Fingerprint, Lifetime, LifetimeError, NOT_OFFERED, Network, TargetId,
        TargetIdError, TokenName, TypeName, UnknownType, require_visible,
    },
};

/// Members that a request for any token type may contain.
const COMMON_MEMBERS: [&str; 5] = ["name", "description", "token_type", "expires_in", "allowed_cidrs"];
/// Further members of a request for a type of the access family.
const ACCESS_MEMBERS: [&str; 5] = ["assignments", "assume_roles", "read_only", "anonymize", "grants"];
/// The member of a request for a type whose tokens can renew their lifetime.
const RENEWABLE: &str = "renewable";
/// The types whose tokens can renew their lifetime.
const RENEWABLE_TYPES: [TypeName; 2] = [TypeName::Api, TypeName::App];

/// A request to create a token whose members comply with the contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTokenRequest {
    /// Name of the token.
    pub name: TokenName,
    /// Description of the token.
    pub description: Option<Description>,
    /// Type of the token, with the members of that type.
    pub requested_type: RequestedType,
    /// Requested lifetime; `None` means the default of the type.
    pub lifetime: Option<Lifetime>,
    /// The networks from which the token may be used; `None` means those of the caller.
    pub allowed_networks: Option<AllowedNetworks>,
    /// Distinguishes this request from others with the same idempotency key.
    pub fingerprint: Fingerprint,
}

/// The requested type of a token, with the members of that type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedType {
    /// An API token.
    Api(RequestedAccess),
    /// A system token with a lifetime of one hour.
    Assume(RequestedAccess),
    /// A system token of an installed app.
    App(RequestedAccess),
    /// A public token for this journey.
    Journey(TargetId),
    /// A public token for this portal.
    Portal(TargetId),
}

/// The requested roles and flags of a token of the access family.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAccess {
    /// Roles for the token. If empty, the token receives the caller's roles.
    pub requested_roles: Vec<RoleId>,
    /// Limits the token to read-only actions.
    pub read_only: bool,
    /// Requests responses without personal data.
    pub anonymize: bool,
    /// Whether a rotation by the token itself starts its lifetime anew.
    pub renewable: bool,
    /// Grants to limit the token to; `None` means those of the caller.
    pub grants: Option<TokenGrants>,
}

impl RequestedType {
    /// The name of the type.
    #[must_use]
    pub fn type_name(&self) -> TypeName {
        match self {
            Self::Api(_) => TypeName::Api,
            Self::Assume(_) => TypeName::Assume,
            Self::App(_) => TypeName::App,
            Self::Journey(_) => TypeName::Journey,
            Self::Portal(_) => TypeName::Portal,
        }
    }

    /// The requested roles and flags; `None` for a public token.
    #[must_use]
    pub fn access(&self) -> Option<&RequestedAccess> {
        match self {
            Self::Api(access) | Self::Assume(access) | Self::App(access) => Some(access),
            Self::Journey(_) | Self::Portal(_) => None,
        }
    }
}

impl RequestedAccess {
    /// Parses the members of a request body that concern roles, grants and flags.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        let read_only = flag(members, "read_only")?;
        let anonymize = flag(members, "anonymize")?;
        let renewable = flag(members, RENEWABLE)?;
        let grants = grants(members)?;
        Ok(Self { requested_roles: requested_roles(members)?, read_only, anonymize, renewable, grants })
    }
}

impl CreateTokenRequest {
    /// Checks the texts of a new token. A retry of an older request may contain others: the token exists already.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] if the name, the description or the target id contains an invisible or reordering character, or no
    /// visible one.
    pub(super) fn require_visible_texts(&self) -> Result<(), ApiError> {
        let type_name = self.requested_type.type_name();
        let target = match &self.requested_type {
            RequestedType::Journey(id) | RequestedType::Portal(id) => Some((target_member(type_name), id.as_str())),
            RequestedType::Api(_) | RequestedType::Assume(_) | RequestedType::App(_) => None,
        };
        let description = self.description.as_ref().map(|text| ("description", text.as_str()));
        for (member, text) in [("name", self.name.as_str())].into_iter().chain(description).chain(target) {
            require_visible(text).map_err(|error| invalid(format!("`{member}` {error}")))?;
        }
        Ok(())
    }

    /// Parses the members of a request body.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Invalid`] with the member and the rule that it violates.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        let type_name = type_name(members)?;
        let is_member = |name: &&String| {
            let own =
                if type_name.family() == Family::Access { &ACCESS_MEMBERS[..] } else { &[target_member(type_name)] };
            let is_renewable = *name == RENEWABLE && RENEWABLE_TYPES.contains(&type_name);
            is_renewable || COMMON_MEMBERS.contains(&name.as_str()) || own.contains(&name.as_str())
        };
        if let Some(unknown) = members.keys().find(|name| !is_member(name)) {
            let unknown = excerpt(unknown);
            return Err(invalid(format!("`{unknown}` is not a member of a request for a token of type {type_name}")));
        }
        Ok(Self {
            name: name(members)?,
            description: description(members)?,
            requested_type: requested_type(members, type_name)?,
            lifetime: lifetime(members, type_name)?,
            allowed_networks: allowed_networks(members)?,
            fingerprint: fingerprint(members),
        })
    }
}

fn invalid(message: String) -> ApiError {
    ApiError::Invalid(message)
}

fn name(members: &Map<String, Value>) -> Result<TokenName, ApiError> {
    match members.get("name") {
        Some(Value::String(name)) => name.parse().map_err(|error| invalid(format!("{error}"))),
        Some(_) => Err(invalid("`name` must be a string".to_owned())),
        None => Err(invalid("`name` is required".to_owned())),
    }
}

fn description(members: &Map<String, Value>) -> Result<Option<Description>, ApiError> {
    match members.get("description") {
        None => Ok(None),
        Some(Value::String(text)) => text.parse().map(Some).map_err(|error| invalid(format!("{error}"))),
        Some(_) => Err(invalid("`description` must be a string".to_owned())),
    }
}

/// The value of `token_type`, or the type that the member `journey_id` or `portal_id` implies, or `api`.
fn type_name(members: &Map<String, Value>) -> Result<TypeName, ApiError> {
    match members.get("token_type") {
        None if members.contains_key("journey_id") => Ok(TypeName::Journey),
        None if members.contains_key("portal_id") => Ok(TypeName::Portal),
        None => Ok(TypeName::Api),
        Some(Value::String(text)) if NOT_OFFERED.contains(&text.as_str()) => {
            Err(invalid(format!("`token_type`: tokens of type `{text}` are not offered")))
        }
        Some(value) => {
            let parsed = value.as_str().map_or(Err(UnknownType), str::parse);
            parsed.map_err(|error: UnknownType| invalid(error.to_string()))
        }
    }
}

/// The member with the id of the journey or portal of a public token.
fn target_member(type_name: TypeName) -> &'static str {
    if type_name == TypeName::Journey { "journey_id" } else { "portal_id" }
}

fn requested_type(members: &Map<String, Value>, type_name: TypeName) -> Result<RequestedType, ApiError> {
    Ok(match type_name {
        TypeName::Api => RequestedType::Api(RequestedAccess::parse(members)?),
        TypeName::Assume => RequestedType::Assume(RequestedAccess::parse(members)?),
        TypeName::App => RequestedType::App(RequestedAccess::parse(members)?),
        TypeName::Journey => RequestedType::Journey(target(members, type_name)?),
        TypeName::Portal => RequestedType::Portal(target(members, type_name)?),
    })
}

fn target(members: &Map<String, Value>, type_name: TypeName) -> Result<TargetId, ApiError> {
    let member = target_member(type_name);
    let Some(value) = members.get(member) else {
        return Err(invalid(format!("`{member}` is required for tokens of type {type_name}")));
    };
    let id = value.as_str().map_or(Err(TargetIdError), str::parse);
    id.map_err(|error| invalid(format!("`{member}`: {error}")))
}

/// The members are sorted, so that their order in the body does not matter, and the lifetime counts by its value.
fn fingerprint(members: &Map<String, Value>) -> Fingerprint {
    let mut sorted: BTreeMap<_, _> =
        members.iter().map(|(name, value)| (name.as_str(), Cow::Borrowed(value))).collect();
    let seconds = members.get("expires_in").and_then(Value::as_number).and_then(whole_seconds);
    if let Some(seconds) = seconds {
        sorted.insert("expires_in", Cow::Owned(seconds.into()));
    }
    Fingerprint::of(&serde_json::to_string(&sorted).unwrap_or_default())
}

/// The value of `assignments` or of `assume_roles`, its name in older versions of the API.
fn requested_roles(members: &Map<String, Value>) -> Result<Vec<RoleId>, ApiError> {
    let assignments = roles(members, "assignments")?;
    let assume_roles = roles(members, "assume_roles")?;
    match (assignments, assume_roles) {
        (Some(assignments), Some(assume_roles)) if assignments != assume_roles => {
            Err(invalid("`assignments` and `assume_roles` are two names of one member and must be equal".to_owned()))
        }
        (assignments, assume_roles) => Ok(assignments.or(assume_roles).unwrap_or_default()),
    }
}

fn roles(members: &Map<String, Value>, member: &str) -> Result<Option<Vec<RoleId>>, ApiError> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| invalid(format!("`{member}` must be an array of role ids")))?;
    if list.len() > MAX_REQUESTED_ROLES {
        return Err(invalid(format!(
            "`{member}` must not contain more than {MAX_REQUESTED_ROLES} roles and contains {}",
            list.len()
        )));
    }
    let mut roles = Vec::new();
    for value in list {
        let text = value.as_str().ok_or_else(|| invalid(format!("`{member}` must be an array of role ids")))?;
        let not_a_role = |error| invalid(format!("`{member}`: `{}` is not a role id: {error}", excerpt(text)));
        let role: RoleId = text.parse().map_err(not_a_role)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(Some(roles))
}

/// The member `expires_in` of a request that creates a token of this type.
pub(super) fn lifetime(members: &Map<String, Value>, type_name: TypeName) -> Result<Option<Lifetime>, ApiError> {
    let lifetime = match members.get("expires_in") {
        None => return Ok(None),
        Some(Value::String(text)) => Lifetime::parse(text, type_name),
        Some(Value::Number(number)) => {
            whole_seconds(number).ok_or(LifetimeError::Form).and_then(|seconds| Lifetime::new(seconds, type_name))
        }
        Some(_) => Err(LifetimeError::Form),
    };
    lifetime.map(Some).map_err(|error| invalid(error.to_string()))
}

fn grants(members: &Map<String, Value>) -> Result<Option<TokenGrants>, ApiError> {
    let Some(value) = members.get("grants") else { return Ok(None) };
    let entries = value.as_array().ok_or_else(|| invalid("`grants` must be an array of grants".to_owned()))?;
    TokenGrants::parse(entries).map(Some).map_err(|error| invalid(error.to_string()))
}

fn allowed_networks(members: &Map<String, Value>) -> Result<Option<AllowedNetworks>, ApiError> {
    let Some(value) = members.get("allowed_cidrs") else { return Ok(None) };
    let not_a_list = || invalid("`allowed_cidrs` must be an array of networks in CIDR notation".to_owned());
    let networks = value.as_array().ok_or_else(not_a_list)?.iter().map(|value| {
        let text = value.as_str().ok_or_else(not_a_list)?;
        let network: Result<Network, _> = text.parse();
        network.map_err(|error| invalid(format!("`allowed_cidrs`: `{}` {error}", excerpt(text))))
    });
    let networks: Vec<_> = networks.collect::<Result<_, _>>()?;
    let allowed = AllowedNetworks::try_from(networks);
    allowed.map(Some).map_err(|error| invalid(format!("`allowed_cidrs` {error}")))
}

/// The value of a JSON number, which may be written as `3600`, `3600.0` or `3.6e3` (RFC 8259, section 6); `None` if it
/// is not whole. A number that is negative or too large becomes 0 or `u64::MAX`, which are out of bounds.
pub(super) fn whole_seconds(number: &Number) -> Option<u64> {
    let seconds = number.as_f64()?;
    let duration = || Duration::try_from_secs_f64(seconds.max(0.0));
    (seconds.fract() == 0.0).then(|| duration().map_or(u64::MAX, |duration| duration.as_secs()))
}

fn flag(members: &Map<String, Value>, member: &str) -> Result<bool, ApiError> {
    match members.get(member) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(format!("`{member}` must be true or false"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<CreateTokenRequest, String> {
        CreateTokenRequest::parse(body.as_object().unwrap()).map_err(|error| error.public_message())
    }

    #[test]
    fn request_with_name_only_is_api_token_with_defaults() {
        let request = read(&json!({"name": "n"})).unwrap();
        let requested = RequestedType::Api(RequestedAccess {
            requested_roles: vec![],
            read_only: false,
            anonymize: false,
            renewable: false,
            grants: None,
        });
        assert_eq!((request.requested_type, request.lifetime), (requested, None));
    }

    #[test]
    fn assume_roles_is_equivalent_to_assignments() {
        let roles = json!(["123:owner"]);
        let request = |body: Value| {
            read(&body).map(|request| {
                if let RequestedType::Api(access) = request.requested_type { access.requested_roles.len() } else { 0 }
            })
        };
        assert_eq!(request(json!({"name": "n", "assume_roles": roles})), Ok(1));
        assert_eq!(request(json!({"name": "n", "assume_roles": roles, "assignments": roles})), Ok(1));
        assert!(
            request(json!({"name": "n", "assume_roles": roles, "assignments": []}))
                .unwrap_err()
                .contains("must be equal")
        );
        assert_eq!(request(json!({"name": "n", "assignments": ["1:a", "1:a"]})), Ok(1));
        let fifty: Vec<String> = (0..50).map(|n| format!("1:{n}")).collect();
        assert_eq!(request(json!({"name": "n", "assignments": fifty})), Ok(50), "the maximum");
    }

    #[test]
    fn public_token_request_has_one_target() {
        let id: TargetId = "j".parse().unwrap();
        for (body, requested) in [
            (json!({"name": "n", "token_type": "journey", "journey_id": "j"}), RequestedType::Journey(id.clone())),
            (json!({"name": "n", "journey_id": "j"}), RequestedType::Journey(id.clone())),
            (json!({"name": "n", "portal_id": "j", "expires_in": "7d"}), RequestedType::Portal(id.clone())),
        ] {
            assert_eq!(read(&body).unwrap().requested_type, requested);
        }
    }

    #[test]
    fn fingerprint_is_independent_of_member_order() {
        let fingerprint = |text: &str| read(&serde_json::from_str(text).unwrap()).unwrap().fingerprint;
        let one = fingerprint(r#"{"name": "n", "read_only": true}"#);
        assert_eq!(one, fingerprint(r#"{"read_only":true,"name":"n"}"#));
        assert_ne!(one, fingerprint(r#"{"name": "n"}"#));
        assert_ne!(fingerprint(r#"{"name": "n"}"#), fingerprint(r#"{"name": "n", "read_only": false}"#));
    }

    #[test]
    fn expires_in_is_compared_by_value() {
        let request = |text: &str| read(&serde_json::from_str(text).unwrap()).unwrap();
        let whole = request(r#"{"name": "n", "expires_in": 3600}"#);
        assert_eq!(whole.lifetime, Lifetime::new(3_600, TypeName::Api).ok());
        for text in ["3600.0", "3.6e3", "36E+2", "360000e-2", "3600.000"] {
            assert_eq!(request(&format!(r#"{{"expires_in": {text}, "name": "n"}}"#)), whole, "{text}");
        }
        assert_ne!(request(r#"{"name": "n", "expires_in": 3601}"#).fingerprint, whole.fingerprint);
    }

    #[test]
    fn invalid_request_error_names_member_and_rule() {
        let fifty_one: Vec<String> = (0..51).map(|n| format!("1:{n}")).collect();
        for (body, words) in [
            (json!({}), "`name` is required"),
            (json!({"name": 5}), "`name` must be a string"),
            (json!({"name": null}), "`name` must be a string"),
            (json!({"name": "n".repeat(256)}), "`name` must not exceed 255"),
            (json!({"name": "n", "description": null}), "`description` must be a string"),
            (json!({"name": "n", "description": " "}), "`description` must not be blank"),
            (json!({"name": "n", "description": "a\nb"}), "`description` must be one line"),
            (json!({"name": "n", "description": "d".repeat(1_001)}), "`description` must not exceed 1000"),
            (json!({"name": "n", "scopes": []}), "`scopes` is not a member"),
            (json!({"name": "n", "journey_id": "j", "portal_id": "p"}), "`portal_id` is not a member"),
            (json!({"name": "n", "token_type": "api", "journey_id": "j"}), "`journey_id` is not a member"),
            (json!({"name": "n", "token_type": "journey"}), "`journey_id` is required for tokens of type journey"),
            (json!({"name": "n", "token_type": "portal", "portal_id": ""}), "`portal_id`: an id must have 1 to 255"),
            (json!({"name": "n", "token_type": "portal", "portal_id": 5}), "`portal_id`: an id must have 1 to 255"),
            (json!({"name": "n", "journey_id": "j", "read_only": true}), "`read_only` is not a member"),
            (json!({"name": "n", "journey_id": "j", "expires_in": "8d"}), "and 7 days"),
            (json!({"name": "n", "token_type": "admin"}), "`token_type` must be one of"),
            (json!({"name": "n", "token_type": null}), "`token_type` must be one of"),
            (
                json!({"name": "n", "token_type": "portal_preview", "portal_id": "p"}),
                "`portal_preview` are not offered",
            ),
            (json!({"name": "n", "assignments": "1:a"}), "`assignments` must be an array"),
            (json!({"name": "n", "assignments": [1]}), "`assignments` must be an array"),
            (json!({"name": "n", "assignments": ["owner"]}), "`owner` is not a role id: "),
            (json!({"name": "n", "assignments": fifty_one}), "more than 50 roles"),
            (json!({"name": "n", "expires_in": 29}), "between 30 seconds and 365 days"),
            (json!({"name": "n", "expires_in": -1}), "between 30 seconds"),
            (json!({"name": "n", "expires_in": 3600.5}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": null}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": 1e30}), "between 30 seconds"),
            (json!({"name": "n", "expires_in": 29.0}), "between 30 seconds"),
            (json!({"name": "n", "expires_in": -0.0}), "between 30 seconds"),
            (json!({"name": "n", "expires_in": 31_536_000.5}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": 1e-9}), "`expires_in` must be whole seconds"),
            (
                json!({"name": "n", "expires_in": 60, "token_type": "assume"}),
                "is not allowed for tokens of type assume",
            ),
            (json!({"name": "n", "allowed_cidrs": null}), "`allowed_cidrs` must be an array"),
            (json!({"name": "n", "allowed_cidrs": "10.0.0.0/8"}), "`allowed_cidrs` must be an array"),
            (json!({"name": "n", "allowed_cidrs": [10]}), "`allowed_cidrs` must be an array"),
            (json!({"name": "n", "allowed_cidrs": []}), "`allowed_cidrs` must not be empty"),
            (json!({"name": "n", "allowed_cidrs": vec!["::1"; 21]}), "more than 20 networks and contains 21"),
            (json!({"name": "n", "allowed_cidrs": ["::1", "here"]}), "`allowed_cidrs`: `here` is not an IP address"),
            (json!({"name": "n", "allowed_cidrs": ["10.0.0.1/8"]}), "its network is `10.0.0.0/8`"),
            (json!({"name": "n", "grants": null}), "`grants` must be an array"),
            (json!({"name": "n", "grants": {"action": "*"}}), "`grants` must be an array"),
            (json!({"name": "n", "grants": []}), "`grants` must not be empty"),
            (json!({"name": "n", "grants": [{"action": "*", "effect": "deny"}]}), "`grants[0]` must not deny"),
            (json!({"name": "n", "grants": [{"action": "*"}, {"action": 1}]}), "`grants[1]` must be an object"),
            (json!({"name": "n", "grants": [{"action": "a b"}]}), "`grants[0]`: the action must have"),
            (json!({"name": "n", "grants": [{"action": "*", "resource": "r".repeat(1_024)}]}), "1024 bytes as JSON"),
            (json!({"name": "n", "grants": [{"action": "*"}], "journey_id": "j"}), "`grants` is not a member"),
            (json!({"name": "n", "read_only": "true"}), "`read_only` must be true or false"),
            (json!({"name": "n", "anonymize": 1}), "`anonymize` must be true or false"),
            (json!({"name": "n", "renewable": "yes"}), "`renewable` must be true or false"),
            (json!({"name": "n", "renewable": true, "token_type": "assume"}), "`renewable` is not a member"),
            (json!({"name": "n", "renewable": true, "portal_id": "p"}), "`renewable` is not a member"),
        ] {
            let message = read(&body).unwrap_err();
            assert!(message.contains(words), "{body}: {message}");
        }
    }
}
