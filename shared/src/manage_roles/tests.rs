use std::{
    collections::{BTreeMap, HashMap},
    sync::Mutex,
};

use serde_json::{Map, Value, json};

use super::*;
use crate::{
    caller::{Caller, tests},
    permissions::OrgId,
    ports::{AccessPage, PortError},
};

/// Roles and assignments in memory.
#[derive(Default)]
struct Store {
    items: Mutex<BTreeMap<String, (ItemKey, ItemValue)>>,
    /// Written by another request before the next write.
    concurrent_write: Mutex<Option<(ItemKey, Option<ItemValue>)>>,
    /// The number of roles, if it is not that of `items`.
    role_count: Option<usize>,
}

impl Store {
    fn get(&self, key: &ItemKey) -> Option<ItemValue> {
        self.items.lock().unwrap().get(&key.to_string()).map(|(_, value)| value.clone())
    }

    fn set(&self, key: &ItemKey, value: Option<ItemValue>) {
        let mut items = self.items.lock().unwrap();
        match value {
            Some(value) => items.insert(key.to_string(), (key.clone(), value)),
            None => items.remove(&key.to_string()),
        };
    }

    fn assign(&self, user: &str, roles: &[&str]) {
        self.set(&assignment(user), Some(ItemValue::Assignment(ids(roles))));
    }

    /// Writes `value` if `precondition` is met, after the concurrent write.
    fn write(&self, key: &ItemKey, precondition: &Precondition, value: Option<ItemValue>) -> bool {
        if let Some((key, value)) = self.concurrent_write.lock().unwrap().take() {
            self.set(&key, value);
        }
        if matches!(precondition, Precondition::Unchanged(expected) if self.get(key) != *expected) {
            return false;
        }
        self.set(key, value);
        true
    }

    fn assignments(&self) -> Vec<(UserId, Vec<RoleId>)> {
        let items = self.items.lock().unwrap();
        let assignments = items.values().filter_map(|(key, value)| match (key, value) {
            (ItemKey::Assignment(_, user), ItemValue::Assignment(roles)) => Some((user.clone(), roles.clone())),
            _ => None,
        });
        assignments.collect()
    }
}

impl ReadAccessItem for Store {
    async fn read_access_item(&self, key: &ItemKey) -> Result<Option<ItemValue>, PortError> {
        Ok(self.get(key))
    }
}

impl ReadRoles for Store {
    async fn read_roles(&self, roles: &[RoleId]) -> Result<HashMap<RoleId, RoleWithName>, PortError> {
        assert!(roles.len() <= 99, "the batch has {} roles", roles.len());
        let role = |id: &RoleId| Some((id.clone(), role_with_name(id, self.get(&ItemKey::Role(id.clone()))?)));
        Ok(roles.iter().filter_map(role).collect())
    }
}

impl ListAccess for Store {
    async fn list_roles_page(
        &self,
        _: &OrgId,
        after: Option<&RoleId>,
        limit: usize,
    ) -> Result<AccessPage<(RoleId, RoleWithName)>, PortError> {
        let items = self.items.lock().unwrap();
        let roles = items.values().filter_map(|(key, value)| match key {
            ItemKey::Role(id) => Some((id.clone(), role_with_name(id, value.clone()))),
            ItemKey::Assignment(..) => None,
        });
        let mut items: Vec<_> = roles.filter(|(id, _)| after.is_none_or(|after| id > after)).collect();
        let has_more = items.len() > limit;
        items.truncate(limit);
        Ok(AccessPage { items, has_more })
    }

    async fn list_assignments_page(
        &self,
        _: &OrgId,
        _: Option<&UserId>,
        _: usize,
    ) -> Result<AccessPage<(UserId, Vec<RoleId>)>, PortError> {
        Ok(AccessPage { items: self.assignments(), has_more: false })
    }

    async fn count_roles(&self, _: &OrgId) -> Result<usize, PortError> {
        Ok(self.role_count.unwrap_or(0))
    }

