//! Lists, page by page.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use serde_json::json;

use crate::harness::{Reply, Shared, World};

/// The reference of the next page, as the answer's `Link` has it.
fn next(reply: &Reply) -> Option<String> {
    let link = reply.headers.get("link")?;
    let reference = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    assert!(reference.starts_with('?'), "a stage may stand before the path: {reference}");
    Some(reference.to_owned())
}

/// The ids of all pages, in order, from the first at `reference` on.
fn walk(world: &World, token: &str, reference: &str) -> Vec<String> {
    let (mut ids, mut reference) = (Vec::new(), Some(reference.to_owned()));
    while let Some(page) = reference {
        let reply = world.call("GET", &format!("/v1/access-tokens{page}"), token);
        assert_eq!(reply.status, 200, "{}", reply.text);
        let items = reply.json();
        ids.extend(items.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        reference = next(&reply);
    }
    ids
}

#[test]
fn pagination_lists_stable_tokens_once_during_changes() {
    let world = World::new();
    let owner = world.person_as("123", "1001", &["owner"]);
    let steady: BTreeSet<String> = world.rows(5_000, "123").into_iter().collect();
    let over = AtomicBool::new(false);
    let pages = thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::SeqCst) {
                let (item, _) = world.token(&owner, &json!({}));
                let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
                assert_eq!(world.call("DELETE", &path, &owner).status, 200);
            }
        });
        let pages = walk(&world, &owner, "?limit=100");
        over.store(true, Ordering::SeqCst);
        pages
    });
    let found: Vec<String> = pages.into_iter().filter(|id| steady.contains(id)).collect();
    assert_eq!(found.len(), 5_000);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), steady);
}

#[test]
fn next_link_keeps_filter_and_works_behind_stage_prefix() {
    let world = World::configured(|options| options.stage_in_path = true);
    let owner = world.owner();
    let made: BTreeSet<String> = (0..7)
        .map(|_| world.token(&owner, &json!({"token_type": "app"})).0["id"].as_str().unwrap().to_owned())
        .collect();
    world.token(&world.person("123", "1002"), &json!({"token_type": "app"}));
    let found = walk(&world, &owner, "?token_type=app,assume&created_by=local%7C1001&limit=2");
    assert_eq!(found.len(), 7);
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), made);
}

#[test]
fn altered_or_foreign_cursor_is_invalid() {
    let shared = Shared::lend();
    let owner = shared.person_as("cursors", "1", &["owner"]);
    for _ in 0..3 {
        shared.token(&owner, &json!({}));
    }
    let first = shared.call("GET", "/v1/access-tokens?limit=1", &owner);
    let reference = next(&first).unwrap();
    assert_eq!(shared.call("GET", &format!("/v1/access-tokens{reference}"), &owner).status, 200);
    let cursor = reference.split("cursor=").nth(1).unwrap().to_owned();
    let flipped = format!("{}{}", if cursor.starts_with('A') { "B" } else { "A" }, &cursor[1..]);
    let stranger = shared.person_as("strangers", "1", &["owner"]);
    for (query, token) in [
        (format!("limit=1&cursor={flipped}"), &owner),
        (format!("limit=1&cursor={cursor}&token_type=app"), &owner),
        (format!("limit=1&cursor={cursor}&created_by=local%7C1"), &owner),
        (format!("limit=1&cursor={cursor}&cursor={cursor}"), &owner),
        (format!("limit=1&cursor={cursor}"), &stranger),
        ("limit=1&cursor=".to_owned(), &owner),
        ("limit=0".to_owned(), &owner),
        ("limit=1001".to_owned(), &owner),
        ("limit=+1".to_owned(), &owner),
        ("limit=1.0".to_owned(), &owner),
        ("created_by=somebody".to_owned(), &owner),
    ] {
        shared.call("GET", &format!("/v1/access-tokens?{query}"), token).assert_problem(400, "invalid_request");
    }
}
