//! A token that is bound to networks, used from another address: with headers that name an allowed address, and with other forms
//! of addresses in events.

use serde_json::{Value, json};

use super::{
    attack::{Attack, AttackGroup},
    forge::TokenForge,
    request::Request,
};
use crate::{events::event_file, harness::TestStack};

/// Networks that do not contain the address of the test's client.
const NETWORKS: [&str; 3] = ["127.0.0.2/32", "203.0.113.0/24", "2001:db8::/32"];

/// Headers in which proxies pass the address of a client, with allowed addresses.
const HEADERS: [(&str, &str); 20] = [
    ("X-Forwarded-For", "127.0.0.2"),
    ("X-Forwarded-For", "203.0.113.9, 127.0.0.2"),
    ("X-Forwarded-For", "127.0.0.2, 127.0.0.1"),
    ("X-Forwarded-For", "2001:db8::9"),
    ("X-Forwarded", "127.0.0.2"),
    ("X-Original-Forwarded-For", "127.0.0.2"),
    ("Forwarded-For", "127.0.0.2"),
    ("Forwarded", "for=127.0.0.2"),
    ("Forwarded", "for=127.0.0.2;by=127.0.0.1;proto=https"),
    ("Forwarded", "for=\"[2001:db8::9]:443\""),
    ("X-Real-IP", "127.0.0.2"),
    ("X-Client-IP", "127.0.0.2"),
    ("X-Cluster-Client-IP", "127.0.0.2"),
    ("X-Originating-IP", "[127.0.0.2]"),
    ("X-Remote-Addr", "127.0.0.2"),
    ("True-Client-IP", "127.0.0.2"),
    ("CF-Connecting-IP", "127.0.0.2"),
    ("Fastly-Client-IP", "127.0.0.2"),
    ("CloudFront-Viewer-Address", "127.0.0.2:443"),
    ("Via", "1.1 127.0.0.2"),
];

/// What an event may contain as the source address that is not an allowed address.
fn other_sources() -> Vec<Value> {
    let texts = [
        "",
        " ",
        "127.0.0.1",
        "127.0.0.3",
        "127.0.0.2:443",
        " 127.0.0.2",
        "127.0.0.2 ",
        "127.0.0.2\n",
        "127.0.0.02",
        "127.0.0.2/32",
        "203.0.113.0/24",
        "127.0.0.2,127.0.0.2",
        "127.0.0.1, 127.0.0.2",
        "127.2",
        "2130706434",
        "0x7f000002",
        "0177.0.0.2",
        "::127.0.0.2",
        "::ffff:127.0.0.1",
        "::ffff:127.0.0.02",
        "::ffff:127.0.0.2%lo",
        "::ffff:127.0.0.2/128",
        "64:ff9b::127.0.0.2",
        "::fffe:127.0.0.2",
        "[2001:db8::9]",
        "[2001:db8::9]:443",
        "2001:db8::9%eth0",
        "2001:db8::9%",
        "2001:db8::/32",
        "2001:db9::9",
        "2001:db8::9::",
        "localhost",
        "*",
        "any",
        "null",
        "test-invoke-source-ip",
    ];
    let mut all: Vec<_> = texts.iter().map(|text| json!(text)).collect();
    all.extend([json!(null), json!(2_130_706_434), json!(true), json!(["127.0.0.2"]), json!({"ip": "127.0.0.2"})]);
    all
}

