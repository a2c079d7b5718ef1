//! The caller of an AWS request, and whether its policy allows the request.

use std::collections::HashMap;

use super::request::RequiredPermission;
use crate::iam::{self, Statement};

/// The access key id of the operator (`cargo local` itself and the tests), which is allowed everything.
pub const OPERATOR: &str = "operator";

/// A function as a caller of AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Principal {
    /// The function's name.
    pub name: String,
    /// The statements of the function's policy.
    pub statements: Vec<Statement>,
}

/// The caller of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caller<'a> {
    Operator,
    Function(&'a Principal),
}

impl<'a> Caller<'a> {
    /// Identifies the caller by the access key id in a Signature Version 4 `Authorization` header. `principals` are keyed
    /// by access key id.
    ///
    /// The signature is not verified: on one machine its secret is known to every process.
    pub(super) fn identify(authorization: &str, principals: &'a HashMap<String, Principal>) -> Option<Self> {
        let parameters = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
        let credential = parameters.split(',').find_map(|part| part.trim().strip_prefix("Credential="))?;
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

    /// The action and the first resource of `required` that the caller's policy does not allow.
    pub(super) fn first_denied(self, required: &RequiredPermission) -> Option<(&str, &str)> {
        let Self::Function(principal) = self else { return None };
        let RequiredPermission { action, resources, context } = required;
        let is_denied = |resource: &&str| !iam::is_allowed(&principal.statements, action, resource, context);
        resources.iter().map(String::as_str).find(is_denied).map(|resource| (action.as_str(), resource))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caller_is_identified_by_access_key_id() {
        let principal = Principal { name: "get-token".to_owned(), statements: Vec::new() };
        let principals = HashMap::from([("AKIAGET".to_owned(), principal.clone())]);
        let header = |key: &str| {
            format!(
                "AWS4-HMAC-SHA256 Credential={key}/20261123/eu-west-1/kms/aws4_request, SignedHeaders=host, Signature=0"
            )
        };
        assert_eq!(Caller::identify(&header("AKIAGET"), &principals), Some(Caller::Function(&principal)));
        assert_eq!(Caller::identify(&header(OPERATOR), &principals), Some(Caller::Operator));
        for invalid in
            [header("AKIAOTHER").as_str(), header("").as_str(), "", "Bearer x", "AWS4-HMAC-SHA256 Credential=operator"]
        {
            assert_eq!(Caller::identify(invalid, &principals), None, "{invalid}");
        }
    }
}
