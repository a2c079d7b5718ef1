//! Revoking many tokens at once.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use jiff::Timestamp;
use local::aws::{Service, faults::Fault};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::harness::{LONG_AGO, SharedStack, TestStack, eventually, token_id, token_path};

/// The response to one request: the revoked ids and the cursor.
#[track_caller]
fn page(stack: &TestStack, credential: &str, body: &Value) -> (Vec<String>, Option<String>) {
    let response = stack.revoke_many(credential, body);
    assert_eq!(response.status, 200, "{}", response.body);
    let body = response.json();
    let ids = body["revoked"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned());
    (ids.collect(), body["cursor"].as_str().map(ToOwned::to_owned))
}

/// The pages of one pass.
#[track_caller]
fn pages(stack: &TestStack, credential: &str, filter: &Value) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut body = filter.clone();
    loop {
        let (revoked, cursor) = page(stack, credential, &body);
        pages.push(revoked);
        match cursor {
            Some(cursor) => body["cursor"] = json!(cursor),
            None => return pages,
        }
    }
}

/// The ids that one pass revokes.
#[track_caller]
fn pass(stack: &TestStack, credential: &str, filter: &Value) -> Vec<String> {
    pages(stack, credential, filter).concat()
}

fn create(stack: &TestStack, credential: &str, members: &Value) -> String {
    token_id(&stack.create_token(credential, members).0).to_owned()
}

/// The revocation of a token: the time and the principal; `None` if it is active.
fn revocation(stack: &TestStack, owner: &str, id: &str) -> Option<(String, String)> {
    let item = stack.request("GET", &format!("/v1/access-tokens/{id}"), owner).json();
    let text = |member: &str| item[member].as_str().map(ToOwned::to_owned);
    text("revoked_at").zip(text("revoked_by"))
}

