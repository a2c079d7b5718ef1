//! One key: what it is, in which state it is, and how it is kept.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::{
    KeySpec,
    error::ServiceError,
    key_pair::{KeyError, KeyPair, KeyType},
};

/// What can be done with a key (KMS Developer Guide, "Key states of AWS KMS keys").
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
    pub(super) kind: KeyType,
    pub(super) state: KeyState,
    /// Seconds since 1970.
    pub(super) created: i64,
    pub(super) pair: KeyPair,
}

/// A key as it is kept in the file. It has no `Debug`, for the private key's sake.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredKey {
    pub(super) id: String,
    arn: String,
    key_spec: KeyType,
    state: KeyState,
    created: i64,
    /// A PKCS#8 document in base64.
    pkcs8: String,
}

impl Key {
    /// A new key, enabled.
    pub(super) fn generate(spec: &KeySpec) -> Result<Self, KeyError> {
        Ok(Self {
            id: spec.id.clone(),
            arn: spec.arn.clone(),
            kind: spec.spec,
            state: KeyState::Enabled,
            created: jiff::Timestamp::now().as_second(),
            pair: KeyPair::generate(spec.spec)?,
        })
    }

    pub(super) fn to_stored(&self) -> Result<StoredKey, KeyError> {
        Ok(StoredKey {
            id: self.id.clone(),
            arn: self.arn.clone(),
            key_spec: self.kind,
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
            kind: stored.key_spec,
            state: stored.state,
            created: stored.created,
        })
    }

    /// Refuses a key that is not enabled, as every operation that uses one does.
    pub(super) fn usable(&self) -> Result<&Self, ServiceError> {
        match self.state {
            KeyState::Enabled => Ok(self),
            KeyState::Disabled => Err(ServiceError::new("DisabledException", format!("{} is disabled.", self.arn))),
            KeyState::PendingDeletion(_) => Err(self.pending_deletion()),
        }
    }

    pub(super) fn pending_deletion(&self) -> ServiceError {
        ServiceError::new("KMSInvalidStateException", format!("{} is pending deletion.", self.arn))
    }

    /// The `KeyMetadata` of a key in `account`.
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
            "KeySpec": self.kind,
            "CustomerMasterKeySpec": self.kind,
            "SigningAlgorithms": self.kind.algorithms(),
            "MultiRegion": false,
        });
        if let KeyState::PendingDeletion(date) = self.state {
            metadata["DeletionDate"] = date.into();
        }
        metadata
    }
}
