use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

use proptest::prelude::*;

use super::*;
use crate::{
    caller::tests::{person, token as calling_token},
    memory::{At, Memory},
    permissions::Scope,
    ports::{ListQuery, PortError, PortErrorKind, RevocationTarget, Service, TokenPage},
    revoke::RevocationFilter,
    token::{Origin, Overlap, Principal, Revocation, TypeName, samples},
};

/// The time of the requests.
const NOW: i64 = 100;

/// A token of type `type_name` that was created at `seconds` and whose id ends in `mark`.
fn token(type_name: TypeName, seconds: i64, mark: char) -> Token {
    let sample = match type_name {
        TypeName::App => samples::child(),
        TypeName::Journey => samples::journey(),
        _ => samples::plain(),
    };
    let id = format!("{type_name}_{}{mark}", "T".repeat(20)).parse().unwrap();
    Token { id, created_at: samples::at(seconds), created_by: user("1001"), expires_at: None, ..sample }
}

fn user(name: &str) -> Principal {
    format!("local|{name}").parse().unwrap()
}

fn request(filter: RevocationFilter, cursor: Option<String>) -> BulkRevokeRequest {
    BulkRevokeRequest { filter, cursor }
}

/// A budget of `max_tokens`, and of as much time as is needed.
fn budget(max_tokens: usize) -> RequestBudget {
    RequestBudget { max_tokens, deadline: Instant::now() + Duration::from_mins(1) }
}

fn revoke<L>(ledger: L) -> Revoke<L, At> {
    Revoke { ledger, clock: At(samples::at(NOW)) }
}

async fn run<L: RevokeToken + ListTokens>(
    ledger: L,
    budget: RequestBudget,
    caller: &Caller,
    request: &BulkRevokeRequest,
) -> Result<BulkRevocation, ApiError> {
    revoke(ledger).run_bulk_within(budget, caller, request, |_| {}).await
}

/// What another client or a fault does before a write.
enum BeforeWrite {
    Fail,
    /// Another user revokes the token.
    RevokeByOther,
    Delete,
}

/// A ledger on which something happens before the write with this number.
#[derive(Clone)]
struct Interrupted<'a> {
    memory: Memory,
    writes: &'a AtomicUsize,
    write: usize,
    event: &'a BeforeWrite,
}

impl ListTokens for Interrupted<'_> {
    async fn list_page(&self, query: &ListQuery<'_>, before: Option<&PageKey>) -> Result<TokenPage, PortError> {
        self.memory.list_page(query, before).await
    }
}

impl RevokeToken for Interrupted<'_> {
    async fn revoke_token(
        &self,
        target: &RevocationTarget<'_>,
        revocation: &Revocation,
    ) -> Result<Option<Token>, PortError> {
        if self.writes.fetch_add(1, Ordering::SeqCst) == self.write {
            match self.event {
                BeforeWrite::Fail => {
                    return Err(PortError::new(Service::DynamoDb, "UpdateItem", PortErrorKind::Throttled));
                }
                BeforeWrite::RevokeByOther => {
                    let other = Revocation { by: user("2"), ..revocation.clone() };
                    self.memory.revoke_token(target, &other).await?;
                }
                BeforeWrite::Delete => {
                    self.memory.state().tokens.remove(target.id.key());
                }
            }
        }
        self.memory.revoke_token(target, revocation).await
    }
}

fn three_tokens() -> [Token; 3] {
    [token(TypeName::Api, 3, 'c'), token(TypeName::App, 2, 'b'), token(TypeName::Api, 1, 'a')]
}

#[tokio::test]
async fn failed_write_keeps_earlier_ones_and_retry_goes_on() {
    let memory = Memory::with(three_tokens());
    let writes = AtomicUsize::new(0);
    let ledger = Interrupted { memory: memory.clone(), writes: &writes, write: 1, event: &BeforeWrite::Fail };
    let all = request(RevocationFilter::All, None);
    let mut logged = Vec::new();
    let interrupted = revoke(ledger.clone());
    let log = |token: &Token| logged.push(token.id.clone());
    let failed = interrupted.run_bulk_within(budget(9), &person(&[]), &all, log).await;
    assert!(matches!(failed, Err(ApiError::Server(_))));
    let [first, second, third] = three_tokens().map(|token| token.id);
    assert_eq!(logged, std::slice::from_ref(&first), "what was revoked before the error is reported");
    assert!(memory.token(&first).unwrap().revocation.is_some());
    let retried = run(ledger, budget(9), &person(&[]), &all).await;
    assert_eq!(retried, Ok(BulkRevocation { revoked: vec![second, third], cursor: None }));
}

