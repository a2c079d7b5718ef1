//! Telling a caller which roles they hold.

use std::collections::HashMap;

use serde::Serialize;
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    failure::Failure,
    ports::RoleReader,
    rights::{Effect, Grant, OrgId, RoleId, RoleRow},
};

/// Tells the caller's roles.
pub struct MyRoles<L> {
    /// Reads the roles.
    pub ledger: L,
}

/// A role, in the shape of the original Permissions API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeldRole {
    id: RoleId,
    name: String,
    slug: String,
    #[serde(rename = "type")]
    kind: &'static str,
    organization_id: OrgId,
    grants: Vec<Value>,
}

impl<L: RoleReader> MyRoles<L> {
    /// The roles that `caller` holds in the organization in which they act.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn run(&self, caller: &Caller) -> Result<Vec<HeldRole>, Failure> {
        let mut rows = self.ledger.role_rows(&caller.roles).await?;
        Ok(caller.roles.iter().filter_map(|id| HeldRole::of(id, &mut rows)).collect())
    }
}

impl HeldRole {
    /// The role `id` by its row. The owner role needs none; another without one was deleted a moment ago.
    fn of(id: &RoleId, rows: &mut HashMap<RoleId, RoleRow>) -> Option<Self> {
        let row = rows.remove(id);
        if row.is_none() && !id.is_owner() {
            return None;
        }
        let named = row.as_ref().map(|row| row.name.clone()).filter(|name| !name.is_empty());
        let mut grants = row.map(|row| in_force(row.grants)).unwrap_or_default();
        if id.is_owner() {
            grants.insert(0, json!({"action": "*"}));
        }
        Some(Self {
            id: id.clone(),
            name: named.unwrap_or_else(|| id.slug().to_owned()),
            slug: id.slug().to_owned(),
            kind: "user_role",
            organization_id: id.org().clone(),
            grants,
        })
    }
}

/// The grants that count: all of them, or the denials alone where one is not understood.
fn in_force(grants: Value) -> Vec<Value> {
    let Value::Array(mut grants) = grants else { return Vec::new() };
    let effects: Vec<_> = grants.iter().map(|grant| Grant::understand(grant).map(|grant| grant.effect())).collect();
    if effects.contains(&None) {
        let mut effects = effects.into_iter();
        grants.retain(|_| effects.next().flatten() == Some(Effect::Deny));
    }
    grants
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::{caller::tests::person, ports::PortError};

    struct Rows(HashMap<RoleId, RoleRow>);

    impl RoleReader for Rows {
        async fn role_rows(&self, _: &[RoleId]) -> Result<HashMap<RoleId, RoleRow>, PortError> {
            Ok(self.0.clone())
        }
    }

    #[test]
    fn of_a_role_with_a_grant_that_is_not_understood_the_denials_alone_are_shown() {
        let (allow, deny) = (json!({"action": "a"}), json!({"action": "b", "effect": "deny"}));
        assert_eq!(in_force(json!([allow, deny])), [allow.clone(), deny.clone()]);
        assert_eq!(in_force(json!([allow, deny, {"action": "c", "condition": {}}])), [deny]);
        assert!(in_force(json!("all")).is_empty());
    }

    #[tokio::test]
    async fn a_caller_sees_the_roles_held_with_their_grants_and_no_others() {
        let row = |id: &str, name: &str| {
            let id: RoleId = id.parse().unwrap();
            (id.clone(), RoleRow::new(&id, name, json!([{"action": "*:view"}])))
        };
        let ledger = Rows(HashMap::from([row("123:viewer", "Viewer"), row("123:other", "Other")]));
        let roles = MyRoles { ledger }.run(&person(&["123:owner", "123:viewer", "123:gone"])).await.unwrap();
        assert_eq!(
            json!(roles),
            json!([
                {"id": "123:owner", "name": "owner", "slug": "owner", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*"}]},
                {"id": "123:viewer", "name": "Viewer", "slug": "viewer", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*:view"}]},
            ])
        );
    }
}
