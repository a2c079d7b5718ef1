//! Telling a caller which roles they hold, and which they may give.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    caller::Caller,
    error::ApiError,
    permissions::{Grant, OrgId, RoleId, RoleWithName},
    ports::{ListRoles, ReadRoles},
};

/// Tells the caller's roles.
pub struct ListCurrentRoles<L> {
    /// Reads the roles.
    pub ledger: L,
}

/// A role, in the shape of the original Permissions API.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CurrentRole {
    id: RoleId,
    name: String,
    slug: String,
    #[serde(rename = "type")]
    kind: &'static str,
    organization_id: OrgId,
    grants: Vec<Grant>,
}

impl<L: ReadRoles + ListRoles> ListCurrentRoles<L> {
    /// The roles that `caller` holds in the organization in which they act, each with the grants of it that count.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn run(&self, caller: &Caller) -> Result<Vec<CurrentRole>, ApiError> {
        let mut rows = self.ledger.read_roles(&caller.roles).await?;
        Ok(caller.roles.iter().filter_map(|id| CurrentRole::of(id, rows.remove(id))).collect())
    }

    /// The roles that `caller` may put into a token, by their ids: those held, and for an owner all that are there, the root role
    /// excepted. None for a token that can make none. A help for choosing: what a token carries is decided when it is made.
    ///
    /// # Errors
    ///
    /// What the ledger could not do.
    pub async fn may_give(&self, caller: &Caller) -> Result<Vec<CurrentRole>, ApiError> {
        if caller.is_child_token() || caller.is_read_only() {
            return Ok(Vec::new());
        }
        if !caller.as_delegator().is_owner() {
            let mut held = self.run(caller).await?;
            held.sort_by(|a, b| a.id.cmp(&b.id));
            return Ok(held);
        }
        let there = self.ledger.list_roles(&caller.org).await?.into_iter().map(|(id, row)| (id, Some(row)));
        // The owner role needs no row.
        let all: BTreeMap<_, _> = caller.roles.iter().map(|id| (id.clone(), None)).chain(there).collect();
        Ok(all.into_iter().filter(|(id, _)| !id.is_root()).filter_map(|(id, row)| CurrentRole::of(&id, row)).collect())
    }
}

impl CurrentRole {
    /// The role `id` by its row. The owner role needs none; another without one was deleted a moment ago.
    fn of(id: &RoleId, row: Option<RoleWithName>) -> Option<Self> {
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
        aws::RoleItem,
        caller::{CallerIdentity, CallingToken, tests::person},
        permissions::Role,
        ports::PortError,
        token::TokenId,
    };

    struct Rows(HashMap<RoleId, RoleWithName>);

    impl ReadRoles for Rows {
        async fn read_roles(&self, ids: &[RoleId]) -> Result<HashMap<RoleId, RoleWithName>, PortError> {
            let own = self.0.iter().filter(|(id, _)| ids.contains(id));
            Ok(own.map(|(id, row)| (id.clone(), row.clone())).collect())
        }
    }

    impl ListRoles for Rows {
        async fn list_roles(&self, org: &OrgId) -> Result<BTreeMap<RoleId, RoleWithName>, PortError> {
            let own = self.0.iter().filter(|(id, _)| id.org() == org);
            Ok(own.map(|(id, row)| (id.clone(), row.clone())).collect())
        }
    }

    fn row(id: &str, name: &str, grants: Value) -> (RoleId, RoleWithName) {
        let id: RoleId = id.parse().unwrap();
        (id.clone(), RoleItem::new(&id, name, grants).role(id))
    }

    async fn shown(rows: impl IntoIterator<Item = (RoleId, RoleWithName)>, held: &[&str]) -> Value {
        let ledger = Rows(rows.into_iter().collect());
        json!(ListCurrentRoles { ledger }.run(&person(held)).await.unwrap())
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
        let unreadable = RoleWithName { name: String::new(), role: Role::unreadable(id.clone()) };
        let roles = shown([(id, unreadable)], &["123:a"]).await;
        assert_eq!((&roles[0]["grants"], &roles[0]["name"]), (&everything, &json!("a")));
    }

    #[tokio::test]
    async fn an_owner_may_give_every_role_that_is_there_but_root_and_anybody_else_those_held() {
        let rows = ["123:viewer", "123:other", "123:root", "124:viewer"].map(|id| row(id, "", json!([])));
        let ids = |roles: Vec<CurrentRole>| roles.into_iter().map(|role| role.id.to_string()).collect::<Vec<_>>();
        let roles = ListCurrentRoles { ledger: Rows(rows.into_iter().collect()) };
        for (held, expected) in [
            (vec!["123:owner"], vec!["123:other", "123:owner", "123:viewer"]),
            (vec!["123:viewer", "123:gone"], vec!["123:viewer"]),
            (vec![], vec![]),
        ] {
            assert_eq!(ids(roles.may_give(&person(&held)).await.unwrap()), expected, "{held:?}");
        }
    }

    #[tokio::test]
    async fn a_token_that_can_make_none_gives_no_role() {
        let roles = ListCurrentRoles { ledger: Rows(HashMap::new()) };
        let owner = |parent: Option<&str>, read_only| {
            let id: TokenId = "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap();
            let parent = parent.map(|id| id.parse().unwrap());
            let token = CallingToken { id, parent, expires_at: None, read_only, anonymize: false };
            Caller { identity: CallerIdentity::Token(token), ..person(&["123:owner"]) }
        };
        assert_eq!(roles.may_give(&owner(None, false)).await.unwrap().len(), 1);
        for bound in [owner(Some("api_6ZugdRXasLfWBypHi93Fk"), false), owner(None, true)] {
            assert_eq!(roles.may_give(&bound).await, Ok(Vec::new()));
        }
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
