//! The configured access rules of the routes: the permission that each route requires.

mod operator_rules;
mod path_segment;
mod required_permission;
mod resource_pattern;
mod route;

use std::collections::HashMap;

use serde::{Deserialize, Deserializer, de::Error};

pub(crate) use self::path_segment::{SEGMENT_PUNCTUATION, SegmentRule, has_user, segment_rule};
use self::required_permission::PermissionJson;
pub use self::{
    operator_rules::{InvalidRule, RuleEntries, RuleError, RuleErrorEffect, RuleSource},
    required_permission::{RequiredPermission, RequiredPermissions},
    resource_pattern::{ResourceError, ResourcePattern},
    route::Route,
};
use crate::{
    json::{StrictObject, present},
    permissions::Action,
};

/// The rules of Latchkey's own routes, in the JSON form of [`Rules`]. They are compiled in, so that no configuration can
/// change, remove or damage them.
pub const OWN_RULES: &str = include_str!("routes/own_rules.json");

/// The rules of one or more APIs by route. Routes are compared exactly, as the gateway reports them. A route without a
/// rule is denied.
///
/// The JSON form is an object that maps routes to rules, or a list of such objects, of which no later one may have a
/// rule for a route of an earlier one; see [`Route`] and [`Rule`].
#[derive(Debug, Clone, Default)]
pub struct Rules {
    by_route: HashMap<Route, Result<Rule, InvalidRule>>,
    /// Why a route may be missing in `by_route` although the operator configured a rule for it.
    missing: Option<InvalidRule>,
}

/// The access rule of a route: one of `{"action": …, "resource": …, "scope": …}`, `{"any_of": […]}` with a list of such
/// permissions, `{"any_caller": true}` and `{"public": true}`. All but the last may have the members `own_id` and
/// `public_tokens` as well, and the third `without_role`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The access that the route requires.
    pub access: RouteAccess,
    /// The path parameter with the token id: a token may always use the route for its own id.
    pub own_id: Option<String>,
    /// Whether tokens of the public family may use the route. They need no role for it.
    pub public_tokens: bool,
}

/// The access that a route requires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAccess {
    /// No access control: no credential is read.
    Public,
    /// Any user, or any token of the access family.
    Authenticated {
        /// Whether this includes a user without a role in the organization that a claim of its provider names.
        without_role: bool,
    },
    /// One of these permissions.
    Permission(RequiredPermissions),
}

/// The JSON form of a rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a member of the configuration")]
struct RuleJson {
    #[serde(default)]
    public: bool,
    #[serde(default)]
    any_caller: bool,
    #[serde(default)]
    without_role: bool,
    #[serde(default, deserialize_with = "present")]
    action: Option<Action>,
    #[serde(default, deserialize_with = "present")]
    resource: Option<String>,
    #[serde(default, deserialize_with = "present")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "present")]
    any_of: Option<Vec<StrictObject<PermissionJson>>>,
    #[serde(default, deserialize_with = "present")]
    own_id: Option<String>,
    #[serde(default)]
    public_tokens: bool,
}

impl Rule {
    fn of(route: &Route, json: RuleJson) -> Result<Self, String> {
        if json.without_role && !json.any_caller {
            return Err("`without_role` requires `any_caller`".to_owned());
        }
        if json.action.is_none() && (json.resource.is_some() || json.scope.is_some()) {
            return Err("`resource` and `scope` require `action`".to_owned());
        }
        let access = match (json.public, json.any_caller, json.action, json.any_of) {
            (true, false, None, None) if json.own_id.is_none() && !json.public_tokens => RouteAccess::Public,
            (true, ..) => return Err("`public` must be the only member".to_owned()),
            (false, true, None, None) => RouteAccess::Authenticated { without_role: json.without_role },
            (false, false, Some(action), None) => RouteAccess::Permission(
                RequiredPermission::new(action, json.resource, json.scope.as_deref(), route)?.into(),
            ),
            (false, false, None, Some(alternatives)) => {
                RouteAccess::Permission(RequiredPermissions::any_of(alternatives, route)?)
            }
            _ => {
                let rule = "a rule must have exactly one of `action`, `any_of`, `any_caller: true` and `public: true`";
                return Err(rule.to_owned());
            }
        };
        match json.own_id.as_ref().filter(|name| !route.has_parameter(name)) {
            Some(name) => Err(format!("`own_id`: the route has no path parameter `{name}`")),
            None => Ok(Self { access, own_id: json.own_id, public_tokens: json.public_tokens }),
        }
    }
}

