//! Connections that break, and services that are not what they should be.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    thread::{self, JoinHandle},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use crate::program::{Ended, Program, SHARED, elsewhere};

/// Answers each connection with the next of `answers`, an empty one by closing it, and gives the requests that came.
fn service(answers: Vec<String>) -> (String, JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let serve = move || answers.into_iter().map(|answer| serve(&listener.accept().unwrap().0, &answer)).collect();
    (url, thread::spawn(serve))
}

/// Reads a request with its body, then answers.
fn serve(mut stream: &TcpStream, answer: &str) -> String {
    let (mut request, mut buffer) = (String::new(), [0; 4096]);
    while !is_whole(&request) {
        let read = stream.read(&mut buffer).unwrap();
        request.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
    }
    stream.write_all(answer.as_bytes()).unwrap();
    request
}

fn is_whole(request: &str) -> bool {
    let Some((head, body)) = request.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

fn answer(status: u16, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status} X\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn run(url: &str, words: &str) -> Ended {
    let folder = elsewhere();
    Program::new(folder.path(), words).env("LATCHKEY_URL", url).env("LATCHKEY_TOKEN", "a-credential").run()
}

/// The header `name` of a request.
fn header<'a>(request: &'a str, name: &str) -> &'a str {
    request.lines().find_map(|line| line.strip_prefix(name)).unwrap()
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
    let keys: Vec<_> = requests.iter().map(|request| header(request, "idempotency-key: ")).collect();
    assert!(keys[0] == keys[1] && keys[0].len() >= 21, "{keys:?}");
    assert!(requests.iter().all(|request| header(request, "authorization: ") == "Bearer a-credential"));
}

#[test]
fn each_create_has_a_key_of_its_own() {
    let keys = [(); 2].map(|()| {
        let (url, requests) = service(vec![answer(503, "", "{}")]);
        run(&url, "token create --name x").failed(6);
        header(&requests.join().unwrap()[0], "idempotency-key: ").to_owned()
    });
    assert_ne!(keys[0], keys[1]);
}

#[test]
fn a_redirect_is_not_followed_and_something_else_is_said_to_be_something_else() {
    let (url, _) = service(vec![answer(302, "location: http://127.0.0.1:1/\r\n", "")]);
    assert_eq!(run(&url, "token list").failed(1), "error: the answer is 302 and no problem document (no code)\n");
    let (url, _) = service(vec![answer(200, "", "<html>")]);
    assert_eq!(run(&url, "token list").failed(1), "error: the answer is no list of tokens\n");
}

#[test]
fn a_link_to_another_host_does_not_get_the_credential() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = format!("http://{}/v1/access-tokens?cursor=x", other.local_addr().unwrap());
    let (url, _) = service(vec![answer(200, &format!("link: <{target}>; rel=\"next\"\r\n"), "[]")]);
    run(&url, "token list").ok();
    other.set_nonblocking(true).unwrap();
    assert!(other.accept().is_err());
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
