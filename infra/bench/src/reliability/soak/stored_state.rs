//! Comparison of the stored tokens with the responses.

use std::{collections::BTreeSet, sync::Arc};

use tokio::task::JoinSet;

use super::{CLIENTS, MAX_REPORTED, client::CreatedToken};
use crate::stack::{ApiClient, LocalStack, Result, TOKENS, token_path};

pub struct Comparison {
    pub tokens: usize,
    pub active: usize,
    pub violations: Vec<String>,
}

/// Reads and uses every token, and lists every organization completely.
pub async fn compare(stack: &LocalStack, owners: &[String], tokens: &[CreatedToken]) -> Result<Comparison> {
    let client = stack.client();
    let shared = Arc::new(tokens.to_vec());
    let mut checks = JoinSet::new();
    for part in 0..CLIENTS {
        checks.spawn(check_part(client.clone(), owners.to_vec(), Arc::clone(&shared), part));
    }
    let mut violations = Vec::new();
    while let Some(check) = checks.join_next().await {
        violations.extend(check??);
    }
    let active = |org: usize| tokens.iter().filter(move |token| token.org == org && !token.is_revoked);
    for (org, owner) in owners.iter().enumerate() {
        let expected = active(org).map(|token| token.id.clone()).collect();
        violations.extend(check_list(org, &expected, &list(&client, owner).await?));
    }
    violations.truncate(MAX_REPORTED);
    let active = (0..owners.len()).map(|org| active(org).count()).sum();
    Ok(Comparison { tokens: tokens.len(), active, violations })
}

/// Checks every token whose index leaves the remainder `part`.
async fn check_part(
    client: ApiClient,
    owners: Vec<String>,
    tokens: Arc<Vec<CreatedToken>>,
    part: usize,
) -> Result<Vec<String>> {
    let mut violations = Vec::new();
    for token in tokens.iter().skip(part).step_by(CLIENTS) {
        let found = client.get(&token_path(&token.id), &owners[token.org]).await?;
        let used = client.get(&token_path("self"), &token.token).await?;
        let is_revoked = found.json()["revoked_at"].is_string();
        let expected = if token.is_revoked { 401 } else { 200 };
        if found.status != 200 || is_revoked != token.is_revoked || used.status != expected {
            violations.push(format!(
                "{}, revoked: {}, is stored as (status {}, revoked: {is_revoked}) and its use returns {}",
                token.id, token.is_revoked, found.status, used.status
            ));
        }
    }
    Ok(violations)
}

async fn list(client: &ApiClient, owner: &str) -> Result<Vec<String>> {
    let mut ids = Vec::new();
    let mut next = Some(format!("{TOKENS}?limit=1000"));
    while let Some(path) = next {
        let response = client.get(&path, owner).await?;
        if response.status != 200 {
            return Err(format!("a list returned status {}", response.status).into());
        }
        let page = response.json();
        let items = page.as_array().into_iter().flatten();
        ids.extend(items.filter_map(|item| Some(item["id"].as_str()?.to_owned())));
        next = response.headers.get("link").and_then(|link| next_page(link.to_str().ok()?));
    }
    Ok(ids)
}

/// The path of the next page in a `Link` header (RFC 8288).
fn next_page(link: &str) -> Option<String> {
    let (reference, parameters) = link.strip_prefix('<')?.split_once('>')?;
    parameters.contains("rel=\"next\"").then(|| format!("{TOKENS}{reference}"))
}

fn check_list(org: usize, active: &BTreeSet<String>, listed: &[String]) -> Option<String> {
    let distinct: BTreeSet<String> = listed.iter().cloned().collect();
    let missing = active.difference(&distinct).count();
    let unexpected = distinct.difference(active).count();
    let repeated = listed.len() - distinct.len();
    (missing + unexpected + repeated > 0).then(|| {
        format!("the list of organization {org} has {missing} missing, {unexpected} unexpected and {repeated} repeated tokens")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_with_missing_or_repeated_token_is_a_violation() {
        let ids = |ids: &[&str]| -> Vec<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        let active = ids(&["a", "b"]).into_iter().collect();
        assert_eq!(check_list(0, &active, &ids(&["b", "a"])), None);
        for listed in [ids(&["a"]), ids(&["a", "b", "c"]), ids(&["a", "b", "a"]), ids(&["a", "c"])] {
            assert!(check_list(0, &active, &listed).is_some(), "{listed:?}");
        }
    }

    #[test]
    fn next_page_is_read_from_the_link_header() {
        let next = next_page("<?limit=1&cursor=x>; rel=\"next\"");
        assert_eq!(next.as_deref(), Some("/v1/access-tokens?limit=1&cursor=x"));
        assert_eq!(next_page("<?limit=1>; rel=\"prev\""), None);
    }
}
