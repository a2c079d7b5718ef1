//! A grant of a role: the actions on resources that it allows or denies.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use super::{Action, action::requires_exact_grant};

/// A pattern in which `*` matches any run of characters, `:` and `/` included. No other character is special.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern(String);

impl Pattern {
    /// The pattern that `text` contains.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Whether the pattern matches the whole of `text`. The worst case takes time proportional to the product of both
    /// lengths.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let pattern = self.0.as_bytes();
        let text = text.as_bytes();
        let mut pattern_index = 0;
        let mut text_index = 0;
        // Where to resume after a mismatch: the index after the last star, and the end of the text that it matches.
        let mut backtrack: Option<(usize, usize)> = None;
        while text_index < text.len() {
            if pattern.get(pattern_index) == Some(&b'*') {
                backtrack = Some((pattern_index + 1, text_index));
                pattern_index += 1;
            } else if pattern.get(pattern_index) == Some(&text[text_index]) {
                pattern_index += 1;
                text_index += 1;
            } else if let Some((after_star, star_end)) = backtrack {
                pattern_index = after_star;
                text_index = star_end + 1;
                backtrack = Some((after_star, text_index));
            } else {
                return false;
            }
        }
        pattern[pattern_index..].iter().all(|&byte| byte == b'*')
    }

    fn matches_everything(&self) -> bool {
        !self.0.is_empty() && self.0.bytes().all(|byte| byte == b'*')
    }
}

/// The effect of a grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// The grant allows.
    Allow,
    /// The grant denies, even if other grants allow.
    Deny,
}

/// A grant of a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    action: Pattern,
    /// `None`: every resource.
    resource: Option<Pattern>,
    effect: Effect,
}

impl Serialize for Grant {
    /// Writes the stored form: a missing `resource` means every resource, a missing `effect` means `allow`.
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

    /// Parses a grant: an object with the strings `action`, `resource` (optional) and `effect` (optional, `allow` or
    /// `deny`), and no other member. Returns `None` for any other value.
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

    /// The deny that replaces a grant that cannot be parsed. Unless `effect` is `allow` or missing, the grant may have
    /// been meant to deny, so it denies its action on every resource, or every action if `action` is not a string.
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

    /// Whether the grant allows or denies.
    #[must_use]
    pub fn effect(&self) -> Effect {
        self.effect
    }

    /// Whether the grant applies to `action` on `resource`. If the route names no resource, an allow applies only
    /// without a resource or with `*`, and a deny always applies.
    ///
    /// A grant that allows `token:create` also allows `token:view`, `token:revoke` and `token:self`, and one that denies
    /// it denies them. `token:revoke` also allows `token:view`.
    #[must_use]
    pub fn matches(&self, action: &Action, resource: Option<&str>) -> bool {
        self.matches_action(action) && self.matches_resource(resource)
    }

    fn matches_action(&self, action: &Action) -> bool {
        match self.effect {
            Effect::Allow => {
                self.allows_by_name(action.as_str())
                    || action.implied_by().iter().any(|implying| self.allows_by_name(implying))
            }
            Effect::Deny => {
                self.action.matches(action.as_str())
                    || action.denied_with().is_some_and(|wider| self.action.matches(wider))
            }
        }
    }

    /// Whether the grant allows `action`, apart from what it implies.
    fn allows_by_name(&self, action: &str) -> bool {
        if requires_exact_grant(action) { self.action.0 == action } else { self.action.matches(action) }
    }

