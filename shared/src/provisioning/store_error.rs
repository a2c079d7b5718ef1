//! The error of an [`AdminStore`](super::AdminStore).

use crate::ports::PortError;

/// A failed call of an [`AdminStore`](super::AdminStore).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct StoreError {
    /// The failed call.
    pub error: PortError,
    /// The error that the service returned. Only an operator sees it: its message may repeat parts of the request.
    pub service_error: Option<ServiceError>,
}

/// An error that a service returned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceError {
    /// The error code, for example `ResourceNotFoundException`.
    pub code: String,
    /// The message for a person. That of a denied call names the principal and the permission.
    pub message: Option<String>,
}

impl From<PortError> for StoreError {
    fn from(error: PortError) -> Self {
        Self { error, service_error: None }
    }
}
