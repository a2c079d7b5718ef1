//! Whether the ledger says what was answered.

use std::{collections::BTreeSet, sync::Arc};

use reqwest::Method;
use tokio::task::JoinSet;

use super::{CLIENTS, client::Log, made::Made};
use crate::stack::{Ask, Caller, Outcome, Running, TOKENS, path};

/// Of many that are wrong, so many are told.
const MOST_TOLD: usize = 20;

/// The tokens that were given out, compared with the ledger.
pub(super) struct Compared {
    /// How many there are.
    pub(super) made: usize,
    /// How many of them live.
    pub(super) living: usize,
    /// What is not as it was answered, each a sentence.
    pub(super) broken: Vec<String>,
}

/// Reads and uses every token that was made, and lists each organization to its end.
pub(super) async fn check(running: &Running, owners: &[String], log: &Log) -> Outcome<Compared> {
    let (caller, made) = (running.caller(), Arc::new(log.made.clone()));
    let mut checks = JoinSet::new();
    for part in 0..CLIENTS {
        checks.spawn(each(caller.clone(), owners.to_vec(), Arc::clone(&made), part));
    }
    let mut broken = Vec::new();
    while let Some(check) = checks.join_next().await {
        broken.extend(check??);
    }
    for (org, owner) in owners.iter().enumerate() {
        let living = made.iter().filter(|made| made.org == org && !made.revoked).map(|made| made.id.clone()).collect();
        broken.extend(compare(org, &living, &list(&caller, owner).await?));
    }
    broken.truncate(MOST_TOLD);
    Ok(Compared { made: made.len(), living: made.iter().filter(|made| !made.revoked).count(), broken })
}

/// Every token whose number leaves this rest.
async fn each(caller: Caller, owners: Vec<String>, made: Arc<Vec<Made>>, part: usize) -> Outcome<Vec<String>> {
    let mut broken = Vec::new();
    for made in made.iter().skip(part).step_by(CLIENTS) {
        broken.extend(one(&caller, &owners[made.org], made).await?);
    }
    Ok(broken)
}

/// A token is found as it was left, and works exactly if it was not revoked.
async fn one(caller: &Caller, owner: &str, made: &Made) -> Outcome<Option<String>> {
    let (by_id, own) = (path(&made.id), path("self"));
    let found = caller.ask(Method::GET, Ask { path: &by_id, bearer: owner, ..Ask::default() }).await?;
    let used = caller.ask(Method::GET, Ask { path: &own, bearer: &made.token, ..Ask::default() }).await?;
    let revoked = found.json()["revoked_at"].is_string();
    let expected = if made.revoked { 401 } else { 200 };
    let holds = found.status == 200 && revoked == made.revoked && used.status == expected;
    Ok((!holds).then(|| {
        let answered = if made.revoked { "revoked" } else { "living" };
        format!("{}, {answered}, is found ({}, revoked: {revoked}) and used ({})", made.id, found.status, used.status)
    }))
}

/// The ids of every page.
async fn list(caller: &Caller, owner: &str) -> Outcome<Vec<String>> {
    let (mut ids, mut next) = (Vec::new(), Some(format!("{TOKENS}?limit=1000")));
    while let Some(path) = next {
        let answer = caller.ask(Method::GET, Ask { path: &path, bearer: owner, ..Ask::default() }).await?;
        if answer.status != 200 {
            return Err(format!("a list was answered {}", answer.status).into());
        }
        let items = answer.json();
        let page = items.as_array().into_iter().flatten();
        ids.extend(page.filter_map(|item| Some(item["id"].as_str()?.to_owned())));
        next = answer.headers.get("link").and_then(|link| following(link.to_str().ok()?));
    }
    Ok(ids)
}

/// The path of the next page, by a `Link` as the contract has it (RFC 8288).
fn following(link: &str) -> Option<String> {
    let (reference, rest) = link.strip_prefix('<')?.split_once('>')?;
    rest.contains("rel=\"next\"").then(|| format!("{TOKENS}{reference}"))
}

/// What a list lacks, has too much, or has twice.
fn compare(org: usize, living: &BTreeSet<String>, listed: &[String]) -> Option<String> {
    let once: BTreeSet<String> = listed.iter().cloned().collect();
    let (lacking, too_much) = (living.difference(&once).count(), once.difference(living).count());
    let twice = listed.len() - once.len();
    (lacking + too_much + twice > 0).then(|| {
        format!("the list of organization {org} lacks {lacking} tokens, has {too_much} too much and {twice} twice")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_lacks_a_token_or_has_one_too_much_or_twice_is_complained_of() {
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        let living = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        assert_eq!(compare(0, &living, &ids(&["b", "a"])), None);
        for listed in [ids(&["a"]), ids(&["a", "b", "c"]), ids(&["a", "b", "a"]), ids(&["a", "c"])] {
            assert!(compare(0, &living, &listed).is_some(), "{listed:?}");
        }
    }

    #[test]
    fn the_next_page_is_read_from_the_link() {
        let next = following("<?limit=1&cursor=x>; rel=\"next\"");
        assert_eq!(next.as_deref(), Some("/v1/access-tokens?limit=1&cursor=x"));
        assert_eq!(following("<?limit=1>; rel=\"prev\""), None);
    }
}
