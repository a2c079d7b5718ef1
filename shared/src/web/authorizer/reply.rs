//! What an authorizer answers: an IAM policy to a REST API, the simple form to an HTTP API.

use serde_json::{Value, json};

use super::event::Event;
use crate::{
    authorize::Denial,
    caller::{Caller, Context},
};

/// Who is named where nobody may be: a REST API wants a principal in each answer.
const NOBODY: &str = "nobody";

/// The most bytes of an answer that the gateway takes.
const LARGEST: usize = 8_192;

/// Grants the one request that `event` is about; `caller` is `None` where nobody was asked who they are.
///
/// # Errors
///
/// The denial of a request whose path no answer can name literally, or that the gateway could not take the answer of.
pub(super) fn grant(event: &Event, caller: Option<&Caller>) -> Result<Value, Box<Denial>> {
    let context = context(caller, "ok", "the rule of this route is met");
    let answer = match event {
        Event::Rest(request) => {
            let arn = request.method_arn().ok_or_else(|| unnameable(caller))?;
            policy("Allow", &arn, caller, &context)
        }
        Event::Http(request) if request.is_literal() => simple(true, &context),
        Event::Http(_) => return Err(unnameable(caller)),
    };
    bounded(answer).ok_or_else(|| Box::new(Denial::too_large()))
}

/// Denies the one request that `event` is about; where no policy can name it, everything.
pub(super) fn deny(event: &Event, denial: &Denial) -> Value {
    let answer = |caller: Option<&Caller>| {
        let context = context(caller, denial.code, &denial.reason);
        match event {
            Event::Rest(request) => policy("Deny", request.method_arn().as_deref().unwrap_or("*"), caller, &context),
            Event::Http(_) => simple(false, &context),
        }
    };
    bounded(answer(denial.caller.as_ref())).unwrap_or_else(|| answer(None))
}

/// The refusal of a caller whose right is beyond doubt, for a path that could be read in two ways.
fn unnameable(caller: Option<&Caller>) -> Box<Denial> {
    let reason = "the path holds a character that no route here uses, or is too long".to_owned();
    Box::new(Denial { caller: caller.cloned(), code: "permission_denied", reason })
}

fn bounded(answer: Value) -> Option<Value> {
    (answer.to_string().len() <= LARGEST).then_some(answer)
}

fn context(caller: Option<&Caller>, code: &str, reason: &str) -> Context {
    let mut context = caller.map(Caller::to_context).unwrap_or_default();
    context.insert("code".to_owned(), code.to_owned());
    context.insert("reason".to_owned(), reason.to_owned());
    context
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html>
fn policy(effect: &str, arn: &str, caller: Option<&Caller>, context: &Context) -> Value {
    json!({
        "principalId": caller.map_or_else(|| NOBODY.to_owned(), |caller| caller.principal.to_string()),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        },
        "context": context,
    })
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>
fn simple(authorized: bool, context: &Context) -> Value {
    json!({ "isAuthorized": authorized, "context": context })
}
