//! The life of a token, told by the program.

use insta::assert_snapshot;

use crate::program::{SHARED, settings};

#[test]
fn the_new_token_goes_alone_to_standard_output_and_its_item_to_standard_error() {
    let made =
        SHARED.program("token create --role 123:viewer --expires-in 30d --read-only --name").arg("A name").run().ok();
    let parts: Vec<_> = made.out.strip_suffix('\n').unwrap().split('.').collect();
    assert!(
        parts.len() == 3 && parts.iter().all(|part| part.len() > 20 && !part.contains(char::is_whitespace)),
        "{made:?}"
    );
    assert!(!made.err.contains(parts[2]));
    settings().bind(|| {
        assert_snapshot!(made.err, @r"
        id  api_ID
        name  A name
        type  api
        roles  123:viewer
        created  TIME
        created by  local|1001
        expires  TIME
        read-only  yes
        ");
    });
}

#[test]
fn a_token_that_was_used_shows_when() {
    let (id, token) = SHARED.token("--role 123:token_admin");
    let myself = SHARED.program("token get self --output json").env("LATCHKEY_TOKEN", &token).run().ok().json();
    assert_eq!(myself["id"], id.as_str());
    let read = SHARED.run(&format!("token get {id} --output json")).ok().json();
    assert_eq!((&read["id"], &read["assignments"]), (&myself["id"], &myself["assignments"]));
    let shown = SHARED.run(&format!("token get {id}")).ok();
    settings().bind(|| {
        assert_snapshot!(shown.out, @r"
        id  api_ID
        name  Test
        type  api
        roles  123:token_admin
        created  TIME
        created by  local|1001
        expires  never
        last used  DAY
        ");
    });
}

#[test]
fn a_token_acts_until_it_is_revoked() {
    let (id, token) = SHARED.token("--role 123:token_admin");
    let by_token = SHARED.program("token list --token-stdin").input(&token).run().ok();
    assert!(by_token.out.starts_with("ID ") && by_token.out.contains(&id), "{by_token:?}");
    assert!(by_token.out.lines().all(|line| line == line.trim_end()));

    let revoked = SHARED.run(&format!("token revoke {id}")).ok();
    assert!(revoked.out.contains(&id) && revoked.err == "1 revoked\n", "{revoked:?}");
    let refused = SHARED.program("token get self").env("LATCHKEY_TOKEN", &token).run().failed(3);
    assert_eq!(refused, "error: a valid bearer token is required (unauthenticated)\n");
    assert!(!SHARED.run("token list").ok().out.contains(&id));
}

#[test]
fn json_is_what_the_api_answers() {
    let made = SHARED.run("token create --name J --type app --output json").ok();
    assert!(made.out.starts_with(r#"{"id":"app_"#) && made.err.is_empty(), "{made:?}");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let listed = SHARED.run("token list --type app --output json").ok();
    let items = listed.json();
    let mut item = items.as_array().unwrap().iter().find(|item| item["id"] == id.as_str()).unwrap().clone();
    item["token"] = made.json()["token"].clone();
    assert_eq!(item, made.json());
    let revoked = SHARED.run(&format!("token revoke {id} --output json")).ok();
    assert!(revoked.json()["revoked_at"].is_string(), "{revoked:?}");
}

#[test]
fn only_what_ends_soon_is_listed_where_that_was_asked_for() {
    let (soon, later, never) =
        (SHARED.token("--expires-in 2d").0, SHARED.token("--expires-in 20d").0, SHARED.token("").0);
    let listed = SHARED.run("token list --expiring 7d").ok().out;
    assert!(listed.contains(&soon) && !listed.contains(&later) && !listed.contains(&never), "{listed}");
}

#[test]
fn revoking_many_goes_on_after_a_failure_and_tells_of_each() {
    let (first, second) = (SHARED.token("").0, SHARED.token("").0);
    let unknown = "api_AAAAAAAAAAAAAAAAAAAAA";
    let revoked = SHARED.run(&format!("token revoke {first} {unknown} {second}"));
    assert_eq!(revoked.code, 4, "{revoked:?}");
    assert!(revoked.out.contains(&first) && revoked.out.contains(&second), "{revoked:?}");
    let told = format!("2 revoked\n{unknown}: there is nothing here (not_found)\nerror: 1 of 3 failed\n");
    assert_eq!(revoked.err, told);
}
