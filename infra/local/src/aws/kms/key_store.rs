//! The keys of KMS and the file that stores them.

use std::path::PathBuf;

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::key::{Key, KeyState, StoredKey};
use crate::{
    aws::{AwsError, KeyDefinition, error::ServiceError},
    private_file,
};

/// The keys, in the order of their creation.
pub(super) struct KeyStore {
    path: Option<PathBuf>,
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
struct File {
    keys: Vec<StoredKey>,
}

impl KeyStore {
    /// Reads the file at `path`; without a path or a file the store is empty.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, AwsError> {
        let contents = path.as_deref().map(private_file::read).transpose()?.flatten();
        let stored = match contents {
            Some(contents) => serde_json::from_slice::<File>(&contents)?.keys,
            None => Vec::new(),
        };
        let keys = stored.into_iter().map(read_key).collect::<Result<_, _>>()?;
        Ok(Self { path, keys })
    }

    /// Creates the key unless it exists.
    pub(super) fn ensure(&mut self, definition: &KeyDefinition) -> Result<(), AwsError> {
        let Some(stored) = self.keys.iter().find(|key| key.arn == definition.arn) else {
            return self.create(definition).map(|_| ());
        };
        if stored.spec == definition.key_type {
            return Ok(());
        }
        Err(AwsError::KeyTypeMismatch { id: definition.id.clone(), stored: stored.spec, defined: definition.key_type })
    }

    /// Creates the key and returns it.
    pub(super) fn create(&mut self, definition: &KeyDefinition) -> Result<&Key, AwsError> {
        let key = Key::generate(definition).map_err(|_| AwsError::Key(definition.id.clone()))?;
        self.keys.push(key);
        self.save()?;
        self.keys.last().ok_or_else(|| AwsError::Key(definition.id.clone()))
    }

    /// Finds a key by its id or its ARN. Aliases are not supported.
    pub(super) fn find(&self, key_id: &str) -> Result<&Key, ServiceError> {
        self.keys.get(self.position(key_id)?).ok_or_else(|| not_found(key_id))
    }

    /// Changes the state of a key and saves it. Returns the key.
    pub(super) fn set_state(&mut self, key_id: &str, state: KeyState) -> Result<&Key, ServiceError> {
        let position = self.position(key_id)?;
        self.keys[position].set_state(state)?;
        self.save().map_err(internal_error)?;
        Ok(&self.keys[position])
    }

    fn position(&self, key_id: &str) -> Result<usize, ServiceError> {
        let position = self.keys.iter().position(|key| key.id == key_id || key.arn == key_id);
        position.ok_or_else(|| not_found(key_id))
    }

    fn save(&self) -> Result<(), AwsError> {
        let Some(path) = &self.path else { return Ok(()) };
        let stored = |key: &Key| key.to_stored().map_err(|_| AwsError::Key(key.id.clone()));
        let keys = self.keys.iter().map(stored).collect::<Result<_, _>>()?;
        let contents = serde_json::to_vec_pretty(&File { keys })?;
        Ok(private_file::write(path, &contents)?)
    }
}

fn read_key(stored: StoredKey) -> Result<Key, AwsError> {
    let id = stored.id.clone();
    Key::from_stored(stored).map_err(|_| AwsError::Key(id))
}

fn not_found(key_id: &str) -> ServiceError {
    let message = if key_id.contains("alias/") {
        format!("Alias {key_id} is not found.")
    } else {
        format!("Key '{key_id}' does not exist")
    };
    ServiceError::new("NotFoundException", message)
}

/// Logs a failure on this machine and returns the internal error of KMS.
pub(super) fn internal_error(error: impl std::fmt::Display) -> ServiceError {
    tracing::error!(%error, "KMS failed");
    ServiceError::with_status(StatusCode::INTERNAL_SERVER_ERROR, "KMSInternalException", "internal error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_pair::KeyType;

    fn definition(key_type: KeyType) -> KeyDefinition {
        KeyDefinition { id: "1".to_owned(), arn: "arn:aws:kms:eu-west-1:111122223333:key/1".to_owned(), key_type }
    }

    #[test]
    fn reopened_store_has_same_keys_and_states() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms.json");
        let mut store = KeyStore::open(Some(path.clone())).unwrap();
        store.ensure(&definition(KeyType::P256)).unwrap();
        store.set_state("1", KeyState::PendingDeletion(5)).unwrap();
        let mut reopened = KeyStore::open(Some(path)).unwrap();
        reopened.ensure(&definition(KeyType::P256)).unwrap();
        let before = store.find("1").unwrap();
        let after = reopened.find(&definition(KeyType::P256).arn).unwrap();
        assert_eq!(before.pair.public_der().unwrap(), after.pair.public_der().unwrap());
        assert_eq!(after.state, KeyState::PendingDeletion(5));
    }

    #[test]
    fn existing_key_of_another_type_is_an_error() {
        let mut store = KeyStore::open(None).unwrap();
        store.ensure(&definition(KeyType::P256)).unwrap();
        let error = store.ensure(&definition(KeyType::Rsa2048)).unwrap_err();
        assert!(matches!(error, AwsError::KeyTypeMismatch { .. }), "{error}");
    }

    #[test]
    fn damaged_file_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms.json");
        private_file::write(&path, b"{").unwrap();
        assert!(matches!(KeyStore::open(Some(path)), Err(AwsError::Json(_))));
    }
}
