//! The operator's rules, which come from several sources and of which any entry may be invalid.
//!
//! *(deny by default)* No invalid entry prevents the valid ones from being used, and none may allow a request that the
//! intended rules deny, if these have all rules for a route in one source. What an invalid entry denies therefore depends on what can be known about it:
//!
//! * The rule is invalid and its route is not: the route is denied. For a route of one API, this includes requests that the
//!   rule for any API would otherwise decide.
//! * The key cannot be read as a route, or the source has it twice: every route of the source is denied. The entry may have
//!   been a rule for one API, which is stricter than a rule for any API. That rule is in the same source, since the rules
//!   for a route belong into one source. Routes of the other sources go on.
//! * The source cannot be read: every route of all sources is denied, because it is unknown which routes of the other
//!   sources it restricts or repeats.
//! * Two sources have a rule for one route: this route is denied, on every API for which either has a rule. The
//!   order of the sources does not say which of them the operator meant.
//! * The route is Latchkey's own: the entry is not used, and Latchkey's rule applies.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{Route, Rule, RuleJson, Rules};
use crate::json::{StrictObject, truncate};

/// Most characters of a key that a message repeats. A key may be any text, and its message is in the log line of each
/// request that is denied because of it.
const MAX_KEY_CHARS: usize = 256;

/// The rules of one source as configured, each valid or invalid on its own: one list per JSON object.
#[derive(Debug, Default)]
pub struct RuleEntries(Vec<Vec<RuleEntry>>);

/// One rule as configured.
#[derive(Debug)]
struct RuleEntry {
    /// The key as configured.
    key: String,
    parsed: Result<(Route, Result<Rule, String>), String>,
}

/// A source of the operator's rules.
#[derive(Debug)]
pub struct RuleSource {
    /// The name of the source: an environment variable or a file.
    pub name: &'static str,
    /// Its entries, or why it cannot be read.
    pub entries: Result<RuleEntries, String>,
}

/// An error in the operator's rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleError {
    /// The name of the source.
    pub source: &'static str,
    /// The route as configured; `None` if the source cannot be read.
    pub entry: Option<String>,
    /// What is invalid.
    pub reason: String,
    /// What the authorizer does because of it.
    pub effect: RuleErrorEffect,
}

/// What the authorizer does because of an error in the operator's rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RuleErrorEffect {
    /// The route of the entry is denied.
    RouteDenied,
    /// All routes of the source are denied.
    SourceDenied,
    /// All routes of all sources are denied.
    AllDenied,
    /// Latchkey's own rule of the route applies.
    OwnRuleApplies,
}

impl RuleErrorEffect {
    /// The effect as a clause of a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RouteDenied => "the route is denied",
            Self::SourceDenied => "all routes of this variable are denied",
            Self::AllDenied => "all routes except Latchkey's own are denied",
            Self::OwnRuleApplies => "Latchkey's own rule applies",
        }
    }
}

/// Why a route is denied although the operator may have configured a rule for it. The text is for the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidRule(String);

impl InvalidRule {
    fn entry(source: &str, key: &str) -> Self {
        Self(format!("entry `{}` of {source}", truncate(key, MAX_KEY_CHARS)))
    }
}

/// A route of a source with its rule.
type SourceRule = (Route, Result<Rule, InvalidRule>);

/// The rules of one source, in its order.
struct SourceRules {
    rules: Vec<SourceRule>,
    /// The first entry because of which all routes of the source are denied.
    invalid: Option<InvalidRule>,
}

impl SourceRules {
    /// The rules of `entries` for routes that `own` has no rule for. Adds the errors of the source named `source` to
    /// `errors`.
    fn new(source: &'static str, entries: RuleEntries, own: &Rules, errors: &mut Vec<RuleError>) -> Self {
        let mut rules: Vec<SourceRule> = Vec::new();
        let mut invalid = None;
        let mut earlier_objects = HashSet::new();
        for object in entries.0 {
            let mut routes = HashSet::new();
            for RuleEntry { key, parsed } in object {
                let checked = parsed.and_then(|(route, rule)| match routes.insert(route.clone()) {
                    false => Err(format!("the route `{route}` is defined twice")),
                    true if earlier_objects.contains(route.key()) => Err(already_has_a_rule(&route)),
                    true => Ok((route, rule)),
                });
                let (reason, effect) = match checked {
                    Err(reason) => {
                        invalid.get_or_insert_with(|| InvalidRule::entry(source, &key));
                        (reason, RuleErrorEffect::SourceDenied)
                    }
                    Ok((route, _)) if own.has_key_of(&route) => {
                        (format!("{} of Latchkey", already_has_a_rule(&route)), RuleErrorEffect::OwnRuleApplies)
                    }
                    Ok((route, Err(reason))) => {
                        rules.push((route, Err(InvalidRule::entry(source, &key))));
                        (reason, RuleErrorEffect::RouteDenied)
                    }
                    Ok((route, Ok(rule))) => {
                        rules.push((route, Ok(rule)));
                        continue;
                    }
                };
                errors.push(RuleError { source, entry: Some(key), reason, effect });
            }
            earlier_objects.extend(routes.iter().map(|route| route.key().to_owned()));
        }
        if let Some(invalid) = &invalid {
            for (_, rule) in &mut rules {
                *rule = Err(invalid.clone());
            }
        }
        Self { rules, invalid }
    }
}

