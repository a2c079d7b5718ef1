//! What the authorizer answered.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{policy::Policy, position, refusal::Refusal};
use crate::invoke::InvokeError;

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
    /// Who asks.
    pub(super) principal: String,
    /// What is handed on to the function: strings, whatever they were.
    pub(super) context: BTreeMap<String, String>,
    policy: Policy,
}

impl Grant {
    /// Refuses the method of this ARN unless the policy allows it.
    pub(super) fn check(&self, method_arn: &str) -> Result<(), Refusal> {
        if self.policy.allows(method_arn) { Ok(()) } else { Err(Refusal::AccessDenied) }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    principal_id: String,
    policy_document: Policy,
    context: Option<BTreeMap<String, Value>>,
}

/// Reads the answer that the authorizer gave after `latency`.
pub(super) fn read(
    request_id: &str,
    answer: Result<Vec<u8>, InvokeError>,
    latency: Duration,
) -> Result<Authorized, Refusal> {
    match answer {
        Ok(answer) => parse(&answer).map(|grant| Authorized { grant, latency }).map_err(|problem| {
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

fn parse(answer: &[u8]) -> Result<Grant, String> {
    if answer.len() > ANSWER_LIMIT {
        return Err(format!("it has {} bytes and may have {ANSWER_LIMIT}", answer.len()));
    }
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| position(&error))?;
    let context = answer.context.into_iter().flatten();
    Ok(Grant {
        principal: answer.principal_id,
        context: context.map(|(name, value)| Ok((name, text(&value)?))).collect::<Result<_, String>>()?,
        policy: answer.policy_document,
    })
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
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{Authorized, Refusal, read};
    use crate::invoke::InvokeError;

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
            (InvokeError::Unknown("a".into()), Refusal::AuthorizerFailure),
        ];
        for (error, expected) in cases {
            assert_eq!(read("id", Err(error.clone()), Duration::ZERO).unwrap_err(), expected, "{error}");
        }
    }
}
