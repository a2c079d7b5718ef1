//! The answer of a REST API's authorizer.

use serde_json::{Value, json};

use crate::{authorize::Denial, caller::Caller};

/// Who is named where nobody may be: the gateway wants a principal in each answer.
const NOBODY: &str = "nobody";

/// The most bytes of an answer that the gateway takes.
const LARGEST: usize = 8_192;

/// Allows `caller` the one method `arn`; `None` where the answer would be larger than the gateway takes.
pub(super) fn allow(arn: &str, caller: &Caller) -> Option<Value> {
    bounded(answer("Allow", arn, Some(caller), "ok", "the rule of this route is met"))
}

/// Denies the one method `arn`, or everything where there is no literal ARN of it.
pub(super) fn deny(arn: Option<&str>, denial: &Denial) -> Value {
    let arn = arn.unwrap_or("*");
    let whole = bounded(answer("Deny", arn, denial.caller.as_ref(), denial.code, &denial.reason));
    whole.unwrap_or_else(|| answer("Deny", arn, None, denial.code, &denial.reason))
}

/// The refusal of a caller whose right is beyond doubt, for a path that no policy can name literally.
pub(super) fn unnameable(caller: Caller) -> Denial {
    let reason = "the path holds a character that no route here uses, or is too long".to_owned();
    Denial { caller: Some(caller), code: "permission_denied", reason }
}

fn bounded(answer: Value) -> Option<Value> {
    (answer.to_string().len() <= LARGEST).then_some(answer)
}

fn answer(effect: &str, arn: &str, caller: Option<&Caller>, code: &str, reason: &str) -> Value {
    let mut context = caller.map(Caller::to_context).unwrap_or_default();
    context.insert("code".to_owned(), code.to_owned());
    context.insert("reason".to_owned(), reason.to_owned());
    json!({
        "principalId": caller.map_or_else(|| NOBODY.to_owned(), |caller| caller.principal.to_string()),
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{ "Action": "execute-api:Invoke", "Effect": effect, "Resource": arn }],
        },
        "context": context,
    })
}
