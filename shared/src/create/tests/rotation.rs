//! Tests of the rotation of tokens.

use serde_json::{Value, json};

use super::{create, issuers, unreachable};
use crate::{
    caller::{
        Caller, CallerIdentity,
        tests::{person, token, token_mut},
    },
    create::{Create, RotateTokenRequest, RotatedToken},
    error::ApiError,
    memory::{At, Memory},
    permissions::Scope,
    token::{Claims, Families, Issuer, Overlap, Principal, Revocation, Token, TokenId, TokenType, samples as tokens},
};

/// A stack in memory with one token, which expires at second 10,000 and was created at second 0.
struct Case {
    ledger: Memory,
    rotated: Token,
}

impl Case {
    fn new() -> Self {
        Self::with(Token { created_at: tokens::at(0), expires_at: Some(tokens::at(10_000)), ..tokens::plain() })
    }

    fn with(rotated: Token) -> Self {
        Self { ledger: Memory::with([rotated.clone()]), rotated }
    }

    /// The token that is rotated, as the caller. The authorizer passes on no roles.
    fn itself(&self) -> Caller {
        let mut caller = token(&[], self.rotated.parent.clone(), self.rotated.expires_at);
        token_mut(&mut caller).id = self.rotated.id.clone();
        caller.with_scope(Some(Scope::OwnToken))
    }

    async fn rotate(&self, caller: &Caller, body: Value) -> Result<RotatedToken, ApiError> {
        self.rotate_at(1_000, caller, &self.rotated.id, body).await
    }

    async fn rotate_at(&self, now: i64, caller: &Caller, id: &TokenId, body: Value) -> Result<RotatedToken, ApiError> {
        let request = RotateTokenRequest::parse(body.as_object().unwrap(), id.type_name())?;
        Create { clock: At(tokens::at(now)), ..create(&self.ledger) }.rotate(caller, id, request).await
    }

    /// The error of a rotation.
    async fn error(&self, caller: &Caller, body: Value) -> ApiError {
        self.rotate(caller, body).await.unwrap_err()
    }

    fn stored(&self) -> Token {
        self.ledger.token(&self.rotated.id).unwrap()
    }

    fn stored_successor(&self) -> Option<Token> {
        self.ledger.token(&self.rotated.successor_id())
    }

    fn change(&self, id: &TokenId, change: impl FnOnce(&mut Token)) {
        change(self.ledger.state().tokens.get_mut(id.key()).unwrap().as_mut().unwrap());
    }
}

fn owner() -> Caller {
    person(&["123:owner"])
}

#[tokio::test]
async fn successor_has_everything_of_rotated_token() {
    for mut rotated in tokens::tokens() {
        if rotated.revocation.is_some() || rotated.succession.is_some() || rotated.parent.is_some() {
            continue;
        }
        rotated.last_used = Some(tokens::at(5).date());
        let case = Case::with(rotated.clone());
        let roles: Vec<String> = rotated.token_type.roles().iter().map(ToString::to_string).collect();
        let user = person(&roles.iter().map(String::as_str).collect::<Vec<_>>());
        let RotatedToken { rotated: marked, issued } = case.rotate(&user, json!({"overlap": "1h"})).await.unwrap();
        let successor = issued.token().clone();
        assert_eq!(case.stored_successor().as_ref(), Some(&successor));
        let origin = successor.origin.clone().unwrap();
        assert_eq!((origin.rotated_from, origin.rotated_by), (rotated.id.clone(), user.principal()));
        let expected = Token {
            id: rotated.successor_id(),
            created_at: tokens::at(1_000),
            origin: successor.origin.clone(),
            fingerprint: successor.fingerprint.clone(),
            last_used: None,
            ..rotated.clone()
        };
        assert_eq!(successor, expected);
        let mark = rotated.succession(successor.id.clone(), tokens::at(1_000), Overlap::new(3_600).unwrap());
        assert_eq!(marked.succession, Some(mark));
        assert_eq!(case.stored(), marked);
        let Families { access, public } = issuers();
        let jwt = issued.expose_secret();
        let is_of = |issuer: &Issuer| jwt.contains(&encoded(&Claims::of(&successor, issuer)));
        assert!(is_of(&access) || is_of(&public), "{rotated:?}");
    }
}

