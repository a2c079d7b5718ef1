//! Rotation of tokens, over the real functions.

mod under_load;

use std::{collections::BTreeSet, thread};

use jiff::Timestamp;
use serde_json::{Value, json};
use shared::token::TokenId;

use crate::harness::{LONG_AGO, SharedStack, TestStack, join, token_id, token_path};

#[test]
fn rotation_by_user_returns_working_successor() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"expires_in": "1d"}));
    let id = token_id(&item);
    let (successor, successor_token) = stack.rotate_token(&owner, id, &json!({"overlap": "1h"}));
    assert_eq!((&successor["rotated_from"], &successor["rotated_by"]), (&item["id"], &json!("local|1001")));
    for member in ["name", "token_type", "assignments", "created_by", "owner"] {
        assert_eq!(successor[member], item[member], "{member}");
    }
    let rotated = stack.get_self(&token).json();
    assert_eq!(rotated["successor"], successor["id"]);
    assert!(rotated["ends_at"].as_str() < rotated["expires_at"].as_str());
    let used = stack.get_self(&successor_token);
    assert_eq!(used.status, 200, "{}", used.body);
    assert!(used.json()["first_used_at"].is_string());
    assert_eq!(stack.get_self(&token).status, 200, "within a minute after the first use");
    stack.rotate(&owner, id, &json!({"overlap": "1h"})).assert_problem(409, "already_rotated");
}

#[test]
fn rotation_by_itself_with_empty_body_succeeds() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"expires_in": "1d", "read_only": true}));
    let rotated = stack.request("POST", "/v1/access-tokens/self/rotate", &token);
    assert_eq!(rotated.status, 201, "{}", rotated.body);
    stack.remember_secret(rotated.token());
    assert_eq!(rotated.json()["expires_at"], item["expires_at"]);
    let again = stack.request("POST", &format!("/v1/access-tokens/{}/rotate", token_id(&item)), &token);
    assert_eq!(again.json()["id"], rotated.json()["id"], "the same request");
    stack.remember_secret(again.token());
    assert_eq!(stack.get_self(&again.token()).status, 200);
}

#[test]
fn token_ends_with_its_overlap() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let (_, child) = stack.create_token(&token, &json!({}));
    stack.rotate_token(&owner, token_id(&item), &json!({"overlap": 0}));
    for ended in [&token, &child] {
        stack.get_self(ended).assert_problem(401, "unauthenticated");
    }
    let listed: Vec<String> = stack.list(&owner).ids();
    assert!(!listed.contains(&token_id(&item).to_owned()));
}

/// A user and the token itself rotate at once, and so do two requests of the same caller.
#[test]
fn concurrent_rotations_create_one_successor() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    for _ in 0..50 {
        let (item, token) = stack.create_token(&owner, &json!({}));
        let (by_user, by_itself) =
            join(|| stack.rotate(&owner, token_id(&item), &json!({})), || stack.rotate(&token, "self", &json!({})));
        let statuses = BTreeSet::from([by_user.status, by_itself.status]);
        assert_eq!(statuses, BTreeSet::from([201, 409]), "{} {}", by_user.body, by_itself.body);
        let (item, _) = stack.create_token(&owner, &json!({}));
        let rotate = || stack.rotate(&owner, token_id(&item), &json!({}));
        let (first, second) = join(rotate, rotate);
        assert_eq!((first.status, second.status), (201, 201), "{} {}", first.body, second.body);
        assert_eq!(first.json()["id"], second.json()["id"]);
    }
}

/// The owner rotates a token that a thief holds too, or the thief is first.
#[test]
fn thief_of_rotated_token_does_not_get_the_successor() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let body = json!({"overlap": "1h"});
    let (item, stolen) = stack.create_token(&owner, &json!({}));
    let (_, successor) = stack.rotate_token(&owner, token_id(&item), &body);
    for id in ["self", token_id(&item)] {
        stack.rotate(&stolen, id, &body).assert_problem(409, "already_rotated");
    }
    assert_eq!(stack.get_self(&successor).status, 200);
    let (item, stolen) = stack.create_token(&owner, &json!({}));
    let (thiefs_item, thiefs) = stack.rotate_token(&stolen, "self", &body);
    stack.rotate(&owner, token_id(&item), &body).assert_problem(409, "already_rotated");
    assert_eq!(stack.get_self(&thiefs).status, 200);
    let revoked = stack.revoke(&owner, token_id(&item)).json();
    assert_eq!(revoked["also_revoked"], json!([thiefs_item["id"]]));
    for token in [&stolen, &thiefs] {
        stack.get_self(token).assert_problem(401, "unauthenticated");
    }
    stack.rotate(&owner, token_id(&item), &body).assert_problem(409, "token_inactive");
}

