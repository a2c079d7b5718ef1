//! Many at once.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use serde_json::{Value, json};

use crate::harness::World;

const CLIENTS: usize = 16;
const ROUNDS: usize = 200;

#[test]
fn concurrent_requests_leave_state_as_acknowledged() {
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
fn request_after_revocation_response_is_never_granted() {
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

/// How often each race is run.
const RACES: usize = 1_000;

/// Runs `race` so often, a few at once. It is given the owner's token and the number of the round.
fn often(race: impl Fn(&World, &str, usize) + Sync) {
    let world = World::new();
    let owner = world.person_as("123", "1001", &["owner"]);
    let next = AtomicUsize::new(0);
    let run = || loop {
        match next.fetch_add(1, Ordering::SeqCst) {
            round if round < RACES => race(&world, &owner, round),
            _ => return,
        }
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(run);
        }
    });
}

/// Both at once, and what they gave.
fn at_once<A: Send, B: Send>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let one = scope.spawn(one);
        let other = other();
        (one.join().unwrap(), other)
    })
}

fn path(item: &Value) -> String {
    format!("/v1/access-tokens/{}", item["id"].as_str().unwrap())
}

#[test]
fn child_created_during_revocation_of_parent_is_inactive() {
    often(|world, owner, _| {
        let (item, token) = world.token(owner, &json!({}));
        let create = || world.create(&token, &json!({"name": "child"}));
        let (child, revoked) = at_once(create, || world.call("DELETE", &path(&item), owner));
        assert_eq!(revoked.status, 200);
        if child.status == 201 {
            let token = child.json()["token"].as_str().unwrap().to_owned();
            world.call("GET", "/v1/access-tokens/self", &token).assert_problem(401, "unauthenticated");
        } else {
            child.assert_problem(401, "unauthenticated");
        }
    });
}

#[test]
fn concurrent_revocations_are_recorded_once() {
    often(|world, owner, round| {
        let (item, _) = world.token(owner, &json!({}));
        let other = world.person_as("123", &format!("p{round}"), &["owner"]);
        let (one, two) =
            at_once(|| world.call("DELETE", &path(&item), owner), || world.call("DELETE", &path(&item), &other));
        assert_eq!((one.status, two.status), (200, 200));
        assert_eq!(one.text, two.text);
    });
}

#[test]
fn concurrent_creates_with_one_key_create_one_token() {
    often(|world, owner, round| {
        let create = || world.create_with_key(owner, &format!("key-{round}"), &json!({"name": "n"}));
        let (one, two) = at_once(create, create);
        assert_eq!((one.status, two.status), (201, 201), "{} {}", one.text, two.text);
        assert_eq!(one.json()["id"], two.json()["id"]);
    });
}

#[test]
fn replay_during_revocation_returns_no_active_token() {
    often(|world, owner, round| {
        let create = || world.create_with_key(owner, &format!("key-{round}"), &json!({"name": "n"}));
        let item = create().json();
        let (replay, revoked) = at_once(create, || world.call("DELETE", &path(&item), owner));
        assert_eq!(revoked.status, 200);
        if replay.status == 201 {
            let token = replay.json()["token"].as_str().unwrap().to_owned();
            world.call("GET", "/v1/access-tokens/self", &token).assert_problem(401, "unauthenticated");
        } else {
            replay.assert_problem(409, "idempotency_conflict");
        }
        create().assert_problem(409, "idempotency_conflict");
    });
}
