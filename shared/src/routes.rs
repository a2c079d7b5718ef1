//! Which permission a route needs. Configuration, not code.

mod resource_pattern;
mod route;

use std::{
    collections::{HashMap, hash_map::Entry},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

pub use self::{resource_pattern::ResourcePattern, route::Route};
use crate::{
    json::{StrictObject, present},
    permissions::Action,
};

/// The rules of one API or several, keyed by the route as the gateway reports it and compared exactly. A route without one is
/// denied.
///
/// They are written as an object from route to rule, or as a list of such objects, of which no later one speaks of a route of
/// one before; see [`Route`] and [`Rule`].
#[derive(Debug, Clone, Default)]
pub struct Rules(HashMap<Route, Rule>);

/// The rules as they are written, each valid or invalid on its own: one list per object.
#[derive(Debug, Default)]
pub struct RuleEntries(Vec<Vec<RuleEntry>>);

/// One rule as it is written.
#[derive(Debug)]
struct RuleEntry {
    route: String,
    parsed: Result<(Route, Rule), String>,
}

/// A rule that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidRule {
    /// The route, as it is written.
    pub route: String,
    /// What is wrong with the rule.
    pub reason: String,
}

/// What a route needs, written as one of `{"action": …, "resource": …}`, `{"any_caller": true}` and `{"public": true}`, the
/// first two with the other members beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// What the caller must be.
    pub access: RouteAccess,
    /// The path parameter by which a token may always name itself.
    pub own_id: Option<String>,
    /// Whether tokens of the public family reach the route, which need no role then.
    pub public_tokens: bool,
}

/// What a caller must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RouteAccess {
    /// Nobody in particular: no credential is looked at.
    Public,
    /// A person, or a token of the access family.
    Authenticated,
    /// Allowed this action on this resource; `None`: on every resource.
    Permission(Action, Option<ResourcePattern>),
}

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleJson {
    #[serde(default)]
    public: bool,
    #[serde(default)]
    any_caller: bool,
    #[serde(default, deserialize_with = "present")]
    action: Option<Action>,
    #[serde(default, deserialize_with = "present")]
    resource: Option<String>,
    #[serde(default, deserialize_with = "present")]
    own_id: Option<String>,
    #[serde(default)]
    public_tokens: bool,
}

impl Rule {
    fn of(route: &Route, written: RuleJson) -> Result<Self, String> {
        let resource = written.resource.map(|text| ResourcePattern::parse(&text, route)).transpose()?;
        let access = match (written.public, written.any_caller, written.action, resource) {
            (true, false, None, None) if written.own_id.is_none() && !written.public_tokens => RouteAccess::Public,
            (true, ..) => return Err("`public` stands alone".to_owned()),
            (false, true, None, None) => RouteAccess::Authenticated,
            (false, false, Some(action), resource) => RouteAccess::Permission(action, resource),
            _ => return Err("a rule has `action`, or `any_caller: true`, or `public: true`".to_owned()),
        };
        match written.own_id.as_ref().filter(|name| !route.has(name)) {
            Some(name) => Err(format!("the route has no path parameter `{name}` for `own_id`")),
            None => Ok(Self { access, own_id: written.own_id, public_tokens: written.public_tokens }),
        }
    }
}

impl Rules {
    /// The valid rules of `sources`, and the invalid ones with the source that contains them. A later object may not have a rule for
    /// a route of an earlier one, not even for one API alone: Latchkey's own rules are the first object and cannot be overridden.
    #[must_use]
    pub fn new<S: Copy>(sources: impl IntoIterator<Item = (S, RuleEntries)>) -> (Self, Vec<(S, InvalidRule)>) {
        let mut rules = Self::default();
        let mut invalid = Vec::new();
        for (source, entries) in sources {
            for object in entries.0 {
                let mut of_object = Self::default();
                for RuleEntry { route, parsed } in object {
                    let added = parsed.and_then(|(route, rule)| {
                        rules.check_free(&route)?;
                        of_object.add(route, rule)
                    });
                    if let Err(reason) = added {
                        invalid.push((source, InvalidRule { route, reason }));
                    }
                }
                rules.0.extend(of_object.0);
            }
        }
        (rules, invalid)
    }

    /// The rule of `route` of the API with the id `api`: one for this API alone, or else one for any API.
    #[must_use]
    pub fn find(&self, api: &str, route: &str) -> Option<&Rule> {
        self.0.get(&Route::of(api, route)).or_else(|| self.0.get(&Route::anywhere(route)))
    }

