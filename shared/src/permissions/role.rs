//! A role: a list of grants.

use serde_json::Value;

use super::{Effect, Grant, RoleId};

/// A role as it lies in the ledger, read so that what is not understood can only take away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    id: RoleId,
    allows: Vec<Grant>,
    denies: Vec<Grant>,
}

/// A role, and what people call it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleWithName {
    /// Its name; empty where it has none.
    pub name: String,
    /// The role.
    pub role: Role,
}

impl Role {
    /// The role `id` with the row's `grants`, a JSON array.
    ///
    /// A grant that is not understood makes the role allow nothing, while its denies count; grants that are no array deny
    /// everything.
    #[must_use]
    pub fn parse(id: RoleId, grants: &Value) -> Self {
        let Value::Array(grants) = grants else {
            return Self::unreadable(id);
        };
        let understood: Vec<_> = grants.iter().map(Grant::parse).collect();
        let whole = understood.iter().all(Option::is_some);
        let (allows, mut denies): (Vec<_>, Vec<_>) =
            understood.into_iter().flatten().partition(|grant| grant.effect() == Effect::Allow);
        let misread = grants.iter().filter(|grant| Grant::parse(grant).is_none());
        denies.extend(misread.filter_map(Grant::fail_safe_deny));
        Self { id, allows: if whole { allows } else { Vec::new() }, denies }
    }

    /// The role `id` whose row cannot be read, so that nobody knows what it takes away: it denies everything.
    #[must_use]
    pub fn unreadable(id: RoleId) -> Self {
        Self { id, allows: Vec::new(), denies: vec![Grant::deny_all()] }
    }

    /// The role's id.
    #[must_use]
    pub fn id(&self) -> &RoleId {
        &self.id
    }

    /// The grants that count.
    pub fn grants(&self) -> impl Iterator<Item = &Grant> {
        self.allows.iter().chain(&self.denies)
    }

    /// Whether a grant of the role allows `action` on `resource`. A deny elsewhere may still win.
    #[must_use]
    pub fn allows(&self, action: &str, resource: Option<&str>) -> bool {
        self.allows.iter().any(|grant| grant.matches(action, resource))
    }

    /// Whether a grant of the role denies `action` on `resource`.
    #[must_use]
    pub fn denies(&self, action: &str, resource: Option<&str>) -> bool {
        self.denies.iter().any(|grant| grant.matches(action, resource))
    }

    /// Whether the role denies anything at all. Such a role is carried along by every token its holder makes.
    #[must_use]
    pub fn has_denies(&self) -> bool {
        !self.denies.is_empty()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::json;

    use super::*;

    fn role(grants: &Value) -> Role {
        Role::parse("1:r".parse().unwrap(), grants)
    }

    #[test]
    fn a_grant_that_is_not_understood_leaves_the_role_with_its_denies_alone() {
        let role = role(&json!([
            {"action": "a"},
            {"action": "b", "effect": "deny"},
            {"action": "c", "condition": {"ip": "10.0.0.0/8"}},
        ]));
        assert!(!role.allows("a", None));
        assert!(!role.allows("c", None));
        assert!(role.denies("b", None));
        assert!(!role.denies("c", None));
    }

    #[test]
    fn grants_that_are_no_list_deny_everything() {
        for grants in [json!(null), json!({"action": "*"}), json!("*")] {
            assert!(role(&grants).denies("anything", None), "{grants}");
            assert!(!role(&grants).allows("anything", None), "{grants}");
        }
    }

    #[test]
    fn a_role_without_grants_allows_and_denies_nothing() {
        let role = role(&json!([]));
        assert!(!role.allows("a", None) && !role.denies("a", None) && !role.has_denies());
    }
}
