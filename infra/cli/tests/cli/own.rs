//! Revoking all tokens of a maker by one of them.

use serde_json::{Value, json};

use crate::{
    program::{Ended, SHARED},
    service::{answer, run, service},
};

const SELF: &str = "api_SSSSSSSSSSSSSSSSSSSSS";
const PARENT: &str = "api_PPPPPPPPPPPPPPPPPPPPP";
const OTHER: &str = "api_OOOOOOOOOOOOOOOOOOOOO";

/// A person of the organization who may manage its tokens.
fn maker(org: &str) -> String {
    let role = format!("{org}:tester");
    let text = json!({
        "roles": [{"id": role, "name": "", "grants": [{"action": "token:create"}]}],
        "assignments": [{"org": org, "user": "7001", "roles": [role]}],
    });
    SHARED.run(&format!("apply {}", SHARED.file(&format!("{org}.json"), &text.to_string()))).ok();
    SHARED.person(org, "7001")
}

/// A token made by `credential`: its id and the token.
fn made_by(credential: &str) -> (String, String) {
    let program = SHARED.program("token create --name Test --output json").env("LATCHKEY_TOKEN", credential);
    let made = program.run().ok().json();
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

/// What comes of revoking all tokens of the maker by `credential`.
fn revoke_all(credential: &str) -> Ended {
    SHARED.program("token revoke --created-by local|7001 --yes").env("LATCHKEY_TOKEN", credential).run()
}

#[test]
fn the_token_that_asks_is_revoked_after_all_others() {
    let person = maker("708");
    let older = made_by(&person).0;
    let (id, token) = made_by(&person);
    let revoked = revoke_all(&token).ok();
    assert!(revoked.out.contains(&older) && revoked.err == "2 revoked\n", "{revoked:?}");
    assert!(revoked.out.lines().last().unwrap().starts_with(&id), "{revoked:?}");
}

#[test]
fn the_parent_of_the_token_that_asks_is_revoked_after_all_others() {
    let person = maker("709");
    let older = made_by(&person).0;
    let (parent, token) = made_by(&person);
    let revoked = revoke_all(&made_by(&token).1).ok();
    assert!(revoked.out.contains(&older) && revoked.err == "2 revoked\n", "{revoked:?}");
    assert!(revoked.out.lines().last().unwrap().starts_with(&parent), "{revoked:?}");
}

fn item(id: &str) -> Value {
    let parent = (id == SELF).then_some(PARENT);
    json!({
        "id": id, "name": "x", "token_type": "api", "created_at": "2026-01-01T00:00:00Z", "created_by": "local|1",
        "parent": parent,
    })
}

/// Revokes all three tokens where the parent is answered with `status`: how that ended, and the requests but the list.
fn with_parent_answered(status: u16) -> (Ended, Vec<String>) {
    let list = json!([item(SELF), item(PARENT), item(OTHER)]).to_string();
    let mut answers = vec![answer(200, "", &list)];
    answers.extend([SELF, OTHER].map(|id| answer(200, "", &item(id).to_string())));
    answers.push(answer(status, "", &item(PARENT).to_string()));
    if status != 200 {
        answers.push(answer(200, "", &item(SELF).to_string()));
    }
    let (url, requests) = service(answers);
    let ended = run(&url, "token revoke --created-by local|1 --yes");
    let lines = requests.join().unwrap().into_iter().skip(1);
    (ended, lines.map(|request| request.lines().next().unwrap().replace(" HTTP/1.1", "")).collect())
}

#[test]
fn where_parent_and_child_are_revoked_by_the_child_it_ends_with_its_parent() {
    let (ended, requests) = with_parent_answered(200);
    let path = "/v1/access-tokens";
    let expected = [format!("GET {path}/self"), format!("DELETE {path}/{OTHER}"), format!("DELETE {path}/{PARENT}")];
    assert_eq!(requests, expected);
    assert_eq!(ended.ok().err, format!("2 revoked\n{SELF} ended with its parent {PARENT}\n"));
}

#[test]
fn where_the_parent_cannot_be_revoked_the_child_is() {
    let (ended, requests) = with_parent_answered(503);
    assert_eq!(requests.last().unwrap(), &format!("DELETE /v1/access-tokens/{SELF}"));
    assert_eq!(ended.code, 6, "{ended:?}");
    assert!(ended.out.contains(SELF) && ended.err.ends_with("error: 1 of 3 failed\n"), "{ended:?}");
}
