//! Requests that gateway and authorizer could interpret in two ways, sent as raw bytes: none reaches a function that its
//! credential may not reach, and none is a server error.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use local::{build, stack::Sample};
use serde_json::{Value, json};

use crate::harness::{TestStack, token_id, token_path};

/// Sends this request line and these header lines unchanged. Returns status and body of the response.
fn send_raw(base: &str, line: &str, headers: &str) -> (u16, String) {
    let host = base.strip_prefix("http://").unwrap();
    send_without_host(base, line, &format!("Host: {host}\r\n{headers}"))
}

/// Sends a request whose header lines are only these and `Connection`.
fn send_without_host(base: &str, line: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    let request = format!("{line} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut response = Vec::new();
    // A server that rejects the request line may close the connection before it has read the rest.
    let _ = stream.read_to_end(&mut response);
    let response = String::from_utf8(response).unwrap();
    let status = response.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
    (status, response.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}

#[test]
fn ambiguous_path_reaches_no_function() {
    let stack = TestStack::with_sample();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let id = token_id(&item);
    let authorization = format!("Authorization: Bearer {owner}\r\n");
    let long = "x".repeat(4_096);
    let bases = [&stack.addresses().url, &stack.sample().rest, &stack.sample().http];
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
        "/v1/access-tokens/%252e%252e",
        "/v1/access-tokens/%252f",
        "/v1/access-tokens/%255f",
        "/v1/access-tokens/%c0%ae%c0%ae",
        "/v1/access-tokens/%u002e",
        "/v1/access-tokens/%5c..%5c",
        "/v1/access-tokens/%2a",
        "/v1/access-tokens/%3f",
        "/v1/access-tokens/%3bx=1",
        "/v1/access-tokens/%24%7bx%7d",
        "/v1/access-tokens/%0d%0aX:1",
        "/v1/access-tokens/%zz",
        "/v1/access-tokens/a@b:c+d,e=f!'()&",
        "/v1/access-tokens/%40%3a%2b",
        "/v1/access-tokens:batchGet",
        "/v1/access-tokens,x",
        "/v1/%61ccess-tokens",
        "/v1/access-tokens/x%2f..",
        "/orders/",
        "/orders/..",
        "/orders/%2e%2e",
        "/orders/7%2f8",
        "/orders/7/",
        "/orders/*",
        "/orders/7;v=2",
        "/orders/%252e%252e",
        "/orders/%255f",
        "/orders/%2a",
        "/orders/7%3bv=2",
        "/orders/7%2f..%2f8",
        "/orders/7%00",
        "/orders/%c3%a4",
        "/orders:batchGet",
        "/orders/%5c",
        "//orders/7",
        "/Orders/7",
        "*",
        &format!("/v1/access-tokens/{long}"),
        &format!("/orders/{long}"),
        &format!("/v1/access-tokens/..;/{id}"),
    ] {
        for base in bases {
            for method in ["GET", "POST", "DELETE", "OPTIONS", "TRACE", "get"] {
                let (status, body) = send_raw(base, &format!("{method} {path}"), &authorization);
                let name = &path[..path.len().min(60)];
                // The gateway itself responds to a preflight request.
                let is_preflight = method == "OPTIONS" && (status, body.trim()) == (200, "{}");
                assert!((400..500).contains(&status) || is_preflight, "{method} {name} at {base}: {status} {body}");
                assert!(!body.contains("caller") && !body.contains("created_by"), "{method} {name}: {body}");
            }
        }
    }
    assert_eq!(stack.get_self(&token).status, 200, "the token was revoked");
    assert_eq!(stack.list(&owner).ids::<Vec<_>>(), [id], "a token was created");
}

/// Reserved characters and escapes of characters that a path may contain. REST and HTTP API grant the same, for the same order.
#[test]
fn path_with_one_reading_reaches_its_function() {
    let stack = TestStack::with_sample();
    stack.put_role("123:mail", &json!([{"action": "order:view", "resource": "order/a@b.example"}]));
    let owner = stack.owner_token();
    let (_, mail) = stack.create_token(&owner, &json!({"assignments": ["123:mail"]}));
    for (path, id) in [
        ("/orders/2021-08-01T00:00:00Z", "2021-08-01T00:00:00Z"),
        ("/orders/2021-08-01T00%3A00%3a00Z", "2021-08-01T00:00:00Z"),
        ("/orders/a@b.example", "a@b.example"),
        ("/orders/a%40b%2Eexample", "a@b.example"),
        ("/orders/a+b,c=d!'()&", "a+b,c=d!'()&"),
        ("/orders/%61%5F", "a_"),
        ("/orders/%41+%42", "A+B"),
    ] {
        for base in [&stack.sample().rest, &stack.sample().http] {
            let get =
                |token: &str| send_raw(base, &format!("GET {path}"), &format!("Authorization: Bearer {token}\r\n"));
            let (status, body) = get(&owner);
            assert_eq!(status, 200, "{path} at {base}: {body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!(body["id"], id, "{path} at {base}");
            let expected = if id == "a@b.example" { 200 } else { 403 };
            assert_eq!(get(&mail).0, expected, "{path} at {base}");
        }
    }
}

/// The id is decoded once, by the authorizer and by the function.
#[test]
fn percent_encoded_id_denotes_the_same_token() {
    let stack = TestStack::new();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({"assignments": ["123:viewer"]}));
    let url = &stack.addresses().url;
    let path = |id: &str| format!("/v1/access-tokens/{id}");
    let encoded = token_id(&item).replace('_', "%5F");
    let send = |method: &str, path: &str, token: &str| {
        send_raw(url, &format!("{method} {path}"), &format!("Authorization: Bearer {token}\r\n"))
    };
    for credential in [&owner, &token] {
        let (status, body) = send("GET", &path(&encoded), credential);
        assert_eq!(status, 200, "{body}");
        assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["id"], item["id"]);
    }
    assert_eq!(send("GET", &path("s%65lf"), &token).0, 200);
    let twice = encoded.replace("%5F", "%255F");
    assert_eq!((send("GET", &path(&twice), &owner).0, send("DELETE", &path(&twice), &token).0), (403, 403));
    assert_eq!(send("DELETE", &path(&encoded), &token).0, 200);
    assert_eq!(stack.get_self(&token).status, 401);
}

