//! Conditions of a policy statement.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::matches_pattern;

/// The values that a request has for each condition key.
pub type ConditionContext = BTreeMap<&'static str, Vec<String>>;

/// A condition on one condition key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How values are compared.
    pub operator: ConditionOperator,
    /// The condition key, as in `kms:MessageType`. Its name is case-insensitive.
    pub key: String,
    /// The accepted values.
    pub values: Vec<String>,
}

/// The supported condition operators.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum ConditionOperator {
    /// The request has exactly one value, which equals an accepted value.
    StringEquals,
    /// The request has exactly one value, which matches an accepted value with `*` and `?`.
    StringLike,
    /// Each value of the request equals an accepted value; the request may have none.
    #[serde(rename = "ForAllValues:StringEquals")]
    ForAllStringEquals,
    /// Each value of the request matches an accepted value; the request may have none.
    #[serde(rename = "ForAllValues:StringLike")]
    ForAllStringLike,
}

impl Condition {
    /// Whether a request with this context meets the condition.
    pub(super) fn is_met(&self, context: &ConditionContext) -> bool {
        let request_values =
            context.iter().find(|(key, _)| key.eq_ignore_ascii_case(&self.key)).map(|(_, values)| values);
        let equals = |value: &String| self.values.contains(value);
        let is_like = |value: &String| self.values.iter().any(|pattern| matches_pattern(pattern, value));
        let single = |accepts: &dyn Fn(&String) -> bool| {
            request_values.is_some_and(|values| matches!(values.as_slice(), [value] if accepts(value)))
        };
        let each = |accepts: &dyn Fn(&String) -> bool| request_values.is_none_or(|values| values.iter().all(accepts));
        match self.operator {
            ConditionOperator::StringEquals => single(&equals),
            ConditionOperator::StringLike => single(&is_like),
            ConditionOperator::ForAllStringEquals => each(&equals),
            ConditionOperator::ForAllStringLike => each(&is_like),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_met(operator: ConditionOperator, accepted: &[&str], request_values: Option<&[&str]>) -> bool {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let condition = Condition { operator, key: "KMS:MessageType".to_owned(), values: owned(accepted) };
        condition.is_met(&request_values.map(|values| ("kms:MessageType", owned(values))).into_iter().collect())
    }

    #[test]
    fn single_value_operator_requires_one_accepted_value() {
        for (operator, accepted, request_values, expected) in [
            (ConditionOperator::StringEquals, &["A", "B"][..], Some(&["B"][..]), true),
            (ConditionOperator::StringEquals, &["A*"], Some(&["AB"]), false),
            (ConditionOperator::StringEquals, &["A"], Some(&["A", "A"]), false),
            (ConditionOperator::StringEquals, &["A"], Some(&[]), false),
            (ConditionOperator::StringEquals, &["A"], None, false),
            (ConditionOperator::StringLike, &["TOKEN#*"], Some(&["TOKEN#1"]), true),
            (ConditionOperator::StringLike, &["TOKEN#*"], Some(&["ORG#1"]), false),
        ] {
            assert_eq!(
                is_met(operator, accepted, request_values),
                expected,
                "{operator:?} {accepted:?} {request_values:?}"
            );
        }
    }

    #[test]
    fn for_all_values_operator_accepts_an_absent_key() {
        for (operator, accepted, request_values, expected) in [
            (ConditionOperator::ForAllStringLike, &["TOKEN#*"][..], Some(&["TOKEN#1", "TOKEN#2"][..]), true),
            (ConditionOperator::ForAllStringLike, &["TOKEN#*"], Some(&["TOKEN#1", "ORG#1"]), false),
            (ConditionOperator::ForAllStringLike, &["TOKEN#*"], None, true),
            (ConditionOperator::ForAllStringEquals, &["a", "b"], Some(&["b", "a"]), true),
            (ConditionOperator::ForAllStringEquals, &["a"], Some(&["a", "b"]), false),
        ] {
            assert_eq!(
                is_met(operator, accepted, request_values),
                expected,
                "{operator:?} {accepted:?} {request_values:?}"
            );
        }
    }
}
