//! The roles and the people that a new stack begins with.

use std::{fs, path::Path};

use aws_sdk_dynamodb::{Client, error::DisplayErrorContext};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    rights::{AssignmentRow, Grant, OrgId, RoleId, RoleRow},
    token::{Principal, ProviderName},
};

/// A seed file.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    roles: Vec<SeedRole>,
    assignments: Vec<SeedAssignment>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedRole {
    id: RoleId,
    name: String,
    grants: Vec<Value>,
}

/// The roles of a person of the local issuer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct SeedAssignment {
    org: OrgId,
    user: String,
    roles: Vec<RoleId>,
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
    /// A grant is not understood, so that the role would allow nothing.
    #[error("the seed's role `{0}` has a grant that is not understood: {1}")]
    Grant(RoleId, Value),
    /// A user is no subject of an identity provider.
    #[error("the seed's user `{0}` is no subject: 1 to 255 visible ASCII characters")]
    User(String),
    /// A person is given a role of another organization.
    #[error("the seed gives the user `{0}` the role `{1}` of another organization")]
    Foreign(String, RoleId),
    /// The ledger did not take it.
    #[error("the seed cannot be written to the ledger: {0}")]
    Ledger(String),
}

impl Seed {
    /// Reads and checks a seed file.
    ///
    /// # Errors
    ///
    /// See [`SeedError`].
    pub fn read(file: &Path) -> Result<Self, SeedError> {
        let unreadable = |why: String| SeedError::Unreadable { file: file.display().to_string(), why };
        let text = fs::read(file).map_err(|error| unreadable(error.to_string()))?;
        let seed: Self = serde_json::from_slice(&text).map_err(|error| unreadable(error.to_string()))?;
        seed.check()?;
        Ok(seed)
    }

    fn check(&self) -> Result<(), SeedError> {
        for role in &self.roles {
            if let Some(grant) = role.grants.iter().find(|grant| Grant::understand(grant).is_none()) {
                return Err(SeedError::Grant(role.id.clone(), grant.clone()));
            }
        }
        for assignment in &self.assignments {
            if let Some(role) = assignment.roles.iter().find(|role| *role.org() != assignment.org) {
                return Err(SeedError::Foreign(assignment.user.clone(), role.clone()));
            }
        }
        Ok(())
    }

    /// Writes the seed's rows to `table`, over those that are there by the same keys. The people are those of `provider`.
    ///
    /// # Errors
    ///
    /// [`SeedError::User`] and [`SeedError::Ledger`].
    pub async fn write(&self, client: &Client, table: &str, provider: &ProviderName) -> Result<(), SeedError> {
        for role in &self.roles {
            put(client, table, &RoleRow::new(&role.id, &role.name, role.grants.clone().into())).await?;
        }
        for assignment in &self.assignments {
            let person = Principal::person(provider.clone(), &assignment.user);
            let person = person.map_err(|_| SeedError::User(assignment.user.clone()))?;
            put(client, table, &AssignmentRow::new(&assignment.org, &person, assignment.roles.clone())).await?;
        }
        Ok(())
    }
}

async fn put(client: &Client, table: &str, row: &impl Serialize) -> Result<(), SeedError> {
    let item = serde_dynamo::aws_sdk_dynamodb_1::to_item(row).map_err(|error| SeedError::Ledger(error.to_string()))?;
    let put = client.put_item().table_name(table).set_item(Some(item)).send().await;
    put.map(|_| ()).map_err(|error| SeedError::Ledger(DisplayErrorContext(error).to_string()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Seed, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), text).unwrap();
        Seed::read(file.path()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_shipped_seed_is_a_good_one() {
        let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.json")).unwrap();
        assert!(seed.roles.len() >= 5 && seed.assignments.len() >= 5);
    }

    #[test]
    fn a_broken_seed_is_refused_with_what_is_wrong() {
        for (text, words) in [
            ("", "cannot be read"),
            ("{}", "missing field `roles`"),
            (r#"{"roles": [], "assignments": [], "more": 1}"#, "unknown field `more`"),
            (r#"{"roles": [{"id": "owner", "name": "", "grants": []}], "assignments": []}"#, "a role id is"),
            (
                r#"{"roles": [{"id": "1:a", "name": "", "grants": [{"action": "x", "effect": "Deny"}]}], "assignments": []}"#,
                "the seed's role `1:a` has a grant that is not understood",
            ),
            (
                r#"{"roles": [], "assignments": [{"org": "1", "user": "u", "roles": ["2:owner"]}]}"#,
                "of another organization",
            ),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.contains(words), "{error}");
        }
        assert!(Seed::read(Path::new("/nonexistent/seed.json")).is_err());
    }
}
