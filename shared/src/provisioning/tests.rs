use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use serde_json::{Value, json};

use super::*;
use crate::token::ProviderName;

/// An [`AdminStore`] in memory.
#[derive(Default)]
struct InMemoryStore {
    items: Mutex<HashMap<ItemKey, ItemValue>>,
    puts: Mutex<Vec<ItemKey>>,
    /// Values that another operator writes to the same key, one before each write; the last value is written first.
    concurrent_writes: Mutex<Vec<ItemValue>>,
}

impl InMemoryStore {
    fn items(&self) -> MutexGuard<'_, HashMap<ItemKey, ItemValue>> {
        self.items.lock().unwrap()
    }
}

impl AdminStore for InMemoryStore {
    async fn read_item(&self, key: &ItemKey) -> Result<Option<ItemValue>, StoreError> {
        Ok(self.items().get(key).cloned())
    }

    async fn list_items(&self, org: &OrgId) -> Result<Vec<(ItemKey, ItemValue)>, StoreError> {
        let is_of = |key: &ItemKey| match key {
            ItemKey::Role(id) => id.org() == org,
            ItemKey::Assignment(other, _) => other == org,
        };
        let items = self.items();
        Ok(items.iter().filter(|(key, _)| is_of(key)).map(|(key, value)| (key.clone(), value.clone())).collect())
    }

    async fn put_item(&self, item: &DesiredItem) -> Result<bool, StoreError> {
        if let Some(other) = self.concurrent_writes.lock().unwrap().pop() {
            self.items().insert(item.key.clone(), other);
        }
        if matches!(&item.precondition, Precondition::Unchanged(read) if self.items().get(&item.key) != read.as_ref()) {
            return Ok(false);
        }
        self.puts.lock().unwrap().push(item.key.clone());
        self.items().insert(item.key.clone(), item.value.clone());
        Ok(true)
    }
}

fn read(text: &str) -> Result<AccessManifest, String> {
    let provider: ProviderName = "local".parse().unwrap();
    AccessManifest::parse(text.as_bytes(), Some(&provider)).map_err(|error| error.to_string())
}

fn sample(grants: &Value) -> AccessManifest {
    let roles = json!([{"id": "1:a", "name": "A", "grants": grants}, {"id": "1:b", "name": "B", "grants": []}]);
    read(&json!({"roles": roles, "assignments": [{"org": "1", "user": "u", "roles": ["1:a"]}]}).to_string()).unwrap()
}

#[tokio::test]
async fn write_skips_unchanged_items() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let changes = |compared: &[(Change, DesiredItem)]| compared.iter().map(|(change, _)| *change).collect::<Vec<_>>();
    let compared = provisioning.compare(sample(&json!([{"action": "x"}])).items()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Added; 3]);
    assert!(provisioning.ledger.items().is_empty());
    provisioning.write(&compared).await.unwrap();
    assert_eq!(provisioning.ledger.puts.lock().unwrap().len(), 3);

    let compared = provisioning.compare(sample(&json!([{"action": "y"}])).items()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Changed, Change::Unchanged, Change::Unchanged]);
    provisioning.write(&compared).await.unwrap();
    assert_eq!(provisioning.ledger.puts.lock().unwrap().len(), 4);
    let compared = provisioning.compare(sample(&json!([{"action": "y"}])).items()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Unchanged; 3]);
}

#[tokio::test]
async fn with_owner_keeps_stored_roles() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let org = "1".parse().unwrap();
    let user = "local|u".parse().unwrap();
    provisioning.write(&provisioning.compare(sample(&json!([])).items()).await.unwrap()).await.unwrap();
    let item = provisioning.with_owner(&org, &user).await.unwrap();
    assert_eq!(item.value, ItemValue::Assignment(vec!["1:a".parse().unwrap(), RoleId::owner(&org)]));
    provisioning.write(&provisioning.compare(std::slice::from_ref(&item)).await.unwrap()).await.unwrap();
    let again = provisioning.with_owner(&org, &user).await.unwrap();
    assert_eq!(again.value, item.value);
    assert_eq!(provisioning.compare(std::slice::from_ref(&again)).await.unwrap(), [(Change::Unchanged, again)]);

    provisioning.ledger.items().insert(item.key, ItemValue::Unreadable);
    assert!(matches!(provisioning.with_owner(&org, &user).await, Err(ApplyError::InvalidItem(_))));
}

fn roles(ids: &[&str]) -> ItemValue {
    ItemValue::Assignment(ids.iter().map(|id| id.parse().unwrap()).collect())
}

