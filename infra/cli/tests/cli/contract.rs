//! What the contract adds for programs that manage many tokens: pages, filters, keys for asking again, public tokens.

use crate::program::SHARED;

#[test]
fn all_pages_of_a_list_are_read() {
    let ids: Vec<String> = (0..5).map(|_| SHARED.token("--type app").0).collect();
    let listed = SHARED.run("token list --type app --page-size 2 --output json").ok().json();
    let seen: Vec<&str> = listed.as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap()).collect();
    for id in &ids {
        assert_eq!(seen.iter().filter(|seen| *seen == id).count(), 1, "{id} {seen:?}");
    }
}

#[test]
fn the_same_key_makes_one_token() {
    let [first, again] = [(); 2].map(|()| SHARED.token("--idempotency-key one-key-of-a-test").0);
    assert_eq!(first, again);
    let other = SHARED.run("token create --name Other --idempotency-key one-key-of-a-test").failed(5);
    assert!(other.ends_with(" (idempotency_mismatch)\n"), "{other}");
    SHARED.run(&format!("token revoke {first}")).ok();
    let revoked = SHARED.run("token create --name Test --idempotency-key one-key-of-a-test").failed(5);
    assert!(revoked.ends_with(" (idempotency_conflict)\n"), "{revoked}");
}

#[test]
fn tokens_of_a_journey_and_a_portal_are_made_and_verify_under_the_public_issuer() {
    for (words, member) in [("--type journey --journey-id j1", "journey_id"), ("--portal-id p1", "portal_id")] {
        let (id, token) = SHARED.token(words);
        let claims = SHARED.program("token verify --output json").input(&token).run().ok().json();
        assert!(claims["iss"].as_str().unwrap().ends_with("/public") && claims[member].is_string(), "{claims}");
        let shown = SHARED.run(&format!("token get {id}")).ok().out;
        assert!(shown.contains(if member == "journey_id" { "journey     j1" } else { "portal      p1" }), "{shown}");
    }
    let json = SHARED.run("keys --output json").ok().json();
    assert!(json["public"]["keys"][0]["kid"].is_string(), "{json}");
}

#[test]
fn all_tokens_of_a_maker_are_revoked_but_only_after_a_yes() {
    let maker = SHARED.person("123", "1002");
    let made: Vec<String> = ["", "--type app"]
        .map(|words| {
            let program = SHARED.program(&format!("token create --name Mine --output json {words}"));
            program.env("LATCHKEY_TOKEN", &maker).run().ok().json()["id"].as_str().unwrap().to_owned()
        })
        .into();
    let (others, _) = SHARED.token("");
    let refused = SHARED.run("token revoke --created-by local|1002").failed(2);
    assert_eq!(
        refused,
        "error: revoke 2 tokens made by `local|1002`? nobody can be asked without a terminal: use --yes\n"
    );
    let listed = SHARED.run("token list --type api --type app --created-by local|1002").ok();
    assert!(made.iter().all(|id| listed.out.contains(id)) && !listed.out.contains(&others), "{listed:?}");

    let revoked = SHARED.run("token revoke --created-by local|1002 --yes").ok();
    assert!(made.iter().all(|id| revoked.out.contains(id)) && revoked.err == "2 revoked\n", "{revoked:?}");
    assert!(SHARED.run("token list").ok().out.contains(&others));
    let none = SHARED.run("token revoke --created-by local|1002 --yes").ok();
    assert_eq!((none.out.as_str(), none.err.as_str()), ("", "`local|1002` made none of the live tokens\n"));
}