#[tokio::test]
async fn token_that_another_request_ended_is_left_out() {
    for event in [BeforeWrite::RevokeByOther, BeforeWrite::Delete] {
        let writes = AtomicUsize::new(0);
        let memory = Memory::with(three_tokens());
        let ledger = Interrupted { memory, writes: &writes, write: 1, event: &event };
        let answer = run(ledger, budget(9), &person(&[]), &request(RevocationFilter::All, None)).await.unwrap();
        let [first, _, third] = three_tokens().map(|token| token.id);
        assert_eq!(answer, BulkRevocation { revoked: vec![first, third], cursor: None });
    }
}

#[tokio::test]
async fn request_out_of_time_revokes_one_token_and_continues() {
    let memory = Memory::with(three_tokens());
    let mut cursor = None;
    for token in three_tokens() {
        let budget = RequestBudget { max_tokens: 9, deadline: Instant::now() };
        let answer = run(memory.clone(), budget, &person(&[]), &request(RevocationFilter::All, cursor)).await;
        let answer = answer.unwrap();
        assert_eq!(answer.revoked, [token.id]);
        cursor = answer.cursor;
    }
    assert_eq!(cursor, None);
}

#[tokio::test]
async fn cursor_of_other_request_or_altered_is_rejected() {
    let memory = Memory::with(three_tokens());
    let by_creator = || RevocationFilter::CreatedBy(user("1001"));
    let created_before = |seconds| RevocationFilter::CreatedBefore(samples::at(seconds));
    let first = run(memory.clone(), budget(1), &person(&[]), &request(by_creator(), None)).await.unwrap();
    let cursor = first.cursor.unwrap();
    let is_accepted = async |caller: &Caller, filter: RevocationFilter, cursor: &str| {
        // A request without time for a second token.
        let budget = RequestBudget { max_tokens: 1, deadline: Instant::now() };
        match run(Memory::default(), budget, caller, &request(filter, Some(cursor.to_owned()))).await {
            Ok(_) => true,
            Err(error) => {
                assert!(error.public_message().contains("take it from the previous response"), "{error:?}");
                false
            }
        }
    };
    assert!(is_accepted(&person(&[]), by_creator(), &cursor).await);
    let mut outsider = person(&[]);
    outsider.org = "124".parse().unwrap();
    assert!(!is_accepted(&outsider, by_creator(), &cursor).await);
    for other in [RevocationFilter::CreatedBy(user("1")), created_before(9), RevocationFilter::All] {
        assert!(!is_accepted(&person(&[]), other, &cursor).await);
    }
    for at in 0..cursor.len() {
        let mut altered = cursor.clone();
        let other = if &altered[at..=at] == "A" { "B" } else { "A" };
        altered.replace_range(at..=at, other);
        assert!(!is_accepted(&person(&[]), by_creator(), &altered).await, "{at}");
    }
    let key = "000000000001#api_TTTTTTTTTTTTTTTTTTTTa";
    let forged = ["", ";:", ";", ":", ";:x", "x;:", ";x:", ";:1#a", ";:000000000001#"].map(ToOwned::to_owned);
    let ids = |count| vec!["api_TTTTTTTTTTTTTTTTTTTTa"; count].join(",");
    let long = [format!("{}:{key}", ids(21)), format!("x:{key}"), key.to_owned()];
    for forged in forged.iter().chain(&long) {
        let cursor = encode(forged, &person(&[]).org, &by_creator().canonical());
        assert!(!is_accepted(&person(&[]), by_creator(), &cursor).await, "a valid checksum over {forged:?}");
    }
    let of_list = PageKey::parse(key.to_owned()).unwrap().to_cursor(&person(&[]).org, &by_creator().list_filter());
    for bad in ["A", "=", &"A".repeat(100), &of_list] {
        assert!(!is_accepted(&person(&[]), by_creator(), bad).await, "{bad}");
    }
}

/// The cursor of another request: it names a token that the caller can revoke by its id, or none.
#[tokio::test]
async fn forged_cursor_revokes_nothing_outside_of_the_scope() {
    let parent = token(TypeName::Api, 1, 'p');
    let caller = calling_token(&[], Some(parent.id.clone()), None).with_scope(Some(Scope::OwnToken));
    let memory = Memory::with([parent.clone(), token(TypeName::Api, 2, 'x')]);
    let text = format!("{0}:000000000001#api_TTTTTTTTTTTTTTTTTTTTa", parent.id);
    let cursor = encode(&text, &caller.org, &RevocationFilter::All.canonical());
    let forged = request(RevocationFilter::All, Some(cursor));
    let answer = run(memory.clone(), budget(9), &caller, &forged).await;
    assert_eq!(answer, Ok(BulkRevocation { revoked: Vec::new(), cursor: None }));
    assert_eq!(memory.token(&parent.id).unwrap().revocation, None);
}