/// The number of audit lines of the revocation of each token, after those of at least `tokens` tokens have been written.
fn audited(stack: &TestStack, tokens: usize) -> BTreeMap<String, usize> {
    eventually(|| {
        let mut audited = BTreeMap::new();
        for line in stack.log_lines().iter().filter(|line| line["kind"] == "audit" && line["event"] == "revoked") {
            *audited.entry(line["token_id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        (audited.len() >= tokens).then_some(audited)
    })
}

/// Asserts that each of these revocations, and no other, has one audit line.
#[track_caller]
fn assert_audited_once(stack: &TestStack, ids: impl IntoIterator<Item = String>) {
    let expected: BTreeMap<_, _> = ids.into_iter().map(|id| (id, 1)).collect();
    assert_eq!(audited(stack, expected.len()), expected);
}

/// An organization of the shared stack with tokens of two users and of a token.
struct Org {
    stack: SharedStack,
    owner: String,
    other: String,
    /// Of the owner.
    api: String,
    /// Of the owner, with a system token type.
    app: String,
    /// Of the other user.
    journey: String,
    parent: String,
    parent_token: String,
    child: String,
}

impl Org {
    fn new(org: &str) -> Self {
        let stack = SharedStack::get();
        let owner = stack.user_token_with_roles(org, "1", &["owner"]);
        let other = stack.user_token_with_roles(org, "2", &["owner"]);
        let api = create(&stack, &owner, &json!({}));
        let app = create(&stack, &owner, &json!({"token_type": "app"}));
        let journey = create(&stack, &other, &json!({"journey_id": "j"}));
        let (parent, parent_token) = stack.create_token(&other, &json!({}));
        let parent = token_id(&parent).to_owned();
        let child = create(&stack, &parent_token, &json!({}));
        Self { stack, owner, other, api, app, journey, parent, parent_token, child }
    }

    /// The ids of the active tokens.
    fn active(&self) -> BTreeSet<String> {
        let path = "/v1/access-tokens?token_type=api,app,assume,journey,portal";
        self.stack.request("GET", path, &self.owner).ids()
    }

    #[track_caller]
    fn assert_revokes(&self, filter: &Value, expected: &[&String]) {
        let before = self.active();
        let revoked = pass(&self.stack, &self.owner, filter);
        let revoked_set: BTreeSet<_> = revoked.iter().cloned().collect();
        assert_eq!(revoked_set, expected.iter().map(|id| (*id).clone()).collect(), "{filter}");
        assert_eq!(revoked.len(), expected.len(), "{filter}: {revoked:?}");
        assert_eq!(self.active(), &before - &revoked_set, "{filter}");
        for id in expected {
            let (_, by) = revocation(&self.stack, &self.owner, id).unwrap();
            assert_eq!(by, "local|1", "{id}");
        }
        assert!(pass(&self.stack, &self.owner, filter).is_empty(), "{filter}: a second pass");
    }
}

#[test]
fn bulk_revoke_by_creator_revokes_every_type() {
    let org = Org::new("bulk-creator");
    org.assert_revokes(&json!({"created_by": "local|3"}), &[]);
    org.assert_revokes(&json!({"created_by": "local|1"}), &[&org.api, &org.app]);
    org.assert_revokes(&json!({"created_by": org.parent}), &[&org.child]);
    org.assert_revokes(&json!({"created_by": "local|2"}), &[&org.journey, &org.parent]);
}

#[test]
fn bulk_revoke_before_a_time_keeps_later_tokens() {
    let org = Org::new("bulk-before");
    // Their position in the list is the time at which they were created, which no attribute changes.
    thread::sleep(Duration::from_millis(1_100));
    let later = create(&org.stack, &org.owner, &json!({}));
    let created_at = org.stack.request("GET", &format!("/v1/access-tokens/{later}"), &org.owner).json();
    let created_at: Timestamp = created_at["created_at"].as_str().unwrap().parse().unwrap();
    org.assert_revokes(&json!({"before": "2019-08-24T14:15:22Z"}), &[]);
    let all = [&org.api, &org.app, &org.journey, &org.parent, &org.child];
    org.assert_revokes(&json!({"before": created_at.to_string()}), &all);
    let within = created_at.to_string().replace('Z', ".25+00:00");
    org.assert_revokes(&json!({"before": within}), &[&later]);
}

#[test]
fn bulk_revoke_all_keeps_tokens_of_other_organizations() {
    let org = Org::new("bulk-all");
    let outsider = Org::new("bulk-outsider");
    let before = outsider.active();
    org.assert_revokes(&json!({"all": true}), &[&org.api, &org.app, &org.journey, &org.parent, &org.child]);
    assert_eq!(outsider.active(), before);
    assert_eq!(org.stack.get_self(&org.parent_token).status, 401);
}

#[test]
fn bulk_revoke_omits_expired_and_revoked_tokens() {
    let org = Org::new("bulk-active");
    org.stack.revoke(&org.other, &org.api);
    org.stack.set_attribute(&org.app, "expires_at", LONG_AGO);
    let first = revocation(&org.stack, &org.owner, &org.api);
    org.assert_revokes(&json!({"created_by": "local|1"}), &[]);
    assert_eq!(revocation(&org.stack, &org.owner, &org.api), first);
    assert_eq!(revocation(&org.stack, &org.owner, &org.app), None);
}

#[test]
fn bulk_revoke_is_limited_to_the_callers_scope() {
    let org = Org::new("bulk-scope");
    for (slug, action) in [("self", "token:self"), ("view", "token:view"), ("revoke", "token:revoke")] {
        org.stack.put_role(&format!("bulk-scope:{slug}"), &json!([{"action": action}]));
    }
    let user = |name, role| org.stack.user_token_with_roles("bulk-scope", name, &[role]);
    let all = json!({"all": true});
    let detail = org.stack.revoke_many(&user("4", "view"), &all).assert_problem(403, "permission_denied");
    assert!(detail.contains("permission token:revoke is missing"), "{detail}");

    let developer = user("5", "self");
    let (own, token) = org.stack.create_token(&developer, &json!({}));
    let child = create(&org.stack, &token, &json!({}));
    let sibling = create(&org.stack, &developer, &json!({}));
    assert!(pass(&org.stack, &developer, &json!({"created_by": "local|1"})).is_empty());
    assert_eq!(pass(&org.stack, &token, &json!({"created_by": "local|5"})), [token_id(&own)]);
    assert_eq!(org.stack.get_self(&token).status, 401, "its own token, and not its sibling");
    assert_eq!(revocation(&org.stack, &org.owner, &sibling), None);
    let revoked: BTreeSet<_> = pass(&org.stack, &developer, &all).into_iter().collect();
    assert_eq!(revoked, BTreeSet::from([child, sibling]), "the tokens that the user owns");
    assert!(revocation(&org.stack, &org.owner, token_id(&own)).is_some());

    let responder = user("6", "revoke");
    let expected = [&org.api, &org.app, &org.journey, &org.parent, &org.child].map(Clone::clone);
    let revoked: BTreeSet<_> = pass(&org.stack, &responder, &all).into_iter().collect();
    assert_eq!(revoked, BTreeSet::from(expected));
}

#[test]
fn own_token_is_revoked_last() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    // The parent, its child that calls, and tokens that are newer and older.
    stack.insert_tokens(120, "123");
    let (parent, parent_token) = stack.create_token(&owner, &json!({}));
    let (own, token) = stack.create_token(&parent_token, &json!({}));
    stack.create_token(&owner, &json!({}));
    let pages = pages(&stack, &token, &json!({"all": true}));
    let revoked = pages.concat();
    assert_eq!(revoked.len(), 123);
    assert!(pages.len() >= 2 && pages.iter().all(|page| page.len() <= 100), "{pages:?}");
    assert_eq!(revoked[121..], [token_id(&parent).to_owned(), token_id(&own).to_owned()]);
    stack.get_self(&token).assert_problem(401, "unauthenticated");
    assert!(pass(&stack, &owner, &json!({"all": true})).is_empty());
}

#[test]
fn own_token_that_does_not_match_stays_active() {
    let org = Org::new("bulk-own");
    let (_, token) = org.stack.create_token(&org.owner, &json!({}));
    let revoked: BTreeSet<_> = pass(&org.stack, &token, &json!({"created_by": "local|2"})).into_iter().collect();
    assert_eq!(revoked, BTreeSet::from([org.journey.clone(), org.parent.clone()]));
    assert_eq!(org.stack.get_self(&token).status, 200);
}

/// 250 tokens in pages of at most 100, newest first.
#[test]
fn bulk_revoke_of_250_tokens_takes_several_pages() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let mut stored = stack.insert_tokens(250, "123");
    let pages = pages(&stack, &owner, &json!({"created_by": "local|1001"}));
    // More pages if the time of a request does not suffice for 100 tokens.
    assert!(pages.len() >= 3 && pages.iter().all(|page| page.len() <= 100), "{pages:?}");
    stored.reverse();
    assert_eq!(pages.concat(), stored);
    assert!(stack.list(&owner).ids::<Vec<_>>().is_empty());
    assert_audited_once(&stack, stored);
    let counted = || stack.log_lines().iter().filter_map(|line| line["TokensRevoked"].as_f64()).sum::<f64>();
    let counted = eventually(|| Some(counted()).filter(|count| *count >= 250.0));
    assert!(counted < 251.0, "{counted}");
}

#[test]
fn cursor_of_another_bulk_request_is_invalid() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    stack.insert_tokens(150, "123");
    let filter = json!({"created_by": "local|1001"});
    let list = stack.request("GET", "/v1/access-tokens?limit=1", &owner);
    let of_list = list.header("link").split("cursor=").nth(1).unwrap().split('>').next().unwrap();
    let of_list = of_list.replace("%2D", "-").replace("%5F", "_");
    let (revoked, cursor) = page(&stack, &owner, &filter);
    let cursor = cursor.unwrap();
    let left = 150 - revoked.len();
    let with = |filter: &Value, cursor: &str| {
        let mut body = filter.clone();
        body["cursor"] = json!(cursor);
        body
    };
    let altered = format!("{}{}", if cursor.starts_with('A') { "B" } else { "A" }, &cursor[1..]);
    let outsider = stack.user_token_with_roles("124", "1001", &["owner"]);
    for (credential, body) in [
        (&owner, with(&filter, &altered)),
        (&owner, with(&filter, &cursor[..cursor.len() - 4])),
        (&owner, with(&filter, &of_list)),
        (&owner, with(&filter, "")),
        (&owner, with(&json!({"all": true}), &cursor)),
        (&owner, with(&json!({"before": "2030-01-01T00:00:00Z"}), &cursor)),
        (&owner, with(&json!({"created_by": "local|1002"}), &cursor)),
        (&outsider, with(&filter, &cursor)),
    ] {
        stack.revoke_many(credential, &body).assert_problem(400, "invalid_request");
    }
    assert_eq!(stack.list(&owner).ids::<Vec<_>>().len(), left);
    assert!(!page(&stack, &owner, &with(&filter, &cursor)).0.is_empty());
}

