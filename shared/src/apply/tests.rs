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
struct Book {
    rows: Mutex<HashMap<Place, Content>>,
    puts: Mutex<Vec<Place>>,
}

impl Book {
    fn rows(&self) -> MutexGuard<'_, HashMap<Place, Content>> {
        self.rows.lock().unwrap()
    }
}

impl RowBook for Book {
    async fn present(&self, place: &Place) -> Result<Option<Content>, PortError> {
        Ok(self.rows().get(place).cloned())
    }

    async fn put(&self, entry: &Entry) -> Result<(), PortError> {
        self.puts.lock().unwrap().push(entry.place.clone());
        self.rows().insert(entry.place.clone(), entry.content.clone());
        Ok(())
    }
}

fn read(text: &str) -> Result<Setup, String> {
    let provider: ProviderName = "local".parse().unwrap();
    Setup::parse(text.as_bytes(), Some(&provider)).map_err(|error| error.to_string())
}

fn sample(grants: &Value) -> Setup {
    let roles = json!([{"id": "1:a", "name": "A", "grants": grants}, {"id": "1:b", "name": "B", "grants": []}]);
    read(&json!({"roles": roles, "assignments": [{"org": "1", "user": "u", "roles": ["1:a"]}]}).to_string()).unwrap()
}

#[tokio::test]
async fn what_is_already_there_is_not_written_again_and_a_difference_is() {
    let apply = Apply { ledger: Book::default() };
    let changes = |compared: &[(Change, Entry)]| compared.iter().map(|(change, _)| *change).collect::<Vec<_>>();
    let compared = apply.compare(sample(&json!([{"action": "x"}])).entries()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Added; 3]);
    assert!(apply.ledger.rows().is_empty());
    apply.write(&compared).await.unwrap();
    assert_eq!(apply.ledger.puts.lock().unwrap().len(), 3);

    let compared = apply.compare(sample(&json!([{"action": "y"}])).entries()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Changed, Change::Unchanged, Change::Unchanged]);
    apply.write(&compared).await.unwrap();
    assert_eq!(apply.ledger.puts.lock().unwrap().len(), 4);
    let compared = apply.compare(sample(&json!([{"action": "y"}])).entries()).await.unwrap();
    assert_eq!(changes(&compared), [Change::Unchanged; 3]);
}

#[tokio::test]
async fn an_owner_keeps_the_roles_that_they_have() {
    let apply = Apply { ledger: Book::default() };
    let (org, person) = ("1".parse().unwrap(), "local|u".parse().unwrap());
    apply.write(&apply.compare(sample(&json!([])).entries()).await.unwrap()).await.unwrap();
    let entry = apply.with_owner(&org, &person).await.unwrap();
    assert_eq!(entry.content, Content::Assignment(vec!["1:a".parse().unwrap(), RoleId::owner(&org)]));
    apply.ledger.put(&entry).await.unwrap();
    assert_eq!(apply.with_owner(&org, &person).await.unwrap(), entry);

    apply.ledger.rows().insert(entry.place, Content::Unreadable);
    assert!(matches!(apply.with_owner(&org, &person).await, Err(PortError::Broken(_))));
}

#[test]
fn a_person_is_a_user_of_the_provider_or_a_whole_principal() {
    let text = json!({"roles": [], "assignments": [
        {"org": "1", "user": "u", "roles": []}, {"org": "1", "principal": "idp-2|auth0|u", "roles": []},
    ]});
    let setup = read(&text.to_string()).unwrap();
    let places: Vec<_> = setup.entries().iter().map(|entry| entry.place.to_string()).collect();
    assert_eq!(places, ["roles of local|u in 1", "roles of idp-2|auth0|u in 1"]);
    let unknown = Setup::parse(text.to_string().as_bytes(), None).unwrap_err();
    assert_eq!(unknown, SetupError::NoProvider("u".to_owned()));
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
        (json!({"roles": [role(&allow), role(&allow)], "assignments": []}).to_string(), "two entries for the role 1:a"),
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
