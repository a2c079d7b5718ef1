//! The rows of roles and assignments in the ledger.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::token_item::SCHEMA_VERSION;
use crate::{
    permissions::{OrgId, Role, RoleId, RoleWithName},
    token::UserId,
};

/// The partition in which an organization's roles and assignments lie.
fn partition(org: &OrgId) -> String {
    format!("ORG#{org}")
}

/// What the sort key of a role begins with.
const SORT: &str = "ROLE#";

/// The row of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleItem {
    pk: String,
    sk: String,
    v: u32,
    /// What people call the role.
    #[serde(default)]
    pub name: String,
    /// Its grants, an array of `{action, resource?, effect?}`.
    #[serde(default = "no_grants")]
    pub grants: Value,
}

/// The row of the roles that a person was assigned in an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentItem {
    pk: String,
    sk: String,
    v: u32,
    roles: Vec<RoleId>,
}

/// A row that was written by newer code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the row has a newer schema version than this code knows")]
pub struct UnsupportedSchemaVersion;

fn no_grants() -> Value {
    Value::Array(Vec::new())
}

impl RoleItem {
    /// The row of the role `id`.
    #[must_use]
    pub fn new(id: &RoleId, name: &str, grants: Value) -> Self {
        let (pk, sk) = Self::key(id);
        Self { pk, sk, v: SCHEMA_VERSION, name: name.to_owned(), grants }
    }

    /// Partition and sort key of the role `id`.
    #[must_use]
    pub fn key(id: &RoleId) -> (String, String) {
        (partition(id.org()), format!("{SORT}{}", id.slug()))
    }

    /// The partition in which the roles of `org` lie, and what the sort key of each begins with.
    #[must_use]
    pub fn keys_of(org: &OrgId) -> (String, &'static str) {
        (partition(org), SORT)
    }

    /// The id of the role of `org` with this sort key; `None` where it is none of a role.
    #[must_use]
    pub fn id_of(org: &OrgId, sort: &str) -> Option<RoleId> {
        RoleId::new(org.clone(), sort.strip_prefix(SORT)?).ok()
    }

    /// The role `id` by its row. A row of a newer version may take away what this code cannot see, so it denies everything.
    #[must_use]
    pub fn role(self, id: RoleId) -> RoleWithName {
        let newer = self.v > SCHEMA_VERSION;
        let role = if newer { Role::unreadable(id) } else { Role::parse(id, &self.grants) };
        RoleWithName { name: self.name, role }
    }
}

impl AssignmentItem {
    /// The row of these roles of `user` in `org`.
    #[must_use]
    pub fn new(org: &OrgId, user: &UserId, roles: Vec<RoleId>) -> Self {
        let (pk, sk) = Self::key(org, user);
        Self { pk, sk, v: SCHEMA_VERSION, roles }
    }

    /// Partition and sort key of the roles of `user` in `org`.
    #[must_use]
    pub fn key(org: &OrgId, user: &UserId) -> (String, String) {
        (partition(org), format!("USER#{user}"))
    }

    /// The roles.
    ///
    /// # Errors
    ///
    /// [`UnsupportedSchemaVersion`].
    pub fn roles(self) -> Result<Vec<RoleId>, UnsupportedSchemaVersion> {
        if self.v > SCHEMA_VERSION { Err(UnsupportedSchemaVersion) } else { Ok(self.roles) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_role_row_of_a_newer_version_denies_everything() {
        let id: RoleId = "123:a".parse().unwrap();
        let mut row = RoleItem::new(&id, "A", json!([{"action": "*"}]));
        assert!(row.clone().role(id.clone()).role.allows("x", None));
        row.v = SCHEMA_VERSION + 1;
        let role = row.role(id).role;
        assert!(!role.allows("x", None) && role.denies("x", None));
    }

    #[test]
    fn a_role_row_without_grants_or_a_name_is_a_role_that_says_nothing() {
        let row: RoleItem = serde_json::from_value(json!({"pk": "ORG#123", "sk": "ROLE#a", "v": 1})).unwrap();
        let RoleWithName { name, role } = row.role("123:a".parse().unwrap());
        assert!(name.is_empty() && !role.allows("x", None) && !role.denies("x", None));
    }

    #[test]
    fn rows_lie_where_the_design_says() {
        let id: RoleId = "123:a".parse().unwrap();
        assert_eq!(RoleItem::key(&id), ("ORG#123".to_owned(), "ROLE#a".to_owned()));
        assert_eq!(RoleItem::keys_of(id.org()), ("ORG#123".to_owned(), "ROLE#"));
        assert_eq!(RoleItem::id_of(id.org(), "ROLE#a"), Some(id.clone()));
        assert_eq!(RoleItem::id_of(id.org(), "USER#a"), None);
        let person = "local|1001".parse().unwrap();
        assert_eq!(AssignmentItem::key(id.org(), &person), ("ORG#123".to_owned(), "USER#local|1001".to_owned()));
    }

    #[test]
    fn assignments_of_a_newer_version_are_refused() {
        let (org, person) = ("123".parse().unwrap(), "local|1001".parse().unwrap());
        let mut row = AssignmentItem::new(&org, &person, vec![RoleId::owner(&org)]);
        assert_eq!(row.clone().roles(), Ok(vec![RoleId::owner(&org)]));
        row.v = SCHEMA_VERSION + 1;
        assert_eq!(row.roles(), Err(UnsupportedSchemaVersion));
    }
}
