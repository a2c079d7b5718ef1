//! What an authorizer answers: an IAM policy to a REST API, the simple form to an HTTP API.

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::event::Event;
use crate::{
    authorize::Denial,
    caller::{Caller, Context},
};

/// Who is named where nobody may be: a REST API wants a principal in each answer.
const NOBODY: &str = "nobody";

/// The most bytes of an answer that the gateway takes.
const LARGEST: usize = 8_192;

/// A REST API's answer:
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
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

/// An HTTP API's: <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Simple<'a> {
    is_authorized: bool,
    context: &'a Context,
}

/// Grants the one request that `event` is about; `caller` is `None` where nobody was asked who they are.
///
/// # Errors
///
/// The denial of a request whose path no answer can name literally, or that the gateway could not take the answer of.
pub(super) fn grant(event: &Event, caller: Option<&Caller>) -> Result<Box<RawValue>, Box<Denial>> {
    let context = context(caller, "ok", "the rule of this route is met");
    let answer = match event {
        Event::Rest(request) => {
            let arn = request.method_arn().ok_or_else(|| unnameable(caller))?;
            policy("Allow", &arn, caller, &context)
        }
        Event::Http(request) if request.is_literal() => simple(true, &context),
        Event::Http(_) => return Err(unnameable(caller)),
    };
    answer.filter(is_taken).ok_or_else(|| Box::new(Denial::too_large()))
}

/// Denies the one request that `event` is about; where no policy can name it, everything. `None` where that cannot be written.
pub(super) fn deny(event: &Event, denial: &Denial) -> Option<Box<RawValue>> {
    let answer = |caller: Option<&Caller>| {
        let context = context(caller, denial.code, &denial.reason);
        match event {
            Event::Rest(request) => policy("Deny", request.method_arn().as_deref().unwrap_or("*"), caller, &context),
            Event::Http(_) => simple(false, &context),
        }
    };
    answer(denial.caller.as_ref()).filter(is_taken).or_else(|| answer(None))
}

/// The refusal of a caller whose right is beyond doubt, for a path that could be read in two ways.
fn unnameable(caller: Option<&Caller>) -> Box<Denial> {
    let reason = "the path holds a character that no route here uses, or is too long".to_owned();
    Box::new(Denial { caller: caller.cloned(), code: "permission_denied", reason })
}

/// Whether the gateway takes an answer of that size.
#[expect(clippy::borrowed_box, reason = "what is filtered is a box")]
fn is_taken(answer: &Box<RawValue>) -> bool {
    answer.get().len() <= LARGEST
}

fn context(caller: Option<&Caller>, code: &str, reason: &str) -> Context {
    let mut context = caller.map(Caller::to_context).unwrap_or_default();
    context.insert("code".to_owned(), code.to_owned());
    context.insert("reason".to_owned(), reason.to_owned());
    context
}

fn policy(effect: &'static str, arn: &str, caller: Option<&Caller>, context: &Context) -> Option<Box<RawValue>> {
    let principal_id = caller.map_or_else(|| NOBODY.to_owned(), |caller| caller.principal.to_string());
    let statement = [Statement { action: "execute-api:Invoke", effect, resource: arn }];
    to_raw_value(&Answer { principal_id, policy_document: Document { version: "2012-10-17", statement }, context }).ok()
}

fn simple(is_authorized: bool, context: &Context) -> Option<Box<RawValue>> {
    to_raw_value(&Simple { is_authorized, context }).ok()
}
