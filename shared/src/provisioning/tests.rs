#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
};

use serde_json::json;

use super::*;
use crate::token::ProviderName;

/// Roles and assignments in memory.
#[derive(Default)]
struct InMemoryStore {
    rows: Mutex<HashMap<ItemKey, ItemValue>>,
    puts: Mutex<Vec<ItemKey>>,
    /// What another operator writes in the same place before each write here, one for each.
    meanwhile: Mutex<Vec<ItemValue>>,
}

impl InMemoryStore {
    fn rows(&self) -> MutexGuard<'_, HashMap<ItemKey, ItemValue>> {
        self.rows.lock().unwrap()
    }
}

impl AdminStore for InMemoryStore {
    async fn read_item(&self, key: &ItemKey) -> Result<Option<ItemValue>, PortError> {
        Ok(self.rows().get(key).cloned())
    }

    async fn put_item(&self, item: &DesiredItem) -> Result<bool, PortError> {
        if let Some(other) = self.meanwhile.lock().unwrap().pop() {
            self.rows().insert(item.key.clone(), other);
        }
        if matches!(&item.precondition, Precondition::Unchanged(there) if self.rows().get(&item.key) != there.as_ref())
        {
            return Ok(false);
        }
        self.puts.lock().unwrap().push(item.key.clone());
        self.rows().insert(item.key.clone(), item.value.clone());
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
async fn what_is_already_there_is_not_written_again_and_a_difference_is() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let changes = |compared: &[(Change, DesiredItem)]| compared.iter().map(|(change, _)| *change).collect::<Vec<_>>();
    let compared = provisioning.compare(sample(&json!([{"action": "x"}])).items()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Added; 3]);
    assert!(provisioning.ledger.rows().is_empty());
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
async fn an_owner_keeps_the_roles_that_they_have() {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let (org, person) = ("1".parse().unwrap(), "local|u".parse().unwrap());
    provisioning.write(&provisioning.compare(sample(&json!([])).items()).await.unwrap()).await.unwrap();
    let item = provisioning.with_owner(&org, &person).await.unwrap();
    assert_eq!(item.value, ItemValue::Assignment(vec!["1:a".parse().unwrap(), RoleId::owner(&org)]));
    provisioning.write(&provisioning.compare(std::slice::from_ref(&item)).await.unwrap()).await.unwrap();
    let again = provisioning.with_owner(&org, &person).await.unwrap();
    assert_eq!(again.value, item.value);
    assert_eq!(provisioning.compare(std::slice::from_ref(&again)).await.unwrap(), [(Change::Unchanged, again)]);

    provisioning.ledger.rows().insert(item.key, ItemValue::Unreadable);
    assert!(matches!(provisioning.with_owner(&org, &person).await, Err(ApplyError::InvalidItem(_))));
}

fn roles(ids: &[&str]) -> ItemValue {
    ItemValue::Assignment(ids.iter().map(|id| id.parse().unwrap()).collect())
}

/// What lies in the end where an owner is added while another operator writes these, and how the adding ended.
async fn added_owner(
    before: Option<ItemValue>,
    meanwhile: Vec<ItemValue>,
) -> (Option<ItemValue>, Result<(), ApplyError>) {
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let (org, person): (OrgId, UserId) = ("1".parse().unwrap(), "local|u".parse().unwrap());
    let key = ItemKey::Assignment(org.clone(), person.clone());
    provisioning.ledger.rows().extend(before.map(|content| (key.clone(), content)));
    let compared = provisioning.compare(&[provisioning.with_owner(&org, &person).await.unwrap()]).await.unwrap();
    *provisioning.ledger.meanwhile.lock().unwrap() = meanwhile;
    let ended = provisioning.write(&compared).await;
    (provisioning.ledger.rows().get(&key).cloned(), ended)
}

#[tokio::test]
async fn an_owner_is_added_to_what_another_operator_wrote_meanwhile() {
    for before in [None, Some(roles(&["1:a"]))] {
        let (there, ended) = added_owner(before.clone(), vec![roles(&["1:b"])]).await;
        assert_eq!((there.unwrap(), ended), (roles(&["1:b", "1:owner"]), Ok(())));
        let (there, ended) = added_owner(before, vec![roles(&["1:owner", "1:c"])]).await;
        assert_eq!((there.unwrap(), ended), (roles(&["1:owner", "1:c"]), Ok(())), "they are the owner already");
    }
}

#[tokio::test]
async fn an_owner_who_cannot_be_added_since_others_write_each_time_takes_nothing_from_them() {
    let others = ["1:b", "1:c", "1:d", "1:e", "1:f", "1:g"].map(|id| roles(&[id]));
    let (there, ended) = added_owner(None, others.to_vec()).await;
    assert_eq!(there, Some(roles(&["1:c"])), "the fifth that was written");
    let error = ended.unwrap_err();
    assert!(error.is_retryable(), "{error:?}");
    assert_eq!(error.to_string(), "others change the roles of local|u in 1 at the same time: try again");
}

#[tokio::test]
async fn nobody_is_made_an_owner_who_would_be_locked_out() {
    let many: Vec<String> = (0..99).map(|n| format!("1:{n}")).collect();
    let many = many.iter().map(String::as_str).collect::<Vec<_>>();
    let provisioning = Provisioning { ledger: InMemoryStore::default() };
    let (org, person): (OrgId, UserId) = ("1".parse().unwrap(), "local|u".parse().unwrap());
    let put = |content| provisioning.ledger.rows().insert(ItemKey::Assignment(org.clone(), person.clone()), content);
    put(roles(&many));
    let refused = provisioning.with_owner(&org, &person).await.unwrap_err().to_string();
    assert!(refused.contains("local|u would be locked out of 1: 100 roles, and 99 at most"), "{refused}");
    put(roles(&many[1..]));
    assert!(provisioning.with_owner(&org, &person).await.is_ok());
}

#[test]
fn an_assignment_that_would_lock_a_person_out_refuses_the_whole_file() {
    let assigned = |roles: &[String]| {
        let assignments =
            json!([{"org": "1", "user": "u", "roles": ["1:a"]}, {"org": "1", "user": "v", "roles": roles}]);
        read(&json!({"roles": [], "assignments": assignments}).to_string()).map(|setup| setup.items().len())
    };
    let short: Vec<String> = (0..100).map(|n| format!("1:{n}")).collect();
    assert_eq!(assigned(&short[1..]), Ok(2));
    let number = "assignment of `local|v` would lock them out of `1`: 100 roles, and 99 at most can be looked up";
    assert_eq!(assigned(&short), Err(number.to_owned()));

    let mut long: Vec<String> = (0..56).map(|n| format!("1:{n:064}")).chain(["1:last".to_owned()]).collect();
    assert_eq!(long.join(" ").len(), 3_758);
    long.remove(0);
    assert_eq!((long.join(" ").len(), assigned(&long)), (3_691, Ok(2)));
    long[55].push_str("_of_these");
    assert_eq!((long.join(" ").len(), assigned(&long)), (3_700, Ok(2)));
    long[55].push('s');
    assert!(assigned(&long).unwrap_err().contains("out of `1`: roles of 3701 bytes with a blank"));
}

#[test]
fn a_person_is_a_user_of_the_provider_or_a_whole_principal() {
    let text = json!({"roles": [], "assignments": [
        {"org": "1", "user": "u", "roles": []}, {"org": "1", "principal": "idp-2|auth0|u", "roles": []},
    ]});
    let setup = read(&text.to_string()).unwrap();
    let keys: Vec<_> = setup.items().iter().map(|item| item.key.to_string()).collect();
    assert_eq!(keys, ["roles of local|u in 1", "roles of idp-2|auth0|u in 1"]);
    let unknown = AccessManifest::parse(text.to_string().as_bytes(), None).unwrap_err();
    assert_eq!(unknown, ManifestError::NoProvider("u".to_owned()));
}

#[test]
fn a_broken_setup_is_refused_with_what_is_wrong() {
    let role = |grant: &Value| json!({"id": "1:a", "name": "", "grants": [grant]});
    let assign = |members: Value| {
        let mut assignment = json!({"org": "1", "roles": []});
        assignment.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"roles": [], "assignments": [assignment]}).to_string()
    };
    let allow = json!({"action": "x"});
    for (text, words) in [
        (String::new(), "EOF while parsing"),
        ("{}".to_owned(), "missing field `roles`"),
        (json!({"roles": [], "assignments": [], "more": 1}).to_string(), "unknown field `more`"),
        (json!({"roles": [{"id": "owner", "name": "", "grants": []}], "assignments": []}).to_string(), "a role id is"),
        (
            json!({"roles": [role(&json!({"action": "x", "effect": "Deny"}))], "assignments": []}).to_string(),
            "role `1:a` has a grant that is not understood: {",
        ),
        (json!({"roles": [role(&allow), role(&allow)], "assignments": []}).to_string(), "two items for the role 1:a"),
        (
            assign(json!({"user": "u", "roles": ["2:owner"]})),
            "of `local|u` gives the role `2:owner` of another organization",
        ),
        (assign(json!({"user": "a b"})), "user `a b` is no subject"),
        (assign(json!({})), "name either a `user` or a `principal`"),
        (assign(json!({"user": "u", "principal": "local|u"})), "name either a `user` or a `principal`"),
        (assign(json!({"principal": "u"})), "principal `u` is no person"),
        (assign(json!({"principal": "api_5ZugdRXasLfWBypHi93Fk"})), "is no person"),
    ] {
        let error = read(&text).unwrap_err();
        assert!(error.contains(words), "{error}");
    }
}
