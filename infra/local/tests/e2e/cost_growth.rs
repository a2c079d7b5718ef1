//! The cost of a request does not depend on the number of stored tokens: it makes the same AWS calls and reads the same bytes.

use serde_json::json;

use crate::harness::World;

/// The organization whose tokens increase in number.
const ORG: &str = "growth";

/// AWS calls by function and operation, and the bytes of their responses.
type Cost = Vec<(String, String, u64)>;

/// Id and signed form of a token.
type CreatedToken = (String, String);

#[test]
fn request_cost_is_equal_with_10_and_10_000_tokens() {
    let world = World::new();
    let owner = world.person_as(ORG, "1001", &["owner"]);
    let tokens: Vec<_> = (0..10).map(|number| create(&world, &owner, number)).collect();
    for (_, token) in &tokens {
        // The first use of a day makes an additional call and adds an attribute.
        assert_eq!(world.call("GET", "/v1/permissions/me", token).status, 200);
    }
    let before = costs(&world, &owner, &tokens[0..3]);

    let ids = world.rows(10_000, ORG);
    for id in &ids[..100] {
        assert_eq!(world.call("DELETE", &path(id), &owner).status, 200);
    }

    let after = costs(&world, &owner, &tokens[3..6]);
    for ((request, before), (_, after)) in before.iter().zip(&after) {
        assert!(!before.is_empty(), "{request}");
        assert_eq!(before, after, "{request}");
    }
}

/// Creates a read-only token. Names of equal length make items of equal size.
fn create(world: &World, owner: &str, number: usize) -> CreatedToken {
    let (item, token) = world.token(owner, &json!({"name": format!("Token {number:03}"), "read_only": true}));
    (item["id"].as_str().unwrap().to_owned(), token)
}

/// Sends each kind of request once. The second of the tokens is revoked.
fn costs(world: &World, owner: &str, tokens: &[CreatedToken]) -> Vec<(&'static str, Cost)> {
    let (_, token) = &tokens[0];
    let revoked = path(&tokens[1].0);
    let active = path(&tokens[2].0);
    let list = "/v1/access-tokens?limit=3";
    [
        ("list", "GET", list, owner, 200),
        ("get", "GET", active.as_str(), owner, 200),
        ("revoke", "DELETE", revoked.as_str(), owner, 200),
        ("get, revoked", "GET", revoked.as_str(), owner, 200),
        ("get by the token itself", "GET", "/v1/access-tokens/self", token, 200),
        ("own roles", "GET", "/v1/permissions/me", token, 200),
        ("denied", "GET", list, token, 403),
    ]
    .map(|(request, method, path, credential, status)| {
        let mark = world.calls.mark();
        let response = world.call(method, path, credential);
        assert_eq!(response.status, status, "{request}: {}", response.text);
        let calls = world.calls.since(mark).into_iter();
        (
            request,
            calls.map(|call| (call.caller, call.action, call.response.map_or(0, |response| response.bytes))).collect(),
        )
    })
    .into()
}

fn path(id: &str) -> String {
    format!("/v1/access-tokens/{id}")
}
