//! What a caller asks for when they create a token.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    error::ApiError,
    json::excerpt,
    permissions::{MAX_REQUESTED_ROLES, RoleId},
    token::{
        Family, Fingerprint, Lifetime, LifetimeError, NOT_OFFERED, TargetId, TargetIdError, TokenName, TypeName,
        UnknownType,
    },
};

/// The members that every type knows.
const COMMON: [&str; 3] = ["name", "token_type", "expires_in"];
/// Those that the types of the access family know besides.
const ACCESS: [&str; 4] = ["assignments", "assume_roles", "read_only", "anonymize"];

/// A token as it was ordered: every member within the contract's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateTokenRequest {
    /// What to call it.
    pub name: TokenName,
    /// Of which type, with what that type needs.
    pub requested_type: RequestedType,
    /// How long it is to live, where that was said.
    pub lifetime: Option<Lifetime>,
    /// What tells this request from others.
    pub fingerprint: Fingerprint,
}

/// A token's type, and what it is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RequestedType {
    /// An API token.
    Api(RequestedAccess),
    /// A token that assumes roles for an hour.
    Assume(RequestedAccess),
    /// A token of an app.
    App(RequestedAccess),
    /// A public token for this journey.
    Journey(TargetId),
    /// A public token for this portal.
    Portal(TargetId),
}

/// What a token of the access family is to carry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestedAccess {
    /// The roles asked for; none: the caller's.
    pub requested_roles: Vec<RoleId>,
    /// Whether it is to be read-only.
    pub read_only: bool,
    /// Whether it is to be anonymized.
    pub anonymize: bool,
}

impl RequestedType {
    /// The type.
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
}

impl CreateTokenRequest {
    /// The request that the members of a create's body make.
    ///
    /// # Errors
    ///
    /// [`ApiError::Invalid`] with the member and the rule that it breaks.
    pub fn parse(members: &Map<String, Value>) -> Result<Self, ApiError> {
        let type_name = type_name(members)?;
        let known = |name: &&String| {
            let own = if type_name.family() == Family::Access { &ACCESS[..] } else { &[target_member(type_name)] };
            COMMON.contains(&name.as_str()) || own.contains(&name.as_str())
        };
        if let Some(unknown) = members.keys().find(|name| !known(name)) {
            let unknown = excerpt(unknown);
            return Err(invalid(format!("`{unknown}` is not a member of a request for the type {type_name}")));
        }
        Ok(Self {
            name: name(members)?,
            requested_type: requested_type(members, type_name)?,
            lifetime: lifetime(members, type_name)?,
            fingerprint: fingerprint(members),
        })
    }
}

fn invalid(sentence: String) -> ApiError {
    ApiError::Invalid(sentence)
}

fn name(members: &Map<String, Value>) -> Result<TokenName, ApiError> {
    match members.get("name") {
        Some(Value::String(name)) => name.parse().map_err(|error| invalid(format!("{error}"))),
        Some(_) => Err(invalid("`name` must be a string".to_owned())),
        None => Err(invalid("`name` is required".to_owned())),
    }
}

/// The type that is named, or that a member speaks of.
fn type_name(members: &Map<String, Value>) -> Result<TypeName, ApiError> {
    match members.get("token_type") {
        None if members.contains_key("journey_id") => Ok(TypeName::Journey),
        None if members.contains_key("portal_id") => Ok(TypeName::Portal),
        None => Ok(TypeName::Api),
        Some(Value::String(text)) if NOT_OFFERED.contains(&text.as_str()) => {
            Err(invalid(format!("tokens of the type `{text}` are not offered")))
        }
        Some(value) => {
            let named = value.as_str().map_or(Err(UnknownType), str::parse);
            named.map_err(|error: UnknownType| invalid(error.to_string()))
        }
    }
}

/// The member that names what a public token is for.
fn target_member(type_name: TypeName) -> &'static str {
    if type_name == TypeName::Journey { "journey_id" } else { "portal_id" }
}

