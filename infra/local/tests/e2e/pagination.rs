//! Pagination of token lists.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;

use crate::{
    events::event_file,
    harness::{HttpResponse, SharedStack, TestStack, token_id},
};

/// The relative reference of the next page, from the header `Link`.
fn next_reference(response: &HttpResponse) -> Option<String> {
    let link = response.headers.get("link")?;
    let reference = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    // A reference without a path is valid behind any stage prefix.
    assert!(reference.starts_with('?'), "{reference}");
    Some(reference.to_owned())
}

/// The ids of all pages, in order, starting with the page at `reference`.
fn list_all_pages(stack: &TestStack, token: &str, reference: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut next = Some(reference.to_owned());
    while let Some(page) = next {
        let response = stack.request("GET", &format!("/v1/access-tokens{page}"), token);
        ids.extend(response.ids::<Vec<_>>());
        next = next_reference(&response);
    }
    ids
}

/// Tokens that exist throughout are listed exactly once, while others are created and revoked.
#[test]
fn pagination_lists_stable_tokens_once_during_changes() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let stable: BTreeSet<String> = stack.insert_tokens(5_000, "123").into_iter().collect();
    let finished = AtomicBool::new(false);
    let listed = thread::scope(|scope| {
        scope.spawn(|| {
            while !finished.load(Ordering::SeqCst) {
                let (item, _) = stack.create_token(&owner, &json!({}));
                stack.revoke(&owner, token_id(&item));
            }
        });
        let listed = list_all_pages(&stack, &owner, "?limit=100");
        finished.store(true, Ordering::SeqCst);
        listed
    });
    let listed: Vec<String> = listed.into_iter().filter(|id| stable.contains(id)).collect();
    assert_eq!(listed.len(), stable.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), stable);
}

/// The official clients do not follow links.
#[test]
fn list_without_limit_returns_10_000_tokens() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let stored: BTreeSet<String> = stack.insert_tokens(10_000, "123").into_iter().collect();
    let response = stack.list(&owner);
    assert_eq!(next_reference(&response), None);
    let ids: Vec<String> = response.ids();
    assert_eq!(ids.len(), stored.len());
    assert_eq!(ids.into_iter().collect::<BTreeSet<_>>(), stored);
    let page = stack.request("GET", "/v1/access-tokens?limit=1000", &owner);
    assert_eq!(page.ids::<Vec<_>>().len(), 1_000);
    assert!(next_reference(&page).unwrap().contains("limit=1000"));
}

/// A list above 5,000,000 bytes continues on a page without a limit. Lambda would reject more than 6,291,556 bytes.
#[test]
fn list_without_limit_above_5_mb_links_to_the_rest() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let stored: BTreeSet<String> = stack.insert_named_tokens(6_000, "123", &"\"".repeat(255)).into_iter().collect();
    let first = stack.list(&owner);
    let reference = next_reference(&first).unwrap();
    assert!(!reference.contains("limit"), "{reference}");
    let count = first.ids::<Vec<_>>().len();
    assert!((3_000..6_000).contains(&count), "{count}");
    let event = event_file("list-tokens/valid").to_string();
    let size = stack.invoke("list-tokens", event).unwrap().to_string().len();
    assert!((4_900_000..=5_000_000).contains(&size), "{size}");
    let listed = list_all_pages(&stack, &owner, "");
    assert_eq!(listed.len(), stored.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), stored);
}

#[test]
fn next_link_keeps_filter_and_works_behind_stage_prefix() {
    let stack = TestStack::configured(|options| options.stage_in_path = true);
    let owner = stack.owner_token();
    let create = |_| token_id(&stack.create_token(&owner, &json!({"token_type": "app"})).0).to_owned();
    let created: BTreeSet<String> = (0..7).map(create).collect();
    stack.create_token(&stack.user_token("123", "1002"), &json!({"token_type": "app"}));
    let listed = list_all_pages(&stack, &owner, "?token_type=app,assume&created_by=local%7C1001&limit=2");
    assert_eq!(listed.len(), created.len());
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), created);
}

#[test]
fn altered_or_foreign_cursor_is_invalid() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("cursors", "1", &["owner"]);
    for _ in 0..3 {
        stack.create_token(&owner, &json!({}));
    }
    let first = stack.request("GET", "/v1/access-tokens?limit=1", &owner);
    let reference = next_reference(&first).unwrap();
    assert_eq!(stack.request("GET", &format!("/v1/access-tokens{reference}"), &owner).status, 200);
    let cursor = reference.split("cursor=").nth(1).unwrap().to_owned();
    let altered = format!("{}{}", if cursor.starts_with('A') { "B" } else { "A" }, &cursor[1..]);
    let other_owner = stack.user_token_with_roles("other-cursors", "1", &["owner"]);
    for (query, token) in [
        (format!("limit=1&cursor={altered}"), &owner),
        (format!("limit=1&cursor={cursor}&token_type=app"), &owner),
        (format!("limit=1&cursor={cursor}&created_by=local%7C1"), &owner),
        (format!("limit=1&cursor={cursor}&cursor={cursor}"), &owner),
        (format!("limit=1&cursor={cursor}"), &other_owner),
        ("limit=1&cursor=".to_owned(), &owner),
        ("limit=0".to_owned(), &owner),
        ("limit=1001".to_owned(), &owner),
        ("limit=+1".to_owned(), &owner),
        ("limit=1.0".to_owned(), &owner),
        ("created_by=unknown".to_owned(), &owner),
    ] {
        stack.request("GET", &format!("/v1/access-tokens?{query}"), token).assert_problem(400, "invalid_request");
    }
}
