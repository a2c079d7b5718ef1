//! Which permission a route needs. Configuration, not code.

use std::collections::HashMap;

use serde::Deserialize;

use crate::{jwt::present, rights::Action};

/// The rules of an API, keyed by the route as the gateway reports it and compared exactly. A route without one is denied.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(transparent)]
pub struct Rules(HashMap<String, Rule>);

/// What a route needs.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The action that the caller must be allowed.
    pub action: Action,
    /// The path parameter by which a token may always name itself.
    #[serde(default, deserialize_with = "present")]
    pub own_id: Option<String>,
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
        assert_eq!(rules.find("GET /v1/x/{id}").map(|rule| rule.action.as_str()), Some("x:view"));
        for other in ["get /v1/x/{id}", "GET /v1/x/{id}/", "GET /v1/x/1", "GET  /v1/x/{id}", "POST /v1/x/{id}", ""] {
            assert!(rules.find(other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error_and_never_an_open_route() {
        for bad in [
            r#"{"GET /": {}}"#,
            r#"{"GET /": {"action": ""}}"#,
            r#"{"GET /": {"action": "x:view", "public": true}}"#,
            r#"{"GET /": {"action": "x:view", "own_id": null}}"#,
            r#"{"GET /": "x:view"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Rules>(bad).is_err(), "{bad}");
        }
    }
}
