#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod delegation_chain;

use serde_json::{Value, json};

use super::*;
use crate::{
    caller::tests::{person, token, token_mut},
    jwt::{VerifyingKey, samples},
    memory::{Always, At, Keys, Memory},
    ports::{PortError, PortErrorKind, Service},
    token::{Claims, samples as tokens},
};

fn throttled() -> PortError {
    PortError::new(Service::Kms, "Sign", PortErrorKind::Throttled)
}

fn unreachable() -> PortError {
    PortError::new(Service::DynamoDb, "PutItem", PortErrorKind::Unreachable)
}

const KEY: &str = "ZZZZZZZZZZZZZZZZZZZZZ";

fn create(ledger: &Memory) -> Create<Memory, Keys, Always, At> {
    Create {
        ledger: ledger.clone(),
        signers: Families { access: Keys(samples::both()[1]), public: Keys(samples::both()[0]) },
        ids: Always(KEY),
        clock: At(tokens::at(1_000)),
        issuers: issuers(),
        max_lifetime: None,
    }
}

fn issuers() -> Families<Issuer> {
    let issuer = |path: &str| Issuer {
        issuer: format!("https://a.example/v1/access-tokens{path}"),
        audience: "https://a.example".to_owned(),
    };
    Families { access: issuer(""), public: issuer("/public") }
}

async fn make(ledger: &Memory, caller: &Caller, body: Value) -> Result<Token, ApiError> {
    let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
    create(ledger).run(caller, request, None).await.map(|issued| issued.token().clone())
}

#[tokio::test]
async fn a_token_carries_what_was_ordered_and_is_recorded() {
    let ledger = Memory::default();
    let made = make(&ledger, &person(&["123:a"]), json!({"name": "n", "expires_in": "1h"})).await.unwrap();
    assert_eq!(made.id.to_string(), format!("api_{KEY}"));
    assert_eq!(made.token_type.roles(), ["123:a".parse().unwrap()]);
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
            Err(throttled())
        }
    }
    let ledger = Memory::default();
    let Create { ids, clock, issuers, max_lifetime, .. } = create(&ledger);
    let signers = Families { access: Failing, public: Failing };
    let create = Create { ledger: ledger.clone(), signers, ids, clock, issuers, max_lifetime };
    let request = CreateTokenRequest::parse(json!({"name": "n"}).as_object().unwrap()).unwrap();
    let failure = create.run(&person(&["123:a"]), request, None).await.unwrap_err();
    assert_eq!(failure, throttled().into());
    assert!(ledger.state().tokens.is_empty());
}

#[tokio::test]
async fn a_token_that_could_not_be_recorded_is_not_given_out() {
    let ledger = Memory::default();
    ledger.state().failing = Some(unreachable());
    let made = make(&ledger, &person(&["123:a"]), json!({"name": "n"})).await;
    assert_eq!(made, Err(unreachable().into()));
}

#[tokio::test]
async fn an_id_that_is_taken_by_another_token_is_not_given_out() {
    let ledger = Memory::default();
    let body = json!({"name": "n"});
    assert!(make(&ledger, &person(&["123:a"]), body.clone()).await.is_ok());
    assert!(make(&ledger, &person(&["123:a"]), body).await.is_ok(), "the same write again is the same token");
    let other = make(&ledger, &person(&["123:a"]), json!({"name": "other"})).await;
    assert_eq!(other, Err(ApiError::internal("the id is taken")));
}

#[tokio::test]
async fn only_an_owner_who_names_roles_beyond_their_own_reads_the_ledger() {
    let ledger = Memory::default().role("123:b", &json!([]));
    let named = json!({"name": "n", "assignments": ["123:b"]});
    assert!(make(&ledger, &person(&["123:owner"]), named.clone()).await.is_ok());
    assert_eq!(ledger.state().calls, 2);
    let refused = make(&ledger, &person(&["123:a"]), named).await;
    assert_eq!(refused, Err(ApiError::RoleNotHeld("123:b".parse().unwrap())));
    let absent = make(&ledger, &person(&["123:owner"]), json!({"name": "n", "assignments": ["123:c"]})).await;
    assert_eq!(absent, Err(ApiError::RoleNotHeld("123:c".parse().unwrap())));
}

