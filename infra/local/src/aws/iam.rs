//! Who calls, and what they may do.

use std::collections::HashMap;

/// The access key id of the operator, who may do everything: `cargo local` itself and the tests.
pub const OPERATOR: &str = "operator";

/// What a function may do: pairs of an action's pattern and a resource's pattern.
///
/// In a pattern `*` stands for any text and `?` for one character; actions are compared without regard to case (IAM User
/// Guide, "IAM JSON policy elements"). What is neither allowed nor denied is denied, and a denial wins.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// What is allowed.
    pub allow: Vec<(String, String)>,
    /// What is denied even if it is allowed.
    pub deny: Vec<(String, String)>,
}

impl Policy {
    /// Tells whether `action`, as in `dynamodb:PutItem`, is allowed on `resource`, an ARN.
    #[must_use]
    pub fn allows(&self, action: &str, resource: &str) -> bool {
        let fits = |(actions, resources): &(String, String)| {
            matches(actions.to_ascii_lowercase().as_bytes(), action.to_ascii_lowercase().as_bytes())
                && matches(resources.as_bytes(), resource.as_bytes())
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
    pub(super) fn refused_on<'r>(self, action: &str, resources: &'r [String]) -> Option<&'r str> {
        let Self::Function(principal) = self else { return None };
        resources.iter().map(String::as_str).find(|resource| !principal.policy.allows(action, resource))
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
        let owned = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, r)| ((*a).to_owned(), (*r).to_owned())).collect();
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
            assert_eq!(policy.allows(action, resource), allowed, "{action} on {resource}");
        }
    }

    #[test]
    fn wildcards_stand_for_any_text_and_for_one_character() {
        let policy = policy(&[("dynamodb:*Item", "arn:*/t?")], &[]);
        assert!(policy.allows("dynamodb:BatchGetItem", "arn:a/b/t1"));
        assert!(!policy.allows("dynamodb:Query", "arn:a/b/t1"));
        assert!(!policy.allows("dynamodb:GetItem", "arn:a/t"));
    }

    #[test]
    fn a_denial_wins_and_silence_denies() {
        let policy = policy(&[("kms:*", "*")], &[("kms:Sign", "key/2")]);
        assert!(policy.allows("kms:Sign", "key/1"));
        assert!(!policy.allows("kms:Sign", "key/2"));
        assert!(!Policy::default().allows("kms:Sign", "key/1"));
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
