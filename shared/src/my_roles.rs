//! Telling a caller which roles they hold.

use serde::Serialize;

use crate::{
    caller::Caller,
    failure::Failure,
    ports::RoleReader,
    rights::{Grant, NamedRole, OrgId, RoleId},
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
    grants: Vec<Grant>,
}

impl<L: RoleReader> MyRoles<L> {
    /// The roles that `caller` holds in the organization in which they act, each with the grants of it that count.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn run(&self, caller: &Caller) -> Result<Vec<HeldRole>, Failure> {
        let mut rows = self.ledger.roles(&caller.roles).await?;
        Ok(caller.roles.iter().filter_map(|id| HeldRole::of(id, rows.remove(id))).collect())
    }
}

impl HeldRole {
    /// The role `id` by its row. The owner role needs none; another without one was deleted a moment ago.
    fn of(id: &RoleId, row: Option<NamedRole>) -> Option<Self> {
        if row.is_none() && !id.is_owner() {
            return None;
        }
        let (name, role) = row.map_or_else(Default::default, |row| (row.name, Some(row.role)));
        let own = role.iter().flat_map(|role| role.grants().cloned());
        Some(Self {
            id: id.clone(),
            name: if name.is_empty() { id.slug().to_owned() } else { name },
            slug: id.slug().to_owned(),
            kind: "user_role",
            organization_id: id.org().clone(),
            grants: id.is_owner().then(Grant::allow_all).into_iter().chain(own).collect(),
        })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::HashMap;

    use serde_json::{Value, json};

    use super::*;
    use crate::{
        caller::tests::person,
        ports::PortError,
        rights::{Role, RoleRow},
    };

    struct Rows(HashMap<RoleId, NamedRole>);

    impl RoleReader for Rows {
        async fn roles(&self, _: &[RoleId]) -> Result<HashMap<RoleId, NamedRole>, PortError> {
            Ok(self.0.clone())
        }
    }

    fn row(id: &str, name: &str, grants: Value) -> (RoleId, NamedRole) {
        let id: RoleId = id.parse().unwrap();
        (id.clone(), RoleRow::new(&id, name, grants).role(id))
    }

    async fn shown(rows: impl IntoIterator<Item = (RoleId, NamedRole)>, held: &[&str]) -> Value {
        let ledger = Rows(rows.into_iter().collect());
        json!(MyRoles { ledger }.run(&person(held)).await.unwrap())
    }

    #[tokio::test]
    async fn of_each_role_the_grants_are_shown_that_the_authorizer_goes_by() {
        let (allow, deny) = (json!({"action": "a"}), json!({"action": "b", "resource": "r", "effect": "deny"}));
        let everything = json!([{"action": "*", "effect": "deny"}]);
        for (grants, counting) in [
            (json!([allow, deny]), json!([allow, deny])),
            (json!([allow, deny, {"action": "c", "condition": {}}]), json!([deny])),
            (json!([allow, {"action": "c", "effect": "Deny"}]), json!([{"action": "c", "effect": "deny"}])),
            (json!("all"), everything.clone()),
        ] {
            let roles = shown([row("123:a", "A", grants.clone())], &["123:a"]).await;
            assert_eq!(roles[0]["grants"], counting, "{grants}");
        }
        let id: RoleId = "123:a".parse().unwrap();
        let unreadable = NamedRole { name: String::new(), role: Role::unreadable(id.clone()) };
        let roles = shown([(id, unreadable)], &["123:a"]).await;
        assert_eq!((&roles[0]["grants"], &roles[0]["name"]), (&everything, &json!("a")));
    }

    #[tokio::test]
    async fn a_caller_sees_the_roles_held_with_their_grants_and_no_others() {
        let view = json!([{"action": "*:view"}]);
        let rows = [row("123:viewer", "Viewer", view.clone()), row("123:other", "Other", view)];
        assert_eq!(
            shown(rows, &["123:owner", "123:viewer", "123:gone"]).await,
            json!([
                {"id": "123:owner", "name": "owner", "slug": "owner", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*"}]},
                {"id": "123:viewer", "name": "Viewer", "slug": "viewer", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*:view"}]},
            ])
        );
    }
}