/// One read of the list contains 1,000 tokens.
#[tokio::test]
async fn token_after_many_of_others_in_one_second_is_revoked() {
    let others = (0..2_500).map(|number| {
        let id = format!("api_{number:021}").parse().unwrap();
        let owner = Some("local|2".parse().unwrap());
        Token { id, created_by: user("2"), owner, ..token(TypeName::Api, 2, 'x') }
    });
    let own = token(TypeName::Api, 1, 'a');
    let memory = Memory::with(others.chain([own.clone()]));
    let caller = person(&[]).with_scope(Some(Scope::Own));
    let answer = run(memory, budget(9), &caller, &request(RevocationFilter::All, None)).await;
    assert_eq!(answer, Ok(BulkRevocation { revoked: vec![own.id], cursor: None }));
}

/// The token `to` as the successor of `from`, which rotated itself.
fn rotate(from: &mut Token, to: &mut Token) {
    from.succession = Some(from.succession(to.id.clone(), samples::at(5), Overlap::DEFAULT));
    let rotated_by = Principal::Token(from.id.clone());
    let chain_created_at = from.chain_created_at();
    to.origin = Some(Origin { rotated_from: from.id.clone(), rotated_by, chain_created_at, first_used_at: None });
}

/// The secret of the old token leads to the new one, also if the old one is no longer in the list.
#[tokio::test]
async fn successor_is_as_old_as_the_token_that_obtained_it() {
    let [mut new, other, mut old] = three_tokens();
    rotate(&mut old, &mut new);
    let before = request(RevocationFilter::CreatedBefore(samples::at(2)), None);
    let memory = Memory::with([new.clone(), other.clone(), old.clone()]);
    let answer = run(memory, budget(9), &person(&[]), &before).await;
    assert_eq!(answer, Ok(BulkRevocation { revoked: vec![new.id.clone(), old.id.clone()], cursor: None }));
    let revoked = Token { revocation: samples::revoked().revocation, ..old };
    let memory = Memory::with([new.clone(), other, revoked]);
    let answer = run(memory, budget(9), &person(&[]), &before).await;
    assert_eq!(answer, Ok(BulkRevocation { revoked: vec![new.id], cursor: None }));
}

