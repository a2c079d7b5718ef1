use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;
use crate::{
    caller::tests::person,
    memory::{At, Memory},
    token::{Principal, TypeName, samples},
};

fn filter(types: Option<&[TypeName]>, limit: usize) -> TokenFilter {
    TokenFilter { types: types.map(|types| types.iter().copied().collect()), limit, ..TokenFilter::default() }
}

/// A token of type `type_name` that was created at `seconds` and whose id ends in `mark`.
fn token(type_name: TypeName, seconds: i64, mark: char) -> Token {
    let sample = if type_name == TypeName::Api { samples::plain() } else { samples::child() };
    let id = format!("{type_name}_{}{mark}", "T".repeat(20)).parse().unwrap();
    Token { id, created_at: samples::at(seconds), expires_at: None, ..sample }
}

async fn ids(ledger: &Memory, filter: &TokenFilter, now: i64) -> Vec<String> {
    let list = List { ledger: ledger.clone(), clock: At(samples::at(now)) };
    let page = list.run(&person(&[]), filter, None).await.unwrap();
    page.tokens.iter().map(|token| token.id.to_string()).collect()
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
    let cursor = list.run(&person(&[]), &one, None).await.unwrap().next.unwrap();
    assert!(list.run(&person(&[]), &one, Some(&cursor)).await.is_ok());
    assert!(list.run(&person(&[]), &filter(None, 7), Some(&cursor)).await.is_ok(), "the page size may change");
    let mut outsider = person(&[]);
    outsider.org = "124".parse().unwrap();
    assert!(list.run(&outsider, &one, Some(&cursor)).await.is_err());
    let other = TokenFilter { created_by: Some("local|1".parse().unwrap()), ..one.clone() };
    assert!(list.run(&person(&[]), &other, Some(&cursor)).await.is_err());
    assert!(list.run(&person(&[]), &filter(Some(&[TypeName::Api]), 1), Some(&cursor)).await.is_err());
    for at in 0..cursor.len() {
        let mut altered = cursor.clone();
        let other = if &altered[at..=at] == "A" { "B" } else { "A" };
        altered.replace_range(at..=at, other);
        assert!(list.run(&person(&[]), &one, Some(&altered)).await.is_err(), "{at}");
    }
    for forged in ["", "x", "000000000001#", "000000000001#api_x", "1#api_TTTTTTTTTTTTTTTTTTTTa"] {
        let cursor = PageKey::new(forged.to_owned()).to_cursor(&person(&[]).org, &one);
        assert!(list.run(&person(&[]), &one, Some(&cursor)).await.is_err(), "a valid checksum over {forged:?}");
    }
    for bad in ["", "A", "=", &"A".repeat(100)] {
        assert!(list.run(&person(&[]), &one, Some(bad)).await.is_err(), "{bad}");
    }
}

proptest! {
    /// For any tokens, filter and page size the pages together contain every matching active token exactly once.
    #[test]
    fn list_pages_contain_every_token_once(
        tokens in prop::collection::vec(
            (prop::sample::select(vec![TypeName::Api, TypeName::App]), 0..6_i64, any::<bool>(), any::<bool>()), 0..12),
        by_creator in any::<bool>(),
        types in prop::option::of(prop::sample::subsequence(TypeName::ALL.to_vec(), 0..5)),
        limit in 1..5_usize,
    ) {
        let marks = "abcdefghijklmnop".chars();
        let creator: Principal = "local|2".parse().unwrap();
        let stored = |(&(name, at, is_expired, is_other), mark): (&(_, _, bool, bool), _)| {
            let token = token(name, at, mark);
            let created_by = if is_other { creator.clone() } else { token.created_by.clone() };
            Token { expires_at: is_expired.then_some(samples::at(100)), created_by, ..token }
        };
        let tokens: Vec<Token> = tokens.iter().zip(marks).map(stored).collect();
        let ledger = Memory::with(tokens.clone());
        let filter = TokenFilter { created_by: by_creator.then_some(creator), ..filter(types.as_deref(), limit) };
        let list = List { ledger, clock: At(samples::at(100)) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut found = Vec::new();
        let mut cursor = None;
        for _ in 0..100 {
            let page = runtime.block_on(list.run(&person(&[]), &filter, cursor.as_deref())).unwrap();
            prop_assert!(page.tokens.len() <= limit);
            found.extend(page.tokens);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert!(cursor.is_none(), "the last page has no cursor");
        let keys: Vec<_> = found.iter().map(PageKey::of).collect();
        prop_assert!(keys.is_sorted_by(|a, b| a > b), "newest first");
        let is_listed = |token: &&Token| filter.matches_token(token) && token.is_alive(samples::at(100));
        let expected: BTreeSet<_> = tokens.iter().filter(is_listed).map(PageKey::of).collect();
        prop_assert_eq!(keys.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