#[test]
fn credential_is_read_only_from_one_authorization_header() {
    let stack = TestStack::with_sample();
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({}));
    let header = |value: &str| format!("Authorization: {value}\r\n");
    let bearer = header(&format!("Bearer {token}"));
    let nine_kib = "a".repeat(9 * 1024);
    let eleven_kib = "a".repeat(11 * 1024);
    for (case, path, headers, status) in [
        ("bearer token", "/orders/7", bearer.clone(), 200),
        ("lowercase scheme", "/orders/7", header(&format!("bearer {token}")), 200),
        ("lowercase header name", "/orders/7", bearer.replace("Authorization", "authorization"), 200),
        ("no header", "/orders/7", String::new(), 401),
        ("empty header", "/orders/7", header(""), 401),
        ("two headers", "/orders/7", bearer.repeat(2), 401),
        ("two headers, the first invalid", "/orders/7", header("Bearer x") + &bearer, 401),
        ("two headers, the second invalid", "/orders/7", bearer.clone() + &header("Bearer x"), 401),
        ("two credentials with a comma", "/orders/7", header(&format!("Bearer {token},Bearer {token}")), 401),
        ("trailing comma", "/orders/7", header(&format!("Bearer {token},")), 401),
        ("tab", "/orders/7", header(&format!("Bearer\t{token}")), 401),
        ("no scheme", "/orders/7", header(&token), 401),
        ("other scheme", "/orders/7", header(&format!("Basic {token}")), 401),
        ("9 KiB", "/orders/7", header(&format!("Bearer {nine_kib}")), 401),
        ("11 KiB", "/orders/7", header(&format!("Bearer {eleven_kib}")), 431),
        ("query parameter", &format!("/orders/7?access_token={token}"), String::new(), 401),
        (
            "query parameter named as the header",
            &format!("/orders/7?Authorization=Bearer%20{token}"),
            String::new(),
            401,
        ),
        ("cookie", "/orders/7", format!("Cookie: Authorization=Bearer {token}\r\n"), 401),
        ("other header", "/orders/7", format!("X-Authorization: Bearer {token}\r\n"), 401),
    ] {
        for base in [&stack.sample().rest, &stack.sample().http] {
            let (actual, body) = send_raw(base, &format!("GET {path}"), &headers);
            assert_eq!(actual, status, "{case} at {base}: {body}");
        }
    }
}

/// A stack whose gateways do not check `Host`, so that every such request reaches its function.
fn stack_that_accepts_any_host() -> TestStack {
    TestStack::configured(|options| {
        options.sample = Some(Sample::read(&build::workspace()).unwrap());
        options.accept_any_host = true;
    })
}

/// Values of headers from which a URL could be built, and which are not part of one or name another document.
const URL_HEADERS: [&str; 12] = [
    "Host: [\r\n",
    "Host: a b\r\n",
    "Host: x:99999\r\n",
    "Host: x/v1/access-tokens/.well-known/jwks.json?\r\n",
    "Host: x\r\nHost: y\r\n",
    "Host: \r\n",
    "Host: x\r\nX-Forwarded-Proto: 1\r\n",
    "Host: x\r\nX-Forwarded-Proto: https://x/v1/access-tokens/.well-known/jwks.json?\r\n",
    "Host: x\r\nX-Forwarded-Proto: https://x/tokens?\r\n",
    "Host: x\r\nX-Forwarded-Host: [\r\nX-Forwarded-Port: 99999\r\n",
    "Host: x\r\nForwarded: host=\"[\";proto=1\r\n",
    "Host: x\r\nX-Original-URL: /tokens\r\nX-Rewrite-URL: /tokens\r\n",
];

