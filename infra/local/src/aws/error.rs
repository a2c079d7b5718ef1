//! Why the services cannot start; and the errors that they send: a status and a JSON object with the error's name.

use std::io;

use axum::{
    body::Body,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use dynoxide::DynoxideError;
use serde_json::{Value, json};

use super::{Service, key_pair::KeyType};

/// Why the services could not start.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// A file or a port.
    #[error("the data of DynamoDB and KMS, or a port for them, cannot be used: {0}")]
    Io(#[from] io::Error),
    /// The database's file, or a table.
    #[error("the database cannot be used: {0}")]
    Database(#[from] DynoxideError),
    /// The keys' file, or a table's description.
    #[error("the JSON of a key file or of a table cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A key in the keys' file, or a new one.
    #[error("the key `{0}` cannot be made or read")]
    Key(String),
    /// A key is there already, but is of another kind.
    #[error("the key `{id}` is kept as {kept:?}, but {wanted:?} is asked for")]
    OtherKey {
        /// The key's id.
        id: String,
        /// The kind of the key in the file.
        kept: KeyType,
        /// The kind that is asked for.
        wanted: KeyType,
    },
    /// The client by which requests are sent on.
    #[error("the HTTP client cannot be made: {0}")]
    Client(#[from] reqwest::Error),
    /// A service that stands in place of an embedded one.
    #[error("the service at `{url}` cannot be used: {why}")]
    Upstream {
        /// Where it is.
        url: String,
        /// What it answers, or that it does not.
        why: String,
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
    /// An error with the status 400, which most have.
    pub(super) fn new(name: &str, message: impl Into<String>) -> Self {
        Self::with_status(StatusCode::BAD_REQUEST, name, message)
    }

    pub(super) fn with_status(status: StatusCode, name: &str, message: impl Into<String>) -> Self {
        Self { status, name: name.to_owned(), message: message.into() }
    }

    /// The error in the answer `body` of a service, without the namespace that `DynamoDB` puts before its name.
    pub(super) fn read(status: StatusCode, body: &Value) -> Self {
        let name = body["__type"].as_str().and_then(|name| name.rsplit('#').next()).unwrap_or(status.as_str());
        let message = ["message", "Message"].into_iter().find_map(|member| body[member].as_str());
        Self::with_status(status, name, message.unwrap_or("it does not say why"))
    }

    /// The error as `service` answers it.
    pub(super) fn answer(&self, service: Service) -> Response {
        let body = json!({ "__type": self.name, "message": self.message });
        answer(service, self.status, body.to_string())
    }
}

/// The answer of `service` with the JSON text `body`.
pub(super) fn answer(service: Service, status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, service.content_type())], Body::from(body)).into_response()
}