/// Revoking a token that the caller's token succeeds ends the caller's token.
#[tokio::test]
async fn tokens_that_the_caller_succeeds_are_revoked_last() {
    let [mut second, other, mut first] = three_tokens();
    let mut own = Token { created_at: samples::at(4), ..samples::plain() };
    rotate(&mut first, &mut second);
    rotate(&mut second, &mut own);
    let memory = Memory::with([own.clone(), second.clone(), other.clone(), first.clone()]);
    let caller = calling_token(&[], None, None);
    let mut answers = Vec::new();
    let mut cursor = None;
    loop {
        let all = request(RevocationFilter::All, cursor);
        let answer = run(memory.clone(), budget(1), &caller, &all).await.unwrap();
        answers.push(answer.revoked);
        cursor = answer.cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(answers, [vec![other.id], vec![first.id, second.id, own.id]]);
}

#[tokio::test]
async fn bulk_revocation_without_scope_is_forbidden() {
    let caller = person(&[]).with_scope(None);
    let result = run(Memory::with(three_tokens()), budget(9), &caller, &request(RevocationFilter::All, None)).await;
    assert!(matches!(result, Err(ApiError::PermissionDenied(_))));
}

/// Who calls.
#[derive(Debug, Clone, Copy)]
enum CallerKind {
    User(Scope),
    /// A token, with a parent or without one.
    Token(Scope, bool),
}

fn caller_kind() -> impl Strategy<Value = CallerKind> {
    let token = |scope| any::<bool>().prop_map(move |has_parent| CallerKind::Token(scope, has_parent));
    prop_oneof![
        Just(CallerKind::User(Scope::Organization)),
        Just(CallerKind::User(Scope::Own)),
        token(Scope::Organization),
        token(Scope::Own),
        token(Scope::OwnToken),
    ]
}

fn filter() -> impl Strategy<Value = RevocationFilter> {
    let caller = || Principal::Token(samples::plain().id);
    prop_oneof![
        Just(RevocationFilter::All),
        (0..7_i64).prop_map(|seconds| RevocationFilter::CreatedBefore(samples::at(seconds))),
        prop_oneof![Just(user("1001")), Just(user("2")), Just(caller())].prop_map(RevocationFilter::CreatedBy),
    ]
}

proptest! {
    /// For any tokens, caller, scope, filter, number of tokens and time of a request, the responses of a pass together are the
    /// matching active tokens in the caller's scope, each once, newest first, and then the caller's parent and the caller. No cursor names
    /// a token outside of the scope, no other token is revoked, and a second pass finds nothing.
    #[test]
    fn passes_revoke_every_matching_token_once(
        tokens in prop::collection::vec(
            (prop::sample::select(vec![TypeName::Api, TypeName::App, TypeName::Journey]), 0..6_i64, 0..8_u8), 0..12),
        kind in caller_kind(),
        filter in filter(),
        max_tokens in 1..5_usize,
        has_time in any::<bool>(),
        own_at in 0..6_i64,
        parent_at in 0..6_i64,
    ) {
        let marks = "abcdefghijklm".chars();
        let stored = |(&(name, at, variant), mark): (&(_, _, u8), _)| {
            let token = token(name, at, mark);
            let created_by = match variant {
                0 | 1 => user("2"),
                2 | 3 => Principal::Token(samples::plain().id),
                _ => user("1001"),
            };
            let owner = Some(if variant == 0 { "local|2" } else { "local|1001" }.parse().unwrap());
            let org = if variant == 4 { "124" } else { "123" }.parse().unwrap();
            let expires_at = (variant == 5).then_some(samples::at(NOW));
            let revocation = (variant == 6).then(|| samples::revoked().revocation.unwrap());
            Token { org, created_by, owner, expires_at, revocation, ..token }
        };
        let mut tokens: Vec<Token> = tokens.iter().zip(marks).map(stored).collect();
        let parent = token(TypeName::Api, parent_at, 'P');
        let caller = match kind {
            CallerKind::User(scope) => person(&[]).with_scope(Some(scope)),
            CallerKind::Token(scope, has_parent) => {
                let parent = has_parent.then_some(parent);
                let created_by = parent.as_ref().map_or_else(|| user("1001"), |it| Principal::Token(it.id.clone()));
                let own = Token { created_at: samples::at(own_at), created_by, ..samples::plain() };
                let parent_id = parent.as_ref().map(|parent| parent.id.clone());
                tokens.extend(parent.into_iter().chain([own]));
                calling_token(&[], parent_id, None).with_scope(Some(scope))
            }
        };
        let accessible = caller.accessible_tokens().unwrap();
        let matches = |token: &&Token| {
            token.org == caller.org && token.is_alive(samples::at(NOW)) && accessible.includes(token)
                && match &filter {
                    RevocationFilter::All => true,
                    RevocationFilter::CreatedBefore(time) => token.created_at < *time,
                    RevocationFilter::CreatedBy(creator) => token.created_by == *creator,
                }
        };
        let ends_caller = |id: &TokenId| {
            caller.token().map(|token| usize::from(token.parent.as_ref() == Some(id)) + 2 * usize::from(token.id == *id))
        };
        let mut expected: Vec<&Token> = tokens.iter().filter(matches).collect();
        expected.sort_by_key(|token| (ends_caller(&token.id), std::cmp::Reverse(PageKey::of(token))));
        let memory = Memory::with(tokens.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let pass = || {
            let mut revoked = Vec::new();
            let mut cursor = None;
            for _ in 0..100 {
                let time = if has_time { Duration::from_mins(1) } else { Duration::ZERO };
                let budget = RequestBudget { max_tokens, deadline: Instant::now() + time };
                let request = request(filter.clone(), cursor.take());
                let answer = runtime.block_on(run(memory.clone(), budget, &caller, &request)).unwrap();
                prop_assert!(answer.revoked.len() <= max_tokens.max(2), "both the parent and the caller");
                prop_assert!(answer.cursor.is_none() || revoked.len() < tokens.len(), "a request without progress");
                revoked.extend(answer.revoked);
                let Some(next) = answer.cursor else { return Ok(Some(revoked)) };
                let text = decode(&next, &caller.org, &filter.canonical()).unwrap();
                let key = Progress::parse(&text).unwrap().position;
                let named = tokens.iter().find(|token| Some(PageKey::of(token)) == key);
                prop_assert!(named.is_none_or(|token| accessible.includes(token)), "{named:?}");
                cursor = Some(next);
            }
            Ok(None)
        };
        let expected: Vec<_> = expected.into_iter().map(|token| token.id.clone()).collect();
        prop_assert_eq!(pass()?, Some(expected.clone()));
        prop_assert_eq!(pass()?, Some(Vec::new()), "a second pass");
        let expected: BTreeSet<_> = expected.into_iter().collect();
        for token in &tokens {
            let revocation = memory.token(&token.id).unwrap().revocation;
            prop_assert_eq!(revocation.is_some(), token.revocation.is_some() || expected.contains(&token.id));
        }
    }
}
