use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    caller::{CallerIdentity, tests::person},
    memory::{At, Memory},
    permissions::Scope,
    ports::{ListQuery, PortError, PortErrorKind, Service, TokenPage},
    token::{Principal, TypeName, samples},
};

fn filter(types: Option<&[TypeName]>, limit: usize) -> TokenFilter {
    let types = types.map(|types| types.iter().copied().collect());
    TokenFilter { types, limit: Some(limit), ..TokenFilter::default() }
}

/// The tokens of one response and the cursor of the next one.
struct Response {
    tokens: Vec<Token>,
    next: Option<String>,
}

/// The response of a list to `caller` that has space for `capacity` tokens.
async fn respond<L: ListTokens>(
    list: &List<L, At>,
    caller: &Caller,
    filter: &TokenFilter,
    cursor: Option<&str>,
    capacity: usize,
) -> Result<Response, ApiError> {
    let mut tokens = Vec::new();
    let add = |token: &Token| {
        let fits = tokens.len() < capacity;
        tokens.extend(fits.then(|| token.clone()));
        Ok(fits)
    };
    let next = list.run(caller, filter, cursor, add).await?;
    Ok(Response { tokens, next })
}

/// A token of type `type_name` that was created at `seconds` and whose id ends in `mark`.
fn token(type_name: TypeName, seconds: i64, mark: char) -> Token {
    let sample = if type_name == TypeName::Api { samples::plain() } else { samples::child() };
    let id = format!("{type_name}_{}{mark}", "T".repeat(20)).parse().unwrap();
    Token { id, created_at: samples::at(seconds), expires_at: None, ..sample }
}

async fn ids(ledger: &Memory, filter: &TokenFilter, now: i64) -> Vec<String> {
    let list = List { ledger: ledger.clone(), clock: At(samples::at(now)) };
    let response = respond(&list, &person(&[]), filter, None, usize::MAX).await.unwrap();
    response.tokens.iter().map(|token| token.id.to_string()).collect()
}

#[tokio::test]
async fn list_has_active_tokens_of_org_newest_first() {
    let mut foreign = token(TypeName::Api, 9, 'f');
    foreign.org = "124".parse().unwrap();
    let revoked = Token { revocation: samples::revoked().revocation, ..token(TypeName::Api, 9, 'r') };
    let ledger = Memory::with([
        token(TypeName::Api, 1, 'a'),
        token(TypeName::App, 2, 'b'),
        token(TypeName::Api, 3, 'c'),
        samples::journey(),
        foreign,
        revoked,
    ]);
    let all = ids(&ledger, &filter(None, 9), 0).await;
    assert_eq!(all, ["journey_JJJJJJJJJJJJJJJJJJJJJ", "api_TTTTTTTTTTTTTTTTTTTTc", "api_TTTTTTTTTTTTTTTTTTTTa"]);
    assert_eq!(ids(&ledger, &filter(Some(&[TypeName::App]), 9), 0).await, ["app_TTTTTTTTTTTTTTTTTTTTb"]);
    let both = ids(&ledger, &filter(Some(&[TypeName::App, TypeName::Api]), 9), 0).await;
    assert_eq!(both, ["api_TTTTTTTTTTTTTTTTTTTTc", "app_TTTTTTTTTTTTTTTTTTTTb", "api_TTTTTTTTTTTTTTTTTTTTa"]);
    assert!(ids(&ledger, &filter(Some(&[]), 9), 0).await.is_empty());
}

#[tokio::test]
async fn list_omits_expired_token() {
    let ledger = Memory::with([Token { expires_at: Some(samples::at(50)), ..token(TypeName::Api, 1, 'a') }]);
    assert_eq!(ids(&ledger, &filter(None, 9), 49).await.len(), 1);
    assert_eq!(ids(&ledger, &filter(None, 9), 50).await.len(), 0);
}

#[tokio::test]
async fn list_by_creator_has_only_their_tokens() {
    let ledger = Memory::with([
        token(TypeName::Api, 1, 'a'),
        Token { created_by: "local|2".parse().unwrap(), ..token(TypeName::Api, 2, 'b') },
    ]);
    let by = TokenFilter { created_by: Some("local|2".parse().unwrap()), ..TokenFilter::default() };
    assert_eq!(ids(&ledger, &by, 0).await, ["api_TTTTTTTTTTTTTTTTTTTTb"]);
}

