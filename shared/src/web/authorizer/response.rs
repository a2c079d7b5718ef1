//! The authorizer's response: an IAM policy for a REST API, the simple format for an HTTP API, or an error.

use lambda_runtime::Diagnostic;
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::event::Event;
use crate::{
    authorize::{AuthorizeError, Decision, Denial},
    caller::{Caller, Context},
    error::{ErrorCode, ServerError},
    routes::SEGMENT_PUNCTUATION,
};

/// The error text for which the gateway responds with 401, a REST API with its `UNAUTHORIZED` response.
pub(super) const UNAUTHORIZED: &str = "Unauthorized";
/// For any other error text the gateway responds with 500. The template maps `AUTHORIZER_FAILURE` of the REST API to 503.
pub(super) const UNDECIDED: &str = "Undecided";

/// `principalId` of a response without a caller: a REST API requires one in each response.
const NO_PRINCIPAL: &str = "nobody";

/// The largest response that the gateway accepts.
const MAX_RESPONSE_BYTES: usize = 8_192;

/// The response to a REST API:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PolicyResponse<'a> {
    principal_id: String,
    policy_document: Document<'a>,
    context: &'a Context,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Document<'a> {
    version: &'static str,
    statement: [Statement<'a>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Statement<'a> {
    action: &'static str,
    effect: &'static str,
    resource: &'a str,
}

/// The response to an HTTP API:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SimpleResponse<'a> {
    is_authorized: bool,
    context: &'a Context,
}

/// The response of a decision, and the decision that it expresses: a request that no response can allow is denied.
pub(super) fn render(event: &Event, decision: Decision) -> (Decision, Result<Box<RawValue>, Diagnostic>) {
    let denial = match decision {
        Decision::Allow(caller) => match allow(event, caller.as_ref()) {
            Ok(response) => return (Decision::Allow(caller), Ok(response)),
            Err(denial) => denial,
        },
        Decision::Reject(AuthorizeError::Denied(denial)) => denial,
        Decision::Reject(error) => return reject(error),
    };
    let Some(response) = deny(event, &denial) else {
        let error = ServerError::Internal("the response cannot be serialized".to_owned());
        return reject(AuthorizeError::Undecided(error));
    };
    (Decision::Reject(AuthorizeError::Denied(denial)), Ok(response))
}

/// The error response of a rejection that is not a denial.
pub(super) fn reject(error: AuthorizeError) -> (Decision, Result<Box<RawValue>, Diagnostic>) {
    let (error_type, error_message) = match error {
        AuthorizeError::Unauthenticated { .. } => (UNAUTHORIZED, UNAUTHORIZED),
        AuthorizeError::InvalidEvent(message) => (UNDECIDED, message),
        AuthorizeError::Undecided(_) | AuthorizeError::Denied(_) => (UNDECIDED, UNDECIDED),
    };
    let diagnostic = Diagnostic { error_type: error_type.to_owned(), error_message: error_message.to_owned() };
    (Decision::Reject(error), Err(diagnostic))
}

/// Allows the one request of `event`; `caller` is `None` on a public route.
///
/// # Errors
///
/// Returns the denial of a request whose path no response can name literally, or whose response is too large.
pub(super) fn allow(event: &Event, caller: Option<&Caller>) -> Result<Box<RawValue>, Box<Denial>> {
    let response = |caller: Option<&Caller>| {
        let context = context(caller, "ok", "the route rule allows the request");
        let response = match event {
            Event::Rest(request) => {
                let arn = request.method_arn().ok_or_else(|| ambiguous_path(event, caller))?;
                policy("Allow", arn, caller, &context)
            }
            Event::Http(request) if request.is_literal() => simple(true, &context),
            Event::Http(_) => return Err(ambiguous_path(event, caller)),
        };
        Ok(response.filter(|response| fits(response)))
    };
    if let Some(response) = response(caller)? {
        return Ok(response);
    }
    // Tokens with this many roles were created before the context had an owner.
    let without_owner = caller.cloned().map(Caller::without_owner);
    response(without_owner.as_ref())?.ok_or_else(|| Box::new(Denial::too_large()))
}

/// Denies the request of `event`, or every request if no policy can name it. `None` if serialization fails.
pub(super) fn deny(event: &Event, denial: &Denial) -> Option<Box<RawValue>> {
    let response = |caller: Option<&Caller>| {
        let context = context(caller, denial.code.as_str(), &denial.reason);
        match event {
            Event::Rest(request) => policy("Deny", request.method_arn().unwrap_or("*"), caller, &context),
            Event::Http(_) => simple(false, &context),
        }
    };
    response(denial.caller.as_ref()).filter(|response| fits(response)).or_else(|| response(None))
}

/// Denies a caller who has the permission, because the path is ambiguous.
fn ambiguous_path(event: &Event, caller: Option<&Caller>) -> Box<Denial> {
    let mut reason = format!(
        "the path is too long or contains what no policy can name: a segment must not be empty, . or .. and consists of A-Z \
         a-z 0-9 {SEGMENT_PUNCTUATION}"
    );
    if event.has_user_in_path() {
        reason.push_str("; a user may also contain | and inner spaces, or is written as ~ and its base64url");
    }
    Box::new(Denial { caller: caller.cloned(), code: ErrorCode::PermissionDenied, reason, cause: None })
}

fn fits(response: &RawValue) -> bool {
    response.get().len() <= MAX_RESPONSE_BYTES
}

fn context(caller: Option<&Caller>, code: &str, reason: &str) -> Context {
    let mut context = caller.map(Caller::to_context).unwrap_or_default();
    context.insert("code".to_owned(), code.to_owned());
    context.insert("reason".to_owned(), reason.to_owned());
    context
}

fn policy(effect: &'static str, arn: &str, caller: Option<&Caller>, context: &Context) -> Option<Box<RawValue>> {
    let principal_id = caller.map_or_else(|| NO_PRINCIPAL.to_owned(), |caller| caller.principal().to_string());
    let statement = [Statement { action: "execute-api:Invoke", effect, resource: arn }];
    let policy_document = Document { version: "2012-10-17", statement };
    to_raw_value(&PolicyResponse { principal_id, policy_document, context }).ok()
}

fn simple(is_authorized: bool, context: &Context) -> Option<Box<RawValue>> {
    to_raw_value(&SimpleResponse { is_authorized, context }).ok()
}
