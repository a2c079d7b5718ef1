//! Concurrent requests.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use serde_json::json;

use crate::harness::{HttpResponse, TestStack, join, token_id, token_path};

/// Repetitions of each race.
const RACES: usize = 1_000;

/// Threads that repeat a race.
const RACE_THREADS: usize = 4;

/// Calls `round` with the numbers 0 to `rounds - 1`, in several threads at once.
fn run_concurrently(threads: usize, rounds: usize, round: impl Fn(usize) + Sync) {
    let next = AtomicUsize::new(0);
    let run = || loop {
        let number = next.fetch_add(1, Ordering::SeqCst);
        if number >= rounds {
            return;
        }
        round(number);
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(run);
        }
    });
}

/// Repeats `race` with an owner's token and the number of the repetition.
fn repeat_race(race: impl Fn(&TestStack, &str, usize) + Sync) {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    run_concurrently(RACE_THREADS, RACES, |number| race(&stack, &owner, number));
}

/// Either the create request was rejected with this problem, or the token that it returned is inactive.
#[track_caller]
fn assert_no_active_token(stack: &TestStack, created: &HttpResponse, status: u16, code: &str) {
    if created.status == 201 {
        stack.get_self(&created.token()).assert_problem(401, "unauthenticated");
    } else {
        created.assert_problem(status, code);
    }
}

#[test]
fn concurrent_requests_leave_state_as_acknowledged() {
    const CLIENTS: usize = 16;
    const ROUNDS: usize = 200;
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let active = Mutex::new(BTreeSet::new());
    let revoked = Mutex::new(BTreeSet::new());
    run_concurrently(CLIENTS, ROUNDS, |round| {
        let (item, _) = stack.create_token(&owner, &json!({}));
        let id = token_id(&item).to_owned();
        assert_eq!(stack.list(&owner).status, 200);
        if round.is_multiple_of(2) {
            stack.revoke(&owner, &id);
            revoked.lock().unwrap().insert(id);
        } else {
            active.lock().unwrap().insert(id);
        }
    });
    let active = active.into_inner().unwrap();
    let revoked = revoked.into_inner().unwrap();
    assert_eq!((active.len(), revoked.len()), (ROUNDS / 2, ROUNDS / 2));
    assert_eq!(stack.list(&owner).ids::<BTreeSet<_>>(), active);
    for id in revoked {
        let item = stack.request("GET", &format!("/v1/access-tokens/{id}"), &owner).json();
        assert_eq!(item["revoked_by"], "local|1001", "{item}");
    }
}

/// *(revoked is final)* 32 clients use the token on 8 processes of the authorizer.
#[test]
fn request_after_revocation_response_is_never_granted() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    stack.run(stack.lambda.warm_up("authorizer", 8)).unwrap();
    assert_eq!(stack.lambda.processes("authorizer").len(), 8);
    let (item, token) = stack.create_token(&owner, &json!({}));
    let revoked = AtomicBool::new(false);
    let finished = AtomicBool::new(false);
    let granted = AtomicUsize::new(0);
    let rejected = AtomicUsize::new(0);
    let client = || {
        while !finished.load(Ordering::SeqCst) {
            let started_after_revocation = revoked.load(Ordering::SeqCst);
            let status = stack.get_self(&token).status;
            match (started_after_revocation, status) {
                (false, 200) => granted.fetch_add(1, Ordering::SeqCst),
                (_, 401) => rejected.fetch_add(1, Ordering::SeqCst),
                (false, other) => panic!("{other} before the revocation"),
                (true, other) => panic!("{other} after the revocation"),
            };
        }
    };
    thread::scope(|scope| {
        let clients: Vec<_> = (0..32).map(|_| scope.spawn(client)).collect();
        let has_failed = || clients.iter().any(thread::ScopedJoinHandle::is_finished);
        while granted.load(Ordering::SeqCst) < 200 && !has_failed() {
            thread::yield_now();
        }
        stack.revoke(&owner, token_id(&item));
        revoked.store(true, Ordering::SeqCst);
        while rejected.load(Ordering::SeqCst) < 400 && !has_failed() {
            thread::yield_now();
        }
        finished.store(true, Ordering::SeqCst);
    });
    assert!(stack.lambda.processes("authorizer").len() >= 8);
}

