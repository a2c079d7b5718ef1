//! Who calls, and what they may do.

mod condition;

use std::collections::HashMap;

pub use self::condition::{Condition, Context, Operator};

/// The access key id of the operator, who may do everything: `cargo local` itself and the tests.
pub const OPERATOR: &str = "operator";

/// What a function may do.
///
/// In a pattern `*` stands for any text and `?` for one character; actions are compared without regard to case (IAM User
/// Guide, "IAM JSON policy elements"). What is neither allowed nor denied is denied, and a denial wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is allowed.
    pub allow: Vec<Grant>,
    /// What is denied even if it is allowed.
    pub deny: Vec<Grant>,
}

/// An action's pattern and a resource's pattern, for requests of which every condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The action's pattern.
    pub action: String,
    /// The resource's pattern.
    pub resource: String,
    /// The conditions.
    pub conditions: Vec<Condition>,
}

impl From<(String, String)> for Grant {
    fn from((action, resource): (String, String)) -> Self {
        Self { action, resource, conditions: Vec::new() }
    }
}

impl Policy {
    /// Tells whether `action`, as in `dynamodb:PutItem`, is allowed on `resource`, an ARN, for a request that says this of itself.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str, context: &Context) -> bool {
        let fits = |grant: &Grant| {
            matches(grant.action.to_ascii_lowercase().as_bytes(), action.to_ascii_lowercase().as_bytes())
                && matches(grant.resource.as_bytes(), resource.as_bytes())
                && grant.conditions.iter().all(|condition| condition.holds(context))
        };
        self.allow.iter().any(fits) && !self.deny.iter().any(fits)
    }
}

/// A function as AWS knows it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// The function's name.
    pub name: String,
    /// What it may do.
    pub policy: Policy,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller<'a> {
    Operator,
    Function(&'a Principal),
}

impl<'a> Caller<'a> {
    /// Reads the caller from a Signature Version 4 `Authorization` header. `principals` are keyed by access key id.
    ///
    /// Only the access key id is read. The signature is not checked: it proves the possession of a secret that on one
    /// machine everybody has.
    pub(super) fn identify(authorization: &str, principals: &'a HashMap<String, Principal>) -> Option<Self> {
        let scope = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let credential = scope.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
        match credential.split_once('/')?.0 {
            OPERATOR => Some(Self::Operator),
            access_key => principals.get(access_key).map(Self::Function),
        }
    }

    /// The function's name, or [`OPERATOR`].
    pub(super) fn name(self) -> &'a str {
        match self {
            Self::Operator => OPERATOR,
            Self::Function(principal) => &principal.name,
        }
    }

    /// The first of `resources` on which `action` is not allowed.
    pub(super) fn refused_on<'r>(self, action: &str, resources: &'r [String], context: &Context) -> Option<&'r str> {
        let Self::Function(principal) = self else { return None };
        resources.iter().map(String::as_str).find(|resource| !principal.policy.allows(action, resource, context))
    }
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern, text) {
        ([], []) => true,
        ([b'*', rest @ ..], []) => matches(rest, text),
        ([b'*', rest @ ..], [_, tail @ ..]) => matches(rest, text) || matches(pattern, tail),
        ([expected, rest @ ..], [found, tail @ ..]) => (*expected == b'?' || expected == found) && matches(rest, tail),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn policy(allow: &[(&str, &str)], deny: &[(&str, &str)]) -> Policy {
        let grant = |(action, resource): &(&str, &str)| Grant::from(((*action).to_owned(), (*resource).to_owned()));
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(grant).collect();
        Policy { allow: owned(allow), deny: owned(deny) }
    }

    #[test]
    fn a_statement_allows_what_its_patterns_match() {
        let cases = [
            ("dynamodb:PutItem", "arn:table/t", true),
            ("dynamodb:putitem", "arn:table/t", true),
            ("dynamodb:PutItem", "arn:table/T", false),
            ("dynamodb:PutItem", "arn:table/t/index/i", false),
            ("dynamodb:PutItems", "arn:table/t", false),
            ("kms:Sign", "arn:table/t", false),
        ];
        let policy = policy(&[("dynamodb:PutItem", "arn:table/t")], &[]);
        for (action, resource, allowed) in cases {
            assert_eq!(policy.allows(action, resource, &Context::new()), allowed, "{action} on {resource}");
        }
    }

    #[test]
    fn wildcards_stand_for_any_text_and_for_one_character() {
        let policy = policy(&[("dynamodb:*Item", "arn:*/t?")], &[]);
        assert!(policy.allows("dynamodb:BatchGetItem", "arn:a/b/t1", &Context::new()));
        assert!(!policy.allows("dynamodb:Query", "arn:a/b/t1", &Context::new()));
        assert!(!policy.allows("dynamodb:GetItem", "arn:a/t", &Context::new()));
    }

    #[test]
    fn a_denial_wins_and_silence_denies() {
        let policy = policy(&[("kms:*", "*")], &[("kms:Sign", "key/2")]);
        assert!(policy.allows("kms:Sign", "key/1", &Context::new()));
        assert!(!policy.allows("kms:Sign", "key/2", &Context::new()));
        assert!(!Policy::default().allows("kms:Sign", "key/1", &Context::new()));
    }

    #[test]
    fn a_grant_with_a_condition_is_for_requests_of_which_it_holds() {
        let mut policy = policy(&[("kms:Sign", "key/1")], &[]);
        let values = vec!["DIGEST".to_owned()];
        let condition = Condition { operator: Operator::StringEquals, key: "kms:MessageType".to_owned(), values };
        policy.allow[0].conditions.push(condition);
        let context = |message_type: &str| Context::from([("kms:MessageType", vec![message_type.to_owned()])]);
        assert!(policy.allows("kms:Sign", "key/1", &context("DIGEST")));
        assert!(!policy.allows("kms:Sign", "key/1", &context("RAW")));
        assert!(!policy.allows("kms:Sign", "key/1", &Context::new()));
    }

    #[test]
    fn the_access_key_names_the_caller() {
        let principal = Principal { name: "get-token".to_owned(), policy: Policy::default() };
        let principals = HashMap::from([("AKIAGET".to_owned(), principal.clone())]);
        let header = |key: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261123/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0"
            )
        };
        assert_eq!(Caller::identify(&header("AKIAGET"), &principals), Some(Caller::Function(&principal)));
        assert_eq!(Caller::identify(&header(OPERATOR), &principals), Some(Caller::Operator));
        for wrong in
            [header("AKIAOTHER").as_str(), header("").as_str(), "", "Bearer x", "AWS4-HMAC-SHA256 Credential=operator"]
        {
            assert_eq!(Caller::identify(wrong, &principals), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_without_wildcards_matches_itself_alone(pattern in "[a-z:/]{0,12}", text in "[a-z:/]{0,12}") {
            prop_assert!(matches(pattern.as_bytes(), pattern.as_bytes()));
            prop_assert_eq!(matches(pattern.as_bytes(), text.as_bytes()), pattern == text);
        }

        #[test]
        fn a_star_matches_every_text_between(before in "[a-z]{0,5}", middle in "[a-z/]{0,8}", after in "[a-z]{0,5}") {
            let pattern = format!("{before}*{after}");
            let text = format!("{before}{middle}{after}");
            prop_assert!(matches(pattern.as_bytes(), text.as_bytes()));
        }
    }
}
