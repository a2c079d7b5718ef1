//! The log line of a request.

use serde::Serialize;

use super::{
    ErrorFields, Level, LineFields, LineKind, invocation::InvocationFields, metrics::RequestMetrics, outcome::Outcome,
    write_line,
};
use crate::{
    caller::Caller,
    error::{ErrorCode, ServerError},
};

/// The log record of a request, filled in while it is processed.
#[derive(Debug)]
pub struct RequestLog {
    /// The operation's id in the contract.
    pub operation: &'static str,
    /// API Gateway's id of the request.
    pub request_id: String,
    /// The organization in which the request acts, if it is known.
    pub org: String,
    /// The caller, if it is known.
    pub principal: String,
    /// The token that was created, read or revoked, or the token that calls.
    pub token_id: String,
    /// The HTTP status, or 0 if the response has none.
    pub status: u16,
    /// The contract's error code; `None` if the request succeeded.
    pub code: Option<ErrorCode>,
    /// The reason of an error. It contains nothing that the caller sent but ids.
    pub reason: String,
    /// The server-side error, if the request failed because of one.
    pub server_error: Option<ServerError>,
}

/// The line. Empty texts are left out.
#[derive(Serialize)]
struct RequestLine<'a> {
    #[serde(flatten)]
    line: LineFields,
    request_id: &'a str,
    operation: &'static str,
    outcome: Outcome,
    code: &'static str,
    cold_start: bool,
    #[serde(skip_serializing_if = "is_zero")]
    status: u16,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<ErrorFields>,
    #[serde(skip_serializing_if = "str::is_empty")]
    org_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    principal: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    token_id: &'a str,
    #[serde(flatten)]
    metrics: RequestMetrics,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(status: &u16) -> bool {
    *status == 0
}

impl RequestLog {
    /// The record of a request that starts now.
    #[must_use]
    pub fn new(operation: &'static str) -> Self {
        Self {
            operation,
            request_id: String::new(),
            org: String::new(),
            principal: String::new(),
            token_id: String::new(),
            status: 0,
            code: None,
            reason: String::new(),
            server_error: None,
        }
    }

    /// Records the caller.
    pub fn set_caller(&mut self, caller: &Caller) {
        self.org = caller.org.to_string();
        self.principal = caller.principal().to_string();
    }