/// Adds an owner while another operator writes `concurrent_writes`. Returns the stored value and the result.
async fn add_owner(
    before: Option<ItemValue>,
    concurrent_writes: Vec<ItemValue>,
) -> (Option<ItemValue>, Result<(), ApplyError>) {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let org: OrgId = "1".parse().unwrap();
    let user: UserId = "local|u".parse().unwrap();
    let key = ItemKey::Assignment(org.clone(), user.clone());
    provisioning.ledger.items().extend(before.map(|value| (key.clone(), value)));
    let compared = provisioning.compare(&[provisioning.with_owner(&org, &user).await.unwrap()]).await.unwrap();
    *provisioning.ledger.concurrent_writes.lock().unwrap() = concurrent_writes;
    let result = provisioning.write(&compared).await;
    (provisioning.ledger.items().get(&key).cloned(), result)
}

#[tokio::test]
async fn owner_is_added_to_roles_of_a_concurrent_write() {
    for before in [None, Some(roles(&["1:a"]))] {
        let (stored, result) = add_owner(before.clone(), vec![roles(&["1:b"])]).await;
        assert_eq!((stored.unwrap(), result), (roles(&["1:b", "1:owner"]), Ok(())));
        let (stored, result) = add_owner(before, vec![roles(&["1:owner", "1:c"])]).await;
        assert_eq!((stored.unwrap(), result), (roles(&["1:owner", "1:c"]), Ok(())), "already an owner");
    }
}

#[tokio::test]
async fn owner_after_repeated_conflicts_is_a_retryable_error() {
    let concurrent_writes = ["1:b", "1:c", "1:d", "1:e", "1:f", "1:g"].map(|id| roles(&[id]));
    let (stored, result) = add_owner(None, concurrent_writes.to_vec()).await;
    assert_eq!(stored, Some(roles(&["1:c"])), "the fifth concurrent write");
    let error = result.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert_eq!(error.to_string(), "concurrent changes to the roles of local|u in 1: try again");
}

#[tokio::test]
async fn owner_above_the_role_limit_is_rejected() {
    let many: Vec<String> = (0..99).map(|n| format!("1:{n}")).collect();
    let many = many.iter().map(String::as_str).collect::<Vec<_>>();
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let org: OrgId = "1".parse().unwrap();
    let user: UserId = "local|u".parse().unwrap();
    let put = |value| provisioning.ledger.items().insert(ItemKey::Assignment(org.clone(), user.clone()), value);
    put(roles(&many));
    let error = provisioning.with_owner(&org, &user).await.unwrap_err().to_string();
    assert!(error.contains("`local|u` would exceed the role limit in `1`: 100 roles, at most 99"), "{error}");
    put(roles(&many[1..]));
    assert!(provisioning.with_owner(&org, &user).await.is_ok());
}

#[test]
fn assignment_above_the_role_limit_rejects_the_manifest() {
    let assigned = |roles: &[String]| {
        let assignments =
            json!([{"org": "1", "user": "u", "roles": ["1:a"]}, {"org": "1", "user": "v", "roles": roles}]);
        read(&json!({"roles": [], "assignments": assignments}).to_string()).map(|manifest| manifest.items().len())
    };
    let short: Vec<String> = (0..100).map(|n| format!("1:{n}")).collect();
    assert_eq!(assigned(&short[1..]), Ok(2));
    let message = "assignment of `local|v` exceeds the role limit in `1`: 100 roles, at most 99 are allowed";
    assert_eq!(assigned(&short), Err(message.to_owned()));

    let mut long: Vec<String> = (0..56).map(|n| format!("1:{n:064}")).chain(["1:last".to_owned()]).collect();
    assert_eq!(long.join(" ").len(), 3_758);
    long.remove(0);
    assert_eq!((long.join(" ").len(), assigned(&long)), (3_691, Ok(2)));
    long[55].push_str("_of_these");
    assert_eq!((long.join(" ").len(), assigned(&long)), (3_700, Ok(2)));
    long[55].push('s');
    assert!(assigned(&long).unwrap_err().contains("limit in `1`: role ids of 3701 bytes including separators"));
}

#[test]
fn assignment_names_a_user_or_a_principal() {
    let text = json!({"roles": [], "assignments": [
        {"org": "1", "user": "u", "roles": []}, {"org": "1", "principal": "idp-2|auth0|u", "roles": []},
    ]});
    let manifest = read(&text.to_string()).unwrap();
    let keys: Vec<_> = manifest.items().iter().map(|item| item.key.to_string()).collect();
    assert_eq!(keys, ["roles of local|u in 1", "roles of idp-2|auth0|u in 1"]);
    let error = AccessManifest::parse(text.to_string().as_bytes(), None).unwrap_err();
    assert_eq!(error, ManifestError::MissingProvider("u".to_owned()));
}

