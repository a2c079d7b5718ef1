//! The effective permissions of a caller in one organization.

use std::collections::HashMap;

use super::{Action, GrantLimits, OrgId, Role, RoleId};

/// The roles of one caller in one organization, from which its permissions are decided.
#[derive(Debug, Clone)]
pub struct EffectivePermissions {
    role_ids: Vec<RoleId>,
    roles: Vec<Role>,
    inherited_ids: Vec<RoleId>,
    /// The existing roles of `inherited_ids`, of which only the denies apply.
    inherited: Vec<Role>,
    root: Option<Role>,
    read_only: bool,
    grant_limits: Vec<GrantLimits>,
}

/// Why an action is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PermissionError {
    /// No role allows the action.
    NoGrant,
    /// A role denies the action.
    Denied,
    /// A role of which the token inherited the denies from its creator denies the action.
    InheritedDeny,
    /// The organization's root role does not allow the action.
    Root,
    /// The token is read-only, and the action is not a read-only action.
    ReadOnly,
    /// The grants of the token, or those of its parent, do not allow the action.
    NotInGrants,
}

impl EffectivePermissions {
    /// The permissions in `org` of a caller that claims the roles `claimed`. A claimed role counts if it belongs to
    /// `org`, exists and is not `root`; `owner` counts without a stored role. Duplicates are removed, the order is
    /// kept. Of the roles `inherited_denies`, only the denies count. `stored` must be the result of reading every role
    /// of both lists and the organization's root role.
    #[must_use]
    pub fn new(
        org: &OrgId,
        claimed: &[RoleId],
        inherited_denies: &[RoleId],
        mut stored: HashMap<RoleId, Role>,
        read_only: bool,
    ) -> Self {
        let root = stored.remove(&RoleId::root(org));
        let mut role_ids: Vec<RoleId> = Vec::new();
        for id in claimed {
            let exists = stored.contains_key(id) || id.is_owner();
            if id.org() == org && !id.is_root() && exists && !role_ids.contains(id) {
                role_ids.push(id.clone());
            }
        }
        let roles = role_ids.iter().filter_map(|id| stored.remove(id)).collect();
        // An inherited role without an item stays in the list, so that its denies apply again once it is restored.
        let is_inherited = |id: &&RoleId| id.org() == org && !role_ids.contains(id);
        let inherited_ids: Vec<_> = inherited_denies.iter().filter(is_inherited).cloned().collect();
        let inherited = inherited_ids.iter().filter_map(|id| stored.remove(id)).collect();
        Self { role_ids, roles, inherited_ids, inherited, root, read_only, grant_limits: Vec::new() }
    }

    /// The same permissions, limited to what each of `grant_limits` allows as well.
    #[must_use]
    pub fn limited_to(self, grant_limits: Vec<GrantLimits>) -> Self {
        Self { grant_limits, ..self }
    }

    /// The roles that the caller holds, without duplicates.
    #[must_use]
    pub fn roles(&self) -> &[RoleId] {
        &self.role_ids
    }

    /// The roles whose denies the caller passes on to each token that it creates: those that it holds and that deny an
    /// action, then those whose denies it has inherited.
    #[must_use]
    pub fn deny_roles(&self) -> Vec<RoleId> {
        let denying = self.roles.iter().filter(|role| role.has_denies()).map(Role::id);
        denying.chain(&self.inherited_ids).cloned().collect()
    }

    /// Decides whether `action` on `resource` is allowed (`None`: the rule of the route names no resource).
    ///
    /// # Errors
    ///
    /// Returns the first [`PermissionError`] that applies, in the order `ReadOnly`, `Denied`, `InheritedDeny`,
    /// `Root`, `NoGrant`, `NotInGrants`: a limit that the caller's roles set is named before one of the token alone.
    pub fn decide(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        if self.read_only && !action.is_read_only() {
            return Err(PermissionError::ReadOnly);
        }
        if self.roles.iter().any(|role| role.denies(action, resource)) {
            return Err(PermissionError::Denied);
        }
        if self.inherited.iter().any(|role| role.denies(action, resource)) {
            return Err(PermissionError::InheritedDeny);
        }
        self.root_allows(action, resource)?;
        let is_owner = self.role_ids.iter().any(RoleId::is_owner);
        let granted = is_owner || self.roles.iter().any(|role| role.allows(action, resource));
        if !granted {
            return Err(PermissionError::NoGrant);
        }
        self.grants_allow(action, resource)
    }

    /// Decides whether a token without roles is allowed `action` on `resource`, on a route that admits public tokens.
    ///
    /// # Errors
    ///
    /// Returns [`PermissionError::Root`] if the root role of the organization exists and does not allow the action, and
    /// [`PermissionError::NotInGrants`] if the grants of the token's parent do not.
    pub fn decide_without_roles(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        self.root_allows(action, resource)?;
        self.grants_allow(action, resource)
    }