    /// How the request ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match (self.code, &self.server_error) {
            (None, _) => Outcome::Ok,
            (Some(_), None) => Outcome::ClientError,
            (Some(_), Some(_)) => Outcome::ServerError,
        }
    }

    /// *(a failure is logged once)* Writes the line, if an invocation is in progress.
    pub fn write(&self) {
        if let Some(invocation) = InvocationFields::current() {
            write_line(&self.line(invocation));
        }
    }

    fn line(&self, invocation: InvocationFields) -> RequestLine<'_> {
        let outcome = self.outcome();
        let level = if outcome == Outcome::ServerError { Level::Error } else { Level::Info };
        RequestLine {
            metrics: RequestMetrics::new(self.operation, outcome, self.server_error.as_ref(), &invocation),
            cold_start: invocation.is_cold_start,
            line: LineFields::new(level, LineKind::Request, Some(invocation)),
            request_id: &self.request_id,
            operation: self.operation,
            outcome,
            code: self.code.map_or("ok", ErrorCode::as_str),
            status: self.status,
            reason: &self.reason,
            error: self.server_error.as_ref().map(|error| ErrorFields::of(error, self.operation)),
            org_id: &self.org,
            principal: &self.principal,
            token_id: &self.token_id,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        ports::{PortError, PortErrorKind, Service},
        telemetry::{Metric, Telemetry, count_aws_call, invocation::count_revoked_token},
    };

    fn line(change: impl FnOnce(&mut RequestLog)) -> Value {
        line_with_configuration_errors(0, change)
    }

    fn line_with_configuration_errors(count: usize, change: impl FnOnce(&mut RequestLog)) -> Value {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(Telemetry::new("").with_configuration_errors(count).invocation(
            Some("Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"),
            async {
                let mut request = RequestLog::new("createAccessToken");
                change(&mut request);
                count_aws_call();
                json!(request.line(InvocationFields::current().unwrap()))
            },
        ))
    }

    #[test]
    fn request_line_has_the_search_fields_and_no_empty_text() {
        let line = line(|request| {
            request.set_caller(&crate::caller::tests::person(&[]));
            request.request_id = "r".to_owned();
            request.token_id = "api_x".to_owned();
            request.status = 201;
        });
        for (name, value) in [
            ("kind", json!("request")),
            ("level", json!("INFO")),
            ("request_id", json!("r")),
            ("xray_trace_id", json!("1-5759e988-bd862e3fe1be46a994272793")),
            ("operation", json!("createAccessToken")),
            ("outcome", json!("ok")),
            ("code", json!("ok")),
            ("status", json!(201)),
            ("org_id", json!("123")),
            ("principal", json!("local|1001")),
            ("token_id", json!("api_x")),
            ("cold_start", json!(true)),
            ("aws_calls", json!(1)),
            ("TokensCreated", json!(1.0)),
            ("reason", Value::Null),
            ("error", Value::Null),
        ] {
            assert_eq!(line[name], value, "{name}");
        }
        assert!(line["duration_ms"].as_f64().unwrap() > 0.0, "{line}");
    }

    #[test]
    fn server_error_is_logged_as_service_operation_and_kind() {
        let throttled = PortError::new(Service::Kms, "Sign", PortErrorKind::Throttled);
        for (error, expected) in [
            (throttled.into(), json!({"service": "kms", "operation": "Sign", "kind": "throttled"})),
            (
                ServerError::RequestTimeout,
                json!({"service": "latchkey", "operation": "createAccessToken", "kind": "timed_out"}),
            ),
            (
                ServerError::Internal("the id is taken".to_owned()),
                json!({"service": "latchkey", "operation": "createAccessToken", "kind": "internal"}),
            ),
        ] {
            let code = error.code();
            let line = line(|request| {
                request.code = Some(code);
                request.server_error = Some(error);
            });
            assert_eq!((&line["error"], &line["level"]), (&expected, &json!("ERROR")));
            assert_eq!(line["outcome"], "server_error");
        }
    }

    #[test]
    fn panic_is_logged_and_counted_as_a_server_error() {
        let line = line(|request| {
            let panic = ServerError::Panic("shared/src/create.rs:1:2".to_owned());
            request.code = Some(panic.code());
            request.reason = panic.to_string();
            request.server_error = Some(panic);
        });
        assert_eq!(line["error"], json!({"service": "latchkey", "operation": "createAccessToken", "kind": "panic"}));
        for (name, value) in [
            ("level", json!("ERROR")),
            ("outcome", json!("server_error")),
            ("code", json!("internal")),
            ("reason", json!("panic at shared/src/create.rs:1:2")),
            ("ServerErrors", json!(1.0)),
            ("ClientErrors", json!(0.0)),
            ("KmsErrors", json!(0.0)),
        ] {
            assert_eq!(line[name], value, "{name}: {line}");
        }
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert!(
            directives[0]["Metrics"].as_array().unwrap().contains(&json!({"Name": "ServerErrors", "Unit": "Count"}))
        );
    }

    #[test]
    fn configuration_errors_are_counted_by_the_authorizer() {
        let authorize = |request: &mut RequestLog| request.operation = "authorize";
        let line = line_with_configuration_errors(2, authorize);
        assert_eq!(line["ConfigurationErrors"], 2.0, "{line}");
        let directives = line["_aws"]["CloudWatchMetrics"].as_array().unwrap();
        assert_eq!(directives[0]["Dimensions"], json!([["operation"]]));
        assert!(
            directives[0]["Metrics"]
                .as_array()
                .unwrap()
                .contains(&json!({"Name": "ConfigurationErrors", "Unit": "Count"}))
        );
        for line in [line_with_configuration_errors(0, authorize), line_with_configuration_errors(2, |_| ())] {
            assert!(!line.to_string().contains("ConfigurationErrors"), "{line}");
        }
    }

    #[test]
    fn request_metrics_are_declared_with_values_and_dimensions() {
        let failed = |service, operation, kind| {
            line(move |request| {
                let error = PortError::new(service, operation, kind);
                request.code = Some(ErrorCode::Unavailable);
                request.server_error = Some(error.into());
            })
        };
        let rejected = line(|request| request.code = Some(ErrorCode::RoleNotHeld));
        let revoking = |operation, count| {
            line(|request| {
                request.operation = operation;
                (0..count).for_each(|_| count_revoked_token());
            })
        };
        for (line, name, value) in [
            (&line(|_| {}), "TokensCreated", 1.0),
            (&line(|request| request.operation = "revokeAccessToken"), "TokensRevoked", 0.0),
            (&revoking("revokeAccessToken", 1), "TokensRevoked", 1.0),
            (&revoking("revokeAccessTokens", 3), "TokensRevoked", 3.0),
            (&rejected, "ClientErrors", 1.0),
            (&rejected, "TokensCreated", 0.0),
            (&failed(Service::DynamoDb, "PutItem", PortErrorKind::Unreachable), "ServerErrors", 1.0),
            (&failed(Service::DynamoDb, "PutItem", PortErrorKind::Unreachable), "KmsErrors", 0.0),
            (&failed(Service::Kms, "Sign", PortErrorKind::Unreachable), "KmsErrors", 1.0),
            (&failed(Service::Kms, "GetPublicKey", PortErrorKind::NoEnabledKey), "KmsErrors", 1.0),
            (&failed(Service::Kms, "Sign", PortErrorKind::SigningKeyDisabled), "KmsErrors", 1.0),
            (&failed(Service::DynamoDb, "GetItem", PortErrorKind::Throttled), "Throttled", 1.0),
            (&failed(Service::DynamoDb, "BatchGetItem", PortErrorKind::Unreachable), "Throttled", 0.0),
        ] {
            assert_eq!(line[name], value, "{name}: {line}");
            for directive in line["_aws"]["CloudWatchMetrics"].as_array().unwrap() {
                assert_eq!(directive["Namespace"], "Latchkey");
                for metric in directive["Metrics"].as_array().unwrap() {
                    let known = Metric::ALL.into_iter().find(|known| metric["Name"] == known.name());
                    assert_eq!(metric["Unit"], known.unwrap().unit());
                    assert!(line[metric["Name"].as_str().unwrap()].is_number(), "{line}");
                }
                for dimension in directive["Dimensions"][0].as_array().unwrap() {
                    assert!(line[dimension.as_str().unwrap()].is_string(), "{line}");
                }
            }
        }
        let by_code = &rejected["_aws"]["CloudWatchMetrics"][1];
        assert_eq!(by_code["Dimensions"], json!([["operation", "code"]]));
    }
}
