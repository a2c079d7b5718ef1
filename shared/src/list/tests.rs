#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

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

/// A token of `type_name` made at `seconds`, whose id ends in `mark`.
fn made(type_name: TypeName, seconds: i64, mark: char) -> Token {
    let template = if type_name == TypeName::Api { samples::plain() } else { samples::child() };
    let id = format!("{type_name}_{}{mark}", "T".repeat(20)).parse().unwrap();
    Token { id, created_at: samples::at(seconds), expires_at: None, ..template }
}

async fn ids(ledger: &Memory, filter: &TokenFilter, now: i64) -> Vec<String> {
    let list = List { ledger: ledger.clone(), clock: At(samples::at(now)) };
    let page = list.run(&person(&[]), filter, None).await.unwrap();
    page.tokens.iter().map(|token| token.id.to_string()).collect()
}

#[tokio::test]
async fn the_organizations_live_tokens_come_newest_first_and_system_tokens_only_when_asked_for() {
    let mut foreign = made(TypeName::Api, 9, 'f');
    foreign.org = "124".parse().unwrap();
    let revoked = Token { revocation: samples::revoked().revocation, ..made(TypeName::Api, 9, 'r') };
    let ledger = Memory::with([
        made(TypeName::Api, 1, 'a'),
        made(TypeName::App, 2, 'b'),
        made(TypeName::Api, 3, 'c'),
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
async fn an_expired_token_is_not_listed() {
    let ledger = Memory::with([Token { expires_at: Some(samples::at(50)), ..made(TypeName::Api, 1, 'a') }]);
    assert_eq!(ids(&ledger, &filter(None, 9), 49).await.len(), 1);
    assert_eq!(ids(&ledger, &filter(None, 9), 50).await.len(), 0);
}

#[tokio::test]
async fn a_list_can_be_of_one_makers_tokens() {
    let ledger = Memory::with([
        made(TypeName::Api, 1, 'a'),
        Token { created_by: "local|2".parse().unwrap(), ..made(TypeName::Api, 2, 'b') },
    ]);
    let by = TokenFilter { created_by: Some("local|2".parse().unwrap()), ..TokenFilter::default() };
    assert_eq!(ids(&ledger, &by, 0).await, ["api_TTTTTTTTTTTTTTTTTTTTb"]);
}

#[tokio::test]
async fn a_cursor_is_of_one_organization_and_one_filter_and_cannot_be_altered() {
    let ledger = Memory::with([made(TypeName::Api, 1, 'a'), made(TypeName::Api, 2, 'b')]);
    let list = List { ledger, clock: At(samples::at(0)) };
    let one = filter(None, 1);
    let cursor = list.run(&person(&[]), &one, None).await.unwrap().next.unwrap();
    assert!(list.run(&person(&[]), &one, Some(&cursor)).await.is_ok());
    assert!(list.run(&person(&[]), &filter(None, 7), Some(&cursor)).await.is_ok(), "as many at once as one likes");
    let mut stranger = person(&[]);
    stranger.org = "124".parse().unwrap();
    assert!(list.run(&stranger, &one, Some(&cursor)).await.is_err());
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
        assert!(list.run(&person(&[]), &one, Some(&cursor)).await.is_err(), "a good checksum over {forged:?}");
    }
    for bad in ["", "A", "=", &"A".repeat(100)] {
        assert!(list.run(&person(&[]), &one, Some(bad)).await.is_err(), "{bad}");
    }
}

proptest! {
    /// Whatever tokens there are, whoever made them, expired or not, whatever the filter and the size of a page: the pages
    /// together are the list, once each.
    #[test]
    fn the_pages_together_are_the_list(
        tokens in prop::collection::vec(
            (prop::sample::select(vec![TypeName::Api, TypeName::App]), 0..6_i64, any::<bool>(), any::<bool>()), 0..12),
        one_makers in any::<bool>(),
        types in prop::option::of(prop::sample::subsequence(TypeName::ALL.to_vec(), 0..5)),
        limit in 1..5_usize,
    ) {
        let marks = "abcdefghijklmnop".chars();
        let maker: Principal = "local|2".parse().unwrap();
        let row = |(&(name, at, expired, others), mark): (&(_, _, bool, bool), _)| {
            let token = made(name, at, mark);
            let created_by = if others { maker.clone() } else { token.created_by.clone() };
            Token { expires_at: expired.then_some(samples::at(100)), created_by, ..token }
        };
        let rows: Vec<Token> = tokens.iter().zip(marks).map(row).collect();
        let ledger = Memory::with(rows.clone());
        let filter = TokenFilter { created_by: one_makers.then_some(maker), ..filter(types.as_deref(), limit) };
        let list = List { ledger, clock: At(samples::at(100)) };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (mut found, mut cursor) = (Vec::new(), None);
        for _ in 0..100 {
            let page = runtime.block_on(list.run(&person(&[]), &filter, cursor.as_deref())).unwrap();
            prop_assert!(page.tokens.len() <= limit);
            found.extend(page.tokens);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        prop_assert!(cursor.is_none(), "the end is a page without a cursor");
        let places: Vec<_> = found.iter().map(PageKey::of).collect();
        prop_assert!(places.is_sorted_by(|a, b| a > b), "newest first");
        let listed = |token: &&Token| filter.matches_token(token) && token.is_alive(samples::at(100));
        let expected: BTreeSet<_> = rows.iter().filter(listed).map(PageKey::of).collect();
        prop_assert_eq!(places.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}