    async fn find_other_owner(&self, org: &OrgId, user: &UserId) -> Result<Option<UserId>, PortError> {
        let owner = RoleId::owner(org);
        let mut others = self.assignments().into_iter().filter(|(other, _)| other != user);
        Ok(others.find(|(_, roles)| roles.contains(&owner)).map(|(other, _)| other))
    }
}

impl PutAccessItem for Store {
    async fn put_access_item(&self, item: &DesiredItem) -> Result<bool, PortError> {
        let takes_owner = match (self.get(&item.key), &item.value) {
            (Some(ItemValue::Assignment(before)), ItemValue::Assignment(after)) => {
                before.iter().any(RoleId::is_owner) && !after.iter().any(RoleId::is_owner)
            }
            _ => false,
        };
        assert!(!takes_owner, "the owner role is taken without a check of another owner: {item:?}");
        Ok(self.write(&item.key, &item.precondition, Some(item.value.clone())))
    }
}

impl DeleteRole for Store {
    async fn delete_role(&self, id: &RoleId, expected: &ItemValue) -> Result<bool, PortError> {
        Ok(self.write(&ItemKey::Role(id.clone()), &Precondition::Unchanged(Some(expected.clone())), None))
    }
}

impl RemoveOwner for Store {
    async fn remove_owner(&self, item: &DesiredItem, other_owner: &UserId) -> Result<bool, PortError> {
        let unchanged = self.write(&item.key, &item.precondition, Some(item.value.clone()));
        let ItemKey::Assignment(org, _) = &item.key else { panic!("{item:?}") };
        let other = self.get(&ItemKey::Assignment(org.clone(), other_owner.clone()));
        let remains = matches!(other, Some(ItemValue::Assignment(roles)) if roles.contains(&RoleId::owner(org)));
        if !remains && let Precondition::Unchanged(before) = &item.precondition {
            self.set(&item.key, before.clone());
        }
        Ok(unchanged && remains)
    }
}

fn ids(roles: &[&str]) -> Vec<RoleId> {
    roles.iter().map(|role| role.parse().unwrap()).collect()
}

fn user(name: &str) -> UserId {
    format!("local|{name}").parse().unwrap()
}

fn assignment(name: &str) -> ItemKey {
    ItemKey::Assignment("123".parse().unwrap(), user(name))
}

fn role_key(id: &str) -> ItemKey {
    ItemKey::Role(id.parse().unwrap())
}

fn role(grants: &Value) -> ItemValue {
    ItemValue::Role { name: "A".to_owned(), grants: grants.clone() }
}

fn request(id: &str, grants: &Value) -> RoleRequest {
    RoleRequest { id: id.parse().unwrap(), name: "A".to_owned(), grants: grants.as_array().unwrap().clone() }
}

/// An owner of the organization 123.
fn owner() -> Caller {
    tests::person(&["123:owner"])
}

fn manage() -> ManageRoles<Store> {
    ManageRoles { ledger: Store::default() }
}

fn conflict<T>(result: Result<T, ApiError>) -> String {
    match result {
        Err(ApiError::Conflict(message)) => message,
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("no conflict"),
    }
}

#[test]
fn only_a_user_with_the_owner_role_may_manage_roles() {
    assert!(RoleAdmin::of(&owner()).is_ok());
    for other in [
        tests::person(&[]),
        tests::person(&["123:admin"]),
        tests::person(&["124:owner"]),
        tests::token(&["123:owner"], None, None),
    ] {
        assert!(matches!(RoleAdmin::of(&other), Err(ApiError::PermissionDenied(_))), "{other:?}");
    }
    let inherits = Caller { deny_roles: ids(&["123:owner"]), ..tests::person(&[]) };
    assert!(RoleAdmin::of(&inherits).is_err(), "a role of which only the denies apply");
}