/// A stack that serves the public documents behind an HTTP API, and no other route.
fn stack_with_http_api_for_documents() -> TestStack {
    TestStack::configured(|options| {
        options.template = with_http_api_for_documents(&options.template);
        options.accept_any_host = true;
    })
}

/// Moves the routes of the functions with public documents to an HTTP API, which is the first API of the template.
fn with_http_api_for_documents(template: &str) -> String {
    let mut is_public_function = false;
    let lines = template.lines().map(|line| {
        if line.starts_with("  ") && !line.starts_with("   ") {
            is_public_function = ["  WellKnown:", "  Portal:"].contains(&line);
        }
        if !is_public_function {
            return line.to_owned();
        }
        line.replace("Type: Api", "Type: HttpApi").replace("RestApiId: !Ref Api", "ApiId: !Ref AnHttpApi")
    });
    let template = lines.collect::<Vec<_>>().join("\n");
    template.replacen("\nResources:\n", "\nResources:\n  AnHttpApi: { Type: AWS::Serverless::HttpApi }\n", 1)
}

#[test]
fn client_headers_do_not_choose_public_document() {
    assert_documents_depend_on_path_only(&stack_that_accepts_any_host());
}

#[test]
fn client_headers_do_not_choose_document_of_http_api() {
    let stack = stack_with_http_api_for_documents();
    let (status, body) = send_raw(&stack.addresses().url, "GET /v1/access-tokens", "");
    assert_eq!((status, body.as_str()), (404, r#"{"message":"Not Found"}"#), "an HTTP API responds");
    assert_documents_depend_on_path_only(&stack);
}

fn assert_documents_depend_on_path_only(stack: &TestStack) {
    let base = &stack.addresses().url;
    let paths = [
        "/v1/access-tokens/.well-known/jwks.json",
        "/v1/access-tokens/public/.well-known/jwks.json",
        "/v1/access-tokens/.well-known/openid-configuration",
        "/v1/access-tokens/public/.well-known/openid-configuration",
        "/v1/openapi.json",
        "/",
        "/tokens",
        "/docs",
    ];
    let documents = paths.map(|path| send_raw(base, &format!("GET {path}"), "").1);
    assert_ne!(documents[0], documents[1]);
    for headers in URL_HEADERS {
        for (path, document) in paths.iter().zip(&documents) {
            let (status, body) = send_without_host(base, &format!("GET {path}"), headers);
            assert!(status < 400 && body == *document, "{path} {headers:?}: {status} {body:.200}");
        }
    }
}

#[test]
fn client_headers_do_not_fail_a_function() {
    let stack = stack_that_accepts_any_host();
    let owner = stack.owner_token();
    let (item, token) = stack.create_token(&owner, &json!({}));
    let own = token_path(&item);
    let authorization = format!("Authorization: Bearer {token}\r\n");
    for headers in URL_HEADERS {
        let headers = format!("{headers}{authorization}");
        for (base, path) in [
            (&stack.addresses().url, own.as_str()),
            (&stack.addresses().url, "/v1/access-tokens"),
            (&stack.addresses().url, "/v1/permissions/me"),
            (&stack.sample().rest, "/orders/7"),
            (&stack.sample().http, "/orders/7"),
        ] {
            let (status, body) = send_without_host(base, &format!("GET {path}"), &headers);
            assert_eq!(status, 200, "{base}{path} {headers:?}: {body}");
        }
    }
}

#[test]
fn repeated_headers_of_create_request_are_invalid() {
    let stack = TestStack::new();
    let base = &stack.addresses().url;
    let body = "{\"name\": \"n\"}";
    let common = format!("Authorization: Bearer {}\r\nContent-Length: {}\r\n", stack.owner_token(), body.len());
    let json_type = "Content-Type: application/json\r\n";
    for (headers, name) in [
        ("Idempotency-Key: a\r\nIdempotency-Key: b\r\n".to_owned(), "`Idempotency-Key`"),
        ("Idempotency-Key: a\r\nidempotency-key: a\r\n".to_owned(), "`Idempotency-Key`"),
        (format!("Content-Type: text/plain\r\n{json_type}"), "`Content-Type`"),
        (json_type.repeat(2), "`Content-Type`"),
    ] {
        let host = base.strip_prefix("http://").unwrap();
        let headers = format!("Host: {host}\r\n{common}{headers}\r\n{body}");
        let (status, response) = send_without_host(base, "POST /v1/access-tokens", &headers);
        assert_eq!(status, 400, "{headers}: {response}");
        assert!(response.contains(&format!("{name} must not be repeated")), "{response}");
    }
    assert!(stack.list(&stack.owner_token()).ids::<Vec<_>>().is_empty());
}
