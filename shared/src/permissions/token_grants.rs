//! The grants to which a token is limited, in addition to its roles.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use super::{Action, Effect, Grant};
use crate::json::UniqueKeys;

/// Most grants of a list.
pub const MAX_TOKEN_GRANTS: usize = 20;
/// Longest list of grants, in bytes of its JSON. It bounds the size of the signed token, which contains up to two lists.
pub const MAX_TOKEN_GRANTS_BYTES: usize = 1_024;

/// The grants to which a token is limited: 1 to [`MAX_TOKEN_GRANTS`], each of which allows, at most
/// [`MAX_TOKEN_GRANTS_BYTES`] long. It keeps the form in which they were requested.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<UniqueKeys>")]
pub struct TokenGrants {
    grants: Vec<Grant>,
    requested: Vec<Value>,
}

/// Why values are not the grants of a token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenGrantsError {
    /// The list is empty: it would allow nothing.
    #[error("`grants` must not be empty: omit it for a token with all permissions of its roles")]
    Empty,
    /// The list has more than [`MAX_TOKEN_GRANTS`] entries.
    #[error("`grants` must not contain more than {MAX_TOKEN_GRANTS} grants and contains {0}")]
    TooMany(usize),
    /// The list is longer than [`MAX_TOKEN_GRANTS_BYTES`].
    #[error("`grants` must not exceed {MAX_TOKEN_GRANTS_BYTES} bytes as JSON and has {0}")]
    TooLong(usize),
    /// The entry at this index, from 0, is not a grant.
    #[error("`grants[{0}]` must be an object with `action`, and optionally `resource` and `effect`, all strings")]
    Malformed(usize),
    /// The action of the entry at this index, from 0, can match no action.
    #[error("`grants[{0}]`: the action must have 1 to 128 characters of A-Z a-z 0-9 _ - . : *")]
    Action(usize),
    /// The entry at this index, from 0, denies.
    #[error("`grants[{0}]` must not deny: what no grant allows is denied")]
    Deny(usize),
}

/// The grants that limit a token: its own and those of the token that created it. Each list must allow a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GrantLimits {
    /// The grants that were requested for the token, or those of its parent.
    pub grants: Option<TokenGrants>,
    /// The grants of the parent, if others were requested for the token.
    pub parent_grants: Option<TokenGrants>,
}

impl TokenGrants {
    /// Parses the entries of a list of grants.
    ///
    /// # Errors
    ///
    /// Returns the first rule that the list violates.
    pub fn parse(entries: &[Value]) -> Result<Self, TokenGrantsError> {
        if entries.is_empty() {
            return Err(TokenGrantsError::Empty);
        }
        if entries.len() > MAX_TOKEN_GRANTS {
            return Err(TokenGrantsError::TooMany(entries.len()));
        }
        let grants = entries.iter().enumerate().map(|(index, entry)| parse_grant(index, entry));
        let grants = grants.collect::<Result<_, _>>()?;
        // A list of JSON values is always serializable.
        let length = serde_json::to_string(entries).map_or(usize::MAX, |json| json.len());
        if length > MAX_TOKEN_GRANTS_BYTES {
            return Err(TokenGrantsError::TooLong(length));
        }
        Ok(Self { grants, requested: entries.to_vec() })
    }

    /// Whether one of the grants allows `action` on `resource`, as a grant of a role does.
    #[must_use]
    pub fn allow(&self, action: &Action, resource: Option<&str>) -> bool {
        self.grants.iter().any(|grant| grant.matches(action, resource))
    }
}

fn parse_grant(index: usize, entry: &Value) -> Result<Grant, TokenGrantsError> {
    let grant = Grant::parse(entry).ok_or(TokenGrantsError::Malformed(index))?;
    if grant.effect() == Effect::Deny {
        return Err(TokenGrantsError::Deny(index));
    }
    if !entry["action"].as_str().is_some_and(Action::is_pattern) {
        return Err(TokenGrantsError::Action(index));
    }
    Ok(grant)
}

impl Serialize for TokenGrants {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.requested.serialize(serializer)
    }
}

impl TryFrom<Vec<UniqueKeys>> for TokenGrants {
    type Error = TokenGrantsError;

    fn try_from(entries: Vec<UniqueKeys>) -> Result<Self, TokenGrantsError> {
        Self::parse(&entries.into_iter().map(|UniqueKeys(members)| Value::Object(members)).collect::<Vec<_>>())
    }
}

impl GrantLimits {
    /// *(never wider)* The limits of a token that `parent` creates, for which the grants `requested` are requested. The
    /// grants of the parent always apply.
    #[must_use]
    pub fn of_child(requested: Option<TokenGrants>, parent: Option<&TokenGrants>) -> Self {
        match requested {
            None => Self { grants: parent.cloned(), parent_grants: None },
            grants => Self { grants, parent_grants: parent.cloned() },
        }
    }

    /// Whether there are any limits.
    #[must_use]
    pub fn are_present(&self) -> bool {
        self.lists().next().is_some()
    }

    /// Whether the grants of `parent` are among the limits, if it has any.
    #[must_use]
    pub fn include(&self, parent: Option<&TokenGrants>) -> bool {
        parent.is_none_or(|parent| self.lists().any(|list| list == parent))
    }

    /// Whether every list allows `action` on `resource`; without a list, everything is allowed.
    #[must_use]
    pub fn allow(&self, action: &Action, resource: Option<&str>) -> bool {
        self.lists().all(|list| list.allow(action, resource))
    }