#[tokio::test]
async fn cursor_of_other_request_or_altered_is_rejected() {
    let ledger = Memory::with([token(TypeName::Api, 1, 'a'), token(TypeName::Api, 2, 'b')]);
    let list = List { ledger, clock: At(samples::at(0)) };
    let one = filter(None, 1);
    let run = async |caller: &Caller, filter: &TokenFilter, cursor: &str| {
        respond(&list, caller, filter, Some(cursor), usize::MAX).await.is_ok()
    };
    let first = respond(&list, &person(&[]), &one, None, usize::MAX).await.unwrap();
    let cursor = first.next.unwrap();
    assert!(run(&person(&[]), &one, &cursor).await);
    assert!(run(&person(&[]), &filter(None, 7), &cursor).await, "the page size may change");
    let mut outsider = person(&[]);
    outsider.org = "124".parse().unwrap();
    assert!(!run(&outsider, &one, &cursor).await);
    let other = TokenFilter { created_by: Some("local|1".parse().unwrap()), ..one.clone() };
    assert!(!run(&person(&[]), &other, &cursor).await);
    assert!(!run(&person(&[]), &filter(Some(&[TypeName::Api]), 1), &cursor).await);
    for at in 0..cursor.len() {
        let mut altered = cursor.clone();
        let other = if &altered[at..=at] == "A" { "B" } else { "A" };
        altered.replace_range(at..=at, other);
        assert!(!run(&person(&[]), &one, &altered).await, "{at}");
    }
    for forged in ["", "x", "000000000001#", "000000000001#api_x", "1#api_TTTTTTTTTTTTTTTTTTTTa"] {
        let cursor = PageKey::new(forged.to_owned()).to_cursor(&person(&[]).org, &one);
        assert!(!run(&person(&[]), &one, &cursor).await, "a valid checksum over {forged:?}");
    }
    for bad in ["", "A", "=", &"A".repeat(100)] {
        assert!(!run(&person(&[]), &one, bad).await, "{bad}");
    }
}

/// A list of `count` pages with one token each, of which those from the index `slow` on never arrive.
struct Pages {
    count: usize,
    slow: usize,
    failing: Option<usize>,
}

impl ListTokens for Pages {
    async fn list_page(&self, _: &ListQuery<'_>, before: Option<&PageKey>) -> Result<TokenPage, PortError> {
        let of = |index: usize| token(TypeName::Api, i64::try_from(1_000 - index).unwrap(), 'a');
        let index =
            before.map_or(0, |before| (0..self.count).find(|index| PageKey::of(&of(*index)) == *before).unwrap() + 1);
        if index >= self.slow {
            std::future::pending::<()>().await;
        }
        if self.failing == Some(index) {
            return Err(PortError::new(Service::DynamoDb, "Query", PortErrorKind::Throttled));
        }
        let next_key = (index + 1 < self.count).then(|| PageKey::of(&of(index)));
        Ok(TokenPage { tokens: vec![of(index)], next_key })
    }
}

/// The number of tokens of a list whose time to read has passed, and whether more follow.
async fn read_until_now(pages: Pages, filter: &TokenFilter) -> Result<(usize, bool), ApiError> {
    let list = List { ledger: pages, clock: At(samples::at(0)) };
    let mut count = 0;
    let add = |_: &Token| {
        count += 1;
        Ok(true)
    };
    let next = list.run_until(Instant::now() + Duration::from_millis(20), &person(&[]), filter, None, add).await?;
    Ok((count, next.is_some()))
}

#[tokio::test]
async fn list_without_limit_reads_all_pages() {
    let pages = Pages { count: 900, slow: usize::MAX, failing: None };
    let list = List { ledger: pages, clock: At(samples::at(0)) };
    let response = respond(&list, &person(&[]), &TokenFilter::default(), None, usize::MAX).await.unwrap();
    assert_eq!((response.tokens.len(), response.next), (900, None));
    let one = respond(&list, &person(&[]), &filter(None, 5), None, usize::MAX).await.unwrap();
    assert_eq!((one.tokens.len(), one.next.is_some()), (1, true), "a page with a limit is one read");
}

#[tokio::test]
async fn list_of_own_tokens_reads_until_the_limit_is_reached() {
    let pages = Pages { count: 9, slow: usize::MAX, failing: None };
    let list = List { ledger: pages, clock: At(samples::at(0)) };
    let caller = person(&[]).with_scope(Some(Scope::Own));
    let five = respond(&list, &caller, &filter(None, 5), None, usize::MAX).await.unwrap();
    assert_eq!((five.tokens.len(), five.next.is_some()), (5, true));
    let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..caller };
    let none = respond(&list, &stranger, &filter(None, 5), None, usize::MAX).await.unwrap();
    assert_eq!((none.tokens.len(), none.next), (0, None));
}