impl Rules {
    /// The rules of Latchkey's own routes. If they were invalid, every route would be denied; a test parses them.
    #[must_use]
    pub fn own() -> Self {
        serde_json::from_str(OWN_RULES).unwrap_or_default()
    }

    /// The rule for `route` of the API with the id `api`: the rule for this API, otherwise the rule for any API.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidRule`] if the rule that would decide is or may be invalid. The rule for any API does not replace
    /// an invalid rule for one API.
    pub fn find(&self, api: &str, route: &str) -> Result<Option<&Rule>, &InvalidRule> {
        let of_api = self.by_route.get(&Route::of(api, route));
        match of_api.or_else(|| self.by_route.get(&Route::of_any_api(route))) {
            Some(rule) => rule.as_ref().map(Some),
            None => self.missing.as_ref().map_or(Ok(None), Err),
        }
    }

    /// Whether tokens of the public family may use any route.
    #[must_use]
    pub fn admit_public_tokens(&self) -> bool {
        self.by_route.values().flatten().any(|rule| rule.public_tokens)
    }

    /// The valid rules with their routes, sorted by the text of the route.
    #[must_use]
    pub fn by_route(&self) -> Vec<(&Route, &Rule)> {
        let valid = self.by_route.iter().filter_map(|(route, rule)| Some((route, rule.as_ref().ok()?)));
        let mut all: Vec<_> = valid.collect();
        all.sort_by_key(|(route, _)| route.to_string());
        all
    }
}

impl<'de> Deserialize<'de> for Rules {
    /// Fails with the reasons of all invalid rules.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (rules, errors) = Self::of_entries(RuleEntries::deserialize(deserializer)?);
        if errors.is_empty() {
            return Ok(rules);
        }
        let reasons: Vec<_> = errors.into_iter().map(|error| error.reason).collect();
        Err(D::Error::custom(reasons.join("; ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::permissions::Scope;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).unwrap()
    }

    fn permission(action: &str) -> RouteAccess {
        let permission =
            RequiredPermission { action: action.parse().unwrap(), resource: None, scope: Scope::Organization };
        RouteAccess::Permission(permission.into())
    }

    fn access<'a>(rules: &'a Rules, api: &str, route: &str) -> Option<&'a RouteAccess> {
        rules.find(api, route).unwrap().map(|rule| &rule.access)
    }