/// *(ends with its parent)* The child is inactive as soon as the revocation has returned.
#[test]
fn child_created_during_revocation_of_parent_is_inactive() {
    repeat_race(|stack, owner, _| {
        let (parent, token) = stack.create_token(owner, &json!({}));
        let create = || stack.create(&token, &json!({"name": "child"}));
        let (child, _) = join(create, || stack.revoke(owner, token_id(&parent)));
        assert_no_active_token(stack, &child, 401, "unauthenticated");
    });
}

#[test]
fn concurrent_revocations_are_recorded_once() {
    repeat_race(|stack, owner, number| {
        let (item, _) = stack.create_token(owner, &json!({}));
        let other_owner = stack.user_token_with_roles("123", &format!("p{number}"), &["owner"]);
        let revoke = |credential| stack.revoke(credential, token_id(&item));
        let (first, second) = join(|| revoke(owner), || revoke(&other_owner));
        assert_eq!(first.body, second.body);
    });
}

#[test]
fn concurrent_creates_with_one_key_create_one_token() {
    repeat_race(|stack, owner, number| {
        let create = || stack.create_with_key(owner, &format!("key-{number}"), &json!({"name": "n"}));
        let (first, second) = join(create, create);
        assert_eq!((first.status, second.status), (201, 201), "{} {}", first.body, second.body);
        assert_eq!(first.json()["id"], second.json()["id"]);
    });
}

#[test]
fn replay_during_revocation_returns_no_active_token() {
    repeat_race(|stack, owner, number| {
        let create = || stack.create_with_key(owner, &format!("key-{number}"), &json!({"name": "n"}));
        let item = create().json();
        let (replay, _) = join(create, || stack.revoke(owner, token_id(&item)));
        assert_no_active_token(stack, &replay, 409, "idempotency_conflict");
        create().assert_problem(409, "idempotency_conflict");
    });
}

/// *(revoked is final)* Whichever is first: no token of the chain is active after the revocation.
#[test]
fn rotation_by_itself_during_revocation_returns_no_active_token() {
    repeat_race(|stack, owner, number| {
        let (item, token) = stack.create_token(owner, &json!({}));
        let family = number.is_multiple_of(2);
        let path = format!("{}?family={family}", token_path(&item));
        let (rotated, revoked) =
            join(|| stack.rotate(&token, "self", &json!({})), || stack.request("DELETE", &path, owner));
        assert_eq!(revoked.status, 200, "{}", revoked.body);
        stack.get_self(&token).assert_problem(401, "unauthenticated");
        match rotated.status {
            201 => drop(stack.get_self(&rotated.token()).assert_problem(401, "unauthenticated")),
            401 => {}
            _ => drop(rotated.assert_problem(409, "token_inactive")),
        }
    });
}

/// The successor of a user lives on, unless the whole family is revoked.
#[test]
fn rotation_by_user_during_revocation_follows_the_family() {
    repeat_race(|stack, owner, number| {
        let (item, token) = stack.create_token(owner, &json!({}));
        let family = number.is_multiple_of(2);
        let path = format!("{}?family={family}", token_path(&item));
        let (rotated, revoked) =
            join(|| stack.rotate(owner, token_id(&item), &json!({})), || stack.request("DELETE", &path, owner));
        assert_eq!(revoked.status, 200, "{}", revoked.body);
        stack.get_self(&token).assert_problem(401, "unauthenticated");
        if rotated.status != 201 {
            rotated.assert_problem(409, "token_inactive");
            return;
        }
        let used = stack.get_self(&rotated.token());
        assert_eq!(used.status, if family { 401 } else { 200 }, "{}", used.body);
    });
}
