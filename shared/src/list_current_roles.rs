//! The operation that returns the caller's roles, or the roles that the caller may delegate to a token.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    caller::Caller,
    error::ApiError,
    permissions::{Grant, OrgId, RoleId, RoleWithName},
    ports::{ListRoles, ReadRoles},
};

/// Returns the roles of the caller.
pub struct ListCurrentRoles<L> {
    /// Reads roles.
    pub ledger: L,
}

/// A role in a response, in the format of the original Permissions API.
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
    /// The roles that `caller` holds in the organization of the request, each with the grants that the authorizer
    /// applies, then the roles of which only the denies apply, with these alone.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub async fn run(&self, caller: &Caller) -> Result<Vec<CurrentRole>, ApiError> {
        let inherited = caller.inherited_denies();
        let mut roles = self.ledger.read_roles(&[caller.roles.as_slice(), &inherited].concat()).await?;
        let mut current = held_roles(caller, &mut roles);
        current.extend(inherited.iter().filter_map(|id| Some(CurrentRole::inherited(id, roles.remove(id)?))));
        Ok(current)
    }

    /// The roles that `caller` may delegate to a token, sorted by id: the roles held, and for an owner every stored
    /// role of the organization except root. Empty for a token that cannot create tokens.
    ///
    /// This is a suggestion for clients. The roles of a token are decided when it is created.
    ///
    /// # Errors
    ///
    /// Returns the errors of the ledger.
    pub async fn may_give(&self, caller: &Caller) -> Result<Vec<CurrentRole>, ApiError> {
        if caller.is_child_token() || caller.is_read_only() {
            return Ok(Vec::new());
        }
        if !caller.is_owner() {
            let mut held = held_roles(caller, &mut self.ledger.read_roles(&caller.roles).await?);
            held.sort_by(|a, b| a.id.cmp(&b.id));
            return Ok(held);
        }
        let stored = self.ledger.list_roles(&caller.org).await?.into_iter().map(|(id, role)| (id, Some(role)));
        // The owner role exists without an item in the table.
        let all: BTreeMap<_, _> = caller.roles.iter().map(|id| (id.clone(), None)).chain(stored).collect();
        let assignable = all.into_iter().filter(|(id, _)| !id.is_root());
        Ok(assignable.filter_map(|(id, role)| CurrentRole::of(&id, role)).collect())
    }
}

/// The roles that `caller` holds, taken from `stored`.
fn held_roles(caller: &Caller, stored: &mut HashMap<RoleId, RoleWithName>) -> Vec<CurrentRole> {
    caller.roles.iter().filter_map(|id| CurrentRole::of(id, stored.remove(id))).collect()
}

impl CurrentRole {
    /// The role `id` from its stored item. `None` if there is no item, since the role was deleted in the meantime; the
    /// owner role exists without one.
    pub(crate) fn of(id: &RoleId, stored: Option<RoleWithName>) -> Option<Self> {
        if stored.is_none() && !id.is_owner() {
            return None;
        }
        let (name, role) = stored.map_or_else(Default::default, |stored| (stored.name, Some(stored.role)));
        let own = role.iter().flat_map(|role| role.grants().cloned());
        Some(Self::new(id, name, id.is_owner().then(Grant::allow_all).into_iter().chain(own).collect()))
    }

    /// The role `id` of which only the denies apply.
    fn inherited(id: &RoleId, stored: RoleWithName) -> Self {
        Self::new(id, stored.name, stored.role.denying_grants().to_vec())
    }

