//! The contract's bounds, to the last unit.

use serde_json::{Value, json};

use crate::harness::{Shared, World};

fn status(body: &Value) -> u16 {
    let shared = Shared::lend();
    let reply = shared.create(&shared.person_as("bounds", "1", &["owner"]), body);
    if reply.status != 201 {
        assert!(
            reply.assert_problem(400, "invalid_request").contains('`'),
            "the sentence names the member: {}",
            reply.text
        );
    }
    reply.status
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
        assert_eq!(status(&json!({"name": "n", "expires_in": expires_in})), expected, "{expires_in}");
    }
    for (type_name, expected) in
        [("app", [201, 400]), ("journey", [201, 400]), ("portal", [201, 400]), ("assume", [400, 400])]
    {
        let week = 7 * 24 * 60 * 60;
        for (expires_in, expected) in [week, week + 1].into_iter().zip(expected) {
            let mut body = json!({"name": "n", "token_type": type_name, "expires_in": expires_in});
            if matches!(type_name, "journey" | "portal") {
                body[format!("{type_name}_id")] = json!("id");
            }
            assert_eq!(status(&body), expected, "{type_name} {expires_in}");
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
        assert_eq!(status(&json!({"name": name})), expected, "{name:?}");
    }
    for (id, expected) in [("j".repeat(255), 201), ("j".repeat(256), 400), (String::new(), 400)] {
        assert_eq!(status(&json!({"name": "n", "journey_id": id})), expected);
    }
}

#[test]
fn create_with_more_than_50_roles_is_invalid() {
    let world = World::new();
    let roles: Vec<String> = (0..51).map(|n| format!("123:r{n}")).collect();
    for role in &roles {
        world.role(role, &json!([]));
    }
    assert_eq!(world.create(&world.owner(), &json!({"name": "n", "assignments": roles[..50]})).status, 201);
    world.create(&world.owner(), &json!({"name": "n", "assignments": roles})).assert_problem(400, "invalid_request");
}

#[test]
fn token_is_limited_to_6000_bytes() {
    let world = World::new();
    let roles: Vec<String> = (10..60).map(|n| format!("123:{n}{}", "r".repeat(62))).collect();
    for role in &roles {
        world.role(role, &json!([]));
    }
    // A name of one character more makes the token one or two bytes longer: from some length on it is refused, and there the
    // last accepted one and the first refused one lie at the limit.
    let ask = |length: usize| world.create(&world.owner(), &json!({"name": "n".repeat(length), "assignments": roles}));
    let (mut accepted, mut refused) = (1, 255);
    assert_eq!((ask(accepted).status, ask(refused).status), (201, 400));
    while refused - accepted > 1 {
        let middle = usize::midpoint(accepted, refused);
        if ask(middle).status == 201 { accepted = middle } else { refused = middle }
    }
    let longest = ask(accepted).json()["token"].as_str().unwrap().len();
    assert!((5_999..=6_000).contains(&longest), "{longest}");
    let sentence = ask(refused).assert_problem(400, "invalid_request");
    let told: usize = sentence.split(' ').find_map(|word| word.parse().ok()).unwrap();
    assert!((6_001..=6_002).contains(&told), "{sentence}");
    assert!(sentence.contains("of its roles fit"), "{sentence}");
}