#[test]
fn bulk_request_must_have_exactly_one_valid_filter() {
    let org = Org::new("bulk-invalid");
    let before = org.active();
    for body in [
        json!({}),
        json!({"cursor": "x"}),
        json!({"all": false}),
        json!({"all": "true"}),
        json!({"all": true, "created_by": "local|1"}),
        json!({"before": "2030-01-01T00:00:00Z", "created_by": "local|1"}),
        json!({"all": true, "types": ["api"]}),
        json!({"created_by": null}),
        json!({"created_by": "1"}),
        json!({"created_by": ["local|1"]}),
        json!({"before": "2030-01-01"}),
        json!({"before": 1_900_000_000}),
        json!({"All": true}),
    ] {
        org.stack.revoke_many(&org.owner, &body).assert_problem(400, "invalid_request");
    }
    let bearer = format!("Bearer {}", org.owner);
    let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
    for body in ["", "[]", r#"{"all": true, "all": true}"#, r#"{"all": true}{"#] {
        let response = org.stack.send("POST", "/v1/access-tokens/revoke", &headers, body);
        response.assert_problem(400, "invalid_request");
    }
    let form = [("Authorization", bearer.as_str()), ("Content-Type", "application/x-www-form-urlencoded")];
    let response = org.stack.send("POST", "/v1/access-tokens/revoke", &form, "all=true");
    response.assert_problem(415, "unsupported_media_type");
    assert_eq!(org.active(), before);
}