/// The payload of a JWT with these claims.
fn encoded(claims: &Claims) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(serde_json::to_string(claims).unwrap())
}

#[tokio::test]
async fn token_rotates_only_itself() {
    let case = Case::new();
    let mut other = case.itself().with_scope(Some(Scope::Organization));
    token_mut(&mut other).id = "api_AAAAAAAAAAAAAAAAAAAAA".parse().unwrap();
    for id in [case.rotated.id.clone(), tokens::child().id] {
        let error = case.rotate_at(1_000, &other, &id, json!({})).await.unwrap_err();
        assert_eq!(error, ApiError::PermissionDenied("a token can rotate only itself".to_owned()), "{id}");
    }
    let public = Case::with(tokens::journey());
    assert!(matches!(public.error(&public.itself(), json!({})).await, ApiError::PermissionDenied(_)));
    for caller in [owner(), person(&["123:owner"]).with_scope(Some(Scope::Own))] {
        assert!(case.rotate(&caller, json!({})).await.is_ok());
    }
    for caller in [owner().with_scope(None), case.itself().with_scope(None)] {
        assert!(matches!(case.error(&caller, json!({})).await, ApiError::PermissionDenied(_)));
    }
    let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..owner() };
    assert_eq!(case.error(&stranger.with_scope(Some(Scope::Own)), json!({})).await, ApiError::NotFound);
    let outsider = Caller { org: "124".parse().unwrap(), ..person(&["124:owner"]) };
    assert_eq!(case.error(&outsider, json!({})).await, ApiError::NotFound);
}

#[tokio::test]
async fn user_needs_what_a_replay_needs() {
    let case = Case::new();
    let error = case.error(&person(&["123:a"]), json!({})).await;
    assert_eq!(error, ApiError::PermissionDenied("you do not hold the role `123:owner` of the token".to_owned()));
    let mut denied = person(&["123:owner", "123:no"]);
    denied.deny_roles = vec!["123:no".parse().unwrap()];
    let error = case.error(&denied, json!({})).await;
    assert!(error.public_message().contains("does not inherit the denies of the role `123:no`"), "{error:?}");
    let journey = Case::with(tokens::journey());
    let own = owner().with_scope(Some(Scope::Own));
    assert!(matches!(journey.error(&own, json!({})).await, ApiError::PermissionDenied(_)));
    assert!(journey.rotate(&owner(), json!({"overlap": 0})).await.is_ok());
    assert!(case.stored().succession.is_none() && case.stored_successor().is_none());
    let inheriting = Case::with(tokens::with_inherited_denies());
    let mut holder = person(&["123:viewer", "123:no_billing"]);
    holder.deny_roles = vec!["123:no_billing".parse().unwrap()];
    assert!(inheriting.rotate(&holder, json!({})).await.is_ok(), "the token denies more than it must");
}

#[tokio::test]
async fn rotation_by_itself_keeps_the_expiration_unless_renewable() {
    let successor = async |case: &Case, body: Value| {
        case.rotate(&case.itself(), body).await.map(|rotated| rotated.issued.token().expires_at.unwrap().seconds())
    };
    assert_eq!(successor(&Case::new(), json!({})).await, Ok(10_000));
    assert_eq!(successor(&Case::new(), json!({"expires_in": 9_000})).await, Ok(10_000));
    let beyond = successor(&Case::new(), json!({"expires_in": 9_001})).await.unwrap_err();
    assert!(matches!(&beyond, ApiError::PermissionDenied(reason) if reason.contains("must not extend")), "{beyond:?}");
    let mut renewable = Case::new().rotated;
    let TokenType::Api(access) = &mut renewable.token_type else { panic!("{renewable:?}") };
    access.renewable = true;
    let case = Case::with(renewable.clone());
    assert_eq!(successor(&case, json!({})).await, Ok(11_000));
    assert!(case.stored_successor().unwrap().token_type.access().unwrap().renewable, "kept by the successor");
    assert_eq!(successor(&Case::with(renewable.clone()), json!({"expires_in": 10_000})).await, Ok(11_000));
    let longer = successor(&Case::with(renewable), json!({"expires_in": 10_001})).await;
    assert!(matches!(longer, Err(ApiError::PermissionDenied(_))), "the same length at most: {longer:?}");
    let by_user = Case::new().rotate(&owner(), json!({})).await.unwrap();
    assert_eq!(by_user.issued.token().expires_at, Some(tokens::at(11_000)));
}

