//! The injected faults: one call in a hundred, and short outages.

use std::time::Duration;

use local::aws::{
    Service,
    faults::{Fault, Faults},
};
use reqwest::StatusCode;
use tokio::time::sleep;

pub const OUTAGES: usize = 8;

/// Longer than the three attempts of a call, whose pauses are at most 50 and 100 ms.
const OUTAGE_DURATION: Duration = Duration::from_millis(400);

/// The faults of one call in a hundred. The last one applies to `DynamoDB` only.
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

/// Injects faults into one call in a hundred.
pub fn inject_random(faults: &Faults, seed: u64) {
    let kinds = kinds();
    for (service, kinds) in [(Service::DynamoDb, &kinds[..]), (Service::Kms, &kinds[..5])] {
        for (number, kind) in (1..).zip(kinds) {
            faults.inject_share(service, kind.clone(), 100 * kinds.len() as u64, seed * 100 + number);
        }
    }
}

/// Makes one service unavailable, and restores the random faults afterwards.
pub async fn inject_outage(faults: &Faults, number: usize) {
    let service = if number % 4 == 3 { Service::Kms } else { Service::DynamoDb };
    faults.clear();
    faults.inject(service, None, kinds()[number % 4].clone(), None);
    sleep(OUTAGE_DURATION).await;
    faults.clear();
    inject_random(faults, number as u64 + 1);
}

/// Whether the caller received no successful response.
pub fn is_failure(fault: &Fault) -> bool {
    !matches!(fault, Fault::Delay(_) | Fault::KeysUnprocessed)
}
