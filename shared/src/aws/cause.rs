//! From what the SDK says to what a port says.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::ports::PortError;

/// The error codes that say "later" with a status below 500.
const LATER: [&str; 5] = [
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "Throttling",
    "RequestLimitExceeded",
    "ReplicatedWriteConflictException",
];

/// What became of `operation`. Only codes are kept of what the service said: its words may repeat what was sent.
pub(super) fn cause<E: ProvideErrorMetadata>(operation: &str, error: &SdkError<E, HttpResponse>) -> PortError {
    match error {
        SdkError::TimeoutError(_) => PortError::Unavailable(format!("{operation}: no answer in time")),
        SdkError::DispatchFailure(_) => PortError::Unavailable(format!("{operation}: not reachable")),
        SdkError::ResponseError(_) => garbled(operation),
        // The service said yes, in words that nobody can read.
        SdkError::ServiceError(service) if service.raw().status().is_success() => garbled(operation),
        SdkError::ServiceError(service) => {
            let code = service.err().code().unwrap_or("no code");
            let status = service.raw().status().as_u16();
            let said = format!("{operation}: {status} {code}");
            let later = status >= 500 || status == 429 || LATER.contains(&code);
            if later { PortError::Unavailable(said) } else { PortError::Broken(said) }
        }
        _ => PortError::Broken(format!("{operation}: the request could not be made")),
    }
}

fn garbled(operation: &str) -> PortError {
    PortError::Unavailable(format!("{operation}: the answer was cut off or garbled"))
}
