//! IAM policy statements and their evaluation.

mod condition;

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use wildmatch::WildMatch;

pub use self::condition::{Condition, ConditionContext, ConditionOperator};

/// One statement of an IAM policy.
///
/// Deserialization fails on any other element (`NotAction`, an unknown condition operator): ignoring one could widen the
/// statement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statement {
    /// Whether the statement allows or denies.
    #[serde(rename = "Effect")]
    pub effect: Effect,
    /// Patterns of actions, as in `dynamodb:GetItem`.
    #[serde(rename = "Action", deserialize_with = "one_or_many")]
    pub actions: Vec<String>,
    /// Patterns of ARNs.
    #[serde(rename = "Resource", deserialize_with = "one_or_many")]
    pub resources: Vec<String>,
    /// The conditions, all of which must be met.
    #[serde(rename = "Condition", default, deserialize_with = "conditions")]
    pub conditions: Vec<Condition>,
}

/// The effect of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Effect {
    /// Allows unless another statement denies.
    Allow,
    /// Denies whatever other statements allow.
    Deny,
}

impl Statement {
    /// A statement that allows `action` on `resource`, both patterns, without conditions.
    #[must_use]
    pub fn allow(action: &str, resource: &str) -> Self {
        Self {
            effect: Effect::Allow,
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
            conditions: Vec::new(),
        }
    }

    /// Whether the statement names `action` on `resource`. Actions are case-insensitive, ARNs are not (IAM User Guide,
    /// "IAM JSON policy elements reference").
    pub(crate) fn names(&self, action: &str, resource: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let names_action = |pattern: &String| matches_pattern(&pattern.to_ascii_lowercase(), &action);
        let names_resource = |pattern: &String| matches_pattern(pattern, resource);
        self.actions.iter().any(names_action) && self.resources.iter().any(names_resource)
    }

    fn conditions_met(&self, context: &ConditionContext) -> bool {
        self.conditions.iter().all(|condition| condition.is_met(context))
    }
}

/// Whether `statements` allow `action` on `resource` for a request with this context.
#[must_use]
pub fn is_allowed(statements: &[Statement], action: &str, resource: &str, context: &ConditionContext) -> bool {
    evaluate(statements, |statement| statement.names(action, resource) && statement.conditions_met(context))
}

/// Whether, of the statements that apply, one allows and none denies.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
pub(crate) fn evaluate(statements: &[Statement], applies: impl Fn(&Statement) -> bool) -> bool {
    let has = |effect| statements.iter().any(|statement| statement.effect == effect && applies(statement));
    has(Effect::Allow) && !has(Effect::Deny)
}

/// Whether `text` matches `pattern`, in which `*` stands for any number of characters, `/` and `:` included, and `?` for
/// one. IAM patterns have no escape character.
fn matches_pattern(pattern: &str, text: &str) -> bool {
    WildMatch::new(pattern).matches(text)
}

/// A string or a list of strings.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a string or a list of strings")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl From<OneOrMany> for Vec<String> {
    fn from(value: OneOrMany) -> Self {
        match value {
            OneOrMany::One(one) => vec![one],
            OneOrMany::Many(many) => many,
        }
    }
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    OneOrMany::deserialize(deserializer).map(Vec::from)
}

