//! The roles and the people that a new stack begins with.

mod people;

use std::{fs, path::Path};

use aws_sdk_dynamodb::Client;
use shared::{
    aws::Ledger,
    provisioning::{AccessManifest, ApplyError, ManifestError, Provisioning},
};

use crate::idp::{provider_name, users::User};

/// A seed file: a setup whose users are people of the local identity provider, and beside it their names,
/// `"people": [{"user": "1001", "name": "Ada Lovelace"}]`.
#[derive(Debug, Clone)]
pub struct Seed {
    setup: AccessManifest,
    people: Vec<User>,
}

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("the seed `{file}` cannot be read: {why}")]
    Unreadable {
        /// Which.
        file: String,
        /// What the system or the JSON reader says.
        why: String,
    },
    /// What it says cannot be.
    #[error("the seed's {0}")]
    Wrong(ManifestError),
    /// The ledger did not take it.
    #[error("the seed cannot be written to the ledger: {0}")]
    Ledger(#[from] ApplyError),
}

impl Seed {
    /// Reads and checks a seed file.
    ///
    /// # Errors
    ///
    /// See [`SeedError`].
    pub fn read(file: &Path) -> Result<Self, SeedError> {
        let unreadable = |why: String| SeedError::Unreadable { file: file.display().to_string(), why };
        let text = fs::read_to_string(file).map_err(|error| unreadable(error.to_string()))?;
        let (names, rest) = people::names(&text).map_err(unreadable)?;
        let setup = AccessManifest::parse(rest.as_bytes(), Some(&provider_name())).map_err(|error| match error {
            ManifestError::Form(why) => unreadable(why),
            wrong => SeedError::Wrong(wrong),
        })?;
        let people = people::assigned(&setup, &names).map_err(unreadable)?;
        Ok(Self { setup, people })
    }

    /// Who has roles here, each in each of their organizations.
    #[must_use]
    pub fn people(&self) -> &[User] {
        &self.people
    }

    /// Writes the seed's rows to `table`, over those that are there by the same keys.
    ///
    /// # Errors
    ///
    /// [`SeedError::Ledger`].
    pub async fn write(&self, client: Client, table: &str) -> Result<(), SeedError> {
        let apply = Provisioning { ledger: Ledger::through(client, table.to_owned()) };
        let compared = apply.compare(self.setup.items()).await?;
        Ok(apply.write(&compared).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_seed_is_a_good_one() {
        let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.json")).unwrap();
        assert!(seed.setup.items().len() >= 10);
        assert!(seed.people.len() >= 7 && seed.people.iter().all(|person| person.name != person.id));
    }

    #[test]
    fn a_seed_that_is_not_there_or_is_none_is_refused_by_its_name() {
        assert!(Seed::read(Path::new("/nonexistent/seed.json")).is_err());
        let file = tempfile::NamedTempFile::new().unwrap();
        let name = file.path().display().to_string();
        assert!(
            Seed::read(file.path()).unwrap_err().to_string().starts_with(&format!("the seed `{name}` cannot be read"))
        );
    }
}
