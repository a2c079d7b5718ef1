//! A KMS key: its metadata, its state and its stored form.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    aws::{KeyDefinition, error::ServiceError},
    key_pair::{KeyError, KeyPair, KeyType},
};

/// The state of a key (KMS Developer Guide, "Key states of AWS KMS keys").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum KeyState {
    Enabled,
    Disabled,
    /// Until the date, in seconds since 1970.
    PendingDeletion(i64),
}

impl KeyState {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Enabled => "Enabled",
            Self::Disabled => "Disabled",
            Self::PendingDeletion(_) => "PendingDeletion",
        }
    }
}

/// A key with its private key.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) id: String,
    pub(super) arn: String,
    pub(super) spec: KeyType,
    pub(super) state: KeyState,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) pair: KeyPair,
}

/// A key in the file. It contains the private key and therefore has no `Debug`.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) id: String,
    arn: String,
    key_spec: KeyType,
    state: KeyState,
    created: i64,
    /// A PKCS#8 document in Base64.
    pkcs8: String,
}

impl Key {
    /// A new enabled key.
    pub(super) fn generate(definition: &KeyDefinition) -> Result<Self, KeyError> {
        Ok(Self {
            id: definition.id.clone(),
            arn: definition.arn.clone(),
            spec: definition.key_type,
            state: KeyState::Enabled,
            created: jiff::Timestamp::now().as_second(),
            pair: KeyPair::generate(definition.key_type)?,
        })
    }

    pub(super) fn to_stored(&self) -> Result<StoredKey, KeyError> {
        Ok(StoredKey {
            id: self.id.clone(),
            arn: self.arn.clone(),
            key_spec: self.spec,
            state: self.state,
            created: self.created,
            pkcs8: STANDARD.encode(self.pair.to_pkcs8()?),
        })
    }

    pub(super) fn from_stored(stored: StoredKey) -> Result<Self, KeyError> {
        let der = STANDARD.decode(&stored.pkcs8).map_err(|_| KeyError)?;
        Ok(Self {
            pair: KeyPair::from_pkcs8(stored.key_spec, &der)?,
            id: stored.id,
            arn: stored.arn,
            spec: stored.key_spec,
            state: stored.state,
            created: stored.created,
        })
    }

    /// Returns the key if it is enabled, as the operations that use a key require.
    pub(super) fn require_enabled(&self) -> Result<&Self, ServiceError> {
        match self.state {
            KeyState::Enabled => Ok(self),
            KeyState::Disabled => Err(ServiceError::new("DisabledException", format!("{} is disabled.", self.arn))),
            KeyState::PendingDeletion(_) => Err(self.pending_deletion()),
        }
    }

    /// Changes the state, unless the key is pending deletion.
    pub(super) fn set_state(&mut self, state: KeyState) -> Result<(), ServiceError> {
        if let KeyState::PendingDeletion(_) = self.state {
            return Err(self.pending_deletion());
        }
        self.state = state;
        Ok(())
    }

    fn pending_deletion(&self) -> ServiceError {
        ServiceError::new("KMSInvalidStateException", format!("{} is pending deletion.", self.arn))
    }

    /// The `KeyMetadata` of the key in `account`.
    pub(super) fn metadata(&self, account: &str) -> Value {
        let mut metadata = json!({
            "AWSAccountId": account,
            "KeyId": self.id,
            "Arn": self.arn,
            "CreationDate": self.created,
            "Enabled": self.state == KeyState::Enabled,
            "Description": "",
            "KeyUsage": "SIGN_VERIFY",
            "KeyState": self.state.name(),
            "Origin": "AWS_KMS",
            "KeyManager": "CUSTOMER",
            "KeySpec": self.spec,
            "CustomerMasterKeySpec": self.spec,
            "SigningAlgorithms": self.spec.algorithms(),
            "MultiRegion": false,
        });
        if let KeyState::PendingDeletion(date) = self.state {
            metadata["DeletionDate"] = date.into();
        }
        metadata
    }
}
