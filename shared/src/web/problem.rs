//! Maps every API error to its HTTP status and problem document (RFC 9457).

use http::StatusCode;
use serde::Serialize;

use crate::error::{ApiError, ErrorCode};

/// Value of `Retry-After` in a 503 response, in seconds.
pub(super) const RETRY_AFTER_SECONDS: &str = "1";

/// A problem document (RFC 9457, section 3) with the members of the OpenAPI document.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    instance: String,
    code: ErrorCode,
    /// The same message as `detail`, under the name that the API's existing clients read.
    error: String,
}

/// The HTTP status of each code.
pub(super) fn status(code: ErrorCode) -> StatusCode {
    match code {
        ErrorCode::InvalidRequest => StatusCode::BAD_REQUEST,
        ErrorCode::Unauthenticated => StatusCode::UNAUTHORIZED,
        ErrorCode::PermissionDenied
        | ErrorCode::RoleNotHeld
        | ErrorCode::ReadOnlyToken
        | ErrorCode::AddressNotAllowed
        | ErrorCode::LifetimeExceedsParent
        | ErrorCode::AddressesExceedParent
        | ErrorCode::TooDeep
        | ErrorCode::TooManyRoles => StatusCode::FORBIDDEN,
        ErrorCode::NotFound => StatusCode::NOT_FOUND,
        ErrorCode::IdempotencyConflict | ErrorCode::TokenInactive | ErrorCode::AlreadyRotated | ErrorCode::Conflict => {
            StatusCode::CONFLICT
        }
        ErrorCode::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        ErrorCode::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        ErrorCode::Throttled => StatusCode::TOO_MANY_REQUESTS,
        ErrorCode::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        ErrorCode::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// The problem document of `error` for the request with the id `instance`.
    pub(super) fn of(error: &ApiError, instance: &str) -> Self {
        let code = error.code();
        let status = status(code);
        let message = error.public_message();
        Self {
            kind: format!("urn:latchkey:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: message.clone(),
            instance: instance.to_owned(),
            code,
            error: message,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        error::ServerError,
        ports::{PortError, PortErrorKind, Service},
    };

    #[test]
    fn problem_has_status_and_code_of_the_contract() {
        let text = || "x".to_owned();
        for (error, status, code) in [
            (ApiError::Invalid(text()), 400, "invalid_request"),
            (ApiError::Unauthenticated(text()), 401, "unauthenticated"),
            (ApiError::PermissionDenied(text()), 403, "permission_denied"),
            (ApiError::RoleNotHeld("1:a".parse().unwrap()), 403, "role_not_held"),
            (ApiError::LifetimeExceedsParent(crate::token::UnixTime::EPOCH), 403, "lifetime_exceeds_parent"),
            (ApiError::AddressesExceedParent, 403, "addresses_exceed_parent"),
            (ApiError::TooDeep, 403, "too_deep"),
            (ApiError::TooManyRoles(text()), 403, "too_many_roles"),
            (ApiError::NotFound, 404, "not_found"),
            (ApiError::RoleNotFound("1:a".parse().unwrap()), 404, "not_found"),
            (ApiError::IdempotencyConflict, 409, "idempotency_conflict"),
            (ApiError::Conflict(text()), 409, "conflict"),
            (ApiError::IdempotencyMismatch, 422, "idempotency_mismatch"),
            (ApiError::TooLarge, 413, "too_large"),
            (ApiError::UnsupportedMediaType, 415, "unsupported_media_type"),
            (ApiError::internal("x"), 500, "internal"),
            (ServerError::RequestTimeout.into(), 503, "unavailable"),
        ] {
            let problem = json!(Problem::of(&error, "r-1"));
            assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
            assert_eq!(problem["type"], format!("urn:latchkey:problem:{code}"));
            assert_eq!(problem["error"], problem["detail"]);
            assert_eq!(problem["instance"], "r-1");
            assert!(!problem["title"].as_str().unwrap().is_empty());
        }
    }

    #[test]
    fn problem_of_server_error_omits_its_cause() {
        let port = PortError::new(Service::Kms, "Sign", PortErrorKind::Throttled).with_detail("the cause");
        for error in [ApiError::Unauthenticated("the cause".to_owned()), port.into(), ApiError::internal("the cause")] {
            let problem = json!(Problem::of(&error, "r-1"));
            assert!(!problem.to_string().contains("cause"), "{problem}");
        }
    }
}
