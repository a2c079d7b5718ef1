//! KMS, as far as signing goes, on keys in a file. As strict as AWS where a caller could be wrong.

mod key;
mod operations;
mod ring;

use std::{
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use self::ring::KeyRing;
use super::{AwsError, KeySpec, error::ServiceError, request::Home};

/// The keys, and what can be done with them.
pub(super) struct Kms {
    home: Home,
    ring: Mutex<KeyRing>,
}

/// A request that names a key and nothing else.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct KeyOnly {
    key_id: String,
}

impl Kms {
    /// Opens the keys in the file at `path`, or none, in memory.
    ///
    /// # Errors
    ///
    /// When the file is there and cannot be read.
    pub(super) fn open(path: Option<PathBuf>, home: Home) -> Result<Self, AwsError> {
        let ring = Mutex::new(KeyRing::open(path)?);
        Ok(Self { home, ring })
    }

    /// Makes the key `spec` unless it is there.
    ///
    /// # Errors
    ///
    /// When the key is there with another kind, or cannot be written.
    pub(super) fn ensure_key(&self, spec: &KeySpec) -> Result<(), AwsError> {
        self.ring().ensure(spec)
    }

    /// Answers the operation `operation` with the JSON text `body`.
    ///
    /// # Errors
    ///
    /// As the KMS API Reference lists them for each operation.
    pub(super) fn answer(&self, operation: &str, body: &[u8]) -> Result<Value, ServiceError> {
        match operation {
            "Sign" => self.sign(&parse(body)?),
            "GetPublicKey" => self.get_public_key(&key_id(body)?),
            "DescribeKey" => self.describe_key(&key_id(body)?),
            "CreateKey" => self.create_key(&parse(body)?),
            "EnableKey" => self.enable_key(&key_id(body)?, true),
            "DisableKey" => self.enable_key(&key_id(body)?, false),
            "ScheduleKeyDeletion" => self.schedule_key_deletion(&parse(body)?),
            _ => {
                Err(ServiceError::new("UnknownOperationException", format!("there is no operation `{operation}` here")))
            }
        }
    }

    fn ring(&self) -> MutexGuard<'_, KeyRing> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn key_id(body: &[u8]) -> Result<String, ServiceError> {
    Ok(parse::<KeyOnly>(body)?.key_id)
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ServiceError> {
    serde_json::from_slice(body).map_err(|error| {
        let name = if error.is_data() { "ValidationException" } else { "SerializationException" };
        ServiceError::new(name, format!("1 validation error detected: {error}"))
    })
}
