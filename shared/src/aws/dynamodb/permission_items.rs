//! The items of roles and of role assignments.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    permissions::{OrgId, Role, RoleId, RoleWithName},
    token::UserId,
};

/// The schema version of the items of roles and role assignments that this code writes. Older items stay readable; a newer
/// role denies every action, and a newer assignment is an error.
pub const PERMISSION_SCHEMA_VERSION: u32 = 1;

/// The partition key of an organization's roles and role assignments.
fn partition(org: &OrgId) -> String {
    format!("ORG#{org}")
}

/// Prefix of the sort keys of roles.
const ROLE_SORT_PREFIX: &str = "ROLE#";
/// Prefix of the sort keys of assignments.
const USER_SORT_PREFIX: &str = "USER#";

/// The item of a role.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoleItem {
    pk: String,
    sk: String,
    v: u32,
    /// The display name of the role.
    #[serde(default)]
    pub name: String,
    /// The grants: an array of `{action, resource?, effect?}`.
    #[serde(default = "no_grants")]
    pub grants: Value,
}

/// The item of the roles that are assigned to a user in an organization.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AssignmentItem {
    pk: String,
    sk: String,
    v: u32,
    roles: Vec<RoleId>,
}

/// The item was written by a newer version of Latchkey.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the item has a newer schema version than this version of Latchkey supports")]
pub struct UnsupportedSchemaVersion;

fn no_grants() -> Value {
    Value::Array(Vec::new())
}

impl RoleItem {
    /// The item of the role `id`.
    #[must_use]
    pub fn new(id: &RoleId, name: &str, grants: Value) -> Self {
        let (pk, sk) = Self::key(id);
        Self { pk, sk, v: PERMISSION_SCHEMA_VERSION, name: name.to_owned(), grants }
    }

    /// Partition and sort key of the role `id`.
    #[must_use]
    pub fn key(id: &RoleId) -> (String, String) {
        (partition(id.org()), format!("{ROLE_SORT_PREFIX}{}", id.slug()))
    }

    /// The partition key of the roles of `org` and the prefix of their sort keys.
    #[must_use]
    pub fn keys_of(org: &OrgId) -> (String, &'static str) {
        (partition(org), ROLE_SORT_PREFIX)
    }

    /// The id of the role of `org` with this sort key; `None` if the sort key is not that of a role.
    #[must_use]
    pub fn id_of(org: &OrgId, sort: &str) -> Option<RoleId> {
        RoleId::new(org.clone(), sort.strip_prefix(ROLE_SORT_PREFIX)?).ok()
    }

    /// The role `id` of this item. An item of a newer version may contain restrictions that this version cannot read,
    /// so its role denies every action.
    #[must_use]
    pub fn role(self, id: RoleId) -> RoleWithName {
        let is_newer = self.v > PERMISSION_SCHEMA_VERSION;
        let role = if is_newer { Role::unreadable(id) } else { Role::parse(id, &self.grants) };
        RoleWithName { name: self.name, role }
    }
}

impl AssignmentItem {
    /// The item of the roles of `user` in `org`.
    #[must_use]
    pub fn new(org: &OrgId, user: &UserId, roles: Vec<RoleId>) -> Self {
        let (pk, sk) = Self::key(org, user);
        Self { pk, sk, v: PERMISSION_SCHEMA_VERSION, roles }
    }

    /// The partition key of the assignments of `org` and the prefix of their sort keys.
    #[must_use]
    pub fn keys_of(org: &OrgId) -> (String, &'static str) {
        (partition(org), USER_SORT_PREFIX)
    }

    /// The user of an item with this sort key; `None` if the sort key is not that of an assignment.
    #[must_use]
    pub fn user_of(sort: &str) -> Option<UserId> {
        sort.strip_prefix(USER_SORT_PREFIX)?.parse().ok()
    }

    /// Partition and sort key of the item of `user` in `org`.
    #[must_use]
    pub fn key(org: &OrgId, user: &UserId) -> (String, String) {
        (partition(org), format!("{USER_SORT_PREFIX}{user}"))
    }

    /// The assigned roles.
    ///
    /// # Errors
    ///
    /// Returns [`UnsupportedSchemaVersion`] if a newer version of Latchkey wrote the item.
    pub fn roles(self) -> Result<Vec<RoleId>, UnsupportedSchemaVersion> {
        if self.v > PERMISSION_SCHEMA_VERSION { Err(UnsupportedSchemaVersion) } else { Ok(self.roles) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn role_item_of_newer_version_denies_everything() {
        let id: RoleId = "123:a".parse().unwrap();
        let mut item = RoleItem::new(&id, "A", json!([{"action": "*"}]));
        assert!(item.clone().role(id.clone()).role.allows(&"x".parse().unwrap(), None));
        item.v = PERMISSION_SCHEMA_VERSION + 1;
        let role = item.role(id).role;
        assert!(!role.allows(&"x".parse().unwrap(), None) && role.denies(&"x".parse().unwrap(), None));
    }

    #[test]
    fn role_item_without_grants_and_name_grants_nothing() {
        let item: RoleItem = serde_json::from_value(json!({"pk": "ORG#123", "sk": "ROLE#a", "v": 1})).unwrap();
        let RoleWithName { name, role } = item.role("123:a".parse().unwrap());
        assert!(
            name.is_empty() && !role.allows(&"x".parse().unwrap(), None) && !role.denies(&"x".parse().unwrap(), None)
        );
    }

    #[test]
    fn permission_item_keys_match_the_table_design() {
        let id: RoleId = "123:a".parse().unwrap();
        assert_eq!(RoleItem::key(&id), ("ORG#123".to_owned(), "ROLE#a".to_owned()));
        assert_eq!(RoleItem::keys_of(id.org()), ("ORG#123".to_owned(), "ROLE#"));
        assert_eq!(RoleItem::id_of(id.org(), "ROLE#a"), Some(id.clone()));
        assert_eq!(RoleItem::id_of(id.org(), "USER#a"), None);
        let user = "local|1001".parse().unwrap();
        assert_eq!(AssignmentItem::key(id.org(), &user), ("ORG#123".to_owned(), "USER#local|1001".to_owned()));
    }

    #[test]
    fn assignment_item_of_newer_version_is_rejected() {
        let org = "123".parse().unwrap();
        let user = "local|1001".parse().unwrap();
        let mut item = AssignmentItem::new(&org, &user, vec![RoleId::owner(&org)]);
        assert_eq!(item.clone().roles(), Ok(vec![RoleId::owner(&org)]));
        item.v = PERMISSION_SCHEMA_VERSION + 1;
        assert_eq!(item.roles(), Err(UnsupportedSchemaVersion));
    }
}
