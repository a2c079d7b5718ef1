//! One line of a role: which actions on which resources it allows or denies.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// A text in which `*` matches any run of characters, `:` and `/` included. Nothing else is special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern written as `text`.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether the whole of `text` fits. Takes time in proportion to both lengths multiplied, at worst.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (pattern, text) = (self.0.as_bytes(), text.as_bytes());
        let (mut p, mut t) = (0, 0);
        // Where to go on when a run matched too little: just after the last star, and the text it has taken so far.
        let mut star: Option<(usize, usize)> = None;
        while t < text.len() {
            if pattern.get(p) == Some(&b'*') {
                star = Some((p + 1, t));
                p += 1;
            } else if pattern.get(p) == Some(&text[t]) {
                p += 1;
                t += 1;
            } else if let Some((after, taken)) = star {
                (p, t) = (after, taken + 1);
                star = Some((after, t));
            } else {
                return false;
            }
        }
        pattern[p..].iter().all(|&byte| byte == b'*')
    }

    fn is_everything(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte == b'*')
    }
}

/// Whether a grant gives or takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grant allows.
    Allow,
    /// The grant denies, whatever else allows.
    Deny,
}

/// A grant as far as it was understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    action: Pattern,
    /// `None`: every resource.
    resource: Option<Pattern>,
    effect: Effect,
}

impl Serialize for Grant {
    /// As it stands in a row: absent resource means every resource, absent effect `allow`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("action", &self.action.0)?;
        if let Some(resource) = &self.resource {
            members.serialize_entry("resource", &resource.0)?;
        }
        if self.effect == Effect::Deny {
            members.serialize_entry("effect", "deny")?;
        }
        members.end()
    }
}

impl Grant {
    /// A grant that allows everything.
    #[must_use]
    pub fn allow_all() -> Self {
        Self { action: Pattern::new("*"), resource: None, effect: Effect::Allow }
    }

    /// Reads a grant: an object with the strings `action`, `resource` (optional) and `effect` (optional, `allow` or
    /// `deny`), and nothing else. `None` where it is anything else.
    #[must_use]
    pub fn parse(value: &Value) -> Option<Self> {
        let members = value.as_object()?;
        if members.keys().any(|name| !matches!(name.as_str(), "action" | "resource" | "effect")) {
            return None;
        }
        let text = |name: &str| members.get(name).map(Value::as_str);
        Some(Self {
            action: Pattern::new(text("action")??),
            resource: match text("resource") {
                None => None,
                Some(resource) => Some(Pattern::new(resource?)),
            },
            effect: match text("effect") {
                None | Some(Some("allow")) => Effect::Allow,
                Some(Some("deny")) => Effect::Deny,
                Some(_) => return None,
            },
        })
    }

    /// What a grant that was not understood takes away: where it has an effect other than `allow` it may have been meant
    /// to deny, so it denies its action on every resource, and every action where that cannot be read.
    #[must_use]
    pub fn fail_safe_deny(value: &Value) -> Option<Self> {
        let effect = value.as_object().map(|members| members.get("effect"));
        match effect {
            Some(None) => None,
            Some(Some(Value::String(effect))) if effect == "allow" => None,
            _ => Some(Self {
                action: Pattern::new(value.get("action").and_then(Value::as_str).unwrap_or("*")),
                resource: None,
                effect: Effect::Deny,
            }),
        }
    }

    /// A grant that denies everything.
    #[must_use]
    pub fn deny_all() -> Self {
        Self { action: Pattern::new("*"), resource: None, effect: Effect::Deny }
    }

    /// Whether the grant gives or takes.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether the grant speaks of `action` on `resource`. Where the route names no resource, an allow counts only
    /// without a resource or with `*`, a deny always.
    #[must_use]
    pub fn matches(&self, action: &str, resource: Option<&str>) -> bool {
        self.action.matches(action)
            && match (&self.resource, resource) {
                (None, _) => true,
                (Some(pattern), Some(resource)) => pattern.matches(resource),
                (Some(pattern), None) => self.effect == Effect::Deny || pattern.is_everything(),
            }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_star_matches_any_run_and_nothing_else_is_special() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("*", "a:b/c", true),
            ("entity:*", "entity:view", true),
            ("entity:*", "entity", false),
            ("*:view", "entity:x:view", true),
            ("a*b*c", "a--b--b--c", true),
            ("a*b*c", "a--b--b--", false),
            ("", "", true),
            ("", "a", false),
            ("a?c", "abc", false),
            ("a.c", "abc", false),
            ("token:create", "token:creates", false),
            ("**a", "ba", true),
        ] {
            assert_eq!(Pattern::new(pattern).matches(text), fits, "{pattern} {text}");
        }
    }

    /// The obvious definition, exponential and short.
    fn fits(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|taken| fits(rest, &text[taken..])),
            Some((byte, rest)) => text.first() == Some(byte) && fits(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn matching_agrees_with_its_definition(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), fits(pattern.as_bytes(), text.as_bytes()));
        }
    }

    #[test]
    fn a_grant_is_action_resource_effect_and_nothing_else() {
        for good in [
            json!({"action": "a"}),
            json!({"action": "a", "resource": "r"}),
            json!({"action": "a", "effect": "deny"}),
            json!({"action": "a", "resource": "*", "effect": "allow"}),
        ] {
            assert!(Grant::parse(&good).is_some(), "{good}");
        }
        for bad in [
            json!("a"),
            json!({}),
            json!({"action": 1}),
            json!({"action": null}),
            json!({"action": "a", "resource": null}),
            json!({"action": "a", "resource": ["r"]}),
            json!({"action": "a", "effect": "Allow"}),
            json!({"action": "a", "effect": true}),
            json!({"action": "a", "condition": {}}),
        ] {
            assert!(Grant::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn what_was_not_understood_still_denies_unless_it_says_allow() {
        for (grant, denied) in [
            (json!({"action": "a", "effect": "Deny"}), true),
            (json!({"action": "a", "effect": "deny", "condition": {}}), true),
            (json!({"action": 7, "effect": "deny"}), true),
            (json!("deny a"), true),
            (json!({"action": "a", "condition": {}}), false),
            (json!({"action": "a", "effect": "allow", "condition": {}}), false),
            (json!({"action": "b", "effect": "deny", "condition": {}}), false),
        ] {
            let denial = Grant::fail_safe_deny(&grant);
            assert_eq!(denial.is_some_and(|d| d.matches("a", None)), denied, "{grant}");
        }
    }

    #[test]
    fn without_a_resource_in_the_route_an_allow_needs_everything_and_a_deny_needs_nothing() {
        let grant = |resource: &str, effect: &str| {
            Grant::parse(&json!({"action": "a", "resource": resource, "effect": effect})).unwrap()
        };
        assert!(!grant("entity/1", "allow").matches("a", None));
        assert!(grant("*", "allow").matches("a", None));
        assert!(!grant("", "allow").matches("a", None));
        assert!(grant("entity/1", "deny").matches("a", None));
        assert!(grant("entity/*", "allow").matches("a", Some("entity/1")));
        assert!(!grant("entity/1", "deny").matches("a", Some("entity/2")));
    }
}