    fn matches_resource(&self, resource: Option<&str>) -> bool {
        match (&self.resource, resource) {
            (None, _) => true,
            (Some(pattern), Some(resource)) => pattern.matches(resource),
            (Some(pattern), None) => self.effect == Effect::Deny || pattern.matches_everything(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn action(text: &str) -> Action {
        text.parse().unwrap()
    }

    #[test]
    fn pattern_star_matches_any_run_of_characters() {
        for (pattern, text, expected) in [
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
            assert_eq!(Pattern::new(pattern).matches(text), expected, "{pattern} {text}");
        }
    }

    /// Reference implementation: the definition of matching, in exponential time.
    fn matches_by_definition(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|taken| matches_by_definition(rest, &text[taken..])),
            Some((byte, rest)) => text.first() == Some(byte) && matches_by_definition(rest, &text[1..]),
        }
    }

    proptest! {
        #[test]
        fn pattern_match_agrees_with_reference(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
            let expected = matches_by_definition(pattern.as_bytes(), text.as_bytes());
            prop_assert_eq!(Pattern::new(&pattern).matches(&text), expected);
        }
    }

    #[test]
    fn grant_with_unknown_member_or_wrong_type_is_rejected() {
        for valid in [
            json!({"action": "a"}),
            json!({"action": "a", "resource": "r"}),
            json!({"action": "a", "effect": "deny"}),
            json!({"action": "a", "resource": "*", "effect": "allow"}),
        ] {
            assert!(Grant::parse(&valid).is_some(), "{valid}");
        }
        for invalid in [
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
            assert!(Grant::parse(&invalid).is_none(), "{invalid}");
        }
    }

    #[test]
    fn unparsable_grant_denies_unless_effect_is_allow() {
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
            assert_eq!(denial.is_some_and(|d| d.matches(&action("a"), None)), denied, "{grant}");
        }
    }

    #[test]
    fn grant_on_route_without_resource_allows_only_star() {
        let grant = |resource: &str, effect: &str| {
            Grant::parse(&json!({"action": "a", "resource": resource, "effect": effect})).unwrap()
        };
        assert!(!grant("entity/1", "allow").matches(&action("a"), None));
        assert!(grant("*", "allow").matches(&action("a"), None));
        assert!(!grant("", "allow").matches(&action("a"), None));
        assert!(grant("entity/1", "deny").matches(&action("a"), None));
        assert!(grant("entity/*", "allow").matches(&action("a"), Some("entity/1")));
        assert!(!grant("entity/1", "deny").matches(&action("a"), Some("entity/2")));
    }

    /// The actions of Latchkey's own operations that a grant of `pattern` applies to.
    fn token_actions(pattern: &str, effect: &str) -> Vec<&'static str> {
        let grant = Grant::parse(&json!({"action": pattern, "effect": effect})).unwrap();
        let all = ["token:create", "token:view", "token:revoke", "token:self"];
        all.into_iter().filter(|name| grant.matches(&action(name), None)).collect()
    }

    #[test]
    fn allowed_token_action_implies_the_narrower_ones() {
        let all = vec!["token:create", "token:view", "token:revoke", "token:self"];
        for (pattern, allowed) in [
            ("*", all.clone()),
            ("token:*", all.clone()),
            ("token:create", all.clone()),
            ("*:create", all),
            ("token:view", vec!["token:view"]),
            ("*:view", vec!["token:view"]),
            ("token:revoke", vec!["token:view", "token:revoke"]),
            ("token:self", vec!["token:self"]),
            ("*:self", vec![]),
            ("token:self*", vec![]),
            ("token:r*", vec![]),
            ("*:revoke", vec![]),
            ("token:s*", vec![]),
            ("token", vec![]),
            ("order:*", vec![]),
        ] {
            assert_eq!(token_actions(pattern, "allow"), allowed, "{pattern}");
        }
    }

    #[test]
    fn denied_token_create_denies_the_narrower_actions() {
        let all = vec!["token:create", "token:view", "token:revoke", "token:self"];
        for (pattern, denied) in [
            ("*", all.clone()),
            ("token:create", all.clone()),
            ("*:create", all.clone()),
            ("token:c*", all),
            ("token:view", vec!["token:view"]),
            ("token:r*", vec!["token:revoke"]),
            ("*:self", vec!["token:self"]),
            ("order:*", vec![]),
        ] {
            assert_eq!(token_actions(pattern, "deny"), denied, "{pattern}");
        }
    }

    #[test]
    fn implied_action_is_limited_to_the_resource_of_its_grant() {
        let grant = Grant::parse(&json!({"action": "token:create", "resource": "token/1"})).unwrap();
        assert!(grant.matches(&action("token:revoke"), Some("token/1")));
        assert!(!grant.matches(&action("token:revoke"), Some("token/2")));
        assert!(!grant.matches(&action("token:revoke"), None));
    }
}