#[tokio::test]
async fn overlap_of_itself_below_5_minutes_is_invalid() {
    let case = Case::new();
    for overlap in [json!(0), json!("0s"), json!(299), json!("4m")] {
        assert!(matches!(case.error(&case.itself(), json!({"overlap": overlap})).await, ApiError::Invalid(_)));
    }
    assert!(case.rotate(&case.itself(), json!({"overlap": 300})).await.is_ok());
    let ends_at = |case: &Case| case.stored().succession.unwrap().ends_at.seconds();
    assert_eq!(ends_at(&case), 1_300);
    let by_user = Case::new();
    by_user.rotate(&owner(), json!({"overlap": "30d"})).await.unwrap();
    assert_eq!(ends_at(&by_user), 10_000, "never after its own end");
}

#[test]
fn invalid_rotation_request_names_member() {
    for (body, words) in [
        (json!({"overlap": "31d"}), "`overlap` must be"),
        (json!({"overlap": -1}), "`overlap` must be"),
        (json!({"overlap": 1.5}), "`overlap` must be"),
        (json!({"overlap": null}), "`overlap` must be"),
        (json!({"overlap": true}), "`overlap` must be"),
        (json!({"expires_in": "366d"}), "`expires_in` must be"),
        (json!({"expires_in": null}), "`expires_in` must be"),
        (json!({"name": "n"}), "`name` is not a member of a request to rotate a token"),
    ] {
        let parsed = RotateTokenRequest::parse(body.as_object().unwrap(), tokens::plain().id.type_name());
        let message = parsed.unwrap_err().public_message();
        assert!(message.contains(words), "{body}: {message}");
    }
    let assume = "assume_AAAAAAAAAAAAAAAAAAAAA".parse::<TokenId>().unwrap().type_name();
    assert!(RotateTokenRequest::parse(json!({"expires_in": 60}).as_object().unwrap(), assume).is_err());
}

#[tokio::test]
async fn inactive_token_is_not_rotated() {
    let revocation = Some(Revocation { at: tokens::at(5), by: "local|1".parse().unwrap() });
    let child = || Token { expires_at: None, ..tokens::child() };
    for (stored, parent) in [
        (Token { revocation: revocation.clone(), ..tokens::plain() }, None),
        (Token { expires_at: Some(tokens::at(1_000)), ..tokens::plain() }, None),
        (child(), None),
        (child(), Some(Token { revocation: revocation.clone(), ..tokens::plain() })),
        (child(), Some(Token { expires_at: Some(tokens::at(1_000)), ..tokens::plain() })),
    ] {
        let case = Case::with(stored);
        case.ledger.state().tokens.extend(parent.map(|parent| (parent.id.key().clone(), Ok(parent))));
        for caller in [person(&["123:owner", "123:a", "123:b"]), case.itself()] {
            assert_eq!(case.error(&caller, json!({})).await, ApiError::TokenInactive, "{:?}", case.rotated);
        }
        assert_eq!(case.stored_successor(), None);
    }
}

#[tokio::test]
async fn successor_of_child_ends_with_parent() {
    let case = Case::with(Token { created_at: tokens::at(0), expires_at: Some(tokens::at(5_000)), ..tokens::child() });
    let mark = tokens::plain().succession(tokens::successor().id, tokens::at(500), Overlap::new(2_500).unwrap());
    let parent = Token { created_at: tokens::at(0), succession: Some(mark), ..tokens::plain() };
    case.ledger.state().tokens.insert(parent.id.key().clone(), Ok(parent));
    let roles = person(&["123:a", "123:b"]);
    let beyond = case.error(&roles, json!({"expires_in": 2_001})).await;
    assert_eq!(beyond, ApiError::LifetimeExceedsParent(tokens::at(3_000)));
    let rotated = case.rotate(&roles, json!({})).await.unwrap();
    assert_eq!(rotated.issued.token().expires_at, Some(tokens::at(3_000)));
    assert_eq!(rotated.issued.token().parent, case.rotated.parent);
}