#[test]
fn successor_of_user_survives_revocation_unless_family() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    for family in [false, true] {
        let (item, token) = stack.create_token(&owner, &json!({}));
        let (successor_item, successor) = stack.rotate_token(&owner, token_id(&item), &json!({}));
        let (last_item, last) = stack.rotate_token(&successor, "self", &json!({}));
        let path = format!("{}?family={family}", token_path(&item));
        let revoked = stack.request("DELETE", &path, &owner).json();
        assert_eq!(revoked["successor"], successor_item["id"]);
        stack.get_self(&token).assert_problem(401, "unauthenticated");
        if family {
            assert_eq!(revoked["also_revoked"], json!([successor_item["id"], last_item["id"]]));
            stack.get_self(&last).assert_problem(401, "unauthenticated");
            stack.rotate(&owner, token_id(&successor_item), &json!({})).assert_problem(409, "token_inactive");
        } else {
            assert_eq!(revoked["also_revoked"], Value::Null);
            assert_eq!(stack.get_self(&last).status, 200);
        }
    }
}

/// *(revoked is final)* Revoking the last token of a chain ends those before it, too.
#[test]
fn family_of_last_token_includes_all_before_it() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (first_item, first) = stack.create_token(&owner, &json!({}));
    let (second_item, second) = stack.rotate_token(&first, "self", &json!({"overlap": "1h"}));
    let (third_item, third) = stack.rotate_token(&owner, token_id(&second_item), &json!({"overlap": "1h"}));
    stack.request("DELETE", "/v1/access-tokens/self?family=true", &first).assert_problem(403, "permission_denied");
    let path = format!("{}?family=true", token_path(&third_item));
    for _ in 0..2 {
        let revoked = stack.request("DELETE", &path, &owner).json();
        assert_eq!(revoked["also_revoked"], json!([second_item["id"], first_item["id"]]));
    }
    for token in [&first, &second, &third] {
        stack.get_self(token).assert_problem(401, "unauthenticated");
    }
    let invalid = stack.request("DELETE", &format!("{}?family=yes", token_path(&third_item)), &owner);
    invalid.assert_problem(400, "invalid_request");
    let misspelled = stack.request("DELETE", &format!("{}?Family=true", token_path(&third_item)), &owner);
    misspelled.assert_problem(400, "invalid_request");
}

/// A token that revokes itself has done its part of the recipe: its successor is in use.
#[test]
fn token_that_revokes_itself_leaves_its_successor() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (_, token) = stack.create_token(&owner, &json!({}));
    let (_, successor) = stack.rotate_token(&token, "self", &json!({}));
    assert_eq!(stack.request("DELETE", "/v1/access-tokens/self", &token).status, 200);
    stack.get_self(&token).assert_problem(401, "unauthenticated");
    assert_eq!(stack.get_self(&successor).status, 200);
}

#[test]
fn token_rotates_only_itself_whatever_it_may_do() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let body = json!({"expires_in": "1d"});
    let (_, admin) = stack.create_token(&owner, &body);
    let (other, _) = stack.create_token(&owner, &body);
    let (child, _) = stack.create_token(&admin, &json!({}));
    for item in [&other, &child] {
        stack.rotate(&admin, token_id(item), &json!({})).assert_problem(403, "permission_denied");
    }
    let absent = stack.rotate(&admin, "api_AAAAAAAAAAAAAAAAAAAAA", &json!({}));
    absent.assert_problem(403, "permission_denied");
    let beyond = stack.rotate(&admin, "self", &json!({"expires_in": "2d"}));
    assert!(beyond.assert_problem(403, "permission_denied").contains("must not extend its lifetime"));
    for overlap in [json!(0), json!("0s"), json!("4m"), json!(-1), json!("31d"), Value::Null] {
        stack.rotate(&admin, "self", &json!({"overlap": overlap})).assert_problem(400, "invalid_request");
    }
    let (_, public) = stack.create_token(&owner, &json!({"journey_id": "j"}));
    stack.rotate(&public, "self", &json!({})).assert_problem(403, "permission_denied");
    let viewer = stack.user_token("123", "1003");
    stack.rotate(&viewer, token_id(&other), &json!({})).assert_problem(403, "permission_denied");
    let (own, _) = stack.create_token(&stack.user_token("123", "1006"), &json!({}));
    let developer = stack.user_token("123", "1006");
    stack.rotate(&developer, token_id(&other), &json!({})).assert_problem(404, "not_found");
    stack.rotate_token(&developer, token_id(&own), &json!({}));
    let restricted = json!({"grants": [{"action": "order:view"}], "read_only": true, "allowed_cidrs": ["127.0.0.1"]});
    let (_, limited) = stack.create_token(&owner, &restricted);
    let (item, _) = stack.rotate_token(&limited, "self", &json!({}));
    for (member, value) in restricted.as_object().unwrap() {
        assert!(item[member] == *value || member == "allowed_cidrs", "{member}: {item}");
    }
    assert_eq!(item["allowed_cidrs"], json!(["127.0.0.1/32"]));
    let outside = stack.create_token(&owner, &json!({"allowed_cidrs": ["192.0.2.1"]})).1;
    stack.rotate(&outside, "self", &json!({})).assert_problem(403, "address_not_allowed");
}

