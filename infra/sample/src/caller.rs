//! The caller of a request, read from the authorizer's context only, never from a header, the body or the token.

use serde_json::{Value, json};

use crate::gateway::AuthorizerContext;

/// Whose items a caller may access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// All items of the organization.
    Organization,
    /// The items that the caller owns.
    Own,
    /// The token that calls, and nothing else.
    Itself,
}

impl Scope {
    fn parse(text: &str) -> Option<Self> {
        [Self::Organization, Self::Own, Self::Itself].into_iter().find(|scope| scope.as_str() == text)
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Own => "own",
            Self::Itself => "self",
        }
    }
}

/// The authenticated caller and the organization in which it acts.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organization of the request. Read and write data of this organization only.
    pub org_id: String,
    /// The id of the token, or a user as `<identity provider>|<subject>`.
    pub principal: String,
    /// The id of the token; `None` for a user.
    pub token_id: Option<String>,
    /// `api`, `app`, `assume`, `journey` or `portal`; `None` for a user.
    pub token_type: Option<String>,
    /// The roles that the authorizer evaluated, as `<organization>:<slug>`. It has already applied their permissions.
    pub roles: Vec<String>,
    /// Whose items the caller may access, which only this API can enforce. `None` if the context has no scope or an unknown
    /// one: on a route whose rule has `action` or `any_of`, a caller without a public token then may access nothing.
    pub scope: Option<Scope>,
    /// When the token expires, in seconds since the Unix epoch; `None` for a token without an expiry and for a user.
    pub expires_at: Option<i64>,
    /// Whether the token is read-only, which the authorizer has already enforced.
    pub read_only: bool,
    /// Whether to omit personal data from the response. Only this API can enforce it.
    pub anonymize: bool,
}

impl Caller {
    /// The caller in `context`; `None` if it has no organization or no principal.
    pub fn from_context(context: &AuthorizerContext) -> Option<Self> {
        let text = |name: &str| context.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let owned = |name: &str| text(name).map(str::to_owned);
        // Fails closed: any value except `false` restricts the caller.
        let restricted = |name: &str| context.get(name).is_some_and(|value| value != "false");
        Some(Self {
            org_id: owned("org_id")?,
            principal: owned("principal")?,
            token_id: owned("token_id"),
            token_type: owned("token_type"),
            roles: text("roles").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            scope: text("scope").and_then(Scope::parse),
            expires_at: text("expires_at").and_then(|seconds| seconds.parse().ok()),
            read_only: restricted("read_only"),
            anonymize: restricted("anonymize"),
        })
    }

    /// The caller as a member of a response.
    pub fn to_json(&self) -> Value {
        json!({
            "org_id": self.org_id,
            "principal": self.principal,
            "token_id": self.token_id,
            "token_type": self.token_type,
            "roles": self.roles,
            "scope": self.scope.map(Scope::as_str),
            "expires_at": self.expires_at,
            "read_only": self.read_only,
            "anonymize": self.anonymize,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        gateway::GatewayContext,
        test_events::{http_event, rest_event},
    };

    const TOKEN: &str = "api_5ZugdRXasLfWBypHi93Fk";

    fn token_context() -> Value {
        json!({
            "org_id": "123", "principal": TOKEN, "token_id": TOKEN, "token_type": "api", "roles": "123:a 123:b",
            "deny_roles": "", "scope": "own", "expires_at": "1566743122", "read_only": "false", "anonymize": "true", "code": "ok",
            "reason": "the route rule allows the request",
        })
    }

    fn caller(event: &Value) -> Option<Caller> {
        GatewayContext::from_event(event).authorizer.and_then(Caller::from_context)
    }

    fn caller_from_rest_api(mut context: Value) -> Option<Caller> {
        // API Gateway adds these two members to the authorizer's context.
        context["principalId"] = json!("another");
        context["integrationLatency"] = json!(12);
        caller(&rest_event("GET /orders/{id}", &context))
    }

    fn caller_from_http_api(context: &Value) -> Option<Caller> {
        caller(&http_event("GET /orders/{id}", &json!({ "lambda": context })))
    }

    #[test]
    fn token_context_of_either_api_is_read() {
        let token = Caller {
            org_id: "123".to_owned(),
            principal: TOKEN.to_owned(),
            token_id: Some(TOKEN.to_owned()),
            token_type: Some("api".to_owned()),
            roles: vec!["123:a".to_owned(), "123:b".to_owned()],
            scope: Some(Scope::Own),
            expires_at: Some(1_566_743_122),
            read_only: false,
            anonymize: true,
        };
        assert_eq!(caller_from_rest_api(token_context()).as_ref(), Some(&token));
        assert_eq!(caller_from_http_api(&token_context()).as_ref(), Some(&token));
    }

    #[test]
    fn user_context_has_no_token_and_may_lack_roles() {
        let user = json!({"org_id": "123", "principal": "local|1001", "roles": "", "deny_roles": ""});
        for caller in [caller_from_rest_api(user.clone()), caller_from_http_api(&user)] {
            let Caller { principal, token_id, token_type, roles, expires_at, read_only, anonymize, .. } =
                caller.unwrap();
            assert_eq!((principal.as_str(), token_id, token_type), ("local|1001", None, None));
            assert_eq!((roles, expires_at, read_only, anonymize), (Vec::new(), None, false, false));
        }
    }

    #[test]
    fn context_without_organization_or_principal_has_no_caller() {
        for name in ["org_id", "principal"] {
            for invalid in [None, Some(Value::Null), Some(json!("")), Some(json!(123))] {
                let mut context = token_context();
                context.as_object_mut().unwrap().remove(name);
                if let Some(invalid) = invalid {
                    context[name] = invalid;
                }
                assert_eq!(caller_from_rest_api(context.clone()), None, "{context}");
                assert_eq!(caller_from_http_api(&context), None, "{context}");
            }
        }
    }

    #[test]
    fn request_without_authorizer_has_no_caller() {
        for absent in [json!({}), Value::Null] {
            assert_eq!(caller(&rest_event("GET /orders/{id}", &absent)), None);
            assert_eq!(caller(&http_event("GET /orders/{id}", &absent)), None);
        }
        // The claims of API Gateway's JWT authorizer are not the context of Latchkey's authorizer.
        let claims = json!({"jwt": {"claims": {"org_id": "123", "principal": "x"}, "scopes": null}});
        assert_eq!(caller(&http_event("GET /orders/{id}", &claims)), None);
    }

    #[test]
    fn known_scope_is_read_and_an_unknown_one_is_none() {
        let values = [
            (json!("organization"), Some(Scope::Organization)),
            (json!("own"), Some(Scope::Own)),
            (json!("self"), Some(Scope::Itself)),
            (json!("Organization"), None),
            (json!(""), None),
            (json!(true), None),
            (Value::Null, None),
        ];
        for (value, scope) in values {
            let mut context = token_context();
            context["scope"] = value;
            assert_eq!(caller_from_rest_api(context.clone()).unwrap().scope, scope, "{context}");
            assert_eq!(caller_from_http_api(&context).unwrap().scope, scope, "{context}");
        }
    }

    #[test]
    fn unknown_restriction_value_restricts() {
        for value in [json!("true"), json!("True"), json!(true), json!("")] {
            let mut context = token_context();
            context["anonymize"] = value;
            assert!(caller_from_http_api(&context).unwrap().anonymize, "{context}");
        }
    }
}
