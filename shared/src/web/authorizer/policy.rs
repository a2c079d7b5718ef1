//! The answer of a REST API's authorizer.

use serde_json::{Value, json};

use crate::{authorize::Denial, caller::Caller, telemetry::Told};

/// Who is named where nobody may be: the gateway wants a principal in each answer.
const NOBODY: &str = "nobody";

/// Allows `caller` the one method `arn`.
pub(super) fn allow(arn: &str, caller: &Caller) -> Value {
    let reason = "the rule of this route is met".to_owned();
    answer("Allow", arn, Some(caller), "ok", reason)
}

/// Denies the one method `arn`, or everything where there is no literal ARN of it.
pub(super) fn deny(arn: Option<&str>, denial: &Denial) -> Value {
    answer("Deny", arn.unwrap_or("*"), denial.caller.as_ref(), denial.code, denial.reason.clone())
}

/// Denies a caller whose right is beyond doubt a path that no policy can name literally.
pub(super) fn deny_path(caller: &Caller, told: &mut Told) -> Value {
    let reason = "the path holds a character that no route here uses, or is too long".to_owned();
    (told.code, told.cause) = ("permission_denied", reason.clone());
    answer("Deny", "*", Some(caller), "permission_denied", reason)
}

fn answer(effect: &str, arn: &str, caller: Option<&Caller>, code: &str, reason: String) -> Value {
    let mut context = caller.map(Caller::to_context).unwrap_or_default();
    context.insert("code".to_owned(), code.to_owned());
    context.insert("reason".to_owned(), reason);
    json!({
        "principalId": caller.map_or_else(|| NOBODY.to_owned(), |caller| caller.principal.to_string()),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        },
        "context": context,
    })
}