#[test]
fn renewable_token_renews_its_lifetime() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"expires_in": "1d", "renewable": true}));
    assert_eq!(item["renewable"], true);
    stack.rotate(&token, "self", &json!({"expires_in": "30d"})).assert_problem(403, "permission_denied");
    let (successor, next) = stack.rotate_token(&token, "self", &json!({}));
    assert!(successor["expires_at"].as_str() >= item["expires_at"].as_str());
    assert_eq!(successor["renewable"], true);
    assert_eq!(stack.rotate_token(&next, "self", &json!({})).0["renewable"], true);
    stack.create(&token, &json!({"name": "n", "renewable": true})).assert_problem(403, "permission_denied");
    let assume = json!({"name": "n", "renewable": true, "token_type": "assume"});
    stack.create(&owner, &assume).assert_problem(400, "invalid_request");
}

/// *(ends with its parent)* The child of a rotated token ends with it, and so does the child's own successor.
#[test]
fn children_end_with_their_rotated_parent() {
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    let (parent_item, parent) = stack.create_token(&owner, &json!({}));
    let (_, child) = stack.create_token(&parent, &json!({}));
    let (successor_item, successor) = stack.rotate_token(&owner, token_id(&parent_item), &json!({"overlap": "1h"}));
    let (child_successor_item, child_successor) = stack.rotate_token(&child, "self", &json!({}));
    let ends_at = stack.get_self(&parent).json()["ends_at"].clone();
    assert_eq!(child_successor_item["expires_at"], ends_at, "no later than the parent");
    let (_, late_child) = stack.create_token(&parent, &json!({}));
    assert_eq!(stack.get_self(&successor).status, 200);
    stack.set_attribute(token_id(&successor_item), "first_used_at", LONG_AGO);
    for ended in [&parent, &child, &child_successor, &late_child] {
        stack.get_self(ended).assert_problem(401, "unauthenticated");
    }
    assert_eq!(stack.get_self(&successor).status, 200);
}

/// A client cannot choose an idempotency key whose token has the id of a successor, nor use such an item if it exists.
#[test]
fn item_under_the_id_of_the_successor_does_not_count() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let id: TokenId = token_id(&item).parse().unwrap();
    let successor = id.successor(&"123".parse().unwrap());
    for key in [format!("successor{id}"), format!("successor123{id}"), id.to_string(), successor.to_string()] {
        let created = stack.create_with_key(&owner, &key, &json!({"name": "n"})).json();
        assert_ne!(created["id"], successor.to_string());
    }
    stack.put_damaged_item(&format!("TOKEN#{}", successor.key()), "TOKEN", 1);
    stack.rotate(&owner, token_id(&item), &json!({})).assert_problem(500, "internal");
    stack.rotate(&token, "self", &json!({})).assert_problem(500, "internal");
    assert_eq!(stack.get_self(&token).status, 200, "the token stays as it is");
}

/// Otherwise a later revocation of the rotated token would not find its successor.
#[test]
fn item_of_rotated_token_is_retained_until_its_successor_ends() {
    const DAY: i64 = 24 * 60 * 60;
    let stack = SharedStack::get();
    let owner = stack.owner_token();
    for (members, lifetime) in [(json!({"expires_in": "1h"}), json!({"expires_in": "90d"})), (json!({}), json!({}))] {
        let (item, _) = stack.create_token(&owner, &members);
        let (successor, _) = stack.rotate_token(&owner, token_id(&item), &lifetime);
        let end = stack.attribute(token_id(&successor), "expires_at");
        let ttl = || stack.attribute(token_id(&item), "ttl");
        assert_eq!(stack.attribute(token_id(&item), "v"), Some(4));
        assert_eq!(ttl(), end.map(|end| end + DAY));
        stack.revoke(&owner, token_id(&item));
        assert_eq!(ttl(), end.map(|end| end + DAY), "longer than a revoked token otherwise");
    }
    let (item, _) = stack.create_token(&owner, &json!({"expires_in": "1h"}));
    stack.rotate_token(&owner, token_id(&item), &json!({}));
    stack.revoke(&owner, token_id(&item));
    let revoked_at = stack.attribute(token_id(&item), "revoked_at").unwrap();
    assert_eq!(stack.attribute(token_id(&item), "ttl"), Some(revoked_at + 30 * DAY));
}

/// A thief rotates a stolen token, and lets it end, so that a revocation of everything before the theft does not find it.
#[test]
fn bulk_revocation_finds_successor_of_ended_token() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, stolen) = stack.create_token(&owner, &json!({}));
    let created_at: Timestamp = item["created_at"].as_str().unwrap().parse().unwrap();
    let theft = loop {
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        if now > created_at {
            break now;
        }
        thread::yield_now();
    };
    let (successor, thiefs) = stack.rotate_token(&stolen, "self", &json!({}));
    assert_eq!(stack.request("DELETE", "/v1/access-tokens/self", &stolen).status, 200);
    assert_eq!(stack.get_self(&thiefs).status, 200);
    let revoked = stack.revoke_many(&owner, &json!({"before": theft.to_string()})).json();
    assert_eq!(revoked["revoked"], json!([successor["id"]]));
    stack.get_self(&thiefs).assert_problem(401, "unauthenticated");
}
