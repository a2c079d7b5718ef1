//! The endpoint of one service: checks the host, identifies the caller, evaluates its policy, records the call and injects
//! faults.

use std::{collections::HashMap, sync::Arc};

use axum::{
    body::{HttpBody, to_bytes},
    extract::Request,
    http::StatusCode,
};

use super::{
    backend::Backend,
    call_log::{CallLog, NewCall},
    caller::{Caller, Principal},
    error::ServiceError,
    faults::{Fault, Faults},
    request::{ArnScope, AwsRequest},
};
use crate::{
    http_server::{Abort, HandlerResult},
    loopback_host,
};

/// `DynamoDB`'s limit for a request, in bytes; the limit of KMS is lower.
const MAX_REQUEST_BYTES: usize = 16 * 1024 * 1024;

/// The state that both endpoints share.
#[derive(Clone)]
pub(super) struct EndpointState {
    pub(super) arn_scope: ArnScope,
    /// By access key id.
    pub(super) principals: Arc<HashMap<String, Principal>>,
    pub(super) calls: CallLog,
    pub(super) faults: Faults,
}

/// The endpoint of one service.
pub(super) struct ServiceEndpoint {
    pub(super) state: EndpointState,
    pub(super) backend: Backend,
}

impl ServiceEndpoint {
    /// Handles one request.
    pub(super) async fn handle(&self, request: Request) -> HandlerResult {
        if !loopback_host::has_loopback_host(request.headers()) {
            return Ok(loopback_host::misdirected());
        }
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, MAX_REQUEST_BYTES).await.map_err(|_| Abort::Closed)?;
        let request = AwsRequest::new(parts, body);
        let service = self.backend.service();
        let Some(caller) = Caller::identify(request.authorization(), &self.state.principals) else {
            return Ok(unrecognized_client().response(service));
        };
        let action = format!("{}:{}", service.action_prefix(), request.operation);
        let permissions = request.permissions(service, &self.state.arn_scope);
        let denied_on = permissions.iter().find_map(|required| caller.first_denied(required));
        let fault = if denied_on.is_none() { self.next_fault(caller, &request) } else { None };
        let call = self.state.calls.record(&NewCall {
            caller: caller.name(),
            action: &action,
            permissions: &permissions,
            allowed: denied_on.is_none(),
            sdk_invocation_id: request.sdk_invocation_id(),
            fault: fault.as_ref(),
        });
        if let Some((action, resource)) = denied_on {
            return Ok(self.access_denied(caller, action, resource).response(service));
        }
        let result = match fault {
            None => Ok(self.backend.respond(&request).await),
            Some(fault) => self.backend.respond_with_fault(fault, &request).await,
        };
        if let Ok(response) = &result {
            self.state.calls.set_response(call, response.body().size_hint().lower());
        }
        result
    }

    fn access_denied(&self, caller: Caller<'_>, action: &str, resource: &str) -> ServiceError {
        let account = &self.state.arn_scope.account;
        let name = caller.name();
        tracing::warn!(function = name, action, resource, "the function's policy does not allow the call");
        let user = format!("arn:aws:sts::{account}:assumed-role/{name}/{name}");
        let message = format!(
            "User: {user} is not authorized to perform: {action} on resource: {resource} \
             because no identity-based policy allows the {action} action"
        );
        ServiceError::new("AccessDeniedException", message)
    }

    fn next_fault(&self, caller: Caller<'_>, request: &AwsRequest) -> Option<Fault> {
        if caller == Caller::Operator {
            return None;
        }
        self.state.faults.next_fault(caller.name(), self.backend.service(), &request.operation)
    }
}

/// `DynamoDB` API Reference, "Common Error Types".
fn unrecognized_client() -> ServiceError {
    let message = "the security token included in the request is invalid";
    ServiceError::with_status(StatusCode::FORBIDDEN, "UnrecognizedClientException", message)
}
