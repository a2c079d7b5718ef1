//! The conditions of a statement, and what a request says of itself.

use std::collections::BTreeMap;

use super::matches;

/// What a request says of itself: values by condition keys.
pub type Context = BTreeMap<&'static str, Vec<String>>;

/// A test of one condition key. A key's name is compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// How values are compared.
    pub operator: Operator,
    /// The condition key, as in `kms:MessageType`.
    pub key: String,
    /// The values of which one must fit.
    pub values: Vec<String>,
}

/// The operators that are played; a template with another one is refused.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    /// The one value is there, and equal to one.
    StringEquals,
    /// The one value is there, and fits one with `*` and `?`.
    StringLike,
    /// Every value there is equals one; there may be none.
    ForAllStringEquals,
    /// Every value there is fits one; there may be none.
    ForAllStringLike,
}

impl Operator {
    /// The operator of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "StringEquals" => Some(Self::StringEquals),
            "StringLike" => Some(Self::StringLike),
            "ForAllValues:StringEquals" => Some(Self::ForAllStringEquals),
            "ForAllValues:StringLike" => Some(Self::ForAllStringLike),
            _ => None,
        }
    }
}

impl Condition {
    /// Whether it holds for a request.
    pub(super) fn holds(&self, context: &Context) -> bool {
        let there = context.iter().find(|(key, _)| key.eq_ignore_ascii_case(&self.key)).map(|(_, values)| values);
        let equal = |value: &String| self.values.contains(value);
        let alike = |value: &String| self.values.iter().any(|own| matches(own.as_bytes(), value.as_bytes()));
        let one =
            |fits: &dyn Fn(&String) -> bool| there.is_some_and(|values| values.len() == 1 && values.iter().all(fits));
        let all = |fits: &dyn Fn(&String) -> bool| there.is_none_or(|values| values.iter().all(fits));
        match self.operator {
            Operator::StringEquals => one(&equal),
            Operator::StringLike => one(&alike),
            Operator::ForAllStringEquals => all(&equal),
            Operator::ForAllStringLike => all(&alike),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(operator: Operator, values: &[&str], there: Option<&[&str]>) -> bool {
        let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let condition = Condition { operator, key: "KMS:MessageType".to_owned(), values: owned(values) };
        condition.holds(&there.map(|there| ("kms:MessageType", owned(there))).into_iter().collect())
    }

    #[test]
    fn one_value_must_be_there_and_fit() {
        for (operator, values, there, expected) in [
            (Operator::StringEquals, &["A", "B"][..], Some(&["B"][..]), true),
            (Operator::StringEquals, &["A*"], Some(&["AB"]), false),
            (Operator::StringEquals, &["A"], Some(&["A", "A"]), false),
            (Operator::StringEquals, &["A"], Some(&[]), false),
            (Operator::StringEquals, &["A"], None, false),
            (Operator::StringLike, &["TOKEN#*"], Some(&["TOKEN#1"]), true),
            (Operator::StringLike, &["TOKEN#*"], Some(&["ORG#1"]), false),
        ] {
            assert_eq!(holds(operator, values, there), expected, "{operator:?} {values:?} {there:?}");
        }
    }

    #[test]
    fn every_value_that_is_there_must_fit_and_none_is_enough() {
        for (operator, values, there, expected) in [
            (Operator::ForAllStringLike, &["TOKEN#*"][..], Some(&["TOKEN#1", "TOKEN#2"][..]), true),
            (Operator::ForAllStringLike, &["TOKEN#*"], Some(&["TOKEN#1", "ORG#1"]), false),
            (Operator::ForAllStringLike, &["TOKEN#*"], None, true),
            (Operator::ForAllStringEquals, &["a", "b"], Some(&["b", "a"]), true),
            (Operator::ForAllStringEquals, &["a"], Some(&["a", "b"]), false),
        ] {
            assert_eq!(holds(operator, values, there), expected, "{operator:?} {values:?} {there:?}");
        }
    }
}
