//! A role: a list of grants.

use serde_json::Value;

use super::{Action, Effect, Grant, RoleId};

/// A role as stored in the ledger. A grant that cannot be parsed can only remove permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    id: RoleId,
    allows: Vec<Grant>,
    denies: Vec<Grant>,
}

/// A role with its display name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWithName {
    /// The display name; empty if the role has none.
    pub name: String,
    /// The role.
    pub role: Role,
}

impl Role {
    /// Parses the stored `grants` of the role `id`, a JSON array.
    ///
    /// If a grant cannot be parsed, the role allows nothing and its denies still apply. If `grants` is not an array,
    /// the role denies everything.
    #[must_use]
    pub fn parse(id: RoleId, grants: &Value) -> Self {
        let Value::Array(grants) = grants else {
            return Self::unreadable(id);
        };
        let parsed: Vec<_> = grants.iter().map(Grant::parse).collect();
        let all_parsed = parsed.iter().all(Option::is_some);
        let (allows, mut denies): (Vec<_>, Vec<_>) =
            parsed.into_iter().flatten().partition(|grant| grant.effect() == Effect::Allow);
        let unparsed = grants.iter().filter(|grant| Grant::parse(grant).is_none());
        denies.extend(unparsed.filter_map(Grant::fail_safe_deny));
        Self { id, allows: if all_parsed { allows } else { Vec::new() }, denies }
    }

    /// The role `id` whose item cannot be read. Its denies are unknown, so it denies everything.
    #[must_use]
    pub fn unreadable(id: RoleId) -> Self {
        Self { id, allows: Vec::new(), denies: vec![Grant::deny_all()] }
    }

    /// The role's id.
    #[must_use]
    pub fn id(&self) -> &RoleId {
        &self.id
    }

    /// The grants that apply.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.allows.iter().chain(&self.denies)
    }

    /// Whether a grant of the role allows `action` on `resource`. A deny of this or another role overrides it.
    #[must_use]
    pub fn allows(&self, action: &Action, resource: Option<&str>) -> bool {
        self.allows.iter().any(|grant| grant.matches(action, resource))
    }

    /// Whether a grant of the role denies `action` on `resource`.
    #[must_use]
    pub fn denies(&self, action: &Action, resource: Option<&str>) -> bool {
        self.denies.iter().any(|grant| grant.matches(action, resource))
    }

    /// The grants that deny.
    #[must_use]
    pub fn denying_grants(&self) -> &[Grant] {
        &self.denies
    }

    /// Whether the role denies an action. Every token that its holder creates inherits these denies.
    #[must_use]
    pub fn has_denies(&self) -> bool {
        !self.denies.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn action(text: &str) -> Action {
        text.parse().unwrap()
    }

    fn role(grants: &Value) -> Role {
        Role::parse("1:r".parse().unwrap(), grants)
    }

    #[test]
    fn role_with_unparsable_grant_keeps_only_its_denies() {
        let role = role(&json!([
            {"action": "a"},
            {"action": "b", "effect": "deny"},
            {"action": "c", "condition": {"ip": "10.0.0.0/8"}},
        ]));
        assert!(!role.allows(&action("a"), None));
        assert!(!role.allows(&action("c"), None));
        assert!(role.denies(&action("b"), None));
        assert!(!role.denies(&action("c"), None));
    }

    #[test]
    fn role_with_grants_not_an_array_denies_everything() {
        for grants in [json!(null), json!({"action": "*"}), json!("*")] {
            assert!(role(&grants).denies(&action("anything"), None), "{grants}");
            assert!(!role(&grants).allows(&action("anything"), None), "{grants}");
        }
    }

    #[test]
    fn role_without_grants_allows_and_denies_nothing() {
        let role = role(&json!([]));
        assert!(!role.allows(&action("a"), None) && !role.denies(&action("a"), None) && !role.has_denies());
    }
}
