//! Who calls, by the authorizer's context alone: never by a header, a body, or the token itself.

use serde_json::{Value, json};

use crate::gateway::Context;

/// Who calls, and for whom.
#[derive(Debug, PartialEq, Eq)]
pub struct Caller {
    /// The organization whose data the request is about. Whatever you read or write, read or write it in this one.
    pub org_id: String,
    /// Who asks: the id of a token, or a person as `<identity provider>|<subject>`.
    pub principal: String,
    /// The id of the token; `None` for a person.
    pub token_id: Option<String>,
    /// `api`, `app`, `assume`, `journey` or `portal`; `None` for a person.
    pub token_type: Option<String>,
    /// The roles that the decision was made on, `<organization>:<slug>`. What they allow was decided already.
    pub roles: Vec<String>,
    /// When the token ends, in seconds since 1970; `None`: never, or a person.
    pub expires_at: Option<i64>,
    /// Whether the token may only read, which was decided on already.
    pub read_only: bool,
    /// Whether personal data is to be left out of the answer, which nobody but this API can do.
    pub anonymize: bool,
}

impl Caller {
    /// The caller that `context` names; `None` where it names nobody.
    pub fn of(context: &Context) -> Option<Self> {
        let text = |name: &str| context.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let owned = |name: &str| text(name).map(str::to_owned);
        // What is neither absent nor `false` restricts: to overlook a restriction would be to lift it.
        let restricted = |name: &str| context.get(name).is_some_and(|value| value != "false");
        Some(Self {
            org_id: owned("org_id")?,
            principal: owned("principal")?,
            token_id: owned("token_id"),
            token_type: owned("token_type"),
            roles: text("roles").unwrap_or_default().split_whitespace().map(str::to_owned).collect(),
            expires_at: text("expires_at").and_then(|seconds| seconds.parse().ok()),
            read_only: restricted("read_only"),
            anonymize: restricted("anonymize"),
        })
    }

    /// The caller as a member of an answer.
    pub fn to_json(&self) -> Value {
        json!({
            "org_id": self.org_id,
            "principal": self.principal,
            "token_id": self.token_id,
            "token_type": self.token_type,
            "roles": self.roles,
            "expires_at": self.expires_at,
            "read_only": self.read_only,
            "anonymize": self.anonymize,
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{
        gateway::Told,
        samples::{http, rest},
    };

    const TOKEN: &str = "api_5ZugdRXasLfWBypHi93Fk";

    fn context() -> Value {
        json!({
            "org_id": "123", "principal": TOKEN, "token_id": TOKEN, "token_type": "api", "roles": "123:a 123:b",
            "deny_roles": "", "expires_at": "1566743122", "read_only": "false", "anonymize": "true", "code": "ok",
            "reason": "the rule of this route is met",
        })
    }

    fn caller(event: &Value) -> Option<Caller> {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        Told::of(&request).context.and_then(Caller::of)
    }

    fn by_rest_api(mut context: Value) -> Option<Caller> {
        // The gateway adds these two to what the authorizer answers.
        context["principalId"] = json!("nobody");
        context["integrationLatency"] = json!(12);
        caller(&rest("GET /orders/{id}", &context))
    }

    fn by_http_api(context: &Value) -> Option<Caller> {
        caller(&http("GET /orders/{id}", &json!({ "lambda": context })))
    }

    #[test]
    fn a_token_is_read_from_the_context_of_either_api() {
        let token = Caller {
            org_id: "123".to_owned(),
            principal: TOKEN.to_owned(),
            token_id: Some(TOKEN.to_owned()),
            token_type: Some("api".to_owned()),
            roles: vec!["123:a".to_owned(), "123:b".to_owned()],
            expires_at: Some(1_566_743_122),
            read_only: false,
            anonymize: true,
        };
        assert_eq!(by_rest_api(context()).as_ref(), Some(&token));
        assert_eq!(by_http_api(&context()).as_ref(), Some(&token));
    }

    #[test]
    fn a_person_has_no_token_and_may_have_no_role() {
        let person = json!({"org_id": "123", "principal": "local|1001", "roles": "", "deny_roles": ""});
        for caller in [by_rest_api(person.clone()), by_http_api(&person)] {
            let Caller { principal, token_id, token_type, roles, expires_at, read_only, anonymize, .. } =
                caller.unwrap();
            assert_eq!((principal.as_str(), token_id, token_type), ("local|1001", None, None));
            assert_eq!((roles, expires_at, read_only, anonymize), (Vec::new(), None, false, false));
        }
    }

    #[test]
    fn without_organization_or_principal_nobody_calls() {
        for name in ["org_id", "principal"] {
            for nothing in [None, Some(Value::Null), Some(json!("")), Some(json!(123))] {
                let mut context = context();
                context.as_object_mut().unwrap().remove(name);
                if let Some(nothing) = nothing {
                    context[name] = nothing;
                }
                assert_eq!(by_rest_api(context.clone()), None, "{context}");
                assert_eq!(by_http_api(&context), None, "{context}");
            }
        }
    }

    #[test]
    fn without_the_authorizer_nobody_calls() {
        for absent in [json!({}), Value::Null] {
            assert_eq!(caller(&rest("GET /orders/{id}", &absent)), None);
            assert_eq!(caller(&http("GET /orders/{id}", &absent)), None);
        }
        // Another authorizer's claims are not this one's context.
        let claims = json!({"jwt": {"claims": {"org_id": "123", "principal": "x"}, "scopes": null}});
        assert_eq!(caller(&http("GET /orders/{id}", &claims)), None);
    }

    #[test]
    fn a_restriction_that_is_not_understood_restricts() {
        for value in [json!("true"), json!("True"), json!(true), json!("")] {
            let mut context = context();
            context["anonymize"] = value;
            assert!(by_http_api(&context).unwrap().anonymize, "{context}");
        }
    }
}
