//! The faults of a soak: one call in a hundred, and short outages.

use std::{collections::BTreeMap, time::Duration};

use local::aws::{
    Service,
    call_log::Call,
    faults::{Fault, Faults},
};
use reqwest::StatusCode;
use tokio::time::sleep;

/// How many outages there are.
pub(super) const OUTAGES: usize = 8;

/// How long an outage lasts: longer than three attempts of a call, whose pauses are 50 and 100 ms at most.
const OUTAGE: Duration = Duration::from_millis(400);

/// What strikes one call in a hundred of `DynamoDB`; KMS has all but the last.
fn kinds() -> [Fault; 6] {
    let status = |status, error_type: &str| Fault::ErrorResponse { status, error_type: error_type.to_owned() };
    [
        Fault::ConnectionClosed,
        Fault::ResponseLost,
        status(StatusCode::INTERNAL_SERVER_ERROR, "InternalServerError"),
        status(StatusCode::BAD_REQUEST, "ThrottlingException"),
        Fault::Delay(Duration::from_millis(50)),
        Fault::KeysUnprocessed,
    ]
}

/// Puts the faults in force that strike now and then.
pub(super) fn share(faults: &Faults, seed: u64) {
    let kinds = kinds();
    for (service, kinds) in [(Service::DynamoDb, &kinds[..]), (Service::Kms, &kinds[..5])] {
        for (number, kind) in (1..).zip(kinds) {
            faults.inject_share(
                service,
                kind.clone(),
                100 * u64::try_from(kinds.len()).unwrap_or(1),
                seed * 100 + number,
            );
        }
    }
}

/// Takes a service away for a while, in one way or another, and gives it back.
pub(super) async fn outage(faults: &Faults, number: usize) {
    let service = if number % 4 == 3 { Service::Kms } else { Service::DynamoDb };
    faults.clear();
    faults.inject(service, None, kinds()[number % 4].clone(), None);
    sleep(OUTAGE).await;
    faults.clear();
    share(faults, u64::try_from(number).unwrap_or_default() + 1);
}

/// Whether the caller got no good answer.
pub(super) fn fails(fault: &Fault) -> bool {
    !matches!(fault, Fault::Delay(_) | Fault::KeysUnprocessed)
}

/// How many calls each kind of fault struck.
pub(super) fn count(calls: &[Call]) -> Vec<(String, usize)> {
    let mut counted = BTreeMap::new();
    for call in calls {
        let service = call.action.split(':').next().unwrap_or_default();
        let name = match &call.fault {
            None => continue,
            Some(Fault::KeysUnprocessed) if call.action != "dynamodb:BatchGetItem" => continue,
            Some(Fault::KeysUnprocessed) => "keys left unprocessed".to_owned(),
            Some(Fault::ConnectionClosed) => "connection closed, not applied".to_owned(),
            Some(Fault::ResponseLost) => "applied, answer lost".to_owned(),
            Some(Fault::Delay(_)) => "answered late".to_owned(),
            Some(Fault::ErrorResponse { status, error_type }) => format!("{} {error_type}", status.as_u16()),
            Some(other) => format!("{other:?}"),
        };
        *counted.entry(format!("{service}: {name}")).or_insert(0) += 1;
    }
    counted.into_iter().collect()
}