    #[test]
    fn find_compares_routes_exactly() {
        let rules = rules(r#"{"GET /v1/x/{id}": {"action": "x:view"}}"#);
        assert_eq!(access(&rules, "a", "GET /v1/x/{id}"), Some(&permission("x:view")));
        for other in ["get /v1/x/{id}", "GET /v1/x/{id}/", "GET /v1/x/1", "GET  /v1/x/{id}", "POST /v1/x/{id}", ""] {
            assert_eq!(rules.find("a", other), Ok(None), "{other}");
        }
    }

    #[test]
    fn find_prefers_rule_for_one_api_to_rule_for_any() {
        let rules = rules(
            r#"{"GET /x": {"action": "x:any"}, "abc GET /x": {"action": "x:abc"}, "abc $default": {"public": true}}"#,
        );
        assert_eq!(access(&rules, "abc", "GET /x"), Some(&permission("x:abc")));
        assert_eq!(access(&rules, "xyz", "GET /x"), Some(&permission("x:any")));
        assert_eq!(access(&rules, "abc", "$default"), Some(&RouteAccess::Public));
        for (api, route) in [("xyz", "$default"), ("", "abc GET /x"), ("", "$default")] {
            assert_eq!(rules.find(api, route), Ok(None), "{api} {route}");
        }
    }

    #[test]
    fn invalid_rule_is_an_error_that_names_its_route() {
        for (rule, expected) in [
            ("{}", "a rule must have exactly one of `action`"),
            (r#"{"action": ""}"#, "an action must have 1 to 128"),
            (r#"{"any_caller": false}"#, "a rule must have exactly one of `action`"),
            (r#"{"any_caller": true, "action": "x:view"}"#, "a rule must have exactly one of `action`"),
            (r#"{"any_caller": true, "resource": "x"}"#, "`resource` and `scope` require `action`"),
            (r#"{"without_role": true}"#, "`without_role` requires `any_caller`"),
            (r#"{"action": "x:view", "without_role": true}"#, "`without_role` requires `any_caller`"),
            (r#"{"public": true, "without_role": true}"#, "`without_role` requires `any_caller`"),
            (r#"{"any_caller": true, "without_role": null}"#, "invalid type: null"),
            (r#"{"resource": "x"}"#, "`resource` and `scope` require `action`"),
            (r#"{"scope": "own"}"#, "`resource` and `scope` require `action`"),
            (r#"{"action": "x:view", "scope": "self"}"#, "`scope` must be `organization` or `own`"),
            (r#"{"action": "x:view", "scope": ""}"#, "`scope` must be `organization` or `own`"),
            (r#"{"action": "x:view", "scope": null}"#, "invalid type: null"),
            (r#"{"action": "x:view", "any_of": [{"action": "x:edit"}]}"#, "a rule must have exactly one of `action`"),
            (r#"{"any_caller": true, "any_of": [{"action": "x:edit"}]}"#, "a rule must have exactly one of `action`"),
            (r#"{"public": true, "any_of": [{"action": "x:edit"}]}"#, "`public` must be the only member"),
            (r#"{"any_of": [{"action": "x:edit"}], "scope": "own"}"#, "`resource` and `scope` require `action`"),
            (r#"{"any_of": []}"#, "`any_of` must contain 1 to 10 permissions"),
            (r#"{"any_of": null}"#, "invalid type: null"),
            (r#"{"any_of": {"action": "x:edit"}}"#, "invalid type: map"),
            (r#"{"any_of": [["x:edit"]]}"#, "invalid type: sequence"),
            (r#"{"any_of": [{}]}"#, "missing field `action`"),
            (r#"{"any_of": [{"action": "x:edit", "any_caller": true}]}"#, "unknown field `any_caller`"),
            (r#"{"any_of": [{"action": "x:edit", "action": "x:view"}]}"#, "duplicate field `action`"),
            (r#"{"any_of": [{"action": "x:edit", "resource": "x/{name}"}]}"#, "no path parameter `name`"),
            (r#"{"any_of": [{"action": "x:edit", "scope": "all"}]}"#, "`scope` must be `organization` or `own`"),
            (r#"{"public": true, "action": "x:view"}"#, "`public` must be the only member"),
            (r#"{"public": true, "any_caller": true}"#, "`public` must be the only member"),
            (r#"{"public": true, "public_tokens": true}"#, "`public` must be the only member"),
            (r#"{"public": true, "own_id": "id"}"#, "`public` must be the only member"),
            (r#"{"public": "true"}"#, "invalid type: string"),
            (r#"{"action": null, "any_caller": true}"#, "invalid type: null"),
            (r#"{"action": "x:view", "open": true}"#, "unknown field `open`"),
            (r#"{"action": "x:view", "action": "x:edit"}"#, "duplicate field `action`"),
            (r#"{"action": "x:view", "own_id": null}"#, "invalid type: null"),
            (r#"{"action": "x:view", "own_id": "name"}"#, "no path parameter `name`"),
            (r#"{"action": "x:view", "resource": "x/{name}"}"#, "no path parameter `name`"),
            (r#"{"action": "x:view", "resource": ""}"#, "`resource` must have"),
            (r#""x:view""#, "invalid type: string"),
            ("[true]", "invalid type: sequence"),
            ("[false, true]", "invalid type: sequence"),
            (r#"[false, false, "x:view"]"#, "invalid type: sequence"),
        ] {
            let error =
                serde_json::from_str::<Rules>(&format!(r#"{{"GET /x/{{id}}": {rule}}}"#)).unwrap_err().to_string();
            assert!(error.contains("the rule of `GET /x/{id}`: ") && error.contains(expected), "{rule}: {error}");
        }
    }

    #[test]
    fn any_caller_requires_a_role_unless_configured() {
        let rules = rules(
            r#"{"GET /a": {"any_caller": true}, "GET /b": {"any_caller": true, "without_role": false},
                "GET /c": {"any_caller": true, "without_role": true, "public_tokens": true}}"#,
        );
        for (route, without_role) in [("GET /a", false), ("GET /b", false), ("GET /c", true)] {
            assert_eq!(access(&rules, "", route), Some(&RouteAccess::Authenticated { without_role }), "{route}");
        }
    }

    #[test]
    fn rules_by_route_are_sorted_by_route() {
        let rules =
            rules(r#"{"POST /x": {"public": true}, "GET /x": {"action": "x:view"}, "abc GET /x/y": {"public": true}}"#);
        let sorted: Vec<_> =
            rules.by_route().iter().map(|(route, rule)| (route.to_string(), rule.access.clone())).collect();
        let public = RouteAccess::Public;
        let expected = [("GET /x", permission("x:view")), ("POST /x", public.clone()), ("abc GET /x/y", public)];
        assert_eq!(sorted, expected.map(|(route, access)| (route.to_owned(), access)));
    }

    #[test]
    fn any_of_is_a_list_of_permissions() {
        let rules = rules(
            r#"{"GET /x/{id}": {"any_of": [
                {"action": "x:view", "resource": "x/{id}"}, {"action": "x:self", "scope": "own"}, {"action": "x:edit"}
            ], "own_id": "id"}}"#,
        );
        let Some(RouteAccess::Permission(required)) = access(&rules, "", "GET /x/{id}") else {
            panic!("no permission")
        };
        let permissions: Vec<_> = required
            .iter()
            .map(|one| (one.action.to_string(), one.resource.as_ref().map(ToString::to_string), one.scope))
            .collect();
        let expected = [
            ("x:view".to_owned(), Some("x/{id}".to_owned()), Scope::Organization),
            ("x:self".to_owned(), None, Scope::Own),
            ("x:edit".to_owned(), None, Scope::Organization),
        ];
        assert_eq!(permissions, expected);
        assert_eq!(required.first().action.as_str(), "x:view");
    }

    #[test]
    fn any_of_is_limited_to_ten_permissions() {
        let rule = |count| format!(r#"{{"GET /x": {{"any_of": [{}]}}}}"#, vec![r#"{"action": "x"}"#; count].join(", "));
        assert!(serde_json::from_str::<Rules>(&rule(10)).is_ok());
        assert!(serde_json::from_str::<Rules>(&rule(11)).is_err());
    }

    /// Next to an action that it implies, `token:create` would allow what a denial of that action denies.
    #[test]
    fn own_rule_does_not_name_token_create_next_to_view_or_revoke() {
        for (route, rule) in Rules::own().by_route() {
            let RouteAccess::Permission(required) = &rule.access else { continue };
            let actions: Vec<_> = required.iter().map(|permission| permission.action.as_str()).collect();
            let is_narrow = actions.contains(&"token:view") || actions.contains(&"token:revoke");
            assert!(!(is_narrow && actions.contains(&"token:create")), "{route}");
        }
    }

    #[test]
    fn own_rules_are_valid() {
        let own: Rules = serde_json::from_str(OWN_RULES).unwrap();
        let routes: Vec<_> = own.by_route().iter().map(|(route, _)| route.to_string()).collect();
        let expected = [
            "DELETE /v1/access-tokens/{id}",
            "DELETE /v1/permissions/assignments/{userId}/{roleId}",
            "DELETE /v1/permissions/roles/{roleId}",
            "GET /v1/access-tokens",
            "GET /v1/access-tokens/{id}",
            "GET /v1/permissions/assignments",
            "GET /v1/permissions/assignments/{userId}",
            "GET /v1/permissions/me",
            "GET /v1/permissions/roles",
            "GET /v1/permissions/roles/{roleId}",
            "PATCH /v1/access-tokens/{id}",
            "POST /v1/access-tokens",
            "POST /v1/access-tokens/revoke",
            "POST /v1/access-tokens/{id}/rotate",
            "POST /v1/permissions/assignments/{userId}/{roleId}",
            "POST /v1/permissions/roles",
            "POST /v1/permissions/simulate",
            "PUT /v1/permissions/assignments/{userId}",
            "PUT /v1/permissions/roles/{roleId}",
        ];
        assert_eq!(routes, expected);
        assert_eq!(Rules::own().by_route(), own.by_route());
    }

    #[test]
    fn second_rule_for_one_route_is_rejected() {
        let rule = r#""GET /x": {"action": "x:view"}"#;
        let rule_of_one_api = r#""abc GET /x": {"public": true}"#;
        for (json, expected) in [
            (format!("{{{rule}, {rule}}}"), "the route `GET /x` is defined twice"),
            (format!("[{{{rule}}}, {{{rule}}}]"), "the route `GET /x` already has a rule"),
            (format!("[{{{rule}}}, {{{rule_of_one_api}}}]"), "the route `abc GET /x` already has a rule"),
            (format!("[{{{rule_of_one_api}}}, {{}}, {{{rule}}}]"), "the route `GET /x` already has a rule"),
        ] {
            let error = serde_json::from_str::<Rules>(&json).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
        for invalid in ["7", "\"x\"", "null", "[7]", "[[[[7]]]]"] {
            let error = serde_json::from_str::<Rules>(invalid).unwrap_err().to_string();
            assert!(error.contains("expected an object that maps routes to rules"), "{invalid}: {error}");
        }
    }
}
