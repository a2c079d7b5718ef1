//! The roles and users of a new stack.

mod users;

use std::{fs, path::Path};

use aws_sdk_dynamodb::Client;
use shared::{
    aws::Ledger,
    provisioning::{AccessManifest, ApplyError, ManifestError, Provisioning},
};

use crate::idp::{provider_name, users::User};

/// A seed file: an access manifest whose users are those of the local identity provider, and their names in the additional
/// member `"people": [{"user": "1001", "name": "Ada Lovelace"}]`.
#[derive(Debug, Clone)]
pub struct Seed {
    manifest: AccessManifest,
    users: Vec<User>,
}

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read or parsed.
    #[error("cannot read the seed `{file}`: {reason}")]
    Unreadable {
        /// The file's path.
        file: String,
        /// The operating system's or the JSON parser's error, or the invalid name.
        reason: String,
    },
    /// A role or an assignment is invalid.
    #[error("seed: {0}")]
    Invalid(ManifestError),
    /// The table cannot be written.
    #[error("cannot write the seed to the table: {0}")]
    Ledger(#[from] ApplyError),
}

impl Seed {
    /// Reads and checks a seed file.
    ///
    /// # Errors
    ///
    /// Returns [`SeedError::Unreadable`] or [`SeedError::Invalid`].
    pub fn read(file: &Path) -> Result<Self, SeedError> {
        let unreadable = |reason: String| SeedError::Unreadable { file: file.display().to_string(), reason };
        let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        let (names, manifest) = users::split_names(&text).map_err(unreadable)?;
        let manifest =
            AccessManifest::parse(manifest.as_bytes(), Some(&provider_name())).map_err(|error| match error {
                ManifestError::Form(reason) => unreadable(reason),
                invalid => SeedError::Invalid(invalid),
            })?;
        let users = users::assigned(&manifest, &names).map_err(unreadable)?;
        Ok(Self { manifest, users })
    }

    /// Returns the users with roles, once for each organization.
    #[must_use]
    pub fn users(&self) -> &[User] {
        &self.users
    }

    /// Writes the seed's items to `table`, and replaces those with the same keys.
    ///
    /// # Errors
    ///
    /// Returns [`SeedError::Ledger`].
    pub async fn write(&self, client: Client, table: &str) -> Result<(), SeedError> {
        let apply = Provisioning { ledger: Ledger::through(client, table.to_owned()) };
        let compared = apply.compare(self.manifest.items()).await?;
        Ok(apply.write(&compared).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_seed_is_valid_and_names_all_users() {
        let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.json")).unwrap();
        assert!(seed.manifest.items().len() >= 10);
        assert!(seed.users.len() >= 7 && seed.users.iter().all(|user| user.name != user.id));
    }

    #[test]
    fn missing_or_invalid_seed_error_names_the_file() {
        assert!(Seed::read(Path::new("/nonexistent/seed.json")).is_err());
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = file.path().display().to_string();
        assert!(
            Seed::read(file.path()).unwrap_err().to_string().starts_with(&format!("cannot read the seed `{name}`"))
        );
    }
}