#[tokio::test]
async fn cursor_of_slow_list_of_own_tokens_names_no_token() {
    let list = List { ledger: Pages { count: 900, slow: 3, failing: None }, clock: At(samples::at(0)) };
    let stranger = Caller { identity: CallerIdentity::User("local|2".parse().unwrap()), ..person(&[]) };
    let stranger = stranger.with_scope(Some(Scope::Own));
    let deadline = Instant::now() + Duration::from_millis(20);
    let filter = filter(None, 5);
    let next = list.run_until(deadline, &stranger, &filter, None, |_| Ok(true)).await.unwrap().unwrap();
    let key = PageKey::from_cursor(&next, &stranger.org, &filter).unwrap();
    assert_eq!(key.as_str(), "000000000998#portal_zzzzzzzzzzzzzzzzzzzzz");
}

#[tokio::test]
async fn list_without_scope_is_forbidden() {
    let list = List { ledger: Memory::with([samples::plain()]), clock: At(samples::at(0)) };
    let result = respond(&list, &person(&[]).with_scope(None), &filter(None, 5), None, usize::MAX).await;
    assert!(matches!(result, Err(ApiError::PermissionDenied(_))));
}

#[tokio::test]
async fn list_that_reads_too_long_ends_with_a_link() {
    let pages = Pages { count: 900, slow: 3, failing: None };
    assert_eq!(read_until_now(pages, &TokenFilter::default()).await, Ok((3, true)));
}

#[tokio::test]
async fn outage_after_the_first_page_is_an_error() {
    let pages = Pages { count: 9, slow: usize::MAX, failing: Some(4) };
    assert!(matches!(read_until_now(pages, &TokenFilter::default()).await, Err(ApiError::Server(_))));
}

proptest! {
    /// For any tokens, scope and filter, any page size or none, and any size of a response, the responses together contain
    /// every matching active token in the scope exactly once. No cursor names a token outside of the scope.
    #[test]
    fn list_pages_contain_every_token_once(
        tokens in prop::collection::vec(
            (prop::sample::select(vec![TypeName::Api, TypeName::App]), 0..6_i64, any::<bool>(), any::<bool>()), 0..12),
        by_creator in any::<bool>(),
        scope in prop::sample::select(vec![Scope::Own, Scope::Organization]),
        types in prop::option::of(prop::sample::subsequence(TypeName::ALL.to_vec(), 0..5)),
        size in 1..5_usize,
        all_at_once in any::<bool>(),
        capacity in 1..9_usize,
    ) {
        let marks = "abcdefghijklmnop".chars();
        let creator: Principal = "local|2".parse().unwrap();
        let stored = |(&(name, at, is_expired, is_other), mark): (&(_, _, bool, bool), _)| {
            let token = token(name, at, mark);
            let created_by = if is_other { creator.clone() } else { token.created_by.clone() };
            // The child samples of the types of systems name their owner, the others count by their creator.
            let owner = token.owner.clone().filter(|_| name == TypeName::App && !is_other);
            Token { expires_at: is_expired.then_some(samples::at(100)), created_by, owner, ..token }
        };
        let tokens: Vec<Token> = tokens.iter().zip(marks).map(stored).collect();
        let ledger = Memory::with(tokens.clone());
        let limit = (!all_at_once).then_some(size);
        let filter = TokenFilter { limit, created_by: by_creator.then_some(creator), ..filter(types.as_deref(), size) };
        let list = List { ledger, clock: At(samples::at(100)) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let caller = person(&[]).with_scope(Some(scope));
        let accessible = caller.accessible_tokens().unwrap();
        let mut found = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..100 {
            let page = respond(&list, &caller, &filter, cursor.as_deref(), capacity);
            let page = runtime.block_on(page).unwrap();
            prop_assert!(page.tokens.len() <= limit.unwrap_or(usize::MAX).min(capacity));
            let is_cut = limit.is_some() || page.tokens.len() == capacity;
            prop_assert!(is_cut || page.next.is_none(), "a response with space left is the last one");
            let is_full = page.tokens.len() == limit.unwrap_or(usize::MAX).min(capacity);
            prop_assert!(scope == Scope::Organization || is_full || page.next.is_none(), "a page of the scope is full");
            found.extend(page.tokens);
            cursor = page.next;
            if let Some(cursor) = &cursor {
                let key = PageKey::from_cursor(cursor, &caller.org, &filter).unwrap();
                let named = tokens.iter().find(|token| PageKey::of(token) == key);
                prop_assert!(named.is_none_or(|token| accessible.includes(token)), "{named:?}");
            }
            if cursor.is_none() {
                break;
            }
        }
        prop_assert!(cursor.is_none(), "the last page has no cursor");
        let keys: Vec<_> = found.iter().map(PageKey::of).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a > b), "newest first");
        let is_listed = |token: &&Token| {
            filter.matches_token(token) && token.is_alive(samples::at(100)) && accessible.includes(token)
        };
        let expected: BTreeSet<_> = tokens.iter().filter(is_listed).map(PageKey::of).collect();
        prop_assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