#[tokio::test]
async fn repeated_rotation_returns_same_successor_until_first_use() {
    let case = Case::new();
    for caller in [owner(), case.itself()] {
        let case = Case::new();
        let body = json!({"overlap": "1h"});
        let first = case.rotate(&caller, body.clone()).await.unwrap();
        let again = case.rotate_at(1_500, &caller, &case.rotated.id, json!({"overlap": 3_600})).await.unwrap();
        assert_eq!(first.issued.token(), again.issued.token());
        assert_eq!((&first.rotated, first.issued.expose_secret()), (&again.rotated, again.issued.expose_secret()));
        for other in [json!({}), json!({"overlap": "1h", "expires_in": 60})] {
            assert_eq!(case.error(&caller, other).await, ApiError::RotationMismatch);
        }
        case.change(&case.rotated.successor_id(), |successor| {
            successor.origin.as_mut().unwrap().first_used_at = Some(tokens::at(1_400));
        });
        assert_eq!(case.error(&caller, body).await, ApiError::AlreadyRotated);
        assert_eq!(case.error(&caller, json!({})).await, ApiError::AlreadyRotated);
    }
    let ended = Case::new();
    let first = ended.rotate(&owner(), json!({"overlap": 0})).await.unwrap();
    let again = ended.rotate_at(20_000, &owner(), &ended.rotated.id, json!({"overlap": 0})).await;
    assert_eq!(again.unwrap_err(), ApiError::AlreadyRotated, "the successor has expired");
    let again = ended.rotate_at(10_500, &owner(), &ended.rotated.id, json!({"overlap": 0})).await.unwrap();
    assert_eq!(first.issued.token(), again.issued.token(), "the rotated token has ended");
}

/// A thief of the rotated token cannot fetch the successor of its owner, and the owner not that of a thief.
#[tokio::test]
async fn other_caller_does_not_receive_the_successor() {
    let user = owner();
    let colleague = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..owner() };
    let itself = Case::new().itself();
    for (first, others) in
        [(&user, [&itself, &colleague]), (&itself, [&user, &colleague]), (&colleague, [&user, &itself])]
    {
        let case = Case::new();
        let body = json!({"overlap": "1h"});
        case.rotate(first, body.clone()).await.unwrap();
        for other in others {
            assert_eq!(case.error(other, body.clone()).await, ApiError::AlreadyRotated);
        }
        let unmarked = Case::new();
        let successor = case.stored_successor().unwrap();
        unmarked.ledger.state().tokens.insert(successor.id.key().clone(), Ok(successor));
        for other in others {
            assert_eq!(unmarked.error(other, body.clone()).await, ApiError::AlreadyRotated, "without a mark");
        }
        assert!(unmarked.rotate(first, body).await.is_ok());
    }
}

#[tokio::test]
async fn rotation_with_absent_or_revoked_successor_is_rejected() {
    let revocation = Some(Revocation { at: tokens::at(5), by: "local|1".parse().unwrap() });
    let case = Case::new();
    case.rotate(&owner(), json!({})).await.unwrap();
    let successor = case.stored_successor().unwrap();
    for stored in [
        None,
        Some(Token { revocation, ..successor.clone() }),
        Some(Token { origin: None, ..successor.clone() }),
        Some(Token { org: "124".parse().unwrap(), ..successor.clone() }),
        Some(Token { expires_at: Some(tokens::at(900)), ..successor }),
    ] {
        let key = case.rotated.successor_id().key().clone();
        case.ledger.state().tokens.remove(&key);
        case.ledger.state().tokens.extend(stored.clone().map(|stored| (key, Ok(stored))));
        assert_eq!(case.error(&owner(), json!({})).await, ApiError::AlreadyRotated, "{stored:?}");
        assert_eq!(case.stored_successor(), stored, "never a new item");
    }
}

