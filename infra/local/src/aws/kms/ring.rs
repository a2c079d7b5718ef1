//! The keys and the file that keeps them.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::key::{Key, StoredKey};
use crate::aws::{AwsError, KeySpec, error::ServiceError, private_file};

/// Every key, in the order in which they were made.
pub(super) struct KeyRing {
    path: Option<PathBuf>,
    keys: Vec<Key>,
}

#[derive(Serialize, Deserialize)]
struct File {
    keys: Vec<StoredKey>,
}

impl KeyRing {
    /// Reads the file at `path`; no path or no file is an empty ring.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, AwsError> {
        let contents = path.as_deref().map(private_file::read).transpose()?.flatten();
        let stored = match contents {
            Some(contents) => serde_json::from_slice::<File>(&contents)?.keys,
            None => Vec::new(),
        };
        let keys = stored.into_iter().map(read_key).collect::<Result<_, _>>()?;
        Ok(Self { path, keys })
    }

    /// Makes the key `spec` unless it is there.
    pub(super) fn ensure(&mut self, spec: &KeySpec) -> Result<(), AwsError> {
        let Some(kept) = self.keys.iter().find(|key| key.arn == spec.arn) else {
            return self.add(spec).map(|_| ());
        };
        if kept.kind == spec.spec {
            return Ok(());
        }
        Err(AwsError::OtherKey { id: spec.id.clone(), kept: kept.kind, wanted: spec.spec })
    }

    /// Makes the key `spec` and gives it.
    pub(super) fn add(&mut self, spec: &KeySpec) -> Result<&Key, AwsError> {
        let key = Key::generate(spec).map_err(|_| AwsError::Key(spec.id.clone()))?;
        self.keys.push(key);
        self.save()?;
        self.keys.last().ok_or_else(|| AwsError::Key(spec.id.clone()))
    }

    /// The key that `key_id` names by its id or its ARN. Aliases there are none.
    pub(super) fn find(&self, key_id: &str) -> Result<&Key, ServiceError> {
        let found = self.keys.iter().find(|key| key.id == key_id || key.arn == key_id);
        found.ok_or_else(|| not_found(key_id))
    }

    /// Changes the key that `key_id` names, and keeps the change.
    pub(super) fn change<T>(
        &mut self,
        key_id: &str,
        change: impl FnOnce(&mut Key) -> Result<T, ServiceError>,
    ) -> Result<T, ServiceError> {
        let key = self.keys.iter_mut().find(|key| key.id == key_id || key.arn == key_id);
        let changed = change(key.ok_or_else(|| not_found(key_id))?)?;
        self.save().map_err(internal)?;
        Ok(changed)
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

/// A failure of this machine, as KMS calls its own.
pub(super) fn internal(error: impl std::fmt::Display) -> ServiceError {
    tracing::error!(%error, "KMS failed");
    let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
    ServiceError::with_status(status, "KMSInternalException", "the request could not be done")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::{key_pair::KeyType, kms::key::KeyState};

    fn spec(kind: KeyType) -> KeySpec {
        KeySpec { id: "1".to_owned(), arn: "arn:aws:kms:eu-west-1:111122223333:key/1".to_owned(), spec: kind }
    }

    #[test]
    fn a_ring_read_back_holds_the_same_keys_in_the_same_state() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms.json");
        let mut ring = KeyRing::open(Some(path.clone())).unwrap();
        ring.ensure(&spec(KeyType::P256)).unwrap();
        ring.change("1", |key| {
            key.state = KeyState::PendingDeletion(5);
            Ok(())
        })
        .unwrap();
        let mut again = KeyRing::open(Some(path)).unwrap();
        again.ensure(&spec(KeyType::P256)).unwrap();
        let (before, after) = (ring.find("1").unwrap(), again.find(&spec(KeyType::P256).arn).unwrap());
        assert_eq!(before.pair.public_der().unwrap(), after.pair.public_der().unwrap());
        assert_eq!(after.state, KeyState::PendingDeletion(5));
    }

    #[test]
    fn a_key_of_another_kind_is_an_error() {
        let mut ring = KeyRing::open(None).unwrap();
        ring.ensure(&spec(KeyType::P256)).unwrap();
        let error = ring.ensure(&spec(KeyType::Rsa2048)).unwrap_err();
        assert!(matches!(error, AwsError::OtherKey { .. }), "{error}");
    }

    #[test]
    fn a_damaged_file_is_an_error_and_not_an_empty_ring() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kms.json");
        private_file::write(&path, b"{").unwrap();
        assert!(matches!(KeyRing::open(Some(path)), Err(AwsError::Json(_))));
    }
}