/// Flattens the map of operators to maps of condition keys to values.
fn conditions<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Condition>, D::Error> {
    let by_operator = BTreeMap::<ConditionOperator, BTreeMap<String, OneOrMany>>::deserialize(deserializer)?;
    let conditions = by_operator.into_iter().flat_map(|(operator, by_key)| {
        by_key.into_iter().map(move |(key, values)| Condition { operator, key, values: values.into() })
    });
    Ok(conditions.collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn deny(action: &str, resource: &str) -> Statement {
        Statement { effect: Effect::Deny, ..Statement::allow(action, resource) }
    }

    fn allows(statements: &[Statement], action: &str, resource: &str) -> bool {
        is_allowed(statements, action, resource, &ConditionContext::new())
    }

    fn parse(statement: &Value) -> Result<Statement, serde_json::Error> {
        serde_json::from_value(statement.clone())
    }

    #[test]
    fn statement_allows_its_action_on_its_resource_only() {
        let cases = [
            ("dynamodb:PutItem", "arn:table/t", true),
            ("dynamodb:putitem", "arn:table/t", true),
            ("dynamodb:PutItem", "arn:table/T", false),
            ("dynamodb:PutItem", "arn:table/t/index/i", false),
            ("dynamodb:PutItems", "arn:table/t", false),
            ("kms:Sign", "arn:table/t", false),
        ];
        let statements = [Statement::allow("dynamodb:PutItem", "arn:table/t")];
        for (action, resource, allowed) in cases {
            assert_eq!(allows(&statements, action, resource), allowed, "{action} on {resource}");
        }
    }

    #[test]
    fn wildcards_match_in_actions_and_resources() {
        let statements = [Statement::allow("dynamodb:*Item", "arn:*/t?")];
        assert!(allows(&statements, "dynamodb:BatchGetItem", "arn:a/b/t1"));
        assert!(!allows(&statements, "dynamodb:Query", "arn:a/b/t1"));
        assert!(!allows(&statements, "dynamodb:GetItem", "arn:a/t"));
    }

    #[test]
    fn explicit_deny_overrides_allow_and_default_is_deny() {
        let statements = [Statement::allow("kms:*", "*"), deny("kms:Sign", "key/2")];
        assert!(allows(&statements, "kms:Sign", "key/1"));
        assert!(!allows(&statements, "kms:Sign", "key/2"));
        assert!(!allows(&[], "kms:Sign", "key/1"));
    }

    #[test]
    fn statement_with_condition_applies_only_when_met() {
        let mut statement = Statement::allow("kms:Sign", "key/1");
        let operator = ConditionOperator::StringEquals;
        let values = vec!["DIGEST".to_owned()];
        statement.conditions.push(Condition { operator, key: "kms:MessageType".to_owned(), values });
        let allows = |context: &ConditionContext| is_allowed(&[statement.clone()], "kms:Sign", "key/1", context);
        let context = |message_type: &str| ConditionContext::from([("kms:MessageType", vec![message_type.to_owned()])]);
        assert!(allows(&context("DIGEST")));
        assert!(!allows(&context("RAW")));
        assert!(!allows(&ConditionContext::new()));
    }

    #[test]
    fn action_and_resource_accept_string_or_list() {
        let statement = json!({"Effect": "Deny", "Action": "a:b", "Resource": ["c", "d"]});
        let statement = parse(&statement).unwrap();
        assert_eq!(statement.effect, Effect::Deny);
        assert_eq!(statement.actions, ["a:b"]);
        assert_eq!(statement.resources, ["c", "d"]);
    }

    #[test]
    fn conditions_are_parsed_by_operator_and_key() {
        let condition = json!({"StringLike": {"a": ["b", "c*"]}, "StringEquals": {"kms:MessageType": "DIGEST"}});
        let statement = json!({"Effect": "Allow", "Action": "kms:Sign", "Resource": "*", "Condition": condition});
        let conditions = parse(&statement).unwrap().conditions;
        let condition = |operator, key: &str, values: &[&str]| Condition {
            operator,
            key: key.to_owned(),
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        };
        assert_eq!(
            conditions,
            [
                condition(ConditionOperator::StringEquals, "kms:MessageType", &["DIGEST"]),
                condition(ConditionOperator::StringLike, "a", &["b", "c*"]),
            ]
        );
    }

    #[test]
    fn statement_with_unknown_element_or_value_is_rejected() {
        let valid = json!({"Effect": "Allow", "Action": "a:b", "Resource": "*"});
        assert!(parse(&valid).is_ok());
        for (member, value) in [
            ("Condition", json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})),
            ("Condition", json!({"StringEquals": "a"})),
            ("NotAction", json!("a:c")),
            ("Effect", json!("allow")),
            ("Effect", json!("true")),
            ("Action", json!({})),
        ] {
            let mut statement = valid.clone();
            statement[member] = value;
            assert!(parse(&statement).is_err(), "{member}");
        }
    }

    /// The definition of a match, which takes exponential time.
    fn matches_by_definition(pattern: &[char], text: &[char]) -> bool {
        match (pattern.split_first(), text.split_first()) {
            (None, None) => true,
            (Some(('*', rest)), _) => (0..=text.len()).any(|taken| matches_by_definition(rest, &text[taken..])),
            (Some((expected, rest)), Some((found, tail))) => {
                (*expected == '?' || expected == found) && matches_by_definition(rest, tail)
            }
            _ => false,
        }
    }

    proptest! {
        #[test]
        fn pattern_matches_as_defined(pattern in "[aé/:*?]{0,8}", text in "[aé/:*?]{0,10}") {
            let expected = matches_by_definition(
                &pattern.chars().collect::<Vec<_>>(),
                &text.chars().collect::<Vec<_>>(),
            );
            prop_assert_eq!(matches_pattern(&pattern, &text), expected);
        }

        #[test]
        fn pattern_without_wildcards_matches_itself_only(pattern in "[a-z:/]{0,12}", text in "[a-z:/]{0,12}") {
            prop_assert!(matches_pattern(&pattern, &pattern));
            prop_assert_eq!(matches_pattern(&pattern, &text), pattern == text);
        }
    }
}