/// The path of the bulk operation is not the id of a token.
#[test]
fn revoke_path_is_not_a_token_id() {
    let org = Org::new("bulk-route");
    let bearer = format!("Bearer {}", org.owner);
    let send = |method, path: &str| {
        // Not a documented operation, so that the response is not checked against the contract.
        let url = &org.stack.addresses().url;
        org.stack.send_to(url, method, path, &[("Authorization", &bearer)], r#"{"all": true}"#)
    };
    for method in ["GET", "DELETE", "PUT"] {
        send(method, "/v1/access-tokens/revoke").assert_problem(404, "not_found");
    }
    send("POST", &format!("/v1/access-tokens/{}", org.api)).assert_problem(404, "not_found");
    assert_eq!(org.active().len(), 5);
}

/// Each revocation is in the answer of one of the requests, and is recorded once.
#[test]
fn concurrent_bulk_revocations_share_the_tokens() {
    let stack = TestStack::new();
    let owner = |name: &str| stack.user_token_with_roles("123", name, &["owner"]);
    let stored: BTreeSet<String> = stack.insert_tokens(250, "123").into_iter().collect();
    let owners = [owner("1"), owner("2"), owner("3")];
    let answers: Vec<Vec<String>> = thread::scope(|scope| {
        let stack = &stack;
        let run = |credential| scope.spawn(move || pass(stack, credential, &json!({"all": true})));
        let threads: Vec<_> = owners.each_ref().map(String::as_str).into_iter().map(run).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().map(Vec::len).sum::<usize>(), 250, "each token is in one answer");
    assert_eq!(answers.concat().into_iter().collect::<BTreeSet<_>>(), stored);
    for (answer, name) in answers.iter().zip(["1", "2", "3"]) {
        for id in answer {
            assert_eq!(revocation(&stack, &owners[0], id).unwrap().1, format!("local|{name}"));
        }
    }
    assert_audited_once(&stack, stored);
}

#[test]
fn passes_until_none_is_found_revoke_tokens_created_meanwhile() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let creator = stack.user_token_with_roles("123", "1002", &["owner"]);
    stack.insert_tokens(150, "123");
    let finished = AtomicBool::new(false);
    let all = json!({"all": true});
    let (created, revoked) = thread::scope(|scope| {
        let creating = scope.spawn(|| {
            let mut created = BTreeSet::new();
            while !finished.load(Ordering::SeqCst) {
                created.insert(create(&stack, &creator, &json!({})));
            }
            created
        });
        let mut revoked = Vec::new();
        for _ in 0..3 {
            revoked.extend(pass(&stack, &owner, &all));
        }
        finished.store(true, Ordering::SeqCst);
        let created = creating.join().unwrap();
        loop {
            let found = pass(&stack, &owner, &all);
            if found.is_empty() {
                break;
            }
            revoked.extend(found);
        }
        (created, revoked)
    });
    let set: BTreeSet<_> = revoked.iter().cloned().collect();
    assert_eq!(set.len(), revoked.len(), "no token is revoked twice");
    assert_eq!(set.len(), 150 + created.len());
    assert!(!created.is_empty() && created.is_subset(&set));
    assert!(stack.list(&owner).ids::<Vec<_>>().is_empty());
}

/// The same request is repeated after the function was killed.
#[test]
fn bulk_revocation_killed_in_the_middle_goes_on() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let stored: BTreeSet<String> = stack.insert_tokens(250, "123").into_iter().collect();
    let active = || stack.list(&owner).ids::<Vec<_>>().len();
    let body = json!({"created_by": "local|1001"});
    assert!(page(&stack, &owner, &json!({"created_by": "local|9"})).0.is_empty(), "a process runs");
    let slow = || {
        stack.faults().inject_for(
            "revoke-token",
            Service::DynamoDb,
            "UpdateItem",
            Fault::Delay(Duration::from_millis(30)),
            None,
        );
    };
    let mut answered = BTreeSet::new();
    let mut remaining = 250;
    for _ in 0..3 {
        slow();
        let response = thread::scope(|scope| {
            let request = scope.spawn(|| stack.revoke_many(&owner, &body));
            while active() > remaining - 10 && !request.is_finished() {
                thread::sleep(Duration::from_millis(5));
            }
            for pid in stack.lambda.processes("revoke-token") {
                let pid = Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
                kill_process(pid, Signal::KILL).unwrap();
            }
            request.join().unwrap()
        });
        stack.faults().clear_for("revoke-token");
        response.assert_problem(502, "internal");
        let left = active();
        assert!(left < remaining && left > remaining - 100, "killed in the middle: {remaining}, then {left}");
        remaining = left;
        answered.extend(stored.iter().filter(|id| revocation(&stack, &owner, id).is_some()).cloned());
    }
    let revocations = |stack: &TestStack| -> BTreeMap<String, _> {
        stored.iter().map(|id| (id.clone(), revocation(stack, &owner, id))).collect()
    };
    let before = revocations(&stack);
    let rest = pass(&stack, &owner, &body);
    assert_eq!(rest.len(), remaining);
    assert_eq!(&stored - &answered, rest.into_iter().collect(), "the rest, each once");
    let after = revocations(&stack);
    assert!(after.values().all(Option::is_some), "every token is revoked");
    assert!(before.iter().all(|(id, first)| first.is_none() || *first == after[id]), "the first revocation stays");
    // At most one line is lost for each kill.
    let audited = audited(&stack, 247);
    assert!(audited.values().all(|count| *count == 1), "each revocation is recorded once: {audited:?}");
}

