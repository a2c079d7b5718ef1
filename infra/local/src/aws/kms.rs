//! The embedded KMS: signing keys in a file. Requests are validated as strictly as by AWS.

mod key;
mod key_store;
mod operations;

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use self::key_store::KeyStore;
use super::{AwsError, KeyDefinition, error::ServiceError, request::ArnScope};

/// The embedded KMS.
pub(super) struct Kms {
    arn_scope: ArnScope,
    keys: Mutex<KeyStore>,
}

/// A request with a key id as its only member.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyIdRequest {
    key_id: String,
}

impl Kms {
    /// Opens the keys in the file at `path`, or an empty store in memory.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError`] if the file exists and cannot be read.
    pub(super) fn open(path: Option<PathBuf>, arn_scope: ArnScope) -> Result<Self, AwsError> {
        Ok(Self { arn_scope, keys: Mutex::new(KeyStore::open(path)?) })
    }

    /// Creates the key unless it exists.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError`] if the key exists with another type or cannot be written.
    pub(super) fn ensure_key(&self, key: &KeyDefinition) -> Result<(), AwsError> {
        self.keys().ensure(key)
    }

    /// Executes `operation` with the JSON text `body`.
    ///
    /// # Errors
    ///
    /// As the KMS API Reference lists them for each operation.
    pub(super) fn handle(&self, operation: &str, body: &[u8]) -> Result<Value, ServiceError> {
        match operation {
            "Sign" => self.sign(&parse(body)?),
            "GetPublicKey" => self.get_public_key(&key_id(body)?),
            "DescribeKey" => self.describe_key(&key_id(body)?),
            "CreateKey" => self.create_key(&parse(body)?),
            "EnableKey" => self.enable_key(&key_id(body)?, true),
            "DisableKey" => self.enable_key(&key_id(body)?, false),
            "ScheduleKeyDeletion" => self.schedule_key_deletion(&parse(body)?),
            _ => {
                Err(ServiceError::new("UnknownOperationException", format!("operation `{operation}` is not supported")))
            }
        }
    }

    fn keys(&self) -> MutexGuard<'_, KeyStore> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_id(body: &[u8]) -> Result<String, ServiceError> {
    Ok(parse::<KeyIdRequest>(body)?.key_id)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|error| {
        let name = if error.is_data() { "ValidationException" } else { "SerializationException" };
        ServiceError::new(name, format!("1 validation error detected: {error}"))
    })
}
