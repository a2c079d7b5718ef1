//! Every failure becomes a problem here (RFC 9457).

use lambda_http::http::StatusCode;
use serde::Serialize;

use crate::failure::Failure;

/// Where the caller is asked to come again in a second.
pub(super) const RETRY_AFTER: &str = "1";

/// A problem in the contract's form.
#[derive(Debug, Serialize)]
pub(super) struct Problem {
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    instance: String,
    code: &'static str,
    /// The original contract's member: the same sentence as `detail`.
    error: String,
}

/// The one table from failures to statuses.
pub(super) fn status(failure: &Failure) -> StatusCode {
    match failure {
        Failure::Invalid(_) => StatusCode::BAD_REQUEST,
        Failure::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Failure::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Failure::Unauthenticated(_) => StatusCode::UNAUTHORIZED,
        Failure::PermissionDenied(_)
        | Failure::RoleNotHeld(_)
        | Failure::LifetimeExceedsParent(_)
        | Failure::TooDeep
        | Failure::TooManyRoles(_) => StatusCode::FORBIDDEN,
        Failure::NotFound => StatusCode::NOT_FOUND,
        Failure::IdempotencyConflict => StatusCode::CONFLICT,
        Failure::IdempotencyMismatch => StatusCode::UNPROCESSABLE_ENTITY,
        Failure::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Failure::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl Problem {
    /// The problem that `failure` is for the request `instance`.
    pub(super) fn of(failure: &Failure, instance: &str) -> Self {
        let status = status(failure);
        let sentence = failure.sentence();
        Self {
            kind: format!("urn:latchkey:problem:{}", failure.code()),
            title: status.canonical_reason().unwrap_or_default(),
            status: status.as_u16(),
            detail: sentence.clone(),
            instance: instance.to_owned(),
            code: failure.code(),
            error: sentence,
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_failure_has_the_contracts_status_and_code() {
        let text = || "x".to_owned();
        for (failure, status, code) in [
            (Failure::Invalid(text()), 400, "invalid_request"),
            (Failure::Unauthenticated(text()), 401, "unauthenticated"),
            (Failure::PermissionDenied(text()), 403, "permission_denied"),
            (Failure::RoleNotHeld("1:a".parse().unwrap()), 403, "role_not_held"),
            (Failure::LifetimeExceedsParent(crate::token::UnixTime::EPOCH), 403, "lifetime_exceeds_parent"),
            (Failure::TooDeep, 403, "too_deep"),
            (Failure::TooManyRoles(text()), 403, "too_many_roles"),
            (Failure::NotFound, 404, "not_found"),
            (Failure::IdempotencyConflict, 409, "idempotency_conflict"),
            (Failure::IdempotencyMismatch, 422, "idempotency_mismatch"),
            (Failure::TooLarge, 413, "too_large"),
            (Failure::UnsupportedMediaType, 415, "unsupported_media_type"),
            (Failure::Internal(text()), 500, "internal"),
            (Failure::Unavailable(text()), 503, "unavailable"),
        ] {
            let problem = json!(Problem::of(&failure, "r-1"));
            assert_eq!((&problem["status"], &problem["code"]), (&json!(status), &json!(code)));
            assert_eq!(problem["type"], format!("urn:latchkey:problem:{code}"));
            assert_eq!(problem["error"], problem["detail"]);
            assert_eq!(problem["instance"], "r-1");
            assert!(!problem["title"].as_str().unwrap().is_empty());
        }
    }

    #[test]
    fn a_cause_on_our_side_is_never_in_the_problem() {
        for failure in [Failure::Unauthenticated, Failure::Unavailable, Failure::Internal] {
            let problem = json!(Problem::of(&failure("the cause".to_owned()), "r-1"));
            assert!(!problem.to_string().contains("cause"), "{problem}");
        }
    }
}
