//! Connections that break, and services that are not what they should be.

use std::net::TcpListener;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::{
    program::{Program, SHARED, elsewhere},
    service::{answer, header, run, service},
};

/// The key of a request to make a token.
fn key(request: &str) -> &str {
    header(request, "idempotency-key: ")
}

#[test]
fn a_create_whose_connection_broke_is_asked_again_by_the_same_key() {
    let made = json!({
        "id": "api_5ZugdRXasLfWBypHi93Fk", "created_at": "2026-01-01T00:00:00Z", "name": "x", "token_type": "api",
        "token": "t.o.k",
    });
    let (url, requests) = service(vec![String::new(), answer(201, "", &made.to_string())]);
    assert_eq!(run(&url, "token create --name x").ok().out, "t.o.k\n");
    let requests = requests.join().unwrap();
    let keys: Vec<_> = requests.iter().map(|request| key(request)).collect();
    assert!(keys[0] == keys[1] && keys[0].len() >= 21, "{keys:?}");
    assert!(requests.iter().all(|request| header(request, "authorization: ") == "Bearer a-credential"));
}

#[test]
fn each_create_has_a_key_of_its_own() {
    let keys = [(); 2].map(|()| {
        let (url, requests) = service(vec![answer(503, "", "{}")]);
        run(&url, "token create --name x").failed(6);
        key(&requests.join().unwrap()[0]).to_owned()
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_create_that_no_usable_answer_came_of_tells_the_key_that_it_was_sent_with() {
    let nothing = String::new;
    for (answers, code) in [
        (vec![answer(500, "", "{}")], 1),
        (vec![answer(502, "", "<html>")], 1),
        (vec![answer(503, "", "{}")], 6),
        (vec![answer(504, "", "")], 1),
        (vec![answer(201, "", r#"{"id": "api_x"}"#)], 1),
        (vec![answer(200, "", "<html>")], 1),
        (vec![nothing(), nothing()], 6),
        (vec![nothing(), answer(429, "", "{}")], 6),
        (vec![nothing(), answer(403, "", "{}")], 3),
    ] {
        for words in ["token create --name x", "token create --name x --output json"] {
            let (url, requests) = service(answers.clone());
            let refused = run(&url, words).failed(code);
            let requests = requests.join().unwrap();
            let told =
                format!("; the token may have been made: ask again with --idempotency-key={}\n", key(&requests[0]));
            assert!(refused.ends_with(&told), "{answers:?} {refused}");
        }
    }
    for status in [302, 400, 403, 422, 429] {
        let (url, _) = service(vec![answer(status, "", "{}")]);
        let refused = run(&url, "token create --name x");
        assert!(!refused.err.contains("--idempotency-key"), "{refused:?}");
    }
}

#[test]
fn the_key_that_is_told_can_be_given_as_it_is_told() {
    let (url, requests) = service(vec![answer(503, "", "{}")]);
    let refused = run(&url, "token create --name x --idempotency-key=-a-key").failed(6);
    assert!(refused.ends_with("ask again with --idempotency-key=-a-key\n"), "{refused}");
    assert_eq!(key(&requests.join().unwrap()[0]), "-a-key");
}

#[test]
fn a_token_is_printed_whatever_else_its_answer_says() {
    let (url, _) = service(vec![answer(201, "", r#"{"token": "t.o.k", "id": 1}"#)]);
    let made = run(&url, "token create --name x").ok();
    assert_eq!((made.out.as_str(), made.err.contains("the token was made; what else")), ("t.o.k\n", true), "{made:?}");
}

#[test]
fn a_token_that_cannot_be_printed_can_be_asked_for_again() {
    let (url, requests) = service(vec![answer(201, "", r#"{"token": "t.o.k"}"#)]);
    let folder = elsewhere();
    let (nobody, output) = std::io::pipe().unwrap();
    drop(nobody);
    let program = Program::new(folder.path(), "token create --name x").output(output);
    let refused = program.env("LATCHKEY_URL", &url).env("LATCHKEY_TOKEN", "a-credential").run().failed(1);
    let told = format!("ask again with --idempotency-key={}\n", key(&requests.join().unwrap()[0]));
    assert!(
        refused.starts_with("error: standard output cannot be written to: ") && refused.ends_with(&told),
        "{refused}"
    );
}

#[test]
fn a_request_to_this_machine_goes_through_no_proxy() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let (url, requests) = service(vec![answer(200, "", "[]")]);
    let folder = elsewhere();
    let mut program = Program::new(folder.path(), "token list --output json").env("LATCHKEY_URL", &url);
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"] {
        program = program.env(name, &format!("http://{}", proxy.local_addr().unwrap()));
    }
    assert_eq!(program.env("LATCHKEY_TOKEN", "a-credential").run().ok().out, "[]\n");
    assert_eq!(requests.join().unwrap().len(), 1);
    proxy.set_nonblocking(true).unwrap();
    assert!(proxy.accept().is_err());
}

#[test]
fn a_redirect_is_not_followed_and_something_else_is_said_to_be_something_else() {
    let (url, _) = service(vec![answer(302, "location: http://127.0.0.1:1/\r\n", "")]);
    assert_eq!(run(&url, "token list").failed(1), "error: the answer is 302 and no problem document (no code)\n");
    let (url, _) = service(vec![answer(200, "", "<html>")]);
    assert_eq!(run(&url, "token list").failed(1), "error: the answer is no list of tokens\n");
}

#[test]
fn keys_are_taken_from_the_document_of_the_issuer_and_of_no_other() {
    let document = json!({"issuer": SHARED.stack.local.issuer, "jwks_uri": "http://127.0.0.1:1/keys"});
    let (url, _) = service(vec![answer(200, "", &document.to_string())]);
    // {"alg":"RS256","typ":"at+jwt","kid":"x"}
    let header = "eyJhbGciOiJSUzI1NiIsInR5cCI6ImF0K2p3dCIsImtpZCI6IngifQ";
    let token = format!("{header}.{}.AA", URL_SAFE_NO_PAD.encode(json!({"iss": url}).to_string()));
    let words = format!("token verify --issuer {url} --audience a");
    let refused = SHARED.program(&words).input(&token).run().failed(6);
    assert!(refused.ends_with("is the document of another issuer\n"), "{refused}");
}