fn requested_type(members: &Map<String, Value>, type_name: TypeName) -> Result<RequestedType, ApiError> {
    Ok(match type_name {
        TypeName::Api => RequestedType::Api(access(members)?),
        TypeName::Assume => RequestedType::Assume(access(members)?),
        TypeName::App => RequestedType::App(access(members)?),
        TypeName::Journey => RequestedType::Journey(target(members, type_name)?),
        TypeName::Portal => RequestedType::Portal(target(members, type_name)?),
    })
}

fn access(members: &Map<String, Value>) -> Result<RequestedAccess, ApiError> {
    let (read_only, anonymize) = (flag(members, "read_only")?, flag(members, "anonymize")?);
    Ok(RequestedAccess { requested_roles: requested_roles(members)?, read_only, anonymize })
}

fn target(members: &Map<String, Value>, type_name: TypeName) -> Result<TargetId, ApiError> {
    let member = target_member(type_name);
    let Some(value) = members.get(member) else {
        return Err(invalid(format!("`{member}` is required for the type {type_name}")));
    };
    let id = value.as_str().map_or(Err(TargetIdError), str::parse);
    id.map_err(|error| invalid(format!("`{member}`: {error}")))
}

/// Two bodies are equal if their members are, in whatever order they stand.
fn fingerprint(members: &Map<String, Value>) -> Fingerprint {
    let sorted: BTreeMap<_, _> = members.iter().collect();
    Fingerprint::of(&serde_json::to_string(&sorted).unwrap_or_default())
}

/// `assignments`, or `assume_roles`, the older documents' name for it.
fn requested_roles(members: &Map<String, Value>) -> Result<Vec<RoleId>, ApiError> {
    let (new, old) = (roles(members, "assignments")?, roles(members, "assume_roles")?);
    match (new, old) {
        (Some(new), Some(old)) if new != old => {
            Err(invalid("`assignments` and `assume_roles` are one member by two names and differ".to_owned()))
        }
        (new, old) => Ok(new.or(old).unwrap_or_default()),
    }
}

fn roles(members: &Map<String, Value>, member: &str) -> Result<Option<Vec<RoleId>>, ApiError> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| invalid(format!("`{member}` must be an array of role ids")))?;
    if list.len() > MAX_REQUESTED_ROLES {
        return Err(invalid(format!(
            "`{member}` may name {MAX_REQUESTED_ROLES} roles at most and names {}",
            list.len()
        )));
    }
    let mut roles = Vec::new();
    for value in list {
        let text = value.as_str().ok_or_else(|| invalid(format!("`{member}` must be an array of role ids")))?;
        let broken = |error| invalid(format!("`{member}`: `{}` is no role id: {error}", excerpt(text)));
        let role: RoleId = text.parse().map_err(broken)?;
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(Some(roles))
}

fn lifetime(members: &Map<String, Value>, type_name: TypeName) -> Result<Option<Lifetime>, ApiError> {
    let lifetime = match members.get("expires_in") {
        None => return Ok(None),
        Some(Value::String(text)) => Lifetime::parse(text, type_name),
        Some(Value::Number(number)) if number.is_u64() => Lifetime::new(number.as_u64().unwrap_or_default(), type_name),
        Some(Value::Number(number)) if number.is_i64() => Lifetime::new(0, type_name),
        Some(_) => Err(LifetimeError::Form),
    };
    lifetime.map(Some).map_err(|error| invalid(error.to_string()))
}

