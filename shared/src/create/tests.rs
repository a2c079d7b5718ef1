mod delegation_chain;
mod rotation;

use serde_json::{Value, json};

use super::*;
use crate::{
    caller::tests::{person, token, token_mut},
    jwt::{VerifyingKey, samples},
    memory::{Always, At, Keys, Memory},
    permissions::{GrantLimits, token_grants},
    ports::{PortError, PortErrorKind, Service},
    token::{Access, Claims, samples as tokens},
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

async fn create_token(ledger: &Memory, caller: &Caller, body: Value) -> Result<Token, ApiError> {
    let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
    create(ledger).run(caller, request, None).await.map(|issued| issued.token().clone())
}

#[tokio::test]
async fn create_token_returns_and_stores_requested_token() {
    let ledger = Memory::default();
    let created = create_token(&ledger, &person(&["123:a"]), json!({"name": "n", "expires_in": "1h"})).await.unwrap();
    assert_eq!(created.id.to_string(), format!("api_{KEY}"));
    assert_eq!(created.token_type.roles(), ["123:a".parse().unwrap()]);
    assert_eq!((created.created_at.seconds(), created.expires_at), (1_000, Some(tokens::at(4_600))));
    assert_eq!(created.created_by.to_string(), "local|1001");
    assert_eq!(ledger.token(&created.id), Some(created));
}

#[tokio::test]
async fn create_with_failed_signature_stores_nothing() {
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
    let error = create.run(&person(&["123:a"]), request, None).await.unwrap_err();
    assert_eq!(error, throttled().into());
    assert!(ledger.state().tokens.is_empty());
}

#[tokio::test]
async fn create_with_failed_insert_returns_no_token() {
    let ledger = Memory::default();
    ledger.state().failing = Some(unreachable());
    let created = create_token(&ledger, &person(&["123:a"]), json!({"name": "n"})).await;
    assert_eq!(created, Err(unreachable().into()));
}

#[tokio::test]
async fn create_with_id_of_another_token_is_internal_error() {
    let ledger = Memory::default();
    let body = json!({"name": "n"});
    assert!(create_token(&ledger, &person(&["123:a"]), body.clone()).await.is_ok());
    assert!(create_token(&ledger, &person(&["123:a"]), body).await.is_ok(), "an equal write is idempotent");
    let other = create_token(&ledger, &person(&["123:a"]), json!({"name": "other"})).await;
    assert_eq!(other, Err(ApiError::internal("another token is stored under the id of the new token")));
}

/// Other callers may request only roles that they hold, which the context already contains.
#[tokio::test]
async fn create_reads_ledger_only_for_owner_with_other_roles() {
    let ledger = Memory::default().role("123:b", &json!([]));
    let named = json!({"name": "n", "assignments": ["123:b"]});
    assert!(create_token(&ledger, &person(&["123:owner"]), named.clone()).await.is_ok());
    assert_eq!(ledger.state().calls, 2);
    let rejected = create_token(&ledger, &person(&["123:a"]), named).await;
    assert_eq!(rejected, Err(ApiError::RoleNotHeld("123:b".parse().unwrap())));
    let absent = create_token(&ledger, &person(&["123:owner"]), json!({"name": "n", "assignments": ["123:c"]})).await;
    assert_eq!(absent, Err(ApiError::RoleNotHeld("123:c".parse().unwrap())));
}

#[tokio::test]
async fn child_token_inherits_parent_limits() {
    let ledger = Memory::with([tokens::plain()]);
    let mut parent = token(&["123:a"], None, Some(tokens::at(5_000)));
    let flags = token_mut(&mut parent);
    flags.anonymize = true;
    flags.read_only = true;
    let child =
        create_token(&ledger, &parent, json!({"name": "n", "anonymize": false, "read_only": false})).await.unwrap();
    assert_eq!(child.parent, parent.token().map(|token| token.id.clone()));
    assert_eq!(child.expires_at, Some(tokens::at(5_000)));
    assert!(child.token_type.access().is_some_and(|access| access.anonymize && access.read_only));
    let public = create_token(&ledger, &parent, json!({"name": "n", "journey_id": "j"})).await;
    assert!(matches!(public, Err(ApiError::PermissionDenied(_))), "a public token cannot be anonymized: {public:?}");
    let longer = create_token(&ledger, &parent, json!({"name": "n", "expires_in": 4_001})).await;
    assert_eq!(longer, Err(ApiError::LifetimeExceedsParent(tokens::at(5_000))));
}

/// [`tokens::plain`], the token that calls in these tests, bound to these networks.
fn parent_with(networks: &[&str]) -> Token {
    Token { allowed_networks: Some(tokens::networks(networks)), ..tokens::plain() }
}

#[tokio::test]
async fn child_networks_are_within_those_of_the_parent() {
    let caller = token(&["123:a"], None, None);
    let parent = parent_with(&["10.0.0.0/8", "2001:db8::/32"]);
    for (requested, expected) in [
        (json!(null), Ok(parent.allowed_networks.clone())),
        (json!(["10.1.0.0/16"]), Ok(Some(tokens::networks(&["10.1.0.0/16"])))),
        (json!(["2001:db8::1", "10.0.0.0/8"]), Ok(Some(tokens::networks(&["2001:db8::1", "10.0.0.0/8"])))),
        (json!(["::ffff:10.1.0.0/112"]), Ok(Some(tokens::networks(&["10.1.0.0/16"])))),
        (json!(["0.0.0.0/0"]), Err(ApiError::AddressesExceedParent)),
        (json!(["::/0"]), Err(ApiError::AddressesExceedParent)),
        (json!(["10.1.0.0/16", "11.0.0.1"]), Err(ApiError::AddressesExceedParent)),
    ] {
        for body in
            [json!({"name": "n"}), json!({"name": "n", "journey_id": "j"}), json!({"name": "n", "token_type": "app"})]
        {
            let ledger = Memory::with([parent.clone()]);
            let mut body = body;
            if !requested.is_null() {
                body["allowed_cidrs"] = requested.clone();
            }
            let created = create_token(&ledger, &caller, body.clone()).await.map(|token| token.allowed_networks);
            assert_eq!(created, expected, "{body}");
        }
    }
    let unbound = Memory::with([tokens::plain()]);
    let created = create_token(&unbound, &caller, json!({"name": "n", "allowed_cidrs": ["::/0"]})).await.unwrap();
    assert_eq!(created.allowed_networks, Some(tokens::networks(&["::/0"])));
}

/// [`tokens::plain`], the token that calls in these tests, limited to these grants.
fn parent_limited_to(grants: &Value) -> Token {
    let limits = GrantLimits { grants: Some(token_grants(grants)), parent_grants: None };
    let access = tokens::plain().token_type.access().unwrap().clone();
    Token { token_type: TokenType::Api(Access { grant_limits: limits, ..access }), ..tokens::plain() }
}

#[tokio::test]
async fn child_has_the_grants_of_its_parent() {
    let caller = token(&["123:a"], None, None);
    let parent_grants = json!([{"action": "order:view", "effect": "allow"}]);
    let wider = json!([{"action": "*"}]);
    for (parent, requested, grants, inherited) in [
        (tokens::plain(), None, None, None),
        (tokens::plain(), Some(&wider), Some(&wider), None),
        (parent_limited_to(&parent_grants), None, Some(&parent_grants), None),
        (parent_limited_to(&parent_grants), Some(&wider), Some(&wider), Some(&parent_grants)),
        (parent_limited_to(&parent_grants), Some(&parent_grants), Some(&parent_grants), Some(&parent_grants)),
    ] {
        for type_name in ["api", "app", "assume"] {
            let mut body = json!({"name": "n", "token_type": type_name});
            if let Some(requested) = requested {
                body["grants"] = requested.clone();
            }
            let created = create_token(&Memory::with([parent.clone()]), &caller, body).await.unwrap();
            let limits = &created.token_type.access().unwrap().grant_limits;
            assert_eq!(json!([limits.grants, limits.parent_grants]), json!([grants, inherited]), "{requested:?}");
        }
    }
    let public = json!({"name": "n", "journey_id": "j"});
    let created = create_token(&Memory::with([parent_limited_to(&wider)]), &caller, public).await;
    assert!(matches!(created, Err(ApiError::PermissionDenied(_))), "a public token has no grants: {created:?}");
}

#[tokio::test]
async fn replay_without_the_grants_of_the_parent_is_rejected() {
    let ledger = Memory::with([tokens::plain()]);
    let caller = token(&["123:a"], None, None);
    let view = json!([{"action": "order:view"}]);
    let edit = json!([{"action": "order:edit"}]);
    let replace = |token: Token| ledger.state().tokens.insert(token.id.key().clone(), Ok(token));
    let unlimited = json!({"name": "n"});
    let viewing = json!({"name": "n", "grants": view});
    let public = json!({"name": "n", "portal_id": "p"});
    for (key, body) in [("unlimited", &unlimited), ("viewing", &viewing), ("public", &public)] {
        let created = create_with_key(&ledger, &caller, key, body.clone()).await.unwrap();
        replace(Token { created_at: tokens::at(900), ..created });
    }
    for (parent, [is_unlimited_returned, is_viewing_returned, is_public_returned]) in [
        (tokens::plain(), [true, true, true]),
        (parent_limited_to(&view), [false, true, false]),
        (parent_limited_to(&edit), [false, false, false]),
    ] {
        replace(parent);
        for (key, body, is_returned) in [
            ("unlimited", &unlimited, is_unlimited_returned),
            ("viewing", &viewing, is_viewing_returned),
            ("public", &public, is_public_returned),
        ] {
            let replayed = create_with_key(&ledger, &caller, key, body.clone()).await;
            assert_eq!(replayed.is_ok(), is_returned, "{key}: {replayed:?}");
            assert!(is_returned || matches!(replayed, Err(ApiError::PermissionDenied(_))), "{key}: {replayed:?}");
        }
    }
}

#[tokio::test]
async fn create_by_token_whose_item_is_a_child_is_too_deep() {
    let child = Token { parent: Some("api_CCCCCCCCCCCCCCCCCCCCC".parse().unwrap()), ..tokens::plain() };
    let created = create_token(&Memory::with([child]), &token(&["123:a"], None, None), json!({"name": "n"})).await;
    assert_eq!(created, Err(ApiError::TooDeep), "the item decides, not the context");
}

#[tokio::test]
async fn create_oversized_token_with_grants_names_them() {
    let grants = json!([{"action": "a".repeat(120), "resource": "r".repeat(800)}]);
    let role = format!("123:{}", "r".repeat(60));
    let caller = token(&[&role], None, None);
    let name = "\u{1f511}".repeat(255);
    let body = json!({"name": name, "grants": grants, "expires_in": "1h"});
    let parent = parent_limited_to(&json!(vec![json!({"action": "*", "resource": "r".repeat(60)}); 10]));
    let issuer = format!("https://a.example/{}", "x".repeat(1_200));
    let ledger = Memory::with([parent]);
    let issuers = Families {
        access: Issuer { issuer: issuer.clone(), audience: issuer.clone() },
        public: Issuer { issuer, audience: String::new() },
    };
    let create = Create { issuers, ..create(&ledger) };
    let request = CreateTokenRequest::parse(body.as_object().unwrap()).unwrap();
    let message = create.run(&caller, request, None).await.unwrap_err().public_message();
    assert!(message.ends_with("(maximum 6000): request fewer `grants`"), "{message}");
}

#[tokio::test]
async fn create_by_missing_token_is_unauthenticated() {
    let caller = token(&["123:a"], None, None);
    let foreign = Token { org: "456".parse().unwrap(), ..tokens::plain() };
    let other_type = Token { id: "app_5ZugdRXasLfWBypHi93Fk".parse().unwrap(), ..tokens::plain() };
    for ledger in [Memory::default(), Memory::with([foreign]), Memory::with([other_type])] {
        let stored = ledger.state().tokens.len();
        let error = create_token(&ledger, &caller, json!({"name": "n"})).await.unwrap_err();
        assert_eq!(error.code().as_str(), "unauthenticated");
        assert_eq!(ledger.state().tokens.len(), stored);
    }
    let ledger = Memory::default();
    let unreadable = Err(crate::ports::ItemError::Newer(9));
    ledger.state().tokens.insert(tokens::plain().id.key().clone(), unreadable);
    let error = create_token(&ledger, &caller, json!({"name": "n"})).await.unwrap_err();
    assert!(error.server_error().is_some(), "{error:?}");
}

#[tokio::test]
async fn create_by_token_reads_its_item_with_the_roles_at_once() {
    let ledger = Memory::with([tokens::plain()]).role("123:b", &json!([]));
    let owner = token(&["123:owner"], None, None);
    let named = json!({"name": "n", "assignments": ["123:b"]});
    assert!(create_token(&ledger, &owner, named).await.is_ok());
    assert_eq!(ledger.state().calls, 2, "one read, one insert");
}

#[tokio::test]
async fn replay_of_token_with_wider_networks_than_parent_is_rejected() {
    let ledger = Memory::with([tokens::plain()]);
    let caller = token(&["123:a"], None, None);
    let body = json!({"name": "n", "allowed_cidrs": ["10.1.0.0/16"]});
    let any = json!({"name": "n", "journey_id": "j"});
    let created = create_with_key(&ledger, &caller, "k", body.clone()).await.unwrap();
    let unbound = create_with_key(&ledger, &caller, "public", any.clone()).await.unwrap();
    for token in [&created, &unbound] {
        let older = Token { created_at: tokens::at(900), ..token.clone() };
        ledger.state().tokens.insert(token.id.key().clone(), Ok(older));
    }
    for (networks, is_replayed) in [(&["10.0.0.0/8"][..], true), (&["10.1.1.0/24"], false), (&["::/0"], false)] {
        ledger.state().tokens.insert(tokens::plain().id.key().clone(), Ok(parent_with(networks)));
        let replayed = create_with_key(&ledger, &caller, "k", body.clone()).await;
        assert_eq!(replayed.is_ok(), is_replayed, "{networks:?}: {replayed:?}");
        let replayed = create_with_key(&ledger, &caller, "public", any.clone()).await;
        assert_eq!(replayed, Err(ApiError::AddressesExceedParent), "{networks:?}");
    }
}

#[tokio::test]
async fn public_token_has_no_roles_and_public_family_signature() {
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
async fn create_beyond_max_lifetime_is_rejected() {
    let ledger = Memory::default();
    let create_within_a_day = async |body: Value| {
        let create = Create { max_lifetime: Some("1d".parse().unwrap()), ..create(&ledger) };
        create.run(&person(&["123:a"]), CreateTokenRequest::parse(body.as_object().unwrap())?, None).await.map(|_| ())
    };
    assert_eq!(create_within_a_day(json!({"name": "n", "expires_in": "1d"})).await, Ok(()));
    for body in
        [json!({"name": "n"}), json!({"name": "n", "expires_in": "2d"}), json!({"name": "n", "token_type": "app"})]
    {
        let message = create_within_a_day(body).await.unwrap_err().public_message();
        assert!(message.contains("must not exceed 86400 seconds"), "{message}");
    }
}

/// Creates a token with the idempotency key `key`.
async fn create_with_key(ledger: &Memory, caller: &Caller, key: &str, body: Value) -> Result<Token, ApiError> {
    let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
    let issued = create(ledger).run(caller, request, Some(&key.parse().unwrap())).await;
    issued.map(|issued| issued.token().clone())
}

#[tokio::test]
async fn retry_with_same_key_and_body_returns_stored_token() {
    let ledger = Memory::default();
    let caller = person(&["123:a"]);
    let first = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let stored = ledger.token(&first.id).unwrap();
    ledger.state().tokens.insert(first.id.key().clone(), Ok(Token { created_at: tokens::at(900), ..stored }));
    let again = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    assert_eq!((again.id, again.created_at), (first.id.clone(), tokens::at(900)));
    assert_eq!(ledger.state().tokens.len(), 1);
    assert_ne!(create_with_key(&ledger, &caller, "other", json!({"name": "n"})).await.unwrap().id, first.id);
}

#[tokio::test]
async fn retry_with_other_body_or_inactive_token_is_rejected() {
    let ledger = Memory::default();
    let caller = person(&["123:a"]);
    let created = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let other = create_with_key(&ledger, &caller, "k", json!({"name": "n", "token_type": "app"})).await;
    assert_eq!(other, Err(ApiError::IdempotencyMismatch));
    for inactive in [
        Token { revocation: tokens::revoked().revocation, ..created.clone() },
        Token { expires_at: Some(tokens::at(1_000)), ..created.clone() },
    ] {
        ledger.state().tokens.insert(created.id.key().clone(), Ok(inactive));
        let again = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await;
        assert_eq!(again, Err(ApiError::IdempotencyConflict));
    }
}

#[tokio::test]
async fn replay_passes_every_check_of_new_request() {
    let ledger = Memory::default();
    let body = json!({"name": "n", "assignments": ["123:a"]});
    let change_creation_time = |token: &Token| {
        let changed = Token { created_at: tokens::at(999), ..token.clone() };
        ledger.state().tokens.insert(token.id.key().clone(), Ok(changed));
    };
    let created = create_with_key(&ledger, &person(&["123:a", "123:b"]), "k", body.clone()).await.unwrap();
    change_creation_time(&created);
    let demoted = create_with_key(&ledger, &person(&["123:b"]), "k", body.clone()).await;
    assert_eq!(demoted, Err(ApiError::RoleNotHeld("123:a".parse().unwrap())));
    let mut denied = person(&["123:a", "123:no"]);
    denied.deny_roles = vec!["123:no".parse().unwrap()];
    let narrower = create_with_key(&ledger, &denied, "k", body.clone()).await;
    assert!(matches!(narrower, Err(ApiError::PermissionDenied(_))), "{narrower:?}");
    let inheriting = create_with_key(&ledger, &denied, "inheriting", body.clone()).await.unwrap();
    assert_eq!(inheriting.token_type.inherited_denies(), denied.deny_roles);
    assert_eq!(create_with_key(&ledger, &denied, "inheriting", body.clone()).await, Ok(inheriting.clone()));
    let less_denied = create_with_key(&ledger, &person(&["123:a"]), "inheriting", body).await;
    assert_eq!(less_denied, Ok(inheriting), "a replay may deny more than a new token");
    let whole = create_with_key(&ledger, &person(&["123:a"]), "whole", json!({"name": "n"})).await.unwrap();
    change_creation_time(&whole);
    let widened = create_with_key(&ledger, &person(&["123:b"]), "whole", json!({"name": "n"})).await;
    assert_eq!(widened, Err(ApiError::RoleNotHeld("123:a".parse().unwrap())), "the stored roles decide");
}

#[tokio::test]
async fn create_with_hidden_character_is_invalid() {
    let ledger = Memory::default();
    for (body, message) in [
        (json!({"name": "prod\u{202e} nimda"}), "`name` must not contain the invisible or reordering character U+202E"),
        (json!({"name": "\u{200b}"}), "`name` must not contain the invisible or reordering character U+200B"),
        (json!({"name": "\u{3164}"}), "`name` must contain a visible character"),
        (
            json!({"name": "n", "journey_id": "j\u{ad}"}),
            "`journey_id` must not contain the invisible or reordering character U+00AD",
        ),
        (json!({"name": "n", "portal_id": "\u{3164}"}), "`portal_id` must contain a visible character"),
    ] {
        let error = create_token(&ledger, &person(&["123:a"]), body).await.unwrap_err();
        assert_eq!(error, ApiError::Invalid(message.to_owned()));
    }
    assert!(ledger.state().tokens.is_empty());
}

/// Before, a token had its creator's roles with a deny among its roles.
#[tokio::test]
async fn replay_of_token_with_added_deny_role_keeps_its_roles() {
    let ledger = Memory::default();
    let mut caller = person(&["123:a", "123:mixed"]);
    caller.deny_roles = vec!["123:mixed".parse().unwrap()];
    let body = json!({"name": "n", "assignments": ["123:a"]});
    let created = create_with_key(&ledger, &caller, "k", body.clone()).await.unwrap();
    let TokenType::Api(access) = &created.token_type else { panic!("{created:?}") };
    let roles = ["123:a", "123:mixed"].map(|role| role.parse().unwrap()).to_vec();
    let older_access = Access { roles, inherited_denies: Vec::new(), ..access.clone() };
    let older = Token { token_type: TokenType::Api(older_access), ..created };
    ledger.state().tokens.insert(older.id.key().clone(), Ok(older.clone()));
    assert_eq!(create_with_key(&ledger, &caller, "k", body.clone()).await, Ok(older));
    caller.roles.pop();
    let without_role = create_with_key(&ledger, &caller, "k", body).await;
    assert_eq!(without_role, Err(ApiError::RoleNotHeld("123:mixed".parse().unwrap())));
}

/// A token that was created before the rule for its texts can still be replayed.
#[tokio::test]
async fn replay_of_token_with_hidden_character_succeeds() {
    let ledger = Memory::default();
    let caller = person(&["123:a"]);
    let body = json!({"name": "prod\u{202e} nimda", "journey_id": "j\u{ad}"});
    let request = CreateTokenRequest::parse(body.as_object().unwrap()).unwrap();
    let RequestedType::Journey(target) = request.requested_type.clone() else { panic!("{request:?}") };
    let visible = json!({"name": "n", "journey_id": "j"});
    let created = create_with_key(&ledger, &caller, "k", visible).await.unwrap();
    let older = Token {
        name: request.name,
        token_type: TokenType::Journey(target),
        fingerprint: Some(request.fingerprint),
        ..created
    };
    ledger.state().tokens.insert(older.id.key().clone(), Ok(older.clone()));
    assert_eq!(create_with_key(&ledger, &caller, "k", body).await, Ok(older));
}

/// A retry succeeds even if a new token could no longer be created: the checks apply to the stored token.
#[tokio::test]
async fn replay_is_checked_against_stored_token() {
    let ledger = Memory::with([tokens::plain()]);
    let retry = async |caller: &Caller, second: i64, max_lifetime: Option<&str>, body: &Value| {
        let clock = At(tokens::at(second));
        let max_lifetime = max_lifetime.map(|text| text.parse().unwrap());
        let request = CreateTokenRequest::parse(body.as_object().unwrap())?;
        let create = Create { clock, max_lifetime, ..create(&ledger) };
        create.run(caller, request, Some(&"k".parse().unwrap())).await.map(|issued| issued.token().clone())
    };
    let parent = token(&["123:a"], None, Some(tokens::at(4_600)));
    let hour = json!({"name": "n", "expires_in": "1h"});
    let child = retry(&parent, 1_000, None, &hour).await.unwrap();
    assert_eq!(retry(&parent, 1_001, None, &hour).await, Ok(child), "a new token would outlive the parent");
    let mut person = person(&["123:a"]);
    let created = retry(&person, 1_000, None, &json!({"name": "n"})).await.unwrap();
    let many: Vec<RoleId> = (0..51).map(|n| format!("123:{n}").parse().unwrap()).collect();
    person.roles.extend(many);
    assert_eq!(retry(&person, 1_001, None, &json!({"name": "n"})).await, Ok(created), "the stored roles");
    let late = retry(&person, 1_002, Some("1d"), &json!({"name": "n"})).await;
    assert!(matches!(late, Err(ApiError::Invalid(_))), "the stored token does not expire: {late:?}");
    let other = retry(&person, 1_002, None, &json!({"name": "other"})).await;
    assert_eq!(other, Err(ApiError::IdempotencyMismatch));
}

#[tokio::test]
async fn replay_by_owner_reads_roles_once() {
    let ledger = Memory::default().role("123:b", &json!([]));
    let owner = person(&["123:owner"]);
    let body = json!({"name": "n", "assignments": ["123:b"]});
    let created = create_with_key(&ledger, &owner, "k", body.clone()).await.unwrap();
    ledger
        .state()
        .tokens
        .insert(created.id.key().clone(), Ok(Token { created_at: tokens::at(900), ..created.clone() }));
    ledger.state().calls = 0;
    assert_eq!(create_with_key(&ledger, &owner, "k", body).await.unwrap().id, created.id);
    assert_eq!(ledger.state().calls, 2, "one read of the role, one insert");
}

#[tokio::test]
async fn create_by_child_token_is_too_deep() {
    let child = token(&["123:owner"], Some(tokens::plain().id), None);
    assert_eq!(create_token(&Memory::default(), &child, json!({"name": "n"})).await, Err(ApiError::TooDeep));
}

/// The deny roles of the caller count in addition to the reported number.
#[tokio::test]
async fn create_oversized_token_reports_how_many_roles_fit() {
    let roles: Vec<String> = (10..60).map(|n| format!("123:{n}{}", "r".repeat(60))).collect();
    let mut caller = person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
    caller.deny_roles = caller.roles[48..].to_vec();
    let ledger = Memory::default();
    let name = "\u{1f511}".repeat(255);
    let message = create_token(&ledger, &caller, json!({"name": name})).await.unwrap_err().public_message();
    let fit: usize = message.split("the first ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert!(ledger.state().tokens.is_empty());
    let fewer = |n: usize| create_token(&ledger, &caller, json!({"name": name, "assignments": roles[..n]}));
    assert!(matches!(fewer(fit + 1).await, Err(ApiError::Invalid(_))));
    let token_type = fewer(fit).await.unwrap().token_type;
    assert_eq!((token_type.roles().len(), token_type.inherited_denies().len()), (fit, 2));
}

/// A stored token of another organization, creator or parent, or without a fingerprint, is never released.
#[tokio::test]
async fn retry_with_stored_token_of_other_creator_is_internal_error() {
    let ledger = Memory::with([tokens::plain()]);
    let caller = token(&["123:a"], None, None);
    let created = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await.unwrap();
    let replace = |token: Token| ledger.state().tokens.insert(created.id.key().clone(), Ok(token));
    for other in [
        Token { org: "456".parse().unwrap(), ..created.clone() },
        Token { created_by: "local|9".parse().unwrap(), ..created.clone() },
        Token { parent: None, ..created.clone() },
        Token { fingerprint: None, ..created.clone() },
    ] {
        replace(other);
        let again = create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await;
        assert_eq!(again, Err(ApiError::internal("another token is stored under the id of the new token")));
    }
    replace(created.clone());
    assert_eq!(create_with_key(&ledger, &caller, "k", json!({"name": "n"})).await, Ok(created));
}

#[tokio::test]
async fn replay_of_token_that_outlives_parent_is_rejected() {
    let ledger = Memory::with([tokens::plain()]);
    let retry = async |parent_end: i64| {
        create_with_key(
            &ledger,
            &token(&["123:a"], None, Some(tokens::at(parent_end))),
            "k",
            json!({"name": "n", "expires_in": "1h"}),
        )
        .await
    };
    let created = retry(9_000).await.unwrap();
    assert_eq!(created.expires_at, Some(tokens::at(4_600)));
    assert_eq!(retry(4_600).await, Ok(created.clone()), "it expires with its parent");
    ledger
        .state()
        .tokens
        .insert(created.id.key().clone(), Ok(Token { expires_at: Some(tokens::at(4_601)), ..created }));
    assert_eq!(retry(4_600).await, Err(ApiError::LifetimeExceedsParent(tokens::at(4_600))));
}

#[tokio::test]
async fn server_error_skips_lookup_of_earlier_token() {
    let ledger = Memory::default();
    ledger.state().failing = Some(unreachable());
    let created = create_with_key(&ledger, &person(&["123:a"]), "k", json!({"name": "n"})).await;
    assert_eq!(created, Err(unreachable().into()));
    assert_eq!(ledger.state().calls, 1, "one insert");
}