    /// These rules and `more`, none of which may be for a route of these.
    ///
    /// # Errors
    ///
    /// The route that is in both.
    pub fn and(mut self, more: Self) -> Result<Self, String> {
        more.0.keys().try_for_each(|route| self.check_free(route))?;
        self.0.extend(more.0);
        Ok(self)
    }

    /// Whether tokens of the public family reach any route.
    #[must_use]
    pub fn admit_public_tokens(&self) -> bool {
        self.0.values().any(|rule| rule.public_tokens)
    }

    /// The rules by their routes, in the order of their keys.
    #[must_use]
    pub fn by_route(&self) -> Vec<(&Route, &Rule)> {
        let mut all: Vec<_> = self.0.iter().collect();
        all.sort_by_key(|(route, _)| route.to_string());
        all
    }

    fn check_free(&self, route: &Route) -> Result<(), String> {
        if self.0.keys().any(|own| own.is_of_the_same_key(route)) {
            return Err(format!("the route `{route}` has a rule already"));
        }
        Ok(())
    }

    fn add(&mut self, route: Route, rule: Rule) -> Result<(), String> {
        match self.0.entry(route) {
            Entry::Occupied(there) => Err(format!("the route `{}` is there twice", there.key())),
            Entry::Vacant(free) => {
                free.insert(rule);
                Ok(())
            }
        }
    }
}

impl RuleEntry {
    fn parse(route: String, json: &RawValue) -> Self {
        let in_rule = |reason: String| format!("the rule of `{route}`: {reason}");
        let parsed = route.parse::<Route>().map_err(|error| in_rule(error.to_string())).and_then(|parsed| {
            let written: StrictObject<RuleJson> =
                serde_json::from_str(json.get()).map_err(|error| in_rule(error.to_string()))?;
            let rule = Rule::of(&parsed, written.0).map_err(in_rule)?;
            Ok((parsed, rule))
        });
        Self { route, parsed }
    }
}

impl<'de> Deserialize<'de> for Rules {
    /// Fails with every rule that is invalid.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let (rules, invalid) = Self::new([((), RuleEntries::deserialize(deserializer)?)]);
        if invalid.is_empty() {
            return Ok(rules);
        }
        let reasons: Vec<_> = invalid.into_iter().map(|((), rule)| rule.reason).collect();
        Err(D::Error::custom(reasons.join("; ")))
    }
}

impl<'de> Deserialize<'de> for RuleEntries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RulesVisitor)
    }
}

/// Reads an object of rules, or a list of such objects.
struct RulesVisitor;