#[tokio::test]
async fn concurrent_change_of_a_role_is_a_conflict() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let other = role(&json!([{"action": "other"}]));
    let key = role_key("123:a");
    for before in [None, Some(role(&json!([])))] {
        let manage = manage();
        manage.ledger.set(&key, before.clone());
        *manage.ledger.concurrent_write.lock().unwrap() = Some((key.clone(), Some(other.clone())));
        let put = manage.put_role(&admin, request("123:a", &json!([{"action": "mine"}]))).await;
        assert!(conflict(put).contains("another request changed the role 123:a"));
        assert_eq!(manage.ledger.get(&key), Some(other.clone()));
    }
    let manage = manage();
    manage.ledger.set(&key, Some(role(&json!([]))));
    *manage.ledger.concurrent_write.lock().unwrap() = Some((key.clone(), Some(other.clone())));
    conflict(manage.delete_role(&admin, &"123:a".parse().unwrap()).await);
    assert_eq!(manage.ledger.get(&key), Some(other));
}

#[tokio::test]
async fn concurrent_change_of_an_assignment_is_a_conflict() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let manage = manage();
    manage.ledger.set(&role_key("123:a"), Some(role(&json!([]))));
    manage.ledger.assign("2", &["123:b"]);
    let other = ItemValue::Assignment(ids(&["123:c"]));
    *manage.ledger.concurrent_write.lock().unwrap() = Some((assignment("2"), Some(other.clone())));
    conflict(manage.add_assignment(&admin, &user("2"), &"123:a".parse().unwrap()).await);
    assert_eq!(manage.ledger.get(&assignment("2")), Some(other));
}

/// The other owner loses the role between the search and the transaction.
#[tokio::test]
async fn owner_is_kept_if_the_other_one_leaves_meanwhile() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let owner_role: RoleId = "123:owner".parse().unwrap();
    let manage = manage();
    manage.ledger.assign("1", &["123:owner"]);
    assert!(conflict(manage.remove_assignment(&admin, &user("1"), &owner_role).await).contains("last user"));
    manage.ledger.assign("2", &["123:owner"]);
    *manage.ledger.concurrent_write.lock().unwrap() = Some((assignment("2"), Some(ItemValue::Assignment(Vec::new()))));
    conflict(manage.remove_assignment(&admin, &user("1"), &owner_role).await);
    assert_eq!(manage.ledger.get(&assignment("1")), Some(ItemValue::Assignment(vec![owner_role.clone()])));
    manage.ledger.assign("2", &["123:owner", "123:a"]);
    let (left, _) = manage.assign_roles(&admin, &user("1"), Vec::new()).await.unwrap();
    assert_eq!(left.roles, Vec::new());
}

#[tokio::test]
async fn unchanged_value_is_not_written_and_still_reported() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let manage = manage();
    manage.ledger.set(&role_key("123:a"), Some(role(&json!([]))));
    manage.ledger.assign("2", &["123:a"]);
    // A write would fail, because of this one.
    let concurrent = Some((role_key("123:a"), None));
    *manage.ledger.concurrent_write.lock().unwrap() = concurrent.clone();
    let (_, change) = manage.put_role(&admin, request("123:a", &json!([]))).await.unwrap();
    assert_eq!(change.before, change.after);
    let (_, change) = manage.add_assignment(&admin, &user("2"), &"123:a".parse().unwrap()).await.unwrap();
    assert_eq!(change.before, change.after);
    assert_eq!(*manage.ledger.concurrent_write.lock().unwrap(), concurrent);
}

#[tokio::test]
async fn role_limits_are_those_of_an_operator() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let full = ManageRoles { ledger: Store { role_count: Some(MAX_ORG_ROLES), ..Store::default() } };
    let create = full.create_role(&admin, request("123:a", &json!([]))).await;
    assert!(matches!(create, Err(ApiError::TooManyRoles(_))), "{create:?}");
    full.ledger.set(&role_key("123:a"), Some(role(&json!([]))));
    assert!(full.put_role(&admin, request("123:a", &json!([{"action": "a"}]))).await.is_ok(), "it exists");
    let many: Vec<RoleId> = (0..100).map(|n| format!("123:{n}").parse().unwrap()).collect();
    let assign = full.assign_roles(&admin, &user("2"), many).await;
    assert!(matches!(assign, Err(ApiError::TooManyRoles(_))), "{assign:?}");
}

