//! Start errors of the AWS endpoints, and the error responses of the services.

use std::io;

use axum::{
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use dynoxide::DynoxideError;
use serde_json::{Value, json};

use super::Service;
use crate::key_pair::KeyType;

/// Why the endpoints could not start.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// A data file or a port.
    #[error("cannot use a data file or a port of DynamoDB or KMS: {0}")]
    Io(#[from] io::Error),
    /// The database's file, or a table.
    #[error("cannot use the database: {0}")]
    Database(#[from] DynoxideError),
    /// The file of keys, or the definition of a table.
    #[error("invalid JSON in a key file or a table definition: {0}")]
    Json(#[from] serde_json::Error),
    /// A key that cannot be created, read or written.
    #[error("cannot create or read key `{0}`")]
    Key(String),
    /// A key that exists with another type.
    #[error("key `{id}` is stored as {stored:?}, but the template defines {defined:?}")]
    KeyTypeMismatch {
        /// The key's id.
        id: String,
        /// The type of the stored key.
        stored: KeyType,
        /// The type in the key's definition.
        defined: KeyType,
    },
    /// The client that forwards requests.
    #[error("cannot create the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
    /// An upstream service.
    #[error("cannot use the service at `{url}`: {reason}")]
    Upstream {
        /// The service's URL.
        url: String,
        /// The service's error.
        reason: String,
    },
}

/// An error of `DynamoDB` or KMS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) status: StatusCode,
    /// The error's name, as in `NotFoundException`.
    pub(super) name: String,
    pub(super) message: String,
}

impl ServiceError {
    /// An error with status 400, the status of most errors.
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, name, message)
    }

    pub(super) fn with_status(status: StatusCode, name: &str, message: impl Into<String>) -> Self {
        Self { status, name: name.to_owned(), message: message.into() }
    }

    /// Parses the error response `body` of a service. `DynamoDB` prefixes the error's name with a namespace.
    pub(super) fn parse(status: StatusCode, body: &Value) -> Self {
        let name = body["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or(status.as_str());
        let message = ["message", "Message"].into_iter().find_map(|member| body[member].as_str());
        Self::with_status(status, name, message.unwrap_or("the service gave no message"))
    }

    /// The error response of `service`.
    pub(super) fn response(&self, service: Service) -> Response {
        json_response(service, self.status, &json!({ "__type": self.name, "message": self.message }))
    }
}

/// A response of `service`.
pub(super) fn json_response(service: Service, status: StatusCode, body: &Value) -> Response {
    (status, [(CONTENT_TYPE, service.content_type())], body.to_string()).into_response()
}
