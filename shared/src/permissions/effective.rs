//! What somebody holds in one organization, and what follows from it.

use std::collections::HashMap;

use super::{Action, OrgId, Role, RoleId};

/// Everything that bears on the rights of one caller in one organization.
#[derive(Debug, Clone)]
pub struct EffectivePermissions {
    role_ids: Vec<RoleId>,
    roles: Vec<Role>,
    root: Option<Role>,
    read_only: bool,
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionError {
    /// No role allows it.
    NoGrant,
    /// A role denies it.
    Denied,
    /// The organization's root role does not allow it.
    Root,
    /// The token is read-only, and this is no reading action.
    ReadOnly,
}

impl EffectivePermissions {
    /// The roles of `claimed` that are held in `org`, by the role rows that were read: those of this organization that
    /// exist (`owner` needs no row) and are not `root`. Duplicates collapse, the order stays. `rows` must have been asked
    /// for every claimed role and for the organization's root role.
    #[must_use]
    pub fn new(org: &OrgId, claimed: &[RoleId], mut rows: HashMap<RoleId, Role>, read_only: bool) -> Self {
        let root = rows.remove(&RoleId::root(org));
        let mut held: Vec<RoleId> = Vec::new();
        for id in claimed {
            let exists = rows.contains_key(id) || id.is_owner();
            if id.org() == org && !id.is_root() && exists && !held.contains(id) {
                held.push(id.clone());
            }
        }
        let rows = held.iter().filter_map(|id| rows.remove(id)).collect();
        Self { role_ids: held, roles: rows, root, read_only }
    }

    /// The roles held, each once.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        &self.role_ids
    }

    /// The roles held that deny something.
    #[must_use]
    pub fn deny_roles(&self) -> Vec<RoleId> {
        self.roles.iter().filter(|role| role.has_denies()).map(|role| role.id().clone()).collect()
    }

    /// Decides on `action` and `resource` (`None` where the route names none).
    ///
    /// # Errors
    ///
    /// Why not, the first that applies of: read-only, denied, not allowed by root, no grant.
    pub fn decide(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        let text = action.as_str();
        if self.read_only && !action.is_read_only() {
            return Err(PermissionError::ReadOnly);
        }
        if self.roles.iter().any(|role| role.denies(text, resource)) {
            return Err(PermissionError::Denied);
        }
        self.root_allows(action, resource)?;
        let owner = self.role_ids.iter().any(RoleId::is_owner);
        let granted = owner || self.roles.iter().any(|role| role.allows(text, resource));
        if granted { Ok(()) } else { Err(PermissionError::NoGrant) }
    }

    /// Whether the organization lets anybody do `action` on `resource`: where it has a root role, that allows it.
    ///
    /// # Errors
    ///
    /// [`PermissionError::Root`].
    pub fn root_allows(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        let Some(root) = &self.root else { return Ok(()) };
        let text = action.as_str();
        let allowed = root.allows(text, resource) && !root.denies(text, resource);
        if allowed { Ok(()) } else { Err(PermissionError::Root) }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn rows(roles: &Value) -> HashMap<RoleId, Role> {
        let row = |(id, grants): (&String, &Value)| {
            let id: RoleId = id.parse().unwrap();
            (id.clone(), Role::parse(id, grants))
        };
        roles.as_object().unwrap().iter().map(row).collect()
    }

    fn decide(claimed: &[&str], roles: &Value, read_only: bool, action: &str) -> Result<(), PermissionError> {
        let claimed: Vec<RoleId> = claimed.iter().map(|id| id.parse().unwrap()).collect();
        let org = "1".parse().unwrap();
        EffectivePermissions::new(&org, &claimed, rows(roles), read_only).decide(&action.parse().unwrap(), None)
    }

    #[test]
    fn decisions_follow_the_contracts_rights() {
        let book = json!({
            "1:editor": [{"action": "entity:*"}],
            "1:viewer": [{"action": "entity:view"}],
            "1:careful": [{"action": "entity:delete", "effect": "deny"}],
            "1:one": [{"action": "entity:view", "resource": "entity/1"}],
        });
        for (claimed, read_only, action, verdict) in [
            (&["1:viewer"][..], false, "entity:view", Ok(())),
            (&["1:viewer"], false, "entity:edit", Err(PermissionError::NoGrant)),
            (&["1:editor", "1:careful"], false, "entity:delete", Err(PermissionError::Denied)),
            (&["1:owner", "1:careful"], false, "entity:delete", Err(PermissionError::Denied)),
            (&["1:owner"], false, "anything:at:all", Ok(())),
            (&["1:editor"], true, "entity:edit", Err(PermissionError::ReadOnly)),
            (&["1:editor"], true, "entity:view", Ok(())),
            (&["1:owner"], true, "token:create", Err(PermissionError::ReadOnly)),
            (&["1:one"], false, "entity:view", Err(PermissionError::NoGrant)),
            (&["1:absent"], false, "entity:view", Err(PermissionError::NoGrant)),
            (&["2:owner"], false, "entity:view", Err(PermissionError::NoGrant)),
            (&[], false, "entity:view", Err(PermissionError::NoGrant)),
        ] {
            assert_eq!(decide(claimed, &book, read_only, action), verdict, "{claimed:?} {action}");
        }
    }

    #[test]
    fn where_a_root_role_exists_it_must_allow_as_well_owners_too() {
        let book = json!({"1:root": [{"action": "entity:*"}, {"action": "entity:delete", "effect": "deny"}]});
        assert_eq!(decide(&["1:owner"], &book, false, "entity:view"), Ok(()));
        assert_eq!(decide(&["1:owner"], &book, false, "entity:delete"), Err(PermissionError::Root));
        assert_eq!(decide(&["1:owner"], &book, false, "token:create"), Err(PermissionError::Root));
    }

    #[test]
    fn root_is_never_held() {
        let book = json!({"1:root": [{"action": "*"}]});
        assert_eq!(decide(&["1:root"], &book, false, "entity:view"), Err(PermissionError::NoGrant));
    }

    #[test]
    fn the_owner_roles_own_denies_count() {
        let book = json!({"1:owner": [{"action": "billing:*", "effect": "deny"}]});
        assert_eq!(decide(&["1:owner"], &book, false, "billing:edit"), Err(PermissionError::Denied));
        assert_eq!(decide(&["1:owner"], &book, false, "entity:edit"), Ok(()));
    }
}