impl<'de> Visitor<'de> for RulesVisitor {
    type Value = RuleEntries;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object from routes to rules, or a list of such objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RuleEntries, A::Error> {
        let mut object = Vec::new();
        while let Some((route, json)) = members.next_entry::<String, Box<RawValue>>()? {
            object.push(RuleEntry::parse(route, &json));
        }
        Ok(RuleEntries(vec![object]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut lists: A) -> Result<RuleEntries, A::Error> {
        let mut objects = Vec::new();
        while let Some(RuleEntries(more)) = lists.next_element()? {
            objects.extend(more);
        }
        Ok(RuleEntries(objects))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn rules(text: &str) -> Rules {
        serde_json::from_str(text).unwrap()
    }

    fn need(action: &str) -> RouteAccess {
        RouteAccess::Permission(action.parse().unwrap(), None)
    }

    #[test]
    fn routes_are_compared_exactly() {
        let rules = rules(r#"{"GET /v1/x/{id}": {"action": "x:view"}}"#);
        assert_eq!(rules.find("a", "GET /v1/x/{id}").map(|rule| &rule.access), Some(&need("x:view")));
        for other in ["get /v1/x/{id}", "GET /v1/x/{id}/", "GET /v1/x/1", "GET  /v1/x/{id}", "POST /v1/x/{id}", ""] {
            assert!(rules.find("a", other).is_none(), "{other}");
        }
    }

    #[test]
    fn a_rule_for_one_api_comes_before_one_for_any_and_is_no_others() {
        let rules = rules(
            r#"{"GET /x": {"action": "x:any"}, "abc GET /x": {"action": "x:abc"}, "abc $default": {"public": true}}"#,
        );
        assert_eq!(rules.find("abc", "GET /x").map(|rule| &rule.access), Some(&need("x:abc")));
        assert_eq!(rules.find("xyz", "GET /x").map(|rule| &rule.access), Some(&need("x:any")));
        assert_eq!(rules.find("abc", "$default").map(|rule| &rule.access), Some(&RouteAccess::Public));
        for (api, route) in [("xyz", "$default"), ("", "abc GET /x"), ("", "$default")] {
            assert!(rules.find(api, route).is_none(), "{api} {route}");
        }
    }

    #[test]
    fn a_rule_that_is_not_understood_is_an_error_with_its_route_and_never_an_open_route() {
        for (rule, why) in [
            ("{}", "a rule has `action`, or"),
            (r#"{"action": ""}"#, "an action is 1 to 128"),
            (r#"{"any_caller": false}"#, "a rule has `action`, or"),
            (r#"{"any_caller": true, "action": "x:view"}"#, "a rule has `action`, or"),
            (r#"{"any_caller": true, "resource": "x"}"#, "a rule has `action`, or"),
            (r#"{"resource": "x"}"#, "a rule has `action`, or"),
            (r#"{"public": true, "action": "x:view"}"#, "`public` stands alone"),
            (r#"{"public": true, "any_caller": true}"#, "`public` stands alone"),
            (r#"{"public": true, "public_tokens": true}"#, "`public` stands alone"),
            (r#"{"public": true, "own_id": "id"}"#, "`public` stands alone"),
            (r#"{"public": "true"}"#, "invalid type: string"),
            (r#"{"action": null, "any_caller": true}"#, "invalid type: null"),
            (r#"{"action": "x:view", "open": true}"#, "unknown field `open`"),
            (r#"{"action": "x:view", "action": "x:edit"}"#, "duplicate field `action`"),
            (r#"{"action": "x:view", "own_id": null}"#, "invalid type: null"),
            (r#"{"action": "x:view", "own_id": "name"}"#, "no path parameter `name`"),
            (r#"{"action": "x:view", "resource": "x/{name}"}"#, "no path parameter `name`"),
            (r#"{"action": "x:view", "resource": ""}"#, "a resource is"),
            (r#""x:view""#, "invalid type: string"),
            ("[true]", "invalid type: sequence"),
            ("[false, true]", "invalid type: sequence"),
            (r#"[false, false, "x:view"]"#, "invalid type: sequence"),
        ] {
            let error =
                serde_json::from_str::<Rules>(&format!(r#"{{"GET /x/{{id}}": {rule}}}"#)).unwrap_err().to_string();
            assert!(error.contains("the rule of `GET /x/{id}`: ") && error.contains(why), "{rule}: {error}");
        }
    }

    #[test]
    fn rules_are_told_in_the_order_of_their_routes() {
        let rules =
            rules(r#"{"POST /x": {"public": true}, "GET /x": {"action": "x:view"}, "abc GET /x/y": {"public": true}}"#);
        let told: Vec<_> =
            rules.by_route().iter().map(|(route, rule)| (route.to_string(), rule.access.clone())).collect();
        let (open, needs) = (RouteAccess::Public, need("x:view"));
        let expected = [("GET /x", needs), ("POST /x", open.clone()), ("abc GET /x/y", open)];
        assert_eq!(told, expected.map(|(route, need)| (route.to_owned(), need)));
    }

    #[test]
    fn a_route_has_one_rule() {
        let rule = r#""GET /x": {"action": "x:view"}"#;
        let of_one_api = r#""abc GET /x": {"public": true}"#;
        for (twice, why) in [
            (format!("{{{rule}, {rule}}}"), "the route `GET /x` is there twice"),
            (format!("[{{{rule}}}, {{{rule}}}]"), "the route `GET /x` has a rule already"),
            (format!("[{{{rule}}}, {{{of_one_api}}}]"), "the route `abc GET /x` has a rule already"),
            (format!("[{{{of_one_api}}}, {{}}, {{{rule}}}]"), "the route `GET /x` has a rule already"),
        ] {
            let error = serde_json::from_str::<Rules>(&twice).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        for bad in ["7", "\"x\"", "null", "[7]", "[[[[7]]]]"] {
            let error = serde_json::from_str::<Rules>(bad).unwrap_err().to_string();
            assert!(error.contains("expected an object from routes to rules"), "{bad}: {error}");
        }
    }
}
