//! The operations, each after its page in the KMS API Reference.

use aws_lc_rs::digest::{Digest, SHA256, digest};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Kms,
    key::{Key, KeyState},
    ring::internal,
};
use crate::{
    aws::{
        KeySpec,
        error::ServiceError,
        key_pair::{KeyType, SigningAlgorithm},
    },
    lambda::ids,
};

/// The longest message that is hashed here, in bytes; a longer one has to be sent as a digest.
const LONGEST_MESSAGE: usize = 4096;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Sign {
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
pub(super) struct CreateKey {
    key_spec: KeyType,
    key_usage: KeyUsage,
}

#[derive(Clone, Copy, Deserialize)]
enum KeyUsage {
    #[serde(rename = "SIGN_VERIFY")]
    SignVerify,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ScheduleKeyDeletion {
    key_id: String,
    #[serde(default = "longest_window")]
    pending_window_in_days: i64,
}

fn longest_window() -> i64 {
    30
}

impl Kms {
    pub(super) fn sign(&self, request: &Sign) -> Result<Value, ServiceError> {
        let message = STANDARD.decode(&request.message).map_err(|_| no_base64())?;
        let ring = self.ring();
        let key = ring.find(&request.key_id)?.usable()?;
        if !key.kind.algorithms().contains(&request.signing_algorithm) {
            return Err(incompatible(key));
        }
        let digest = digest_of(&message, request.message_type)?;
        let signature = key.pair.sign(request.signing_algorithm, &digest).map_err(internal)?;
        Ok(json!({
            "KeyId": key.arn,
            "Signature": STANDARD.encode(signature),
            "SigningAlgorithm": request.signing_algorithm,
        }))
    }

    pub(super) fn get_public_key(&self, key_id: &str) -> Result<Value, ServiceError> {
        let ring = self.ring();
        let key = ring.find(key_id)?.usable()?;
        Ok(json!({
            "KeyId": key.arn,
            "PublicKey": STANDARD.encode(key.pair.public_der().map_err(internal)?),
            "KeySpec": key.kind,
            "CustomerMasterKeySpec": key.kind,
            "KeyUsage": "SIGN_VERIFY",
            "SigningAlgorithms": key.kind.algorithms(),
        }))
    }

    pub(super) fn describe_key(&self, key_id: &str) -> Result<Value, ServiceError> {
        Ok(json!({ "KeyMetadata": self.ring().find(key_id)?.metadata(&self.home.account) }))
    }

    pub(super) fn create_key(&self, request: &CreateKey) -> Result<Value, ServiceError> {
        let KeyUsage::SignVerify = request.key_usage;
        let id = ids::uuid();
        let arn = format!("arn:aws:kms:{}:{}:key/{id}", self.home.region, self.home.account);
        let spec = KeySpec { id, arn, spec: request.key_spec };
        let mut ring = self.ring();
        let key = ring.add(&spec).map_err(internal)?;
        Ok(json!({ "KeyMetadata": key.metadata(&self.home.account) }))
    }

    pub(super) fn enable_key(&self, key_id: &str, enable: bool) -> Result<Value, ServiceError> {
        let state = if enable { KeyState::Enabled } else { KeyState::Disabled };
        self.ring().change(key_id, |key| set_state(key, state))?;
        Ok(json!({}))
    }

    pub(super) fn schedule_key_deletion(&self, request: &ScheduleKeyDeletion) -> Result<Value, ServiceError> {
        let days = request.pending_window_in_days;
        if !(7..=longest_window()).contains(&days) {
            return Err(invalid("the waiting period is 7 to 30 days"));
        }
        let date = jiff::Timestamp::now().as_second() + days * 24 * 60 * 60;
        let state = KeyState::PendingDeletion(date);
        let arn = self.ring().change(&request.key_id, |key| {
            set_state(key, state)?;
            Ok(key.arn.clone())
        })?;
        let state = state.name();
        Ok(json!({ "KeyId": arn, "DeletionDate": date, "KeyState": state, "PendingWindowInDays": days }))
    }
}

/// A key that is pending deletion changes no more.
fn set_state(key: &mut Key, state: KeyState) -> Result<(), ServiceError> {
    if let KeyState::PendingDeletion(_) = key.state {
        return Err(key.pending_deletion());
    }
    key.state = state;
    Ok(())
}

fn digest_of(message: &[u8], message_type: MessageType) -> Result<Digest, ServiceError> {
    match message_type {
        MessageType::Digest => {
            Digest::import_less_safe(message, &SHA256).map_err(|_| invalid("the digest has not the algorithm's length"))
        }
        MessageType::Raw if message.is_empty() || message.len() > LONGEST_MESSAGE => {
            Err(invalid("a message has 1 to 4096 bytes"))
        }
        MessageType::Raw => Ok(digest(&SHA256, message)),
    }
}

fn invalid(message: &str) -> ServiceError {
    ServiceError::new("ValidationException", message)
}

fn no_base64() -> ServiceError {
    ServiceError::new("SerializationException", "the message is not base64")
}

fn incompatible(key: &Key) -> ServiceError {
    let message = format!("the algorithm is incompatible with the key spec of {}", key.arn);
    ServiceError::new("InvalidKeyUsageException", message)
}
