//! The contract's limits, at their boundaries.

use serde_json::{Value, json};

use crate::harness::{SharedStack, TestStack};

/// The status of a create request with this body: 201 or 400. The error must name the member.
fn create_status(body: &Value) -> u16 {
    let stack = SharedStack::get();
    let response = stack.create(&stack.user_token_with_roles("limits", "1", &["owner"]), body);
    if response.status != 201 {
        let detail = response.assert_problem(400, "invalid_request");
        assert!(detail.contains('`'), "{detail}");
    }
    response.status
}

/// Creates roles without grants in the organization 123, with these slugs. Returns their ids.
fn create_roles(stack: &TestStack, slugs: impl Iterator<Item = String>) -> Vec<String> {
    let roles: Vec<_> = slugs.map(|slug| format!("123:{slug}")).collect();
    for role in &roles {
        stack.put_role(role, &json!([]));
    }
    roles
}

#[test]
fn lifetime_out_of_bounds_is_invalid_in_both_forms() {
    let year = 365 * 24 * 60 * 60;
    for (expires_in, expected) in [
        (json!(29), 400),
        (json!(30), 201),
        (json!(year), 201),
        (json!(year + 1), 400),
        (json!("29s"), 400),
        (json!("30 seconds"), 201),
        (json!("365d"), 201),
        (json!("1y"), 201),
        (json!("366 days"), 400),
        (json!("0s"), 400),
        (json!("3600"), 201),
        (json!("1.5h"), 400),
        (json!("10 H"), 400),
        (json!("10h"), 201),
        (json!("2 days"), 201),
        (json!(-1), 400),
        (json!(0), 400),
        (json!(null), 400),
        (json!(3600.5), 400),
        (json!(true), 400),
        (json!(""), 400),
        (json!(u64::MAX), 400),
        (json!("99999999999999999999y"), 400),
    ] {
        assert_eq!(create_status(&json!({"name": "n", "expires_in": expires_in})), expected, "{expires_in}");
    }
    let week = 7 * 24 * 60 * 60;
    for (type_name, at_week, above_week) in
        [("app", 201, 400), ("journey", 201, 400), ("portal", 201, 400), ("assume", 400, 400)]
    {
        for (expires_in, expected) in [(week, at_week), (week + 1, above_week)] {
            let mut body = json!({"name": "n", "token_type": type_name, "expires_in": expires_in});
            if matches!(type_name, "journey" | "portal") {
                body[format!("{type_name}_id")] = json!("id");
            }
            assert_eq!(create_status(&body), expected, "{type_name} {expires_in}");
        }
    }
}

#[test]
fn name_and_id_are_limited_in_characters() {
    for (name, expected) in [
        ("n".to_owned(), 201),
        ("n".repeat(255), 201),
        ("n".repeat(256), 400),
        ("🔑".repeat(255), 201),
        ("🔑".repeat(256), 400),
        (format!("  {}  ", "n".repeat(255)), 201),
        (String::new(), 400),
        (" \t ".to_owned(), 400),
        ("a\nb".to_owned(), 400),
        ("a\u{0}b".to_owned(), 400),
    ] {
        assert_eq!(create_status(&json!({"name": name})), expected, "{name:?}");
    }
    for (id, expected) in [("j".repeat(255), 201), ("j".repeat(256), 400), (String::new(), 400)] {
        assert_eq!(create_status(&json!({"name": "n", "journey_id": id})), expected);
    }
}

#[test]
fn create_with_hidden_characters_is_invalid() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    for body in [
        json!({"name": "prod\u{202e} nimda"}),
        json!({"name": "\u{200b}"}),
        json!({"name": "a\u{ad}b"}),
        json!({"name": "\u{3164}"}),
        json!({"name": "n", "journey_id": "j\u{2066}"}),
        json!({"name": "n", "portal_id": "p\u{e000}"}),
    ] {
        stack.create(&owner, &body).assert_problem(400, "invalid_request");
    }
    let (item, _) = stack.create_token(&owner, &json!({"name": "👩\u{200d}👩\u{200d}👧 क\u{94d}\u{200d}ष"}));
    assert_eq!(item["name"], "👩\u{200d}👩\u{200d}👧 क\u{94d}\u{200d}ष");
}

#[test]
fn create_with_more_than_50_roles_is_invalid() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let roles = create_roles(&stack, (0..51).map(|number| format!("r{number}")));
    assert_eq!(stack.create(&owner, &json!({"name": "n", "assignments": roles[..50]})).status, 201);
    stack.create(&owner, &json!({"name": "n", "assignments": roles})).assert_problem(400, "invalid_request");
}

/// One more character in the name makes the token one or two bytes longer. A bisection over the name's length finds the longest
/// accepted and the shortest rejected token.
#[test]
fn token_is_limited_to_6000_bytes() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let roles = create_roles(&stack, (10..60).map(|number| format!("{number}{}", "r".repeat(62))));
    let create = |length: usize| stack.create(&owner, &json!({"name": "n".repeat(length), "assignments": roles}));
    let mut accepted = 1;
    let mut rejected = 255;
    assert_eq!((create(accepted).status, create(rejected).status), (201, 400));
    while rejected - accepted > 1 {
        let middle = usize::midpoint(accepted, rejected);
        if create(middle).status == 201 { accepted = middle } else { rejected = middle }
    }
    let longest = create(accepted).token().len();
    assert!((5_999..=6_000).contains(&longest), "{longest}");
    let detail = create(rejected).assert_problem(400, "invalid_request");
    let stated: usize = detail.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!((6_001..=6_002).contains(&stated), "{detail}");
    assert!(detail.contains("of its roles fit"), "{detail}");
}