    fn grants_allow(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        let allowed = self.grant_limits.iter().all(|limits| limits.allow(action, resource));
        if allowed { Ok(()) } else { Err(PermissionError::NotInGrants) }
    }

    fn root_allows(&self, action: &Action, resource: Option<&str>) -> Result<(), PermissionError> {
        let Some(root) = &self.root else { return Ok(()) };
        let allowed = root.allows(action, resource) && !root.denies(action, resource);
        if allowed { Ok(()) } else { Err(PermissionError::Root) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::{collection::vec, option, prelude::*, sample::select};
    use serde_json::{Value, json};

    use super::*;
    use crate::permissions::token_grants;

    fn stored(roles: &Value) -> HashMap<RoleId, Role> {
        let role = |(id, grants): (&String, &Value)| {
            let id: RoleId = id.parse().unwrap();
            (id.clone(), Role::parse(id, grants))
        };
        roles.as_object().unwrap().iter().map(role).collect()
    }

    fn decide(claimed: &[&str], roles: &Value, read_only: bool, action: &str) -> Result<(), PermissionError> {
        let claimed: Vec<RoleId> = claimed.iter().map(|id| id.parse().unwrap()).collect();
        let org = "1".parse().unwrap();
        EffectivePermissions::new(&org, &claimed, &[], stored(roles), read_only).decide(&action.parse().unwrap(), None)
    }

    #[test]
    fn decide_follows_grants_denies_and_read_only() {
        let roles = json!({
            "1:editor": [{"action": "entity:*"}],
            "1:viewer": [{"action": "entity:view"}],
            "1:careful": [{"action": "entity:delete", "effect": "deny"}],
            "1:one": [{"action": "entity:view", "resource": "entity/1"}],
        });
        for (claimed, read_only, action, expected) in [
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
            assert_eq!(decide(claimed, &roles, read_only, action), expected, "{claimed:?} {action}");
        }
    }

    #[test]
    fn root_role_must_allow_actions_of_owners() {
        let roles = json!({"1:root": [{"action": "entity:*"}, {"action": "entity:delete", "effect": "deny"}]});
        assert_eq!(decide(&["1:owner"], &roles, false, "entity:view"), Ok(()));
        assert_eq!(decide(&["1:owner"], &roles, false, "entity:delete"), Err(PermissionError::Root));
        assert_eq!(decide(&["1:owner"], &roles, false, "token:create"), Err(PermissionError::Root));
    }

    #[test]
    fn root_role_claimed_by_caller_is_ignored() {
        let roles = json!({"1:root": [{"action": "*"}]});
        assert_eq!(decide(&["1:root"], &roles, false, "entity:view"), Err(PermissionError::NoGrant));
    }

    #[test]
    fn owner_role_with_deny_grant_denies() {
        let roles = json!({"1:owner": [{"action": "billing:*", "effect": "deny"}]});
        assert_eq!(decide(&["1:owner"], &roles, false, "billing:edit"), Err(PermissionError::Denied));
        assert_eq!(decide(&["1:owner"], &roles, false, "entity:edit"), Ok(()));
    }

    #[test]
    fn inherited_role_denies_and_allows_nothing() {
        let roles = json!({
            "1:viewer": [{"action": "*:view"}],
            "1:careful": [{"action": "*"}, {"action": "entity:view", "effect": "deny"}],
            "1:owner": [{"action": "billing:*", "effect": "deny"}],
        });
        let org = "1".parse().unwrap();
        let ids = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect::<Vec<RoleId>>();
        let inherited = ids(&["1:careful", "1:owner", "1:absent", "2:owner"]);
        let token = EffectivePermissions::new(&org, &ids(&["1:viewer"]), &inherited, stored(&roles), false);
        for (action, expected) in [
            ("order:view", Ok(())),
            ("entity:view", Err(PermissionError::InheritedDeny)),
            ("billing:view", Err(PermissionError::InheritedDeny)),
            ("entity:edit", Err(PermissionError::NoGrant)),
        ] {
            assert_eq!(token.decide(&action.parse().unwrap(), None), expected, "{action}");
        }
        assert_eq!(token.roles(), ids(&["1:viewer"]));
        assert_eq!(token.deny_roles(), ids(&["1:careful", "1:owner", "1:absent"]), "passed on without their items");
    }

    #[test]
    fn grants_of_token_limit_its_roles() {
        let roles = json!({
            "1:editor": [{"action": "order:*"}, {"action": "order:delete", "effect": "deny"}],
            "1:root": [{"action": "*"}, {"action": "root:*", "effect": "deny"}],
        });
        let org = "1".parse().unwrap();
        let grants = token_grants(&json!([
            {"action": "order:view", "resource": "order/7*"},
            {"action": "order:delete"},
            {"action": "root:*"},
            {"action": "token:create"},
            {"action": "billing:view"},
        ]));
        let parent_grants = token_grants(&json!([{"action": "*", "resource": "order/71"}, {"action": "token:create"}]));
        let permissions = |role: &str, limits: GrantLimits| {
            EffectivePermissions::new(&org, &[role.parse().unwrap()], &[], stored(&roles), false)
                .limited_to(vec![limits])
        };
        let own = GrantLimits { grants: Some(grants.clone()), parent_grants: None };
        let both = GrantLimits { grants: Some(grants), parent_grants: Some(parent_grants) };
        for (role, limits, action, resource, expected) in [
            ("1:editor", &own, "order:view", Some("order/71"), Ok(())),
            ("1:editor", &own, "order:view", Some("order/72"), Ok(())),
            ("1:editor", &both, "order:view", Some("order/71"), Ok(())),
            ("1:editor", &both, "order:view", Some("order/72"), Err(PermissionError::NotInGrants)),
            ("1:editor", &own, "order:view", Some("order/8"), Err(PermissionError::NotInGrants)),
            ("1:editor", &own, "order:view", None, Err(PermissionError::NotInGrants)),
            ("1:editor", &own, "order:edit", Some("order/71"), Err(PermissionError::NotInGrants)),
            ("1:editor", &own, "order:delete", None, Err(PermissionError::Denied)),
            ("1:editor", &own, "billing:view", None, Err(PermissionError::NoGrant)),
            ("1:owner", &own, "billing:view", None, Ok(())),
            ("1:owner", &own, "billing:edit", None, Err(PermissionError::NotInGrants)),
            ("1:owner", &own, "root:x", None, Err(PermissionError::Root)),
            ("1:owner", &both, "token:create", None, Ok(())),
            ("1:owner", &both, "token:view", None, Ok(())),
            ("1:owner", &both, "token:self", None, Ok(())),
            ("1:owner", &both, "billing:view", None, Err(PermissionError::NotInGrants)),
            ("1:other", &own, "token:create", None, Err(PermissionError::NoGrant)),
        ] {
            let decision = permissions(role, limits.clone()).decide(&action.parse().unwrap(), resource);
            assert_eq!(decision, expected, "{role} {action} {resource:?}");
        }
        let read_only = EffectivePermissions::new(&org, &["1:owner".parse().unwrap()], &[], stored(&roles), true);
        let decision = read_only.limited_to(vec![own]).decide(&"token:create".parse().unwrap(), None);
        assert_eq!(decision, Err(PermissionError::ReadOnly));
    }

    #[test]
    fn inherited_role_that_is_held_counts_as_held() {
        let roles = json!({"1:mixed": [{"action": "*"}, {"action": "a:b", "effect": "deny"}]});
        let org = "1".parse().unwrap();
        let mixed: Vec<RoleId> = vec!["1:mixed".parse().unwrap()];
        let token = EffectivePermissions::new(&org, &mixed, &mixed, stored(&roles), false);
        assert_eq!(token.decide(&"a:b".parse().unwrap(), None), Err(PermissionError::Denied));
        assert_eq!(token.decide(&"a:c".parse().unwrap(), None), Ok(()));
        assert_eq!(token.deny_roles(), mixed);
    }

    /// Grants that name none of the actions that `token:create` implies.
    fn older_grant() -> impl Strategy<Value = Value> {
        let patterns = [
            "*",
            "token:*",
            "token:create",
            "token:c*",
            "*:create",
            "*:view",
            "token:v*",
            "*:self",
            "token:s*",
            "token:r*",
            "*:revoke",
            "*e*",
            "t*",
            "order:*",
        ];
        (select(patterns.to_vec()), any::<bool>(), any::<bool>()).prop_map(|(action, is_deny, has_resource)| {
            let mut grant = json!({"action": action, "effect": if is_deny { "deny" } else { "allow" }});
            if has_resource {
                grant["resource"] = json!("*");
            }
            grant
        })
    }

    proptest! {
        #[test]
        fn older_roles_create_and_revoke_no_more_than_before(
            roles in vec(vec(older_grant(), 0..4), 0..3),
            inherited in vec(older_grant(), 0..3),
            root in option::of(vec(older_grant(), 0..4)),
            is_owner: bool,
            read_only: bool,
        ) {
            let mut stored = json!({"1:inherited": inherited});
            let mut claimed = Vec::new();
            for (index, grants) in roles.iter().enumerate() {
                claimed.push(format!("1:{index}"));
                stored[&claimed[index]] = json!(grants);
            }
            if is_owner {
                claimed.push("1:owner".to_owned());
            }
            if let Some(grants) = root {
                stored["1:root"] = json!(grants);
            }
            let ids: Vec<RoleId> = claimed.iter().map(|id| id.parse().unwrap()).collect();
            let inherited = ["1:inherited".parse().unwrap()];
            let permissions =
                EffectivePermissions::new(&"1".parse().unwrap(), &ids, &inherited, self::stored(&stored), read_only);
            let is_allowed = |action: &str| permissions.decide(&action.parse().unwrap(), None).is_ok();
            let before = is_allowed("token:create");
            prop_assert!(before || !is_allowed("token:revoke"));
            prop_assert!(before || !is_allowed("token:self"));
        }
    }
}
