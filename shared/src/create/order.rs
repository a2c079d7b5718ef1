//! What a caller asks for when they create a token.

use serde_json::{Map, Value};

use crate::{
    failure::Failure,
    jwt::excerpt,
    rights::{MAX_ASKED, RoleId},
    token::{Lifetime, LifetimeError, NOT_OFFERED, TokenName, TypeName, UnknownType},
};

/// The members of a body, and nothing else.
const MEMBERS: [&str; 7] =
    ["name", "token_type", "assignments", "assume_roles", "expires_in", "read_only", "anonymize"];

/// A token as it was ordered: every member within the contract's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// What to call it.
    pub name: TokenName,
    /// Of which type.
    pub type_name: TypeName,
    /// With which roles; empty: the caller's.
    pub asked: Vec<RoleId>,
    /// How long it is to live, where that was said.
    pub lifetime: Option<Lifetime>,
    /// Whether it is to be read-only.
    pub read_only: bool,
    /// Whether it is to be anonymized.
    pub anonymize: bool,
}

impl Order {
    /// The order that the members of a create's body make.
    ///
    /// # Errors
    ///
    /// [`Failure::Invalid`] with the member and the rule that it breaks.
    pub fn read(members: &Map<String, Value>) -> Result<Self, Failure> {
        let type_name = type_name(members)?;
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(invalid(format!("`{}` is not a member of this request", excerpt(unknown))));
        }
        Ok(Self {
            name: name(members)?,
            type_name,
            asked: asked(members)?,
            lifetime: lifetime(members, type_name)?,
            read_only: flag(members, "read_only")?,
            anonymize: flag(members, "anonymize")?,
        })
    }

    /// The refusal of a type that is known and not offered.
    pub(super) fn not_offered(type_name: &str) -> Failure {
        invalid(format!("tokens of the type `{type_name}` are not offered"))
    }
}

fn invalid(sentence: String) -> Failure {
    Failure::Invalid(sentence)
}

fn name(members: &Map<String, Value>) -> Result<TokenName, Failure> {
    match members.get("name") {
        Some(Value::String(name)) => name.parse().map_err(|error| invalid(format!("{error}"))),
        Some(_) => Err(invalid("`name` must be a string".to_owned())),
        None => Err(invalid("`name` is required".to_owned())),
    }
}

fn type_name(members: &Map<String, Value>) -> Result<TypeName, Failure> {
    let unknown = || invalid(UnknownType.to_string());
    match members.get("token_type") {
        None => Ok(TypeName::Api),
        Some(Value::String(text)) if NOT_OFFERED.contains(&text.as_str()) => Err(Order::not_offered(text)),
        Some(Value::String(text)) => match text.parse().map_err(|_| unknown())? {
            public @ (TypeName::Journey | TypeName::Portal) => Err(Order::not_offered(public.as_str())),
            access => Ok(access),
        },
        Some(_) => Err(unknown()),
    }
}

/// `assignments`, or `assume_roles`, the older documents' name for it.
fn asked(members: &Map<String, Value>) -> Result<Vec<RoleId>, Failure> {
    let (new, old) = (roles(members, "assignments")?, roles(members, "assume_roles")?);
    match (new, old) {
        (Some(new), Some(old)) if new != old => {
            Err(invalid("`assignments` and `assume_roles` are one member by two names and differ".to_owned()))
        }
        (new, old) => Ok(new.or(old).unwrap_or_default()),
    }
}

fn roles(members: &Map<String, Value>, member: &str) -> Result<Option<Vec<RoleId>>, Failure> {
    let Some(value) = members.get(member) else { return Ok(None) };
    let list = value.as_array().ok_or_else(|| invalid(format!("`{member}` must be an array of role ids")))?;
    if list.len() > MAX_ASKED {
        return Err(invalid(format!("`{member}` may name {MAX_ASKED} roles at most and names {}", list.len())));
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

fn lifetime(members: &Map<String, Value>, type_name: TypeName) -> Result<Option<Lifetime>, Failure> {
    let lifetime = match members.get("expires_in") {
        None => return Ok(None),
        Some(Value::String(text)) => Lifetime::parse(text, type_name),
        Some(Value::Number(number)) if number.is_u64() => Lifetime::new(number.as_u64().unwrap_or_default(), type_name),
        Some(Value::Number(number)) if number.is_i64() => Lifetime::new(0, type_name),
        Some(_) => Err(LifetimeError::Form),
    };
    lifetime.map(Some).map_err(|error| invalid(error.to_string()))
}

fn flag(members: &Map<String, Value>, member: &str) -> Result<bool, Failure> {
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

    fn read(body: &Value) -> Result<Order, String> {
        Order::read(body.as_object().unwrap()).map_err(|failure| failure.sentence())
    }

    #[test]
    fn a_name_is_enough() {
        let order = read(&json!({"name": "n"})).unwrap();
        assert_eq!((order.type_name, order.asked, order.lifetime), (TypeName::Api, vec![], None));
        assert!(!order.read_only && !order.anonymize);
    }

    #[test]
    fn assume_roles_is_another_name_for_assignments() {
        let roles = json!(["123:owner"]);
        let order = |body: Value| read(&body).map(|order| order.asked.len());
        assert_eq!(order(json!({"name": "n", "assume_roles": roles})), Ok(1));
        assert_eq!(order(json!({"name": "n", "assume_roles": roles, "assignments": roles})), Ok(1));
        assert!(order(json!({"name": "n", "assume_roles": roles, "assignments": []})).unwrap_err().contains("differ"));
        assert_eq!(order(json!({"name": "n", "assignments": ["1:a", "1:a"]})), Ok(1));
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
            (json!({"name": "n", "journey_id": "j"}), "`journey_id` is not a member"),
            (json!({"name": "n", "token_type": "admin"}), "`token_type` must be one of"),
            (json!({"name": "n", "token_type": null}), "`token_type` must be one of"),
            (
                json!({"name": "n", "token_type": "portal_preview", "portal_id": "p"}),
                "`portal_preview` are not offered",
            ),
            (json!({"name": "n", "token_type": "journey"}), "`journey` are not offered"),
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
