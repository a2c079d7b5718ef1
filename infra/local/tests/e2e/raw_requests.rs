//! Requests that no client means: none reaches a function that its credential may not reach, and none is an internal error.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::json;

use crate::harness::World;

/// The status and the body that the API at `base` answers to these very bytes before the headers' end.
fn raw(base: &str, line: &str, headers: &str) -> (u16, String) {
    let host = base.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(host).unwrap();
    let request = format!("{line} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    // A server that refuses the request line may close before it has read all.
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[test]
fn ambiguous_path_reaches_no_function() {
    let world = World::with_sample();
    let owner = world.owner();
    let (item, token) = world.token(&owner, &json!({}));
    let id = item["id"].as_str().unwrap();
    let authorization = format!("Authorization: Bearer {owner}\r\n");
    let long = "x".repeat(4_096);
    let bases = [&world.stack().local.url, &world.sample().rest, &world.sample().http];
    for path in [
        "/v1/access-tokens/",
        "//v1/access-tokens",
        "/v1//access-tokens",
        "/v1/Access-Tokens",
        "/V1/access-tokens",
        "/v1/access-tokens/..",
        "/v1/access-tokens/%2e%2e",
        "/v1/access-tokens/%2e",
        "/v1/access-tokens/.",
        "/v1/access-tokens/x/..;/",
        "/v1/access-tokens/..;/access-tokens",
        "/v1/access-tokens/..%2faccess-tokens",
        "/v1/access-tokens/%2f",
        "/v1/access-tokens%2f",
        "/v1/access-tokens;x=1",
        "/v1/./access-tokens",
        "/v1/x/../access-tokens",
        "/v1/access-tokens/*",
        "/v1/access-tokens/?",
        "/v1/access-tokens/${x}",
        "/v1/access-tokens/%00",
        "/v1/access-tokens/%c3%a4",
        "/v1/access-tokens/%",
        "/v1/access-tokens/a%20b",
        "/orders/",
        "/orders/..",
        "/orders/%2e%2e",
        "/orders/7%2f8",
        "/orders/7/",
        "/orders/*",
        "/orders/7;v=2",
        "//orders/7",
        "/Orders/7",
        "*",
        &format!("/v1/access-tokens/{long}"),
        &format!("/orders/{long}"),
        &format!("/v1/access-tokens/..;/{id}"),
    ] {
        for base in bases {
            for method in ["GET", "POST", "DELETE", "OPTIONS", "TRACE", "get"] {
                let (status, body) = raw(base, &format!("{method} {path}"), &authorization);
                let shown = &path[..path.len().min(60)];
                // A preflight request is answered by the gateway itself, and tells nothing of a path but that it is a route's.
                let preflight = method == "OPTIONS" && (status, body.trim()) == (200, "{}");
                assert!((400..500).contains(&status) || preflight, "{method} {shown} at {base}: {status} {body}");
                assert!(!body.contains("caller") && !body.contains("created_by"), "{method} {shown}: {body}");
            }
        }
    }
    assert_eq!(world.call("GET", "/v1/access-tokens/self", &token).status, 200, "nothing was revoked by all that");
    assert_eq!(world.call("GET", "/v1/access-tokens", &owner).json().as_array().unwrap().len(), 1, "nor created");
}

#[test]
fn credential_is_read_only_from_one_authorization_header() {
    let world = World::with_sample();
    let (_, token) = world.token(&world.owner(), &json!({}));
    let header = |value: &str| format!("Authorization: {value}\r\n");
    let bearer = header(&format!("Bearer {token}"));
    let nine = "a".repeat(9 * 1024);
    let eleven = "a".repeat(11 * 1024);
    for (what, path, headers, status) in [
        ("a bearer token", "/orders/7", bearer.clone(), 200),
        ("lower case", "/orders/7", header(&format!("bearer {token}")), 200),
        ("a header in lower case", "/orders/7", bearer.replace("Authorization", "authorization"), 200),
        ("none", "/orders/7", String::new(), 401),
        ("an empty one", "/orders/7", header(""), 401),
        ("two", "/orders/7", bearer.repeat(2), 401),
        ("two, the first of them garbage", "/orders/7", header("Bearer x") + &bearer, 401),
        ("two, the second of them garbage", "/orders/7", bearer.clone() + &header("Bearer x"), 401),
        ("a comma", "/orders/7", header(&format!("Bearer {token},Bearer {token}")), 401),
        ("a comma at the end", "/orders/7", header(&format!("Bearer {token},")), 401),
        ("a tab", "/orders/7", header(&format!("Bearer\t{token}")), 401),
        ("no scheme", "/orders/7", header(&token), 401),
        ("another scheme", "/orders/7", header(&format!("Basic {token}")), 401),
        ("9 KB", "/orders/7", header(&format!("Bearer {nine}")), 401),
        ("11 KB", "/orders/7", header(&format!("Bearer {eleven}")), 431),
        ("in the query", &format!("/orders/7?access_token={token}"), String::new(), 401),
        ("in the query as the header", &format!("/orders/7?Authorization=Bearer%20{token}"), String::new(), 401),
        ("in a cookie", "/orders/7", format!("Cookie: Authorization=Bearer {token}\r\n"), 401),
        ("in another header", "/orders/7", format!("X-Authorization: Bearer {token}\r\n"), 401),
    ] {
        for base in [&world.sample().rest, &world.sample().http] {
            let (answered, body) = raw(base, &format!("GET {path}"), &headers);
            assert_eq!(answered, status, "{what} at {base}: {body}");
        }
    }
}