    fn new(id: &RoleId, name: String, grants: Vec<Grant>) -> Self {
        Self {
            id: id.clone(),
            name: if name.is_empty() { id.slug().to_owned() } else { name },
            slug: id.slug().to_owned(),
            kind: "user_role",
            organization_id: id.org().clone(),
            grants,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        aws::RoleItem,
        caller::{CallerIdentity, CallingToken, tests::person},
        permissions::Role,
        ports::PortError,
        token::TokenId,
    };

    struct StoredRoles(HashMap<RoleId, RoleWithName>);

    impl ReadRoles for StoredRoles {
        async fn read_roles(&self, ids: &[RoleId]) -> Result<HashMap<RoleId, RoleWithName>, PortError> {
            let own = self.0.iter().filter(|(id, _)| ids.contains(id));
            Ok(own.map(|(id, role)| (id.clone(), role.clone())).collect())
        }
    }

    impl ListRoles for StoredRoles {
        async fn list_roles(&self, org: &OrgId) -> Result<BTreeMap<RoleId, RoleWithName>, PortError> {
            let own = self.0.iter().filter(|(id, _)| id.org() == org);
            Ok(own.map(|(id, role)| (id.clone(), role.clone())).collect())
        }
    }

    fn role(id: &str, name: &str, grants: Value) -> (RoleId, RoleWithName) {
        let id: RoleId = id.parse().unwrap();
        (id.clone(), RoleItem::new(&id, name, grants).role(id))
    }

    async fn current_roles(roles: impl IntoIterator<Item = (RoleId, RoleWithName)>, held: &[&str]) -> Value {
        let ledger = StoredRoles(roles.into_iter().collect());
        json!(ListCurrentRoles { ledger }.run(&person(held)).await.unwrap())
    }

    #[tokio::test]
    async fn current_role_has_grants_that_authorizer_applies() {
        let allow = json!({"action": "a"});
        let deny = json!({"action": "b", "resource": "r", "effect": "deny"});
        let everything = json!([{"action": "*", "effect": "deny"}]);
        for (grants, applied) in [
            (json!([allow, deny]), json!([allow, deny])),
            (json!([allow, deny, {"action": "c", "condition": {}}]), json!([deny])),
            (json!([allow, {"action": "c", "effect": "Deny"}]), json!([{"action": "c", "effect": "deny"}])),
            (json!("all"), everything.clone()),
        ] {
            let roles = current_roles([role("123:a", "A", grants.clone())], &["123:a"]).await;
            assert_eq!(roles[0]["grants"], applied, "{grants}");
        }
        let id: RoleId = "123:a".parse().unwrap();
        let unreadable = RoleWithName { name: String::new(), role: Role::unreadable(id.clone()) };
        let roles = current_roles([(id, unreadable)], &["123:a"]).await;
        assert_eq!((&roles[0]["grants"], &roles[0]["name"]), (&everything, &json!("a")));
    }

    #[tokio::test]
    async fn inherited_role_is_listed_with_its_denies_alone() {
        let deny = json!({"action": "billing:*", "effect": "deny"});
        let stored = [
            role("123:viewer", "Viewer", json!([{"action": "*:view"}])),
            role("123:mixed", "Mixed", json!([{"action": "*"}, deny])),
            role("123:owner", "", json!([deny])),
        ];
        let roles = ListCurrentRoles { ledger: StoredRoles(stored.into_iter().collect()) };
        let deny_roles = ["123:mixed", "123:owner", "123:gone"].map(|id| id.parse().unwrap()).to_vec();
        let caller = Caller { deny_roles, ..person(&["123:viewer"]) };
        let grants: Vec<_> = json!(roles.run(&caller).await.unwrap())
            .as_array()
            .unwrap()
            .iter()
            .map(|role| (role["id"].clone(), role["grants"].clone()))
            .collect();
        let expected = [
            (json!("123:viewer"), json!([{"action": "*:view"}])),
            (json!("123:mixed"), json!([deny])),
            (json!("123:owner"), json!([deny])),
        ];
        assert_eq!(grants, expected);
        let assignable = roles.may_give(&caller).await.unwrap();
        assert_eq!(assignable.iter().map(|role| role.slug.as_str()).collect::<Vec<_>>(), ["viewer"]);
    }

    #[tokio::test]
    async fn owner_may_delegate_every_role_except_root() {
        let stored = ["123:viewer", "123:other", "123:root", "124:viewer"].map(|id| role(id, "", json!([])));
        let ids = |roles: Vec<CurrentRole>| roles.into_iter().map(|role| role.id.to_string()).collect::<Vec<_>>();
        let roles = ListCurrentRoles { ledger: StoredRoles(stored.into_iter().collect()) };
        for (held, expected) in [
            (vec!["123:owner"], vec!["123:other", "123:owner", "123:viewer"]),
            (vec!["123:viewer", "123:gone"], vec!["123:viewer"]),
            (vec![], vec![]),
        ] {
            assert_eq!(ids(roles.may_give(&person(&held)).await.unwrap()), expected, "{held:?}");
        }
    }

    #[tokio::test]
    async fn token_that_cannot_create_tokens_delegates_no_roles() {
        let roles = ListCurrentRoles { ledger: StoredRoles(HashMap::new()) };
        let owner = |parent: Option<&str>, read_only| {
            let id: TokenId = "api_5ZugdRXasLfWBypHi93Fk".parse().unwrap();
            let parent = parent.map(|id| id.parse().unwrap());
            let token = CallingToken {
                id,
                parent,
                owner: None,
                expires_at: None,
                read_only,
                anonymize: false,
                restricted: false,
            };
            Caller { identity: CallerIdentity::Token(token), ..person(&["123:owner"]) }
        };
        assert_eq!(roles.may_give(&owner(None, false)).await.unwrap().len(), 1);
        for limited in [owner(Some("api_6ZugdRXasLfWBypHi93Fk"), false), owner(None, true)] {
            assert_eq!(roles.may_give(&limited).await, Ok(Vec::new()));
        }
    }

    #[tokio::test]
    async fn current_roles_are_exactly_those_held() {
        let view = json!([{"action": "*:view"}]);
        let stored = [role("123:viewer", "Viewer", view.clone()), role("123:other", "Other", view)];
        assert_eq!(
            current_roles(stored, &["123:owner", "123:viewer", "123:gone"]).await,
            json!([
                {"id": "123:owner", "name": "owner", "slug": "owner", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*"}]},
                {"id": "123:viewer", "name": "Viewer", "slug": "viewer", "type": "user_role", "organization_id": "123",
                 "grants": [{"action": "*:view"}]},
            ])
        );
    }
}
