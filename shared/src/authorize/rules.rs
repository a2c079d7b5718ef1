//! Which permission a route needs. Configuration, not code.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{jwt::present, rights::Action};

/// The rules of an API, keyed by the route as the gateway reports it and compared exactly. A route without one is denied.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Rules(HashMap<String, Rule>);

/// What a route needs, written `{"action": …}` or `{"any_caller": true}`, with the other members beside it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Written")]
pub struct Rule {
    /// What the caller must be.
    pub need: Need,
    /// The path parameter by which a token may always name itself.
    pub own_id: Option<String>,
    /// Whether tokens of the public family reach the route, which need nothing else then.
    pub public_tokens: bool,
}

/// What a caller must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Need {
    /// Allowed this action.
    Action(Action),
    /// A person, or a token of the access family.
    AnyCaller,
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, deserialize_with = "present")]
    action: Option<Action>,
    #[serde(default)]
    any_caller: bool,
    #[serde(default, deserialize_with = "present")]
    own_id: Option<String>,
    #[serde(default)]
    public_tokens: bool,
}

impl TryFrom<Written> for Rule {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, &'static str> {
        let need = match (written.action, written.any_caller) {
            (Some(action), false) => Need::Action(action),
            (None, true) => Need::AnyCaller,
            _ => return Err("a rule has either `action` or `any_caller: true`"),
        };
        Ok(Self { need, own_id: written.own_id, public_tokens: written.public_tokens })
    }
}

impl Rules {
    /// The rule of `route`, `<METHOD> <path with {parameters}>`.
    #[must_use]
    pub fn find(&self, route: &str) -> Option<&Rule> {
        self.0.get(route)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn routes_are_compared_exactly() {
        let rules: Rules = serde_json::from_str(r#"{"GET /v1/x/{id}": {"action": "x:view"}}"#).unwrap();
        let need = Need::Action("x:view".parse().unwrap());
        assert_eq!(rules.find("GET /v1/x/{id}").map(|rule| &rule.need), Some(&need));
        for other in ["get /v1/x/{id}", "GET /v1/x/{id}/", "GET /v1/x/1", "GET  /v1/x/{id}", "POST /v1/x/{id}", ""] {
            assert!(rules.find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error_and_never_an_open_route() {
        for bad in [
            r#"{"GET /": {}}"#,
            r#"{"GET /": {"action": ""}}"#,
            r#"{"GET /": {"any_caller": false}}"#,
            r#"{"GET /": {"any_caller": true, "action": "x:view"}}"#,
            r#"{"GET /": {"action": null, "any_caller": true}}"#,
            r#"{"GET /": {"action": "x:view", "public": true}}"#,
            r#"{"GET /": {"action": "x:view", "own_id": null}}"#,
            r#"{"GET /": "x:view"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Rules>(bad).is_err(), "{bad}");
        }
    }
}
