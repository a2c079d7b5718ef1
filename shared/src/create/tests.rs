#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::{Value, json};

use super::*;
use crate::{
    caller::tests::{person, token},
    jwt::samples,
    memory::{Always, At, Keys, Memory},
    ports::PortError,
    token::samples as tokens,
};

const KEY: &str = "ZZZZZZZZZZZZZZZZZZZZZ";

fn create(ledger: &Memory) -> Create<Memory, Keys, Always, At> {
    Create {
        ledger: ledger.clone(),
        signer: Keys(samples::both()[1]),
        ids: Always(KEY),
        clock: At(tokens::at(1_000)),
        issuer: Issuer {
            issuer: "https://a.example/v1/access-tokens".to_owned(),
            audience: "https://a.example".to_owned(),
        },
    }
}

async fn make(ledger: &Memory, caller: &Caller, body: Value) -> Result<Token, Failure> {
    let order = Order::read(body.as_object().unwrap())?;
    create(ledger).run(caller, order).await.map(|issued| issued.token().clone())
}

#[tokio::test]
async fn a_token_carries_what_was_ordered_and_is_recorded() {
    let ledger = Memory::default();
    let made = make(&ledger, &person(&["123:a"]), json!({"name": "n", "expires_in": "1h"})).await.unwrap();
    assert_eq!(made.id.to_string(), format!("api_{KEY}"));
    assert_eq!(made.token_type.access().roles, ["123:a".parse().unwrap()]);
    assert_eq!((made.created_at.seconds(), made.expires_at), (1_000, Some(tokens::at(4_600))));
    assert_eq!(made.created_by.to_string(), "local|1001");
    assert_eq!(ledger.token(&made.id), Some(made));
}

#[tokio::test]
async fn a_signer_that_fails_leaves_nothing_behind() {
    struct Failing;
    impl Signer for Failing {
        async fn key(&self) -> Result<VerifyingKey, PortError> {
            Ok(samples::both()[1].public())
        }
        async fn sign(&self, _: [u8; 32]) -> Result<Vec<u8>, PortError> {
            Err(PortError::Unavailable("throttled".to_owned()))
        }
    }
    let ledger = Memory::default();
    let Create { ids, clock, issuer, .. } = create(&ledger);
    let create = Create { ledger: ledger.clone(), signer: Failing, ids, clock, issuer };
    let order = Order::read(json!({"name": "n"}).as_object().unwrap()).unwrap();
    let failure = create.run(&person(&["123:a"]), order).await.unwrap_err();
    assert_eq!(failure, Failure::Unavailable("throttled".to_owned()));
    assert!(ledger.state().tokens.is_empty());
}

#[tokio::test]
async fn a_token_that_could_not_be_recorded_is_not_given_out() {
    let ledger = Memory::default();
    ledger.state().failing = Some(PortError::Unavailable("down".to_owned()));
    let made = make(&ledger, &person(&["123:a"]), json!({"name": "n"})).await;
    assert_eq!(made, Err(Failure::Unavailable("down".to_owned())));
}

#[tokio::test]
async fn an_id_that_is_taken_by_another_token_is_not_given_out() {
    let ledger = Memory::default();
    let body = json!({"name": "n"});
    assert!(make(&ledger, &person(&["123:a"]), body.clone()).await.is_ok());
    assert!(make(&ledger, &person(&["123:a"]), body).await.is_ok(), "the same write again is the same token");
    let other = make(&ledger, &person(&["123:a"]), json!({"name": "other"})).await;
    assert_eq!(other, Err(Failure::Internal("the id is taken".to_owned())));
}

#[tokio::test]
async fn only_an_owner_who_names_roles_beyond_their_own_reads_the_ledger() {
    let ledger = Memory::default().role("123:b", &json!([]));
    let named = json!({"name": "n", "assignments": ["123:b"]});
    assert!(make(&ledger, &person(&["123:owner"]), named.clone()).await.is_ok());
    assert_eq!(ledger.state().calls, 2);
    let refused = make(&ledger, &person(&["123:a"]), named).await;
    assert_eq!(refused, Err(Failure::RoleNotHeld("123:b".parse().unwrap())));
    let absent = make(&ledger, &person(&["123:owner"]), json!({"name": "n", "assignments": ["123:c"]})).await;
    assert_eq!(absent, Err(Failure::RoleNotHeld("123:c".parse().unwrap())));
}

#[tokio::test]
async fn a_child_names_its_parent_and_is_never_wider() {
    let ledger = Memory::default();
    let mut parent = token(&["123:a"], None, Some(tokens::at(5_000)));
    let flags = parent.token.as_mut().unwrap();
    (flags.anonymize, flags.read_only) = (true, true);
    let child = make(&ledger, &parent, json!({"name": "n", "anonymize": false, "read_only": false})).await.unwrap();
    assert_eq!(child.parent, parent.token.as_ref().map(|token| token.id.clone()));
    assert_eq!(child.expires_at, Some(tokens::at(5_000)));
    assert!(child.token_type.access().anonymize && child.token_type.access().read_only);
    let longer = make(&ledger, &parent, json!({"name": "n", "expires_in": 4_001})).await;
    assert_eq!(longer, Err(Failure::LifetimeExceedsParent(tokens::at(5_000))));
}

#[tokio::test]
async fn a_child_cannot_make_tokens() {
    let child = token(&["123:owner"], Some(tokens::plain().id), None);
    assert_eq!(make(&Memory::default(), &child, json!({"name": "n"})).await, Err(Failure::TooDeep));
}

#[tokio::test]
async fn a_token_too_long_for_a_header_is_refused_with_how_many_roles_fit_beside_those_that_deny() {
    let roles: Vec<String> = (10..60).map(|n| format!("123:{n}{}", "r".repeat(60))).collect();
    let mut caller = person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    caller.deny_roles = caller.roles[48..].to_vec();
    let (ledger, name) = (Memory::default(), "\u{1f511}".repeat(255));
    let sentence = make(&ledger, &caller, json!({"name": name})).await.unwrap_err().sentence();
    let fit: usize = sentence.split("the first ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(ledger.state().tokens.is_empty());
    let fewer = |n: usize| make(&ledger, &caller, json!({"name": name, "assignments": roles[..n]}));
    assert!(matches!(fewer(fit + 1).await, Err(Failure::Invalid(_))));
    assert_eq!(fewer(fit).await.unwrap().token_type.access().roles.len(), fit + 2);
}
