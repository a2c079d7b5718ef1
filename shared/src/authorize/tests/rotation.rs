//! Tests of the decisions on rotated tokens and their successors.

use super::*;
use crate::{
    permissions::RoleId,
    ports::AuthorizationData,
    token::{Date, Origin, Overlap, TokenId, UnixTime, UserId},
};

/// A token and its successor. The rotation was at [`NOW`] less 100 seconds; the overlap is 300 seconds.
fn rotated_pair(first_used_at: Option<i64>) -> [Token; 2] {
    let rotated = admin();
    let id = rotated.successor_id();
    let succession = rotated.succession(id.clone(), samples::at(NOW - 100), Overlap::new(300).unwrap());
    let origin = Origin {
        rotated_from: rotated.id.clone(),
        rotated_by: Principal::Token(rotated.id.clone()),
        chain_created_at: rotated.created_at,
        first_used_at: first_used_at.map(samples::at),
    };
    let successor = Token { id, origin: Some(origin), ..rotated.clone() };
    [Token { succession: Some(succession), ..rotated }, successor]
}

async fn decide_at(ledger: &Memory, token: &Token, second: i64) -> Result<Caller, AuthorizeError> {
    let authorizer = Authorize { clock: At(samples::at(second)), ..authorizer(ledger) };
    decide(&authorizer, &request(&issued_jwt(&claims_of(token)))).await
}

#[tokio::test]
async fn rotated_token_is_active_until_its_end() {
    let granted = async |first_use: Option<i64>, second| {
        let [rotated, successor] = rotated_pair(first_use);
        decide_at(&ledger([rotated.clone(), successor]), &rotated, second).await
    };
    let caller = granted(None, NOW).await.unwrap();
    assert_eq!(caller.expires_at(), Some(samples::at(NOW + 200)), "its tokens end with it");
    assert!(granted(None, NOW + 199).await.is_ok());
    let ended = granted(None, NOW + 200).await;
    assert_eq!(cause(ended), "token was rotated, and its overlap has ended");
    assert!(granted(Some(NOW), NOW + 59).await.is_ok());
    assert_eq!(cause(granted(Some(NOW), NOW + 60).await), "token was replaced by its successor");
}

/// Without the successor's item the first use is not known.
#[tokio::test]
async fn rotated_token_without_its_successor_is_inactive() {
    let [rotated, successor] = rotated_pair(None);
    for (stored, expected) in [
        (None, "token was rotated, and its successor does not exist"),
        (
            Some(Token { origin: None, ..successor.clone() }),
            "token was rotated, and its successor belongs to another token",
        ),
        (
            Some(Token { org: "124".parse().unwrap(), ..successor.clone() }),
            "token was rotated, and its successor belongs to another token",
        ),
        (
            Some(Token { origin: samples::successor().origin.map(of_other_token), ..successor }),
            "token was rotated, and its successor belongs to another token",
        ),
    ] {
        let ledger = ledger([Some(rotated.clone()), stored].into_iter().flatten());
        assert_eq!(cause(decide_at(&ledger, &rotated, NOW).await), expected);
    }
}

fn of_other_token(origin: Origin) -> Origin {
    Origin { rotated_from: samples::child().id, ..origin }
}

#[tokio::test]
async fn child_ends_with_its_rotated_parent() {
    let child = Token { parent: Some(admin().id), created_at: samples::at(NOW - 50), ..admin() };
    let child = Token { id: samples::child().id, ..child };
    let granted = async |first_use: Option<i64>, second| {
        let [parent, successor] = rotated_pair(first_use);
        let ledger = ledger([parent, successor, child.clone()]);
        let result = decide_at(&ledger, &child, second).await;
        let calls = ledger.state().calls;
        (result, calls)
    };
    let (active, calls) = granted(None, NOW).await;
    assert!(active.is_ok());
    assert_eq!(calls, 3, "two reads and the last use");
    assert_eq!(cause(granted(Some(NOW), NOW + 60).await.0), "parent token was replaced by its successor");
    assert_eq!(cause(granted(None, NOW + 200).await.0), "parent token was rotated, and its overlap has ended");
}

#[tokio::test]
async fn first_grant_to_successor_records_its_first_use() {
    let [rotated, successor] = rotated_pair(None);
    let ledger = ledger([rotated, successor.clone()]);
    let first_use = || ledger.token(&successor.id).unwrap().origin.unwrap().first_used_at;
    let jwt = issued_jwt(&claims_of(&successor));
    let denied = AuthorizationRequest { route: "GET /v1/entities".to_owned(), ..request(&jwt) };
    assert_eq!(code(decide(&authorizer(&ledger), &denied).await), "permission_denied");
    assert_eq!(first_use(), None, "a denied request is not a use");
    assert!(decide_at(&ledger, &successor, NOW).await.is_ok());
    assert_eq!(first_use(), Some(samples::at(NOW)));
    ledger.state().calls = 0;
    assert!(decide_at(&ledger, &successor, NOW + 1).await.is_ok());
    assert_eq!((first_use(), ledger.state().calls), (Some(samples::at(NOW)), 1));
}

/// A ledger that reads, and cannot record a first use.
#[derive(Clone)]
struct Unwritable(Memory, Result<bool, PortError>);

impl ReadAuthorizationData for Unwritable {
    async fn read_authorization_data(
        &self,
        tokens: &[TokenId],
        roles: &[RoleId],
    ) -> Result<AuthorizationData, PortError> {
        self.0.read_authorization_data(tokens, roles).await
    }
}

impl ListAssignedRoles for Unwritable {
    async fn list_assigned_roles(&self, org: &OrgId, user: &UserId) -> Result<Vec<RoleId>, PortError> {
        self.0.list_assigned_roles(org, user).await
    }
}

impl UpdateLastUsed for Unwritable {
    async fn update_last_used(&self, id: &TokenId, day: Date) -> Result<(), PortError> {
        self.0.update_last_used(id, day).await
    }
}

impl RecordFirstUse for Unwritable {
    async fn record_first_use(&self, _id: &TokenId, _time: UnixTime) -> Result<bool, PortError> {
        self.1.clone()
    }
}

#[tokio::test]
async fn unrecorded_first_use_is_never_a_grant() {
    let [rotated, successor] = rotated_pair(None);
    let throttled = PortError::new(Service::DynamoDb, "UpdateItem", PortErrorKind::Throttled);
    for (recorded, expected) in [(Err(throttled), "undecided"), (Ok(false), "unauthenticated"), (Ok(true), "granted")] {
        let Authorize { keys, provider_keys, clock, policy, .. } = authorizer(&Memory::default());
        let ledger = Unwritable(ledger([rotated.clone(), successor.clone()]), recorded);
        let authorizer = Authorize::new(ledger, keys, provider_keys, clock, policy);
        let jwt = issued_jwt(&claims_of(&successor));
        assert_eq!(code(authorizer.decide(&request(&jwt)).await.into_result().map(Option::unwrap)), expected);
    }
}
