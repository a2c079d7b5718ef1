//! The operations of KMS (KMS API Reference).

use aws_lc_rs::digest::{Digest, SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Kms,
    key::{Key, KeyState},
    key_store::internal_error,
};
use crate::{
    aws::{KeyDefinition, error::ServiceError},
    ids,
    key_pair::{KeyType, SigningAlgorithm},
};

/// Longest message of `Sign` with the message type `RAW`, in bytes.
const MAX_MESSAGE_BYTES: usize = 4096;

/// The shortest waiting period before a key is deleted, in days.
const MIN_DELETION_WINDOW_DAYS: i64 = 7;

/// The longest waiting period before a key is deleted, in days, and the default.
const MAX_DELETION_WINDOW_DAYS: i64 = 30;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SignRequest {
    key_id: String,
    /// Base64.
    message: String,
    #[serde(default)]
    message_type: MessageType,
    signing_algorithm: SigningAlgorithm,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
enum MessageType {
    #[default]
    Raw,
    Digest,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateKeyRequest {
    key_spec: KeyType,
    #[serde(rename = "KeyUsage")]
    _key_usage: KeyUsage,
}

/// The one supported usage.
#[derive(Clone, Copy, Deserialize)]
enum KeyUsage {
    #[serde(rename = "SIGN_VERIFY")]
    SignVerify,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleKeyDeletionRequest {
    key_id: String,
    pending_window_in_days: Option<i64>,
}

impl Kms {
    pub(super) fn sign(&self, request: &SignRequest) -> Result<Value, ServiceError> {
        let message = STANDARD.decode(&request.message).map_err(|_| not_base64())?;
        let keys = self.keys();
        let key = keys.find(&request.key_id)?.require_enabled()?;
        if !key.spec.algorithms().contains(&request.signing_algorithm) {
            return Err(incompatible_algorithm(key));
        }
        let digest = message_digest(&message, request.message_type)?;
        let signature = key.pair.sign(request.signing_algorithm, &digest).map_err(internal_error)?;
        Ok(json!({
            "KeyId": key.arn,
            "Signature": STANDARD.encode(signature),
            "SigningAlgorithm": request.signing_algorithm,
        }))
    }

    pub(super) fn get_public_key(&self, key_id: &str) -> Result<Value, ServiceError> {
        let keys = self.keys();
        let key = keys.find(key_id)?.require_enabled()?;
        Ok(json!({
            "KeyId": key.arn,
            "PublicKey": STANDARD.encode(key.pair.public_der().map_err(internal_error)?),
            "KeySpec": key.spec,
            "CustomerMasterKeySpec": key.spec,
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": key.spec.algorithms(),
        }))
    }

    pub(super) fn describe_key(&self, key_id: &str) -> Result<Value, ServiceError> {
        Ok(json!({ "KeyMetadata": self.keys().find(key_id)?.metadata(&self.arn_scope.account) }))
    }

    pub(super) fn create_key(&self, request: &CreateKeyRequest) -> Result<Value, ServiceError> {
        let id = ids::uuid();
        let arn = self.arn_scope.key(&id);
        let definition = KeyDefinition { id, arn, key_type: request.key_spec };
        let mut keys = self.keys();
        let key = keys.create(&definition).map_err(internal_error)?;
        Ok(json!({ "KeyMetadata": key.metadata(&self.arn_scope.account) }))
    }

    pub(super) fn enable_key(&self, key_id: &str, enable: bool) -> Result<Value, ServiceError> {
        let state = if enable { KeyState::Enabled } else { KeyState::Disabled };
        self.keys().set_state(key_id, state)?;
        Ok(json!({}))
    }

    pub(super) fn schedule_key_deletion(&self, request: &ScheduleKeyDeletionRequest) -> Result<Value, ServiceError> {
        let days = request.pending_window_in_days.unwrap_or(MAX_DELETION_WINDOW_DAYS);
        if !(MIN_DELETION_WINDOW_DAYS..=MAX_DELETION_WINDOW_DAYS).contains(&days) {
            return Err(validation_error("the waiting period must be 7 to 30 days"));
        }
        let date = jiff::Timestamp::now().as_second() + days * 24 * 60 * 60;
        let state = KeyState::PendingDeletion(date);
        let mut keys = self.keys();
        let arn = &keys.set_state(&request.key_id, state)?.arn;
        Ok(json!({
            "KeyId": arn,
            "DeletionDate": date,
            "KeyState": state.name(),
            "PendingWindowInDays": days,
        }))
    }
}

fn message_digest(message: &[u8], message_type: MessageType) -> Result<Digest, ServiceError> {
    match message_type {
        MessageType::Digest => Digest::import_less_safe(message, &SHA256)
            .map_err(|_| validation_error("the digest does not have the length of the algorithm")),
        MessageType::Raw if message.is_empty() || message.len() > MAX_MESSAGE_BYTES => {
            Err(validation_error("the message must have 1 to 4096 bytes"))
        }
        MessageType::Raw => Ok(digest(&SHA256, message)),
    }
}

fn validation_error(message: &str) -> ServiceError {
    ServiceError::new("ValidationException", message)
}

fn not_base64() -> ServiceError {
    ServiceError::new("SerializationException", "the message is not Base64")
}

fn incompatible_algorithm(key: &Key) -> ServiceError {
    let message = format!("the algorithm is incompatible with the key spec of {}", key.arn);
    ServiceError::new("InvalidKeyUsageException", message)
}
