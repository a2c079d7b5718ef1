//! The Lambda authorizer of a REST API: `REQUEST` events in, IAM policies out.

mod event;
mod policy;

use std::time::Instant;

use event::Event;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;

use super::Error;
use crate::{
    authorize::{Authorize, Denial, Refused},
    caller::Caller,
    deadline::within,
    ports::{Assignments, Clock, EvidenceReader, KeyRing, ProviderKeys, Toucher},
    telemetry::{self, Told},
};

/// The error text that the gateway answers with its `UNAUTHORIZED` response, a 401.
const UNAUTHORIZED: &str = "Unauthorized";
/// Any other makes it `AUTHORIZER_FAILURE`, which the template makes a 503.
const UNDECIDED: &str = "Undecided";

/// Serves decisions until the Lambda runtime ends.
///
/// # Errors
///
/// Those of the Lambda runtime.
pub async fn serve_authorizer<L, K, P, C>(authorize: Authorize<L, K, P, C>) -> Result<(), Error>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    let authorize = &authorize;
    let handler = |event: LambdaEvent<Value>| async move { handle(authorize, event.payload).await };
    lambda_runtime::run(service_fn(handler)).await
}

/// *(closed by default)* One event to one policy, or to an error that the gateway takes for a refusal.
async fn handle<L, K, P, C>(authorize: &Authorize<L, K, P, C>, event: Value) -> Result<Value, Diagnostic>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    let started = Instant::now();
    let mut told = Told { operation: "authorize", code: "ok", ..Told::default() };
    let answer = decide(authorize, event, &mut told).await;
    telemetry::tell(&told, started.elapsed());
    answer
}

async fn decide<L, K, P, C>(
    authorize: &Authorize<L, K, P, C>,
    event: Value,
    told: &mut Told,
) -> Result<Value, Diagnostic>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    let event = Event::read(event).map_err(|cause| fail(UNDECIDED, "unavailable", cause, told))?;
    told.request_id = event.request_id();
    let question = event.question().map_err(|cause| fail(UNAUTHORIZED, "unauthenticated", cause.to_owned(), told))?;
    let decided = within(authorize.decide(&question), Refused::Undecided).await;
    let denial = match decided.and_then(|caller| allow(&event, caller)) {
        Ok((caller, policy)) => {
            name(told, &caller);
            return Ok(policy);
        }
        Err(Refused::Denied(denial)) => denial,
        Err(Refused::Unauthenticated(cause)) => return Err(fail(UNAUTHORIZED, "unauthenticated", cause, told)),
        Err(Refused::Undecided(cause)) => return Err(fail(UNDECIDED, "unavailable", cause, told)),
    };
    denial.caller.iter().for_each(|caller| name(told, caller));
    (told.code, told.cause) = (denial.code, denial.reason.clone());
    Ok(policy::deny(event.method_arn().as_deref(), &denial))
}

/// The policy of a caller whose right is beyond doubt, if there can be one.
fn allow(event: &Event, caller: Caller) -> Result<(Caller, Value), Refused> {
    let Some(arn) = event.method_arn() else { return Err(Refused::Denied(Box::new(policy::unnameable(caller)))) };
    let policy = policy::allow(&arn, &caller).ok_or_else(|| Refused::Denied(Box::new(Denial::too_large())))?;
    Ok((caller, policy))
}

fn name(told: &mut Told, caller: &Caller) {
    (told.org, told.principal) = (caller.org.to_string(), caller.principal.to_string());
}

fn fail(text: &str, code: &'static str, cause: String, told: &mut Told) -> Diagnostic {
    (told.code, told.cause, told.ours) = (code, cause, text == UNDECIDED);
    Diagnostic { error_type: text.to_owned(), error_message: text.to_owned() }
}

#[cfg(test)]
mod tests;
