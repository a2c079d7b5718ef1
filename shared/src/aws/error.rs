//! Maps errors of the AWS SDK to [`PortError`].

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use crate::ports::{PortError, PortErrorKind, Service};

/// Error codes of throttling, independent of the HTTP status:
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html>
const THROTTLING_CODES: [&str; 4] =
    ["ProvisionedThroughputExceededException", "ThrottlingException", "Throttling", "RequestLimitExceeded"];

/// Error codes of a write while another one of the same item is in progress: one that is replicated from another region of a
/// global table, or a transaction. A retry may succeed.
const WRITE_CONFLICT_CODES: [&str; 3] =
    ["ReplicatedWriteConflictException", "TransactionConflictException", "TransactionInProgressException"];

/// Error codes of missing permissions and of rejected credentials.
const ACCESS_DENIED_CODES: [&str; 6] = [
    "AccessDenied",
    "AccessDeniedException",
    "ExpiredTokenException",
    "InvalidSignatureException",
    "MissingAuthenticationTokenException",
    "UnrecognizedClientException",
];

/// The error of a call of `operation`. Its detail contains the status and the error code only, because the service's
/// message may repeat parts of the request.
pub(super) fn port_error<E: ProvideErrorMetadata>(
    service: Service,
    operation: &'static str,
    error: &SdkError<E, HttpResponse>,
) -> PortError {
    let error_of = |kind| PortError::new(service, operation, kind);
    match error {
        SdkError::TimeoutError(_) => error_of(PortErrorKind::TimedOut),
        SdkError::DispatchFailure(_) => error_of(PortErrorKind::Unreachable),
        SdkError::ResponseError(_) => error_of(PortErrorKind::MalformedResponse),
        // The status reports success and the body cannot be read.
        SdkError::ServiceError(error) if error.raw().status().is_success() => {
            error_of(PortErrorKind::MalformedResponse)
        }
        SdkError::ServiceError(error) => {
            let code = error.err().code().unwrap_or("no code");
            let status = error.raw().status().as_u16();
            error_of(kind(status, code)).with_detail(format!("{status} {code}"))
        }
        _ => error_of(PortErrorKind::InvalidRequest),
    }
}

fn kind(status: u16, code: &str) -> PortErrorKind {
    if status == 429 || THROTTLING_CODES.contains(&code) {
        PortErrorKind::Throttled
    } else if status >= 500 {
        PortErrorKind::ServerError
    } else if WRITE_CONFLICT_CODES.contains(&code) {
        PortErrorKind::Conflict
    } else if status == 403 || ACCESS_DENIED_CODES.contains(&code) {
        PortErrorKind::AccessDenied
    } else {
        PortErrorKind::Rejected
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn service_error_maps_to_its_kind_by_status_and_code() {
        for (status, code, expected) in [
            (400, "ProvisionedThroughputExceededException", PortErrorKind::Throttled),
            (400, "ThrottlingException", PortErrorKind::Throttled),
            (400, "RequestLimitExceeded", PortErrorKind::Throttled),
            (503, "ThrottlingException", PortErrorKind::Throttled),
            (429, "no code", PortErrorKind::Throttled),
            (500, "InternalServerError", PortErrorKind::ServerError),
            (503, "no code", PortErrorKind::ServerError),
            (400, "ReplicatedWriteConflictException", PortErrorKind::Conflict),
            (400, "TransactionConflictException", PortErrorKind::Conflict),
            (400, "TransactionInProgressException", PortErrorKind::Conflict),
            (400, "AccessDeniedException", PortErrorKind::AccessDenied),
            (403, "no code", PortErrorKind::AccessDenied),
            (400, "UnrecognizedClientException", PortErrorKind::AccessDenied),
            (400, "ValidationException", PortErrorKind::Rejected),
            (400, "no code", PortErrorKind::Rejected),
        ] {
            assert_eq!(kind(status, code), expected, "{status} {code}");
        }
    }
}