    fn lists(&self) -> impl Iterator<Item = &TokenGrants> {
        self.grants.iter().chain(&self.parent_grants)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// The grants of these entries, a JSON array.
    pub(crate) fn token_grants(entries: &Value) -> TokenGrants {
        TokenGrants::parse(entries.as_array().unwrap()).unwrap()
    }

    fn parse(entries: &Value) -> Result<TokenGrants, TokenGrantsError> {
        TokenGrants::parse(entries.as_array().unwrap())
    }

    #[test]
    fn grants_keep_the_form_in_which_they_were_requested() {
        let entries = json!([
            {"action": "order:view"},
            {"action": "order:view", "effect": "allow"},
            {"action": "order:*", "resource": "order/*"},
            {"action": "*", "resource": "*", "effect": "allow"},
        ]);
        let grants = token_grants(&entries);
        assert_eq!(json!(grants), entries);
        assert_eq!(serde_json::from_value::<TokenGrants>(entries).unwrap(), grants);
    }

    #[test]
    fn list_that_violates_a_rule_is_rejected() {
        let view = json!({"action": "order:view"});
        for (entries, error) in [
            (json!([]), TokenGrantsError::Empty),
            (json!(vec![&view; 21]), TokenGrantsError::TooMany(21)),
            (json!([view, "order:view"]), TokenGrantsError::Malformed(1)),
            (json!([null]), TokenGrantsError::Malformed(0)),
            (json!([[]]), TokenGrantsError::Malformed(0)),
            (json!([{}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": 7}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": ["order:view"]}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": null}]), TokenGrantsError::Malformed(0)),
            (json!([{"resource": "order/1"}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": "order:view", "resource": null}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": "order:view", "effect": null}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": "order:view", "effect": "Allow"}]), TokenGrantsError::Malformed(0)),
            (json!([{"action": "order:view", "condition": {}}]), TokenGrantsError::Malformed(0)),
            (json!([{"Action": "order:view"}]), TokenGrantsError::Malformed(0)),
            (json!([view, {"action": "order:edit", "effect": "deny"}]), TokenGrantsError::Deny(1)),
            (json!([{"action": ""}]), TokenGrantsError::Action(0)),
            (json!([view, {"action": "order view"}]), TokenGrantsError::Action(1)),
            (json!([{"action": "a".repeat(129)}]), TokenGrantsError::Action(0)),
        ] {
            assert_eq!(parse(&entries), Err(error), "{entries}");
            assert!(serde_json::from_value::<TokenGrants>(entries.clone()).is_err(), "{entries}");
        }
        assert!(parse(&json!(vec![&view; 20])).is_ok());
        let with_length = |length: usize| {
            let shortest = json!([{"action": "a", "resource": ""}]).to_string().len();
            parse(&json!([{"action": "a", "resource": "r".repeat(length - shortest)}]))
        };
        assert!(with_length(1_024).is_ok());
        assert_eq!(with_length(1_025), Err(TokenGrantsError::TooLong(1_025)));
    }

    #[test]
    fn stored_list_with_duplicate_members_is_rejected() {
        for text in [
            r#"[{"action": "order:view", "action": "*"}]"#,
            r#"[{"action": "order:view", "effect": "allow", "effect": "allow"}]"#,
            r#"[["order:view"]]"#,
            r#"{"action": "order:view"}"#,
        ] {
            assert!(serde_json::from_str::<TokenGrants>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn grants_allow_what_the_same_grants_of_a_role_allow() {
        let grants =
            token_grants(&json!([{"action": "order:view", "resource": "order/7*"}, {"action": "token:create"}]));
        for (action, resource, expected) in [
            ("order:view", Some("order/71"), true),
            ("order:view", Some("order/8"), false),
            ("order:view", None, false),
            ("order:edit", Some("order/71"), false),
            ("token:create", None, true),
        ] {
            assert_eq!(grants.allow(&action.parse().unwrap(), resource), expected, "{action} {resource:?}");
        }
    }

    fn any_grants() -> impl Strategy<Value = TokenGrants> {
        let patterns = ["*", "order:*", "order:view", "*:view", "token:create"];
        let resources = ["*", "order/*", "order/7"];
        let entry =
            (prop::sample::select(patterns.to_vec()), prop::option::of(prop::sample::select(resources.to_vec())));
        let entry = entry.prop_map(|(action, resource)| match resource {
            Some(resource) => json!({"action": action, "resource": resource}),
            None => json!({"action": action}),
        });
        prop::collection::vec(entry, 1..4).prop_map(|entries| TokenGrants::parse(&entries).unwrap())
    }

    proptest! {
        /// *(never wider)*
        #[test]
        fn child_is_allowed_only_what_parent_and_request_allow(
            requested in prop::option::of(any_grants()),
            parent in prop::option::of(any_grants()),
            action in prop::sample::select(vec!["order:view", "order:edit", "token:create", "token:view"]),
            resource in prop::option::of(prop::sample::select(vec!["order/7", "order/8"])),
        ) {
            let action = action.parse().unwrap();
            let child = GrantLimits::of_child(requested.clone(), parent.as_ref());
            let allows = |list: &Option<TokenGrants>| list.as_ref().is_none_or(|list| list.allow(&action, resource));
            prop_assert_eq!(child.allow(&action, resource), allows(&requested) && allows(&parent));
            prop_assert!(child.include(parent.as_ref()));
            prop_assert_eq!(child.are_present(), requested.is_some() || parent.is_some());
        }
    }
}
