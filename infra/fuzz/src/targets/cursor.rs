//! Cursors, through the list that takes them.

use std::{
    str::from_utf8,
    sync::{LazyLock, Mutex},
};

use shared::{
    caller::{Caller, CallerIdentity},
    error::ApiError,
    list::{List, TokenList},
    pagination::{PageKey, TokenFilter},
    permissions::OrgId,
    ports::{Clock, ListTokens, PortError, TokenPage},
    token::{TokenClass, TypeName, UnixTime},
};
use tokio::runtime::{Builder, Runtime};

use super::Target;
use crate::{choices::Choices, mutate};

pub(super) const TARGET: Target = Target { name: "cursor", run, seeds };

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().enable_time().build().unwrap());

/// Places that the index has.
const PLACES: [&str; 3] = [
    "001566656122#api_5ZugdRXasLfWBypHi93Fk",
    "000000000000#app_AAAAAAAAAAAAAAAAAAAAA",
    "253402207200#journey_JJJJJJJJJJJJJJJJJJJJJ",
];

/// An index that always says how far it was read, and remembers behind which place.
struct Index {
    next_key: &'static str,
    before: Mutex<Option<String>>,
}

impl ListTokens for &Index {
    async fn list_page(
        &self,
        _: &OrgId,
        _: TokenClass,
        before: Option<&PageKey>,
        _: UnixTime,
        _: &TokenFilter,
    ) -> Result<TokenPage, PortError> {
        *self.before.lock().unwrap() = before.map(|place| place.as_str().to_owned());
        Ok(TokenPage { tokens: Vec::new(), next_key: Some(PageKey::new(self.next_key.to_owned())) })
    }
}

struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> UnixTime {
        UnixTime::EPOCH
    }
}

/// The two first bytes choose a place and a list, the rest is a cursor or says how to alter one. A cursor that the list takes
/// was made by it, for this organization and filter, and leads to the place for which it was made.
fn run(bytes: &[u8]) {
    let mut choices = Choices::new(bytes);
    let (place, at) = (*choices.pick(&PLACES), choices.below(4));
    let (org, filter) = &lists()[at];
    let made = ask(place, org, filter, None).1.unwrap().next.unwrap();
    assert_eq!(ask(place, org, filter, Some(&made)).0.as_deref(), Some(place), "it leads elsewhere");
    for (other, (org, filter)) in lists().iter().enumerate() {
        assert_eq!(ask(place, org, filter, Some(&made)).1.is_ok(), other == at, "list {other} and the cursor of {at}");
    }
    let altered = match choices.byte() % 2 {
        0 => mutate::bytes(made.as_bytes(), &[], &mut choices),
        _ => choices.rest().to_vec(),
    };
    let Ok(altered) = from_utf8(&altered) else { return };
    let taken = ask(place, org, filter, Some(altered));
    if taken.1.is_ok() {
        let ours = PLACES
            .iter()
            .any(|place| ask(place, org, filter, None).1.is_ok_and(|page| page.next.as_deref() == Some(altered)));
        assert!(ours, "{altered} was never made");
    } else {
        assert!(matches!(taken.1, Err(ApiError::Invalid(_))) && taken.0.is_none(), "refused, and yet read");
    }
}

/// Four lists that share no cursor.
fn lists() -> [(OrgId, TokenFilter); 4] {
    let all = TokenFilter { types: Some([TypeName::Api].into()), ..TokenFilter::default() };
    let of = TokenFilter { created_by: "local|1001".parse().ok(), ..TokenFilter::default() };
    [("1", TokenFilter::default()), ("2", TokenFilter::default()), ("1", all), ("1", of)]
        .map(|(org, filter)| (org.parse().unwrap(), filter))
}

/// Behind which place the index was read, and the page.
fn ask(
    place: &'static str,
    org: &OrgId,
    filter: &TokenFilter,
    cursor: Option<&str>,
) -> (Option<String>, Result<TokenList, ApiError>) {
    let index = Index { next_key: place, before: Mutex::default() };
    let identity = CallerIdentity::User("local|1001".parse().unwrap());
    let caller = Caller { identity, org: org.clone(), roles: Vec::new(), deny_roles: Vec::new() };
    let page = RUNTIME.block_on(List { ledger: &index, clock: Epoch }.run(&caller, filter, cursor));
    (index.before.into_inner().unwrap(), page)
}

fn seeds() -> Vec<Vec<u8>> {
    let altered = (0..9).map(|kind| vec![0, 0, 1, 0, 0, 0, 0, kind, 0, 5, 0, 9]);
    let raw = ["", "AAAA", "bm90IGEgY3Vyc29y"].map(|text| [&[0, 0, 0, 0, 1], text.as_bytes()].concat());
    altered.chain(raw).collect()
}
