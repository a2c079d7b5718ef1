//! `latchkey keys`: published keys, and the tokens that still need an old one.

use crate::harness::STACK;

#[test]
fn keys_lists_signing_key_first() {
    let table = STACK.run("keys").expect_success().stdout;
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["FAMILY", "KID", "ALG", "USE"], "{table}");
    assert_eq!((rows[1][0], rows[1][2], rows[1][3]), ("access", "RS256", "signs"), "{table}");
    let json = STACK.run("keys --output json").expect_success().json();
    assert_eq!(json["access"]["keys"][0]["kid"], rows[1][1]);
}

#[test]
fn keys_rotated_at_counts_older_tokens() {
    STACK.create_token("");
    let before = STACK.run("keys --rotated-at 2020-01-01T00:00:00Z --output json").expect_success().json();
    assert_eq!(before["older_tokens"]["access"]["tokens"], 0);
    let after = STACK.run("keys --rotated-at 2099-01-01T00:00:00Z --output json").expect_success().json();
    assert!(after["older_tokens"]["access"]["without_end"].as_u64().unwrap() >= 1, "{after}");
    let table = STACK.run("keys --rotated-at 2099-01-01T00:00:00Z").expect_success().stdout;
    assert!(table.contains("tokens without expiry are revoked"), "{table}");
}
