//! The Lambda authorizer of REST and HTTP APIs: what the gateway asks in, what it takes for a decision out.

mod event;
mod reply;

use std::{future::Future, pin::Pin};

use event::Event;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::value::RawValue;

use super::Error;
use crate::{
    authorize::{Authorize, Refused, Spent},
    caller::Caller,
    deadline::within,
    ports::{Assignments, Clock, EvidenceReader, KeyRing, ProviderKeys, Toucher},
    telemetry::Request,
};

/// The error text that the gateway answers with a 401, a REST API by its `UNAUTHORIZED` response.
const UNAUTHORIZED: &str = "Unauthorized";
/// Any other is a 500, a REST API's by its `AUTHORIZER_FAILURE` response, which the template makes a 503.
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
    // Raw on both sides: each event is read, and each answer written, once.
    let handler = |event: LambdaEvent<Box<RawValue>>| async move { answer_event(authorize, event.payload.get()).await };
    lambda_runtime::run(service_fn(handler)).await
}

/// *(closed by default)* One event of the gateway to one answer: an IAM policy for a REST API, the simple form for an HTTP API, of
/// 8,192 bytes at most.
///
/// # Errors
///
/// `Unauthorized`, which the gateway makes a 401. Any other text says that nothing could be decided, or why the event is none that
/// this authorizer takes; it holds nothing from the event, and the gateway takes it for a refusal too.
pub async fn answer_event<L, K, P, C>(
    authorize: &Authorize<L, K, P, C>,
    event: &str,
) -> Result<Box<RawValue>, Diagnostic>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    let mut told = Request::begin("authorize");
    let answer = decide(authorize, event, &mut told).await;
    told.end();
    answer
}

async fn decide<L, K, P, C>(
    authorize: &Authorize<L, K, P, C>,
    event: &str,
    told: &mut Request,
) -> Result<Box<RawValue>, Diagnostic>
where
    L: EvidenceReader + Assignments + Toucher,
    K: KeyRing,
    P: ProviderKeys,
    C: Clock,
{
    let event = Event::read(event).map_err(|cause| fail(cause, "unavailable", cause, told))?;
    told.request_id = event.request_id();
    let no_api = "the event names no API";
    let question = event.question().ok_or_else(|| fail(UNDECIDED, "unavailable", no_api, told))?;
    // As what it is for: what it is made of is too deep for the compiler.
    let deciding: Pin<Box<dyn Future<Output = _> + '_>> = Box::pin(authorize.decide(&question));
    let decided = within(deciding, Refused::Undecided).await;
    let granted = decided.and_then(|caller| {
        let answer = reply::grant(&event, caller.as_ref()).map_err(Refused::Denied)?;
        Ok((caller, answer))
    });
    let denial = match granted {
        Ok((caller, answer)) => {
            name(told, caller.as_ref());
            return Ok(answer);
        }
        Err(Refused::Denied(denial)) => denial,
        Err(Refused::Unauthenticated(cause, spent)) => {
            name_spent(told, spent.as_deref());
            return Err(fail(UNAUTHORIZED, "unauthenticated", &cause, told));
        }
        Err(Refused::Undecided(cause)) => return Err(fail(UNDECIDED, "unavailable", &cause, told)),
    };
    name(told, denial.caller.as_ref());
    (told.code, told.reason) = (denial.code, denial.reason.clone());
    let unwritten = "the answer cannot be written";
    reply::deny(&event, &denial).ok_or_else(|| fail(UNDECIDED, "unavailable", unwritten, told))
}

fn name(told: &mut Request, caller: Option<&Caller>) {
    if let Some(caller) = caller {
        told.by(caller);
        told.token_id = caller.token.as_ref().map(|token| token.id.to_string()).unwrap_or_default();
    }
}

/// The token that was shown, and nobody as who asks: it may be anybody who came by it.
fn name_spent(told: &mut Request, spent: Option<&Spent>) {
    if let Some(spent) = spent {
        (told.org, told.token_id) = (spent.org.to_string(), spent.id.to_string());
    }
}

fn fail(text: &str, code: &'static str, cause: &str, told: &mut Request) -> Diagnostic {
    (told.code, told.reason, told.ours) = (code, cause.to_owned(), text != UNAUTHORIZED);
    let kind = if text == UNAUTHORIZED { UNAUTHORIZED } else { UNDECIDED };
    Diagnostic { error_type: kind.to_owned(), error_message: text.to_owned() }
}

#[cfg(test)]
mod tests;