#[tokio::test]
async fn a_child_names_its_parent_and_is_never_wider() {
    let ledger = Memory::default();
    let mut parent = token(&["123:a"], None, Some(tokens::at(5_000)));
    let flags = token_mut(&mut parent);
    flags.anonymize = true;
    flags.read_only = true;
    let child = make(&ledger, &parent, json!({"name": "n", "anonymize": false, "read_only": false})).await.unwrap();
    assert_eq!(child.parent, parent.token().map(|token| token.id.clone()));
    assert_eq!(child.expires_at, Some(tokens::at(5_000)));
    assert!(child.token_type.access().is_some_and(|access| access.anonymize && access.read_only));
    let public = make(&ledger, &parent, json!({"name": "n", "journey_id": "j"})).await;
    assert!(matches!(public, Err(ApiError::PermissionDenied(_))), "a public token cannot be anonymized: {public:?}");
    let longer = make(&ledger, &parent, json!({"name": "n", "expires_in": 4_001})).await;
    assert_eq!(longer, Err(ApiError::LifetimeExceedsParent(tokens::at(5_000))));
}

#[tokio::test]
async fn a_public_token_carries_no_roles_and_is_signed_by_its_own_family() {
    let ledger = Memory::default();
    let request = CreateTokenRequest::parse(json!({"name": "n", "journey_id": "j"}).as_object().unwrap()).unwrap();
    let issued = create(&ledger).run(&person(&["123:a"]), request, None).await.unwrap();
    assert_eq!((issued.token().token_type.roles(), issued.token().token_type.journey_id()), (&[][..], Some("j")));
    assert_eq!(
        json!(Claims::of(issued.token(), &issuers().public))["iss"],
        "https://a.example/v1/access-tokens/public"
    );
    let jwt = issued.expose_secret();
    let unverified = crate::jwt::Unverified::parse(&jwt).unwrap();
    assert_eq!(unverified.kid(), Some(samples::both()[0].public().kid()));
    assert_eq!(unverified.issuer(), "https://a.example/v1/access-tokens/public");
}

#[tokio::test]
async fn a_token_ends_within_what_the_operator_allows() {
    let ledger = Memory::default();
    let ask = async |body: Value| {
        let create = Create { max_lifetime: Some("1d".parse().unwrap()), ..create(&ledger) };
        create.run(&person(&["123:a"]), CreateTokenRequest::parse(body.as_object().unwrap())?, None).await.map(|_| ())
    };
    assert_eq!(ask(json!({"name": "n", "expires_in": "1d"})).await, Ok(()));
    for body in
        [json!({"name": "n"}), json!({"name": "n", "expires_in": "2d"}), json!({"name": "n", "token_type": "app"})]
    {
        let sentence = ask(body).await.unwrap_err().public_message();
        assert!(sentence.contains("86400 seconds at most"), "{sentence}");
    }
}

/// A create with the idempotency key `key`.
async fn keyed(ledger: &Memory, caller: &Caller, key: &str, body: Value) -> Result<Token, ApiError> {
    let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
    let issued = create(ledger).run(caller, request, Some(&key.parse().unwrap())).await;
    issued.map(|issued| issued.token().clone())
}

