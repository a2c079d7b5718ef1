//! Responses of the authorizer.

use std::{collections::BTreeMap, time::Duration};

use serde::Deserialize;
use serde_json::Value;

use super::{error::GatewayError, json_error, policy::Policy};
use crate::{invoke::InvokeError, template::ApiKind};

/// Quota on the size of a response.
const MAX_RESPONSE_BYTES: usize = 8 * 1024;

/// A well-formed response, which may allow or deny the request.
#[derive(Debug)]
pub(super) struct AuthorizerResult {
    pub(super) response: AuthorizerResponse,
    pub(super) latency: Duration,
}

/// The caller and the decision.
#[derive(Debug)]
pub(super) struct AuthorizerResponse {
    /// Empty for an HTTP API, whose authorizer does not return it.
    pub(super) principal: String,
    /// The context for the function, with all values as strings.
    pub(super) context: BTreeMap<String, String>,
    decision: Decision,
}

#[derive(Debug)]
enum Decision {
    /// For a REST API.
    Policy(Policy),
    /// For an HTTP API.
    Simple(bool),
}

impl AuthorizerResponse {
    /// Returns an error unless the response allows the method with this ARN.
    pub(super) fn require_allowed(&self, method_arn: &str) -> Result<(), GatewayError> {
        let is_allowed = match &self.decision {
            Decision::Policy(policy) => policy.allows(method_arn),
            Decision::Simple(is_authorized) => *is_authorized,
        };
        if is_allowed { Ok(()) } else { Err(GatewayError::AccessDenied) }
    }
}

/// The response for a REST API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PolicyResponse {
    principal_id: String,
    policy_document: Policy,
    context: Option<BTreeMap<String, Value>>,
}

/// The response for an HTTP API.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SimpleResponse {
    is_authorized: bool,
    context: Option<BTreeMap<String, Value>>,
}

/// Interprets the result of the authorizer of an API of this kind.
pub(super) fn parse_result(
    kind: ApiKind,
    request_id: &str,
    result: Result<Vec<u8>, InvokeError>,
    latency: Duration,
) -> Result<AuthorizerResult, GatewayError> {
    match result {
        Ok(bytes) => match parse(kind, &bytes) {
            Ok(response) => Ok(AuthorizerResult { response, latency }),
            Err(error) => {
                tracing::error!(error, request_id, "the authorizer returned a malformed response");
                Err(GatewayError::AuthorizerConfiguration)
            }
        },
        Err(InvokeError::Failed { message }) if message == "Unauthorized" => Err(GatewayError::Unauthorized),
        Err(error) => {
            tracing::error!(%error, request_id, "the authorizer returned no response");
            Err(GatewayError::AuthorizerFailure)
        }
    }
}

fn parse(kind: ApiKind, bytes: &[u8]) -> Result<AuthorizerResponse, String> {
    if bytes.len() > MAX_RESPONSE_BYTES {
        return Err(format!("{} bytes exceed the quota of {MAX_RESPONSE_BYTES}", bytes.len()));
    }
    let (principal, decision, context) = match kind {
        ApiKind::Rest => {
            let parsed: PolicyResponse = serde_json::from_slice(bytes).map_err(|error| json_error::describe(&error))?;
            (parsed.principal_id, Decision::Policy(parsed.policy_document), parsed.context)
        }
        ApiKind::Http => {
            let parsed: SimpleResponse = serde_json::from_slice(bytes).map_err(|error| json_error::describe(&error))?;
            (String::new(), Decision::Simple(parsed.is_authorized), parsed.context)
        }
    };
    let context = context.into_iter().flatten().map(|(name, value)| Ok((name, context_text(&value)?)));
    Ok(AuthorizerResponse { principal, context: context.collect::<Result<_, String>>()?, decision })
}

fn context_text(value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Number(_) | Value::Bool(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err("a value in `context` is not a string, number or boolean".to_owned())
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{AuthorizerResponse, GatewayError};
    use crate::{invoke::InvokeError, template::ApiKind};

    fn parse_result(kind: ApiKind, result: Result<Vec<u8>, InvokeError>) -> Result<AuthorizerResponse, GatewayError> {
        super::parse_result(kind, "id", result, Duration::ZERO).map(|result| result.response)
    }

    fn parse(kind: ApiKind, response: &Value) -> Result<AuthorizerResponse, GatewayError> {
        parse_result(kind, Ok(response.to_string().into_bytes()))
    }

    fn allow() -> Value {
        let statement = json!({"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn"});
        json!({"principalId": "p", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}})
    }

    #[test]
    fn context_values_are_converted_to_strings() {
        let mut response = allow();
        response["context"] = json!({"text": "a", "number": 1, "fraction": 1.5, "boolean": false, "empty": ""});
        let context = parse(ApiKind::Rest, &response).unwrap().context;
        let pairs: Vec<_> = context.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let expected = [("boolean", "false"), ("empty", ""), ("fraction", "1.5"), ("number", "1"), ("text", "a")];
        assert_eq!(pairs, expected);
    }

    #[test]
    fn policy_allows_only_its_methods() {
        let response = parse(ApiKind::Rest, &allow()).unwrap();
        assert_eq!(response.require_allowed("arn"), Ok(()));
        assert_eq!(response.require_allowed("other"), Err(GatewayError::AccessDenied));
    }

    #[test]
    fn malformed_response_is_a_configuration_error() {
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
        let changed = cases.map(|(member, value)| {
            let mut response = allow();
            response[member] = value;
            response
        });
        let others = [json!(null), json!({}), json!("Allow"), json!({"isAuthorized": true})];
        for response in changed.into_iter().chain(others) {
            let error = parse(ApiKind::Rest, &response).unwrap_err();
            assert_eq!(error, GatewayError::AuthorizerConfiguration, "{response}");
        }
        let error = parse_result(ApiKind::Rest, Ok(b"{".to_vec())).unwrap_err();
        assert_eq!(error, GatewayError::AuthorizerConfiguration);
    }

    #[test]
    fn http_api_accepts_only_the_simple_response() {
        let decision =
            |response: &Value| parse(ApiKind::Http, response).map(|response| response.require_allowed("arn"));
        assert_eq!(decision(&json!({"isAuthorized": true, "context": {"a": 1}})), Ok(Ok(())));
        assert_eq!(decision(&json!({"isAuthorized": false})), Ok(Err(GatewayError::AccessDenied)));
        for response in [allow(), json!({}), json!({"isAuthorized": "true"}), json!({"isAuthorized": 1}), json!(true)] {
            assert_eq!(decision(&response), Err(GatewayError::AuthorizerConfiguration), "{response}");
        }
    }

    #[test]
    fn only_the_error_unauthorized_is_a_rejected_credential() {
        let failed = |message: &str| InvokeError::Failed { message: message.to_owned() };
        let cases = [
            (failed("Unauthorized"), GatewayError::Unauthorized),
            (failed("unauthorized"), GatewayError::AuthorizerFailure),
            (failed("Unauthorized."), GatewayError::AuthorizerFailure),
            (failed(""), GatewayError::AuthorizerFailure),
            (InvokeError::Crashed, GatewayError::AuthorizerFailure),
            (InvokeError::FunctionTimeout, GatewayError::AuthorizerFailure),
            (InvokeError::CallerTimeout, GatewayError::AuthorizerFailure),
            (InvokeError::UnknownFunction("a".into()), GatewayError::AuthorizerFailure),
        ];
        for (error, expected) in cases {
            assert_eq!(parse_result(ApiKind::Rest, Err(error.clone())).unwrap_err(), expected, "{error}");
        }
    }
}