pub fn group(forge: &TokenForge<'_>) -> AttackGroup {
    let bound = forge.create_token(&forge.owner, &json!({"allowed_cidrs": NETWORKS}));
    let own_path = format!("/v1/access-tokens/{}", bound.id);
    let paths = ["/v1/permissions/me", "/v1/access-tokens", "/v1/access-tokens/self", &own_path];
    let requests = |header: Option<(&'static str, &str)>| -> Vec<_> {
        let get = paths.map(|path| Request::new("GET", path, &bound.jwt));
        let delete = Request::new("DELETE", "/v1/access-tokens/self", &bound.jwt);
        let create = Request::new("POST", "/v1/access-tokens", &bound.jwt).with_json(r#"{"name":"Attack"}"#);
        let with_header = |request: Request| match header {
            Some((name, value)) => request.with_header(name, value),
            None => request,
        };
        get.into_iter().chain([delete, create]).map(with_header).collect()
    };
    let mut attacks = vec![Attack::new("without a header", 403, requests(None))];
    for (name, value) in HEADERS {
        attacks.push(Attack::new(format!("{name}: {value}"), 403, requests(Some((name, value)))));
    }
    attacks.extend(wider_children(forge));
    AttackGroup::new("source address", &forge.owner_token.jwt, attacks)
}

/// Requests of a token that is bound to networks for tokens with other networks.
fn wider_children(forge: &TokenForge<'_>) -> Vec<Attack> {
    let parent = forge.create_token(&forge.owner, &json!({"allowed_cidrs": ["127.0.0.0/30", "2001:db8::/32"]}));
    let child = |networks: &Value, status: u16| {
        let body = json!({"name": "Attack", "allowed_cidrs": networks}).to_string();
        let request = Request::new("POST", "/v1/access-tokens", &parent.jwt).with_json(&body);
        Attack::new(format!("child with {networks}"), status, vec![request])
    };
    let wider = [
        json!(["0.0.0.0/0"]),
        json!(["::/0"]),
        json!(["127.0.0.0/29"]),
        json!(["127.0.0.4"]),
        json!(["2001:db8::/31"]),
        json!(["127.0.0.1", "127.0.0.4"]),
        json!(["::ffff:0:0/96"]),
        json!(["::ffff:127.0.0.0/125"]),
        json!(["::7f00:1"]),
    ];
    let invalid =
        [json!([]), json!(null), json!(""), json!({}), json!([""]), json!(["127.0.0.1/24"]), json!(["::ffff:0:0/0"])];
    let wider = wider.iter().map(|networks| child(networks, 403));
    wider.chain(invalid.iter().map(|networks| child(networks, 400))).collect()
}

/// The code of the authorizer's decision on `event`; the error message if it makes none.
fn decision(stack: &TestStack, event: &Value) -> String {
    match stack.invoke("authorizer", event.to_string()) {
        Ok(response) => response["context"]["code"].as_str().unwrap().to_owned(),
        Err(error) => error.to_string(),
    }
}

/// The authorizer events of a REST API and of an HTTP API for a list request from `source`.
fn events(token: &str, source: &Value) -> [Value; 2] {
    let bearer = format!("Bearer {token}");
    let mut rest = event_file("authorizer/rest-api");
    rest["headers"]["Authorization"] = json!(bearer);
    rest["multiValueHeaders"]["Authorization"] = json!([bearer]);
    rest["requestContext"]["identity"]["sourceIp"] = source.clone();
    rest["headers"]["X-Forwarded-For"] = json!("127.0.0.2");
    rest["multiValueHeaders"]["X-Forwarded-For"] = json!(["127.0.0.2"]);
    let mut http = event_file("authorizer/http-api");
    http["headers"]["authorization"] = json!(bearer);
    http["headers"]["x-forwarded-for"] = json!("127.0.0.2");
    http["identitySource"] = json!([bearer]);
    http["requestContext"]["http"]["sourceIp"] = source.clone();
    http["routeKey"] = json!("GET /v1/access-tokens");
    http["requestContext"]["routeKey"] = http["routeKey"].clone();
    http["rawPath"] = json!("/v1/access-tokens");
    http["pathParameters"] = json!(null);
    [rest, http]
}

#[test]
fn source_address_in_other_form_grants_nothing() {
    let stack = TestStack::new();
    let (_, token) = stack.create_token(&stack.owner_token(), &json!({"allowed_cidrs": NETWORKS}));
    for source in ["127.0.0.2", "::ffff:127.0.0.2", "::ffff:7f00:2", "203.0.113.255", "2001:DB8:0::9"] {
        for event in events(&token, &json!(source)) {
            assert_eq!(decision(&stack, &event), "ok", "{source}");
        }
    }
    for source in other_sources() {
        for event in events(&token, &source) {
            let decision = decision(&stack, &event);
            let is_denied = decision == "address_not_allowed" || decision.contains("does not match its payload format");
            assert!(is_denied, "{source}: {decision}");
        }
    }
}