/// An outage in the middle: an error, after which the tokens that were revoked have their audit line.
#[test]
fn bulk_revocation_that_fails_in_the_middle_goes_on() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    let stored = stack.insert_tokens(250, "123");
    let body = json!({"all": true});
    let (first, cursor) = page(&stack, &owner, &body);
    assert_eq!(first.len(), 100);
    let next = json!({"all": true, "cursor": cursor});
    stack.faults().inject_for(
        "revoke-token",
        Service::DynamoDb,
        "UpdateItem",
        Fault::Delay(Duration::from_millis(30)),
        Some(20),
    );
    stack.faults().inject_for("revoke-token", Service::DynamoDb, "UpdateItem", Fault::ConnectionClosed, None);
    stack.revoke_many(&owner, &next).assert_problem(503, "unavailable");
    stack.faults().clear_for("revoke-token");
    assert_eq!(audited(&stack, 120).len(), 120);
    let (second, cursor) = page(&stack, &owner, &next);
    assert_eq!(second.len(), 100);
    assert_eq!(page(&stack, &owner, &json!({"all": true, "cursor": cursor})).0.len(), 30);
    assert_audited_once(&stack, stored);
}

/// A slow write leaves the rest to the next request, within the time limit of a request.
#[test]
fn slow_bulk_revocation_ends_after_4_seconds_with_a_cursor() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles("123", "1001", &["owner"]);
    stack.insert_tokens(20, "123");
    stack.faults().inject_for(
        "revoke-token",
        Service::DynamoDb,
        "UpdateItem",
        Fault::Delay(Duration::from_millis(900)),
        None,
    );
    let (revoked, cursor) = page(&stack, &owner, &json!({"all": true}));
    stack.faults().clear_for("revoke-token");
    assert!((3..=6).contains(&revoked.len()) && cursor.is_some(), "{revoked:?}");
    let rest = page(&stack, &owner, &json!({"all": true, "cursor": cursor}));
    assert_eq!((rest.0.len(), rest.1), (20 - revoked.len(), None));
}

#[test]
fn revoked_parent_ends_children_that_do_not_match() {
    let org = Org::new("bulk-parent");
    let (child, child_token) = org.stack.create_token(&org.parent_token, &json!({}));
    assert_eq!(org.stack.get_self(&child_token).status, 200);
    org.assert_revokes(&json!({"created_by": "local|2"}), &[&org.journey, &org.parent]);
    org.stack.get_self(&child_token).assert_problem(401, "unauthenticated");
    assert_eq!(org.stack.request("GET", &token_path(&child), &org.owner).json()["revoked_at"], Value::Null);
}
