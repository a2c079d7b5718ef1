//! Target `cursor`: cursors of the token list.

use std::{
    str::from_utf8,
    sync::{LazyLock, Mutex},
};

use arbitrary::Unstructured;
use shared::{
    caller::{Caller, CallerIdentity},
    error::ApiError,
    list::List,
    pagination::{PageKey, TokenFilter},
    permissions::{OrgId, Scope},
    ports::{Clock, ListQuery, ListTokens, PortError, TokenPage},
    token::{TypeName, UnixTime},
};
use tokio::runtime::{Builder, Runtime};

use super::Target;
use crate::mutate;

pub(super) const TARGET: Target = Target { name: "cursor", run, seeds };

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// Keys of the index.
const PAGE_KEYS: [&str; 3] = [
    "001566656122#api_5ZugdRXasLfWBypHi93Fk",
    "000000000000#app_AAAAAAAAAAAAAAAAAAAAA",
    "253402207200#journey_JJJJJJJJJJJJJJJJJJJJJ",
];

/// An index whose pages are empty and have a next page. Records where the last page started.
struct RecordingIndex {
    next_key: &'static str,
    last_start: Mutex<Option<String>>,
}

impl ListTokens for &RecordingIndex {
    async fn list_page(&self, _: &ListQuery<'_>, start: Option<&PageKey>) -> Result<TokenPage, PortError> {
        *self.last_start.lock().unwrap() = start.map(|key| key.as_str().to_owned());
        Ok(TokenPage { tokens: Vec::new(), next_key: Some(PageKey::new(self.next_key.to_owned())) })
    }
}

struct FixedClock;

impl Clock for FixedClock {
    fn now(&self) -> UnixTime {
        UnixTime::EPOCH
    }
}

/// The input selects a page key and a list, and contains or mutates a cursor. A list accepts only cursors that were
/// issued for its organization and filter, and a cursor leads to the page key for which it was issued.
fn run(bytes: &[u8]) {
    let lists = lists();
    let mut u = Unstructured::new(bytes);
    let page_key = u.choose(&PAGE_KEYS).unwrap();
    let selected = u.choose_index(lists.len()).unwrap();
    let cursor = issue_cursor(page_key, &lists[selected]);
    for (index, list) in lists.iter().enumerate() {
        let (start, result) = list_page(page_key, list, Some(&cursor));
        assert_eq!(result.is_ok(), index == selected, "list {index} with the cursor of list {selected}");
        assert!(result.is_err() || start.as_deref() == Some(page_key), "the cursor leads to another page");
    }
    let is_verbatim = u.arbitrary().unwrap();
    let candidate =
        if is_verbatim { u.take_rest().to_vec() } else { mutate::bytes(cursor.as_bytes(), &[], &mut u).unwrap() };
    let Ok(candidate) = from_utf8(&candidate) else { return };
    let (start, result) = list_page(page_key, &lists[selected], Some(candidate));
    match result {
        Ok(_) => {
            let is_issued = PAGE_KEYS.iter().any(|key| issue_cursor(key, &lists[selected]) == candidate);
            assert!(is_issued, "{candidate} was never issued");
        }
        Err(error) => assert!(matches!(error, ApiError::Invalid(_)) && start.is_none(), "{error:?}"),
    }
}

/// Four lists, which accept no cursor of each other.
fn lists() -> [(OrgId, TokenFilter); 4] {
    // Without a page size the list would read the index to its end, which this index does not have.
    let all = TokenFilter { limit: Some(1_000), ..TokenFilter::default() };
    let by_type = TokenFilter { types: Some([TypeName::Api].into()), ..all.clone() };
    let by_creator = TokenFilter { created_by: "local|1001".parse().ok(), ..all.clone() };
    [("1", all.clone()), ("2", all), ("1", by_type), ("1", by_creator)]
        .map(|(org, filter)| (org.parse().unwrap(), filter))
}

/// The cursor of the first page.
fn issue_cursor(next_key: &'static str, list: &(OrgId, TokenFilter)) -> String {
    list_page(next_key, list, None).1.unwrap().unwrap()
}

/// Where the page starts in the index, and the cursor of the next page.
fn list_page(
    next_key: &'static str,
    (org, filter): &(OrgId, TokenFilter),
    cursor: Option<&str>,
) -> (Option<String>, Result<Option<String>, ApiError>) {
    let index = RecordingIndex { next_key, last_start: Mutex::default() };
    let identity = CallerIdentity::User("local|1001".parse().unwrap());
    let scope = Some(Scope::Organization);
    let caller = Caller { identity, org: org.clone(), roles: Vec::new(), deny_roles: Vec::new(), scope };
    let list = List { ledger: &index, clock: FixedClock };
    let next = RUNTIME.block_on(list.run(&caller, filter, cursor, |_| Ok(true)));
    (index.last_start.into_inner().unwrap(), next)
}

fn seeds() -> Vec<Vec<u8>> {
    // Page key, list, whether verbatim; then the number of mutations, their kind and their choices, or a cursor.
    let mutations = (0..9).map(|kind| vec![0, 1, 0, 0, kind, 5, 9]);
    let verbatim = ["", "AAAA", "bm90IGEgY3Vyc29y"].map(|cursor| [&[0, 0, 1], cursor.as_bytes()].concat());
    mutations.chain(verbatim).collect()
}
