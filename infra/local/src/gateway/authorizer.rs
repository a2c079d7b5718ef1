//! What the authorizer answered.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{policy::Policy, position, refusal::Refusal};
use crate::{invoke::InvokeError, template::ApiKind};

/// The quota on an authorizer's answer, in bytes.
const ANSWER_LIMIT: usize = 8 * 1024;

/// An answer that is understood, which is not yet a grant.
#[derive(Debug)]
pub(super) struct Authorized {
    /// What it says.
    pub(super) grant: Grant,
    /// How long it took.
    pub(super) latency: Duration,
}

/// Who asks and what they may do.
#[derive(Debug)]
pub(super) struct Grant {
    /// Who asks; empty for an HTTP API, which is not told.
    pub(super) principal: String,
    /// What is handed on to the function: strings, whatever they were.
    pub(super) context: BTreeMap<String, String>,
    verdict: Verdict,
}

/// What the answer says in its own form.
#[derive(Debug)]
enum Verdict {
    /// A REST API's.
    Policy(Policy),
    /// An HTTP API's.
    Simple(bool),
}

impl Grant {
    /// Refuses the method of this ARN unless the answer allows it.
    pub(super) fn check(&self, method_arn: &str) -> Result<(), Refusal> {
        let allowed = match &self.verdict {
            Verdict::Policy(policy) => policy.allows(method_arn),
            Verdict::Simple(authorized) => *authorized,
        };
        if allowed { Ok(()) } else { Err(Refusal::AccessDenied) }
    }
}

/// The answer to a REST API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyAnswer {
    principal_id: String,
    policy_document: Policy,
    context: Option<BTreeMap<String, Value>>,
}

/// The answer to an HTTP API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimpleAnswer {
    is_authorized: bool,
    context: Option<BTreeMap<String, Value>>,
}

/// Reads the answer that the authorizer of an API of this kind gave after `latency`.
pub(super) fn read(
    kind: ApiKind,
    request_id: &str,
    answer: Result<Vec<u8>, InvokeError>,
    latency: Duration,
) -> Result<Authorized, Refusal> {
    match answer {
        Ok(answer) => parse(kind, &answer).map(|grant| Authorized { grant, latency }).map_err(|problem| {
            tracing::error!(problem, request_id, "the authorizer's answer is malformed");
            Refusal::AuthorizerConfiguration
        }),
        Err(InvokeError::Failed { message }) if message == "Unauthorized" => Err(Refusal::Unauthorized),
        Err(error) => {
            tracing::error!(%error, request_id, "the authorizer gave no answer");
            Err(Refusal::AuthorizerFailure)
        }
    }
}

fn parse(kind: ApiKind, answer: &[u8]) -> Result<Grant, String> {
    if answer.len() > ANSWER_LIMIT {
        return Err(format!("it has {} bytes and may have {ANSWER_LIMIT}", answer.len()));
    }
    let (principal, verdict, context) = match kind {
        ApiKind::Rest => {
            let answer: PolicyAnswer = serde_json::from_slice(answer).map_err(|error| position(&error))?;
            (answer.principal_id, Verdict::Policy(answer.policy_document), answer.context)
        }
        ApiKind::Http => {
            let answer: SimpleAnswer = serde_json::from_slice(answer).map_err(|error| position(&error))?;
            (String::new(), Verdict::Simple(answer.is_authorized), answer.context)
        }
    };
    let context = context.into_iter().flatten().map(|(name, value)| Ok((name, text(&value)?)));
    Ok(Grant { principal, context: context.collect::<Result<_, String>>()?, verdict })
}

fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err("a value of its context is neither a string nor a number nor a boolean".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Authorized, Refusal};
    use crate::{invoke::InvokeError, template::ApiKind};

    fn read(request_id: &str, answer: Result<Vec<u8>, InvokeError>, latency: Duration) -> Result<Authorized, Refusal> {
        super::read(ApiKind::Rest, request_id, answer, latency)
    }

    fn whole() -> Value {
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn"});
        json!({"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    }

    fn answered(answer: &Value) -> Result<Authorized, Refusal> {
        read("id", Ok(answer.to_string().into_bytes()), Duration::ZERO)
    }

    #[test]
    fn context_values_become_strings() {
        let mut answer = whole();
        answer["context"] = json!({"text": "a", "number": 1, "fraction": 1.5, "boolean": false, "empty": ""});
        let grant = answered(&answer).unwrap().grant;
        let pairs: Vec<_> = grant.context.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [("boolean", "false"), ("empty", ""), ("fraction", "1.5"), ("number", "1"), ("text", "a")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn a_grant_is_for_the_methods_of_its_policy_only() {
        let grant = answered(&whole()).unwrap().grant;
        assert_eq!(grant.check("arn"), Ok(()));
        assert_eq!(grant.check("other"), Err(Refusal::AccessDenied));
    }

    #[test]
    fn a_malformed_answer_is_a_configuration_error() {
        let cases = [
            ("principalId", Value::Null),
            ("principalId", json!(1)),
            ("policyDocument", Value::Null),
            ("policyDocument", json!("{}")),
            ("policyDocument", json!({"Version": "2012-10-17", "Statement": [{"Effect": true}]})),
            ("context", json!("a")),
            ("context", json!({"a": null})),
            ("context", json!({"a": ["b"]})),
            ("context", json!({"a": {"b": "c"}})),
            ("context", json!({"a": "x".repeat(8 * 1024)})),
        ];
        for (member, value) in cases {
            let mut answer = whole();
            answer[member] = value;
            assert_eq!(answered(&answer).unwrap_err(), Refusal::AuthorizerConfiguration, "{answer}");
        }
        for answer in [json!(null), json!({}), json!("Allow"), json!({"isAuthorized": true})] {
            assert_eq!(answered(&answer).unwrap_err(), Refusal::AuthorizerConfiguration, "{answer}");
        }
        assert_eq!(read("id", Ok(b"{".to_vec()), Duration::ZERO).unwrap_err(), Refusal::AuthorizerConfiguration);
    }

    #[test]
    fn an_http_api_takes_the_simple_answer_and_nothing_else() {
        let answered = |answer: Value| {
            super::read(ApiKind::Http, "id", Ok(answer.to_string().into_bytes()), Duration::ZERO)
                .map(|authorized| authorized.grant.check("arn"))
        };
        assert_eq!(answered(json!({"isAuthorized": true, "context": {"a": 1}})), Ok(Ok(())));
        assert_eq!(answered(json!({"isAuthorized": false})), Ok(Err(Refusal::AccessDenied)));
        for answer in [whole(), json!({}), json!({"isAuthorized": "true"}), json!({"isAuthorized": 1}), json!(true)] {
            assert_eq!(answered(answer.clone()), Err(Refusal::AuthorizerConfiguration), "{answer}");
        }
    }

    #[test]
    fn only_the_one_message_is_unauthorized() {
        let failed = |message: &str| InvokeError::Failed { message: message.to_owned() };
        let cases = [
            (failed("Unauthorized"), Refusal::Unauthorized),
            (failed("unauthorized"), Refusal::AuthorizerFailure),
            (failed("Unauthorized."), Refusal::AuthorizerFailure),
            (failed(""), Refusal::AuthorizerFailure),
            (InvokeError::Crashed, Refusal::AuthorizerFailure),
            (InvokeError::FunctionTimeout, Refusal::AuthorizerFailure),
            (InvokeError::CallerTimeout, Refusal::AuthorizerFailure),
            (InvokeError::UnknownFunction("a".into()), Refusal::AuthorizerFailure),
        ];
        for (error, expected) in cases {
            assert_eq!(read("id", Err(error.clone()), Duration::ZERO).unwrap_err(), expected, "{error}");
        }
    }
}