/// After each failed step the same request completes the rotation.
#[tokio::test]
async fn rotation_after_failed_write_completes() {
    let case = Case::new();
    case.ledger.state().failing = Some(unreachable());
    assert_eq!(case.error(&owner(), json!({})).await, unreachable().into());
    case.ledger.state().failing = None;
    let first = case.rotate(&owner(), json!({})).await.unwrap();
    case.change(&case.rotated.id, |rotated| rotated.succession = None);
    let again = case.rotate_at(2_000, &owner(), &case.rotated.id, json!({})).await.unwrap();
    assert_eq!(again.issued.token(), first.issued.token());
    assert_eq!(case.stored().succession.unwrap().rotated_at, tokens::at(2_000), "the overlap starts with the mark");
}

#[tokio::test]
async fn rotation_by_the_operators_limit_is_shortened() {
    let case = Case::with(tokens::plain());
    let rotate = async |max: &str, body: Value| {
        let request = RotateTokenRequest::parse(body.as_object().unwrap(), case.rotated.id.type_name()).unwrap();
        let create = Create { max_lifetime: Some(max.parse().unwrap()), ..create(&case.ledger) };
        create.rotate(&owner(), &case.rotated.id, request).await
    };
    assert!(matches!(rotate("1h", json!({"expires_in": "2h"})).await, Err(ApiError::Invalid(_))));
    let rotated = rotate("2h", json!({})).await.unwrap();
    assert_eq!(rotated.issued.token().expires_at, Some(tokens::at(8_200)));
    let later = rotate("1h", json!({})).await.unwrap_err();
    assert!(
        matches!(later, ApiError::PermissionDenied(_)),
        "the stored successor exceeds the present limit: {later:?}"
    );
}

#[tokio::test]
async fn successor_is_not_the_token_of_an_idempotency_key() {
    let ledger = Memory::default();
    let caller = owner();
    let body = json!({"name": "n"});
    let created = super::create_with_key(&ledger, &caller, "k", body.clone()).await.unwrap();
    let origin = tokens::successor().origin;
    ledger.state().tokens.insert(created.id.key().clone(), Ok(Token { origin, ..created }));
    let again = super::create_with_key(&ledger, &caller, "k", body).await;
    assert_eq!(again, Err(ApiError::internal("another token is stored under the id of the new token")));
}

#[tokio::test]
async fn only_a_user_creates_renewable_tokens() {
    let ledger = Memory::with([tokens::plain()]);
    let body = json!({"name": "n", "renewable": true});
    let created = super::create_token(&ledger, &owner(), body.clone()).await.unwrap();
    assert!(created.token_type.access().unwrap().renewable);
    let by_token = super::create_token(&ledger, &token(&["123:owner"], None, None), body).await;
    assert!(matches!(by_token, Err(ApiError::PermissionDenied(_))), "{by_token:?}");
}

/// The secret of the first token leads to each token that was obtained by rotating itself, and not to that of a user.
#[tokio::test]
async fn chain_begins_with_first_token_or_rotation_by_user() {
    let case = Case::new();
    let mut token = case.rotated.clone();
    for (now, by_user, expected) in [(1_000, false, 0), (2_000, false, 0), (3_000, true, 3_000), (4_000, false, 3_000)]
    {
        let itself = Case { ledger: case.ledger.clone(), rotated: token.clone() }.itself();
        let caller = if by_user { owner() } else { itself };
        token = case.rotate_at(now, &caller, &token.id, json!({})).await.unwrap().issued.token().clone();
        assert_eq!(token.chain_created_at(), tokens::at(expected), "{now}");
    }
}

#[tokio::test]
async fn rotated_by_names_the_caller() {
    let case = Case::new();
    let rotated = case.rotate(&case.itself(), json!({})).await.unwrap();
    let origin = rotated.issued.token().origin.clone().unwrap();
    assert!(origin.is_by_itself());
    assert_eq!(origin.rotated_by, Principal::Token(case.rotated.id.clone()));
}