#[tokio::test]
async fn the_same_key_and_body_again_give_the_same_token_as_it_was_recorded() {
    let ledger = Memory::default();
    let caller = person(&["123:a"]);
    let first = keyed(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let row = ledger.token(&first.id).unwrap();
    ledger.state().tokens.insert(first.id.key().clone(), Ok(Token { created_at: tokens::at(900), ..row }));
    let again = keyed(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    assert_eq!((again.id, again.created_at), (first.id.clone(), tokens::at(900)));
    assert_eq!(ledger.state().tokens.len(), 1);
    assert_ne!(keyed(&ledger, &caller, "other", json!({"name": "n"})).await.unwrap().id, first.id);
}

#[tokio::test]
async fn a_key_used_for_another_body_or_for_a_token_that_is_over_is_refused() {
    let ledger = Memory::default();
    let caller = person(&["123:a"]);
    let made = keyed(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let other = keyed(&ledger, &caller, "k", json!({"name": "n", "token_type": "app"})).await;
    assert_eq!(other, Err(ApiError::IdempotencyMismatch));
    for over in [
        Token { revocation: tokens::revoked().revocation, ..made.clone() },
        Token { expires_at: Some(tokens::at(1_000)), ..made.clone() },
    ] {
        ledger.state().tokens.insert(made.id.key().clone(), Ok(over));
        let again = keyed(&ledger, &caller, "k", json!({"name": "n"})).await;
        assert_eq!(again, Err(ApiError::IdempotencyConflict));
    }
}

#[tokio::test]
async fn a_replay_passes_every_check_of_a_new_request() {
    let ledger = Memory::default();
    let body = json!({"name": "n", "assignments": ["123:a"]});
    let created_at_another_second = |made: &Token| {
        ledger.state().tokens.insert(made.id.key().clone(), Ok(Token { created_at: tokens::at(999), ..made.clone() }));
    };
    let made = keyed(&ledger, &person(&["123:a", "123:b"]), "k", body.clone()).await.unwrap();
    created_at_another_second(&made);
    let demoted = keyed(&ledger, &person(&["123:b"]), "k", body.clone()).await;
    assert_eq!(demoted, Err(ApiError::RoleNotHeld("123:a".parse().unwrap())));
    let mut denied = person(&["123:a", "123:no"]);
    denied.deny_roles = vec!["123:no".parse().unwrap()];
    let narrower = keyed(&ledger, &denied, "k", body).await;
    assert!(matches!(narrower, Err(ApiError::PermissionDenied(_))), "{narrower:?}");
    let whole = keyed(&ledger, &person(&["123:a"]), "whole", json!({"name": "n"})).await.unwrap();
    created_at_another_second(&whole);
    let widened = keyed(&ledger, &person(&["123:b"]), "whole", json!({"name": "n"})).await;
    assert_eq!(widened, Err(ApiError::RoleNotHeld("123:a".parse().unwrap())), "the roles of then, not of now");
}

#[tokio::test]
async fn a_replay_is_judged_by_the_token_that_is_there_and_not_by_what_could_be_made_now() {
    let ledger = Memory::default();
    let again = async |caller: &Caller, second: i64, max_lifetime: Option<&str>, body: &Value| {
        let clock = At(tokens::at(second));
        let max_lifetime = max_lifetime.map(|text| text.parse().unwrap());
        let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
        let create = Create { clock, max_lifetime, ..create(&ledger) };
        create.run(caller, request, Some(&"k".parse().unwrap())).await.map(|issued| issued.token().clone())
    };
    let (parent, hour) = (token(&["123:a"], None, Some(tokens::at(4_600))), json!({"name": "n", "expires_in": "1h"}));
    let child = again(&parent, 1_000, None, &hour).await.unwrap();
    assert_eq!(again(&parent, 1_001, None, &hour).await, Ok(child), "its hour from now would outlive the parent");
    let mut person = person(&["123:a"]);
    let made = again(&person, 1_000, None, &json!({"name": "n"})).await.unwrap();
    let many: Vec<RoleId> = (0..51).map(|n| format!("123:{n}").parse().unwrap()).collect();
    person.roles.extend(many);
    assert_eq!(again(&person, 1_001, None, &json!({"name": "n"})).await, Ok(made), "the roles of then");
    let late = again(&person, 1_002, Some("1d"), &json!({"name": "n"})).await;
    assert!(
        matches!(late, Err(ApiError::Invalid(_))),
        "it has no expiry, and the max_lifetime is a check as well: {late:?}"
    );
    let other = again(&person, 1_002, None, &json!({"name": "other"})).await;
    assert_eq!(other, Err(ApiError::IdempotencyMismatch));
}

#[tokio::test]
async fn an_owners_replay_looks_roles_up_once() {
    let ledger = Memory::default().role("123:b", &json!([]));
    let (owner, body) = (person(&["123:owner"]), json!({"name": "n", "assignments": ["123:b"]}));
    let made = keyed(&ledger, &owner, "k", body.clone()).await.unwrap();
    ledger.state().tokens.insert(made.id.key().clone(), Ok(Token { created_at: tokens::at(900), ..made.clone() }));
    ledger.state().calls = 0;
    assert_eq!(keyed(&ledger, &owner, "k", body).await.unwrap().id, made.id);
    assert_eq!(ledger.state().calls, 2, "one look at the role, one attempt to record");
}

#[tokio::test]
async fn a_child_cannot_make_tokens() {
    let child = token(&["123:owner"], Some(tokens::plain().id), None);
    assert_eq!(make(&Memory::default(), &child, json!({"name": "n"})).await, Err(ApiError::TooDeep));
}

#[tokio::test]
async fn a_token_too_long_for_a_header_is_refused_with_how_many_roles_fit_beside_those_that_deny() {
    let roles: Vec<String> = (10..60).map(|n| format!("123:{n}{}", "r".repeat(60))).collect();
    let mut caller = person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    caller.deny_roles = caller.roles[48..].to_vec();
    let (ledger, name) = (Memory::default(), "\u{1f511}".repeat(255));
    let sentence = make(&ledger, &caller, json!({"name": name})).await.unwrap_err().public_message();
    let fit: usize = sentence.split("the first ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(ledger.state().tokens.is_empty());
    let fewer = |n: usize| make(&ledger, &caller, json!({"name": name, "assignments": roles[..n]}));
    assert!(matches!(fewer(fit + 1).await, Err(ApiError::Invalid(_))));
    assert_eq!(fewer(fit).await.unwrap().token_type.roles().len(), fit + 2);
}

#[tokio::test]
async fn a_row_under_a_keys_id_that_somebody_else_made_is_not_given_out() {
    let ledger = Memory::default();
    let caller = token(&["123:a"], None, None);
    let made = keyed(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let there = |token: Token| ledger.state().tokens.insert(made.id.key().clone(), Ok(token));
    for other in [
        Token { org: "456".parse().unwrap(), ..made.clone() },
        Token { created_by: "local|9".parse().unwrap(), ..made.clone() },
        Token { parent: None, ..made.clone() },
        Token { fingerprint: None, ..made.clone() },
    ] {
        there(other);
        let again = keyed(&ledger, &caller, "k", json!({"name": "n"})).await;
        assert_eq!(again, Err(ApiError::internal("the id is taken")));
    }
    there(made.clone());
    assert_eq!(keyed(&ledger, &caller, "k", json!({"name": "n"})).await, Ok(made));
}

#[tokio::test]
async fn a_replayed_token_that_would_outlive_its_parent_is_refused() {
    let ledger = Memory::default();
    let ask = async |end: i64| {
        keyed(&ledger, &token(&["123:a"], None, Some(tokens::at(end))), "k", json!({"name": "n", "expires_in": "1h"}))
            .await
    };
    let made = ask(9_000).await.unwrap();
    assert_eq!(made.expires_at, Some(tokens::at(4_600)));
    assert_eq!(ask(4_600).await, Ok(made.clone()), "it ends with its parent");
    ledger.state().tokens.insert(made.id.key().clone(), Ok(Token { expires_at: Some(tokens::at(4_601)), ..made }));
    assert_eq!(ask(4_600).await, Err(ApiError::LifetimeExceedsParent(tokens::at(4_600))));
}

#[tokio::test]
async fn a_failure_of_ours_looks_for_no_earlier_token() {
    let ledger = Memory::default();
    ledger.state().failing = Some(unreachable());
    let made = keyed(&ledger, &person(&["123:a"]), "k", json!({"name": "n"})).await;
    assert_eq!(made, Err(unreachable().into()));
    assert_eq!(ledger.state().calls, 1, "one attempt to record");
}