fn already_has_a_rule(route: &Route) -> String {
    format!("the route `{route}` already has a rule")
}

impl Rules {
    /// The rules of Latchkey's own routes and those of the operator, with the errors of the latter.
    #[must_use]
    pub fn with_operator_rules(sources: impl IntoIterator<Item = RuleSource>) -> (Self, Vec<RuleError>) {
        let own = Self::own();
        let (mut rules, errors) = Self::read(sources, &own);
        // No operator rule has the key of an own rule.
        rules.by_route.extend(own.by_route);
        (rules, errors)
    }

    /// The operator's rules, without those of Latchkey's own routes.
    #[must_use]
    pub fn of_operator(sources: impl IntoIterator<Item = RuleSource>) -> (Self, Vec<RuleError>) {
        Self::read(sources, &Self::own())
    }

    /// The rules of one source for any route, Latchkey's own included.
    pub(super) fn of_entries(entries: RuleEntries) -> (Self, Vec<RuleError>) {
        Self::read([RuleSource { name: "", entries: Ok(entries) }], &Self::default())
    }

    fn read(sources: impl IntoIterator<Item = RuleSource>, own: &Self) -> (Self, Vec<RuleError>) {
        let mut rules = Self::default();
        let mut errors = Vec::new();
        let mut unreadable = None;
        for RuleSource { name, entries } in sources {
            match entries {
                Ok(entries) => {
                    let source = SourceRules::new(name, entries, own, &mut errors);
                    let SourceRules { rules: source_rules, invalid } = source;
                    rules.add(name, source_rules, &mut errors);
                    rules.missing = rules.missing.or(invalid);
                }
                Err(reason) => {
                    unreadable.get_or_insert_with(|| InvalidRule(format!("{name} cannot be read")));
                    let effect = RuleErrorEffect::AllDenied;
                    errors.push(RuleError { source: name, entry: None, reason, effect });
                }
            }
        }
        if unreadable.is_some() {
            rules = Self { missing: unreadable, ..Self::default() };
        }
        (rules, errors)
    }

    /// Adds the rules of another source. A route that both have is denied.
    fn add(&mut self, source: &'static str, source_rules: Vec<SourceRule>, errors: &mut Vec<RuleError>) {
        let mut shared_keys = HashSet::new();
        {
            let keys: HashSet<&str> = self.by_route.keys().map(Route::key).collect();
            for (route, _) in source_rules.iter().filter(|(route, _)| keys.contains(route.key())) {
                shared_keys.insert(route.key().to_owned());
                let entry = Some(route.to_string());
                let reason = format!("{} in another source", already_has_a_rule(route));
                errors.push(RuleError { source, entry, reason, effect: RuleErrorEffect::RouteDenied });
            }
        }
        self.by_route.extend(source_rules);
        for (route, rule) in self.by_route.iter_mut().filter(|(route, _)| shared_keys.contains(route.key())) {
            *rule = Err(InvalidRule(format!("entry `{route}` of two sources")));
        }
    }

    fn has_key_of(&self, route: &Route) -> bool {
        self.by_route.contains_key(&Route::of_any_api(route.key()))
    }
}

impl RuleEntry {
    fn parse(key: String, json: &RawValue) -> Self {
        let in_rule = |reason: String| format!("the rule of `{}`: {reason}", truncate(&key, MAX_KEY_CHARS));
        let parsed = key.parse::<Route>().map_err(|error| in_rule(error.to_string())).map(|route| {
            let members = serde_json::from_str::<StrictObject<RuleJson>>(json.get()).map_err(|error| error.to_string());
            let rule = members.and_then(|StrictObject(members)| Rule::of(&route, members));
            (route, rule.map_err(in_rule))
        });
        Self { key, parsed }
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
        f.write_str("an object that maps routes to rules, or a list of such objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<RuleEntries, A::Error> {
        let mut object = Vec::new();
        while let Some((key, json)) = members.next_entry::<String, Box<RawValue>>()? {
            object.push(RuleEntry::parse(key, &json));
        }
        Ok(RuleEntries(vec![object]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<RuleEntries, A::Error> {
        let mut all_objects = Vec::new();
        while let Some(RuleEntries(objects)) = list.next_element()? {
            all_objects.extend(objects);
        }
        Ok(RuleEntries(all_objects))
    }
}

#[cfg(test)]
mod tests;