#[test]
fn user_is_parsed_from_both_forms() {
    for text in ["local|1", "ad|auth0|u 1", "ad|https://x/*?$%;"] {
        let user: UserId = text.parse().unwrap();
        assert_eq!(parse_user(text), Ok(user.clone()));
        assert_eq!(parse_user(&encode_user(&user)), Ok(user));
    }
    for malformed in
        ["", "1", "~", "~!", "~bG9jYWx8MQ==", "~bG9jYWx8MR", "~AAAA", "local|", "api_5ZugdRXasLfWBypHi93Fk"]
    {
        assert!(matches!(parse_user(malformed), Err(ApiError::Invalid(_))), "{malformed}");
    }
}

#[test]
fn role_request_accepts_members_of_the_official_client() {
    let org: OrgId = "123".parse().unwrap();
    let members = |value: Value| -> Map<String, Value> { value.as_object().unwrap().clone() };
    let full = members(json!({
        "id": "123:a", "name": "A", "slug": "a", "type": "user_role", "organization_id": "123", "vendor_created": false,
        "grants": [],
    }));
    let id: RoleId = "123:a".parse().unwrap();
    for path in [None, Some(&id)] {
        assert_eq!(RoleRequest::parse(&full, &org, path).map(|request| request.id), Ok(id.clone()));
    }
    let minimal = members(json!({"name": "A", "grants": []}));
    assert!(RoleRequest::parse(&minimal, &org, Some(&id)).is_ok());
    assert!(RoleRequest::parse(&minimal, &org, None).is_err(), "neither slug nor id");
    for (member, value) in [("id", json!("124:a")), ("slug", json!("b")), ("organization_id", json!("124"))] {
        let mut other = full.clone();
        other.insert(member.to_owned(), value);
        assert!(RoleRequest::parse(&other, &org, Some(&id)).is_err(), "{member}");
    }
}

#[tokio::test]
async fn root_owner_and_foreign_roles_cannot_be_written() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let manage = manage();
    for id in ["123:root", "123:owner", "124:a"] {
        let id: RoleId = id.parse().unwrap();
        manage.ledger.set(&ItemKey::Role(id.clone()), Some(role(&json!([]))));
        let request = || request(&id.to_string(), &json!([{"action": "*"}]));
        let results = [
            manage.create_role(&admin, request()).await.map(drop),
            manage.put_role(&admin, request()).await.map(drop),
            manage.delete_role(&admin, &id).await.map(drop),
        ];
        for result in results {
            assert!(matches!(result, Err(ApiError::PermissionDenied(_))), "{id}: {result:?}");
        }
        assert_eq!(manage.ledger.get(&ItemKey::Role(id.clone())), Some(role(&json!([]))));
        let results = [
            manage.get_role(&admin, &id).await.map(drop),
            manage.add_assignment(&admin, &user("2"), &id).await.map(drop),
            manage.assign_roles(&admin, &user("2"), vec![id.clone()]).await.map(drop),
            manage.remove_assignment(&admin, &user("3"), &id).await.map(drop),
        ];
        for result in results {
            let is_denied = matches!(result, Err(ApiError::PermissionDenied(_)));
            assert_eq!(is_denied, !id.is_owner(), "{id}: {result:?}");
        }
    }
    let listed = manage.list_roles(&admin, None, 10).await.unwrap();
    assert!(!json!(listed.items).to_string().contains("root"));
}

#[tokio::test]
async fn new_role_of_an_assignment_must_exist() {
    let caller = owner();
    let admin = RoleAdmin::of(&caller).unwrap();
    let manage = manage();
    let absent: RoleId = "123:absent".parse().unwrap();
    let assign = manage.assign_roles(&admin, &user("2"), vec![absent.clone()]).await;
    assert!(matches!(assign, Err(ApiError::Invalid(_))), "{assign:?}");
    let add = manage.add_assignment(&admin, &user("2"), &absent).await;
    assert!(matches!(add, Err(ApiError::RoleNotFound(_))), "{add:?}");
    manage.ledger.assign("2", &["123:absent", "123:other"]);
    let kept = manage.assign_roles(&admin, &user("2"), vec![absent]).await;
    assert!(kept.is_ok(), "a role that was deleted may stay: {kept:?}");
}