#[test]
fn invalid_manifest_is_rejected_with_the_rule() {
    let role = |grant: &Value| json!({"id": "1:a", "name": "", "grants": [grant]});
    let assign = |members: Value| {
        let mut assignment = json!({"org": "1", "roles": []});
        assignment.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"roles": [], "assignments": [assignment]}).to_string()
    };
    let allow = json!({"action": "x"});
    for (text, words) in [
        (String::new(), "EOF while parsing"),
        ("{}".to_owned(), "neither roles nor assignments are declared"),
        ("[[], []]".to_owned(), "invalid type: sequence"),
        (
            r#"{"roles": [{"id": "1:a", "name": "A", "grants": [{"action": "a", "effect": "deny", "effect": "allow"}]}]}"#
                .to_owned(),
            "`effect` is duplicated",
        ),
        (json!({"roles": [], "assignments": [], "more": 1}).to_string(), "unknown field `more`"),
        (
            json!({"roles": [{"id": "owner", "name": "", "grants": []}], "assignments": []}).to_string(),
            "a role id must have the form",
        ),
        (
            json!({"roles": [role(&json!({"action": "x", "effect": "Deny"}))], "assignments": []}).to_string(),
            "role `1:a` has an invalid grant: {",
        ),
        (
            json!({"roles": [role(&allow), role(&allow)], "assignments": []}).to_string(),
            "item for the role 1:a is declared twice",
        ),
        (
            assign(json!({"user": "u", "roles": ["2:owner"]})),
            "of `local|u` contains the role `2:owner` of another organization",
        ),
        (assign(json!({"user": "a b "})), "user `a b ` must be 1 to 255 printable ASCII characters"),
        (assign(json!({})), "must have either a `user` or a `principal`"),
        (assign(json!({"user": "u", "principal": "local|u"})), "must have either a `user` or a `principal`"),
        (assign(json!({"principal": "u"})), "principal `u` must be `<provider>|<subject>`"),
        (assign(json!({"principal": "api_5ZugdRXasLfWBypHi93Fk"})), "must be `<provider>|<subject>`"),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}

#[tokio::test]
async fn export_of_stored_items_applies_without_change() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let items = sample(&json!([{"action": "*:view", "resource": "r/*"}, {"action": "x", "effect": "deny"}]));
    let compared = provisioning.compare(items.items()).await.unwrap();
    provisioning.write(&compared).await.unwrap();
    let exported =
        AccessManifest::export(&provisioning.ledger.list_items(&"1".parse().unwrap()).await.unwrap()).unwrap();
    let parsed = AccessManifest::parse(exported.to_string().as_bytes(), None).unwrap();
    assert_eq!(parsed.items().len(), 3);
    let compared = provisioning.compare(parsed.items()).await.unwrap();
    assert!(compared.iter().all(|(change, _)| *change == Change::Unchanged), "{compared:?}");
    provisioning.check_roles(parsed.items()).await.unwrap();
}

#[test]
fn export_of_unreadable_or_invalid_item_is_an_error() {
    let key = ItemKey::Role("1:a".parse().unwrap());
    let export = |value| AccessManifest::export(&[(key.clone(), value)]);
    assert_eq!(export(ItemValue::Unreadable), Err(ApplyError::InvalidItem(key.clone())));
    let invalid = ItemValue::Role { name: "A".to_owned(), grants: json!([{"action": "a", "condition": {}}]) };
    assert!(matches!(export(invalid), Err(ApplyError::InvalidExport(ManifestError::InvalidGrant(..)))));
}

/// A role that was deleted after its assignment stays assignable, so that an export can be applied.
#[tokio::test]
async fn assigned_role_without_item_may_stay_assigned() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let file = read(&json!({"assignments": [{"org": "1", "user": "u", "roles": ["1:gone"]}]}).to_string()).unwrap();
    let unknown = provisioning.check_roles(file.items()).await;
    assert!(matches!(unknown, Err(ApplyError::UnknownRole(..))), "{unknown:?}");
    let DesiredItem { key, value, .. } = file.items()[0].clone();
    provisioning.ledger.items().insert(key, value);
    assert_eq!(provisioning.check_roles(file.items()).await, Ok(()));
    let assignment = |user: &str| json!({"org": "1", "user": user, "roles": ["1:gone"]});
    let both = read(&json!({"assignments": [assignment("u"), assignment("other")]}).to_string()).unwrap();
    let unknown = provisioning.check_roles(both.items()).await;
    assert!(matches!(unknown, Err(ApplyError::UnknownRole(..))), "of another user: {unknown:?}");
}