fn flag(members: &Map<String, Value>, member: &str) -> Result<bool, ApiError> {
    match members.get(member) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(_) => Err(invalid(format!("`{member}` must be true or false"))),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: &Value) -> Result<CreateTokenRequest, String> {
        CreateTokenRequest::parse(body.as_object().unwrap()).map_err(|failure| failure.public_message())
    }

    #[test]
    fn a_name_is_enough() {
        let request = read(&json!({"name": "n"})).unwrap();
        let requested =
            RequestedType::Api(RequestedAccess { requested_roles: vec![], read_only: false, anonymize: false });
        assert_eq!((request.requested_type, request.lifetime), (requested, None));
    }

    #[test]
    fn assume_roles_is_another_name_for_assignments() {
        let roles = json!(["123:owner"]);
        let request = |body: Value| {
            read(&body).map(|request| {
                if let RequestedType::Api(access) = request.requested_type { access.requested_roles.len() } else { 0 }
            })
        };
        assert_eq!(request(json!({"name": "n", "assume_roles": roles})), Ok(1));
        assert_eq!(request(json!({"name": "n", "assume_roles": roles, "assignments": roles})), Ok(1));
        assert!(
            request(json!({"name": "n", "assume_roles": roles, "assignments": []})).unwrap_err().contains("differ")
        );
        assert_eq!(request(json!({"name": "n", "assignments": ["1:a", "1:a"]})), Ok(1));
        let fifty: Vec<String> = (0..50).map(|n| format!("1:{n}")).collect();
        assert_eq!(request(json!({"name": "n", "assignments": fifty})), Ok(50), "as many as may be named");
    }

    #[test]
    fn a_public_token_is_for_one_journey_or_one_portal() {
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
    fn equal_bodies_have_one_fingerprint_in_whatever_order_their_members_stand() {
        let print = |text: &str| read(&serde_json::from_str(text).unwrap()).unwrap().fingerprint;
        let one = print(r#"{"name": "n", "read_only": true}"#);
        assert_eq!(one, print(r#"{"read_only":true,"name":"n"}"#));
        assert_ne!(one, print(r#"{"name": "n"}"#));
        assert_ne!(print(r#"{"name": "n"}"#), print(r#"{"name": "n", "read_only": false}"#));
    }

    #[test]
    fn every_refusal_names_the_member_and_the_rule() {
        let fifty_one: Vec<String> = (0..51).map(|n| format!("1:{n}")).collect();
        for (body, words) in [
            (json!({}), "`name` is required"),
            (json!({"name": 5}), "`name` must be a string"),
            (json!({"name": null}), "`name` must be a string"),
            (json!({"name": "n".repeat(256)}), "`name` must have 255"),
            (json!({"name": "n", "scopes": []}), "`scopes` is not a member"),
            (json!({"name": "n", "journey_id": "j", "portal_id": "p"}), "`portal_id` is not a member"),
            (json!({"name": "n", "token_type": "api", "journey_id": "j"}), "`journey_id` is not a member"),
            (json!({"name": "n", "token_type": "journey"}), "`journey_id` is required for the type journey"),
            (json!({"name": "n", "token_type": "portal", "portal_id": ""}), "`portal_id`: an id has 1 to 255"),
            (json!({"name": "n", "token_type": "portal", "portal_id": 5}), "`portal_id`: an id has 1 to 255"),
            (json!({"name": "n", "journey_id": "j", "read_only": true}), "`read_only` is not a member"),
            (json!({"name": "n", "journey_id": "j", "expires_in": "8d"}), "to 7 days"),
            (json!({"name": "n", "token_type": "admin"}), "`token_type` must be one of"),
            (json!({"name": "n", "token_type": null}), "`token_type` must be one of"),
            (
                json!({"name": "n", "token_type": "portal_preview", "portal_id": "p"}),
                "`portal_preview` are not offered",
            ),
            (json!({"name": "n", "assignments": "1:a"}), "`assignments` must be an array"),
            (json!({"name": "n", "assignments": [1]}), "`assignments` must be an array"),
            (json!({"name": "n", "assignments": ["owner"]}), "`owner` is no role id: a role id is"),
            (json!({"name": "n", "assignments": fifty_one}), "50 roles at most"),
            (json!({"name": "n", "expires_in": 29}), "from 30 seconds to 365 days"),
            (json!({"name": "n", "expires_in": -1}), "from 30 seconds"),
            (json!({"name": "n", "expires_in": 3600.5}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": null}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": 1e30}), "`expires_in` must be whole seconds"),
            (json!({"name": "n", "expires_in": 60, "token_type": "assume"}), "does not go with the type assume"),
            (json!({"name": "n", "read_only": "true"}), "`read_only` must be true or false"),
            (json!({"name": "n", "anonymize": 1}), "`anonymize` must be true or false"),
        ] {
            let sentence = read(&body).unwrap_err();
            assert!(sentence.contains(words), "{body}: {sentence}");
        }
    }
}
