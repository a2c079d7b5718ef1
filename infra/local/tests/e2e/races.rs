//! Many at once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use serde_json::json;

use crate::harness::World;

const CLIENTS: usize = 16;
const ROUNDS: usize = 200;

#[test]
fn two_hundred_creates_lists_and_revokes_at_once_leave_the_ledger_as_it_was_answered() {
    let world = World::new();
    let owner = world.person_as("123", "1001", &["owner"]);
    let next = AtomicUsize::new(0);
    let client = || {
        let (mut living, mut dead) = (BTreeSet::new(), BTreeSet::new());
        loop {
            let round = next.fetch_add(1, Ordering::SeqCst);
            if round >= ROUNDS {
                return (living, dead);
            }
            let id = world.token(&owner, &json!({})).0["id"].as_str().unwrap().to_owned();
            assert_eq!(world.call("GET", "/v1/access-tokens", &owner).status, 200);
            if round.is_multiple_of(2) {
                assert_eq!(world.call("DELETE", &format!("/v1/access-tokens/{id}"), &owner).status, 200);
                dead.insert(id);
            } else {
                living.insert(id);
            }
        }
    };
    let (mut living, mut dead) = (BTreeSet::new(), BTreeSet::new());
    thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS).map(|_| scope.spawn(client)).collect();
        for client in clients {
            let (alive, revoked) = client.join().unwrap();
            living.extend(alive);
            dead.extend(revoked);
        }
    });
    assert_eq!((living.len(), dead.len()), (ROUNDS / 2, ROUNDS / 2));
    let listed = world.call("GET", "/v1/access-tokens", &owner).json();
    let listed: BTreeSet<_> =
        listed.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(listed, living);
    for id in dead {
        let item = world.call("GET", &format!("/v1/access-tokens/{id}"), &owner).json();
        assert_eq!(item["revoked_by"], "local|1001", "{item}");
    }
}

#[test]
fn no_request_that_begins_after_a_revoke_was_answered_is_granted() {
    let world = World::new();
    let owner = world.owner();
    world.run(world.stack().lambda.warm_up("authorizer", 8)).unwrap();
    assert_eq!(world.stack().lambda.processes("authorizer").len(), 8);
    let (item, token) = world.token(&owner, &json!({}));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    let (revoked, over) = (AtomicBool::new(false), AtomicBool::new(false));
    let (granted, refused) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let pound = || {
        while !over.load(Ordering::SeqCst) {
            let began_after = revoked.load(Ordering::SeqCst);
            let status = world.call("GET", "/v1/access-tokens/self", &token).status;
            match (began_after, status) {
                (false, 200) => granted.fetch_add(1, Ordering::SeqCst),
                (_, 401) => refused.fetch_add(1, Ordering::SeqCst),
                (false, other) => panic!("{other} while the token lived"),
                (true, other) => panic!("{other} after the token was revoked"),
            };
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..32).map(|_| scope.spawn(pound)).collect();
        while granted.load(Ordering::SeqCst) < 200 {
            thread::yield_now();
        }
        assert_eq!(world.call("DELETE", &path, &owner).status, 200);
        revoked.store(true, Ordering::SeqCst);
        while refused.load(Ordering::SeqCst) < 400 && !clients.iter().any(thread::ScopedJoinHandle::is_finished) {
            thread::yield_now();
        }
        over.store(true, Ordering::SeqCst);
    });
    assert!(world.stack().lambda.processes("authorizer").len() >= 8);
}

#[test]
fn a_child_made_while_its_parent_is_revoked_is_dead_when_the_revoke_has_answered() {
    let world = World::new();
    let owner = world.owner();
    for _ in 0..20 {
        let (item, token) = world.token(&owner, &json!({}));
        let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
        let child = thread::scope(|scope| {
            let child = scope.spawn(|| world.create(&token, &json!({"name": "child"})));
            assert_eq!(world.call("DELETE", &path, &owner).status, 200);
            child.join().unwrap()
        });
        match child.status {
            201 => {
                let token = child.json()["token"].as_str().unwrap().to_owned();
                world.call("GET", "/v1/access-tokens/self", &token).assert_problem(401, "unauthenticated");
            }
            _ => drop(child.assert_problem(401, "unauthenticated")),
        }
    }
}

#[test]
fn a_token_revoked_by_many_at_once_is_revoked_once() {
    let world = World::new();
    let (item, _) = world.token(&world.owner(), &json!({}));
    let path = format!("/v1/access-tokens/{}", item["id"].as_str().unwrap());
    let people: Vec<String> = (0..8).map(|n| world.person_as("123", &format!("p{n}"), &["owner"])).collect();
    let answers: BTreeSet<String> = thread::scope(|scope| {
        let revokes: Vec<_> = people.iter().map(|person| scope.spawn(|| world.call("DELETE", &path, person))).collect();
        revokes.into_iter().map(|revoke| revoke.join().unwrap().text).collect()
    });
    assert_eq!(answers.len(), 1, "{answers:?}");
}
