//! The cost of a request does not depend on the number of stored tokens: it makes the same AWS calls and reads the same bytes.

use serde_json::json;

use crate::harness::{TestStack, token_id};

/// The organization whose tokens increase in number.
const ORG: &str = "growth";

/// AWS calls by function and operation, and the bytes of their responses.
type Cost = Vec<(String, String, u64)>;

/// Id and signed form of a token.
type CreatedToken = (String, String);

#[test]
fn request_cost_is_equal_with_10_and_10_000_tokens() {
    let stack = TestStack::new();
    let owner = stack.user_token_with_roles(ORG, "1001", &["owner"]);
    let tokens: Vec<_> = (0..10).map(|number| create(&stack, &owner, number)).collect();
    for (_, token) in &tokens {
        // The first use of a day makes an additional call and adds an attribute.
        assert_eq!(stack.request("GET", "/v1/permissions/me", token).status, 200);
    }
    let before = costs(&stack, &owner, &tokens[0..3]);

    let ids = stack.insert_tokens(10_000, ORG);
    for id in &ids[..100] {
        stack.revoke(&owner, id);
    }

    let after = costs(&stack, &owner, &tokens[3..6]);
    for ((request, before), (_, after)) in before.iter().zip(&after) {
        assert!(!before.is_empty(), "{request}");
        assert_eq!(before, after, "{request}");
    }
}

/// Creates a read-only token. Names of equal length make items of equal size.
fn create(stack: &TestStack, owner: &str, number: usize) -> CreatedToken {
    let (item, token) = stack.create_token(owner, &json!({"name": format!("Token {number:03}"), "read_only": true}));
    (token_id(&item).to_owned(), token)
}

/// Sends each kind of request once. The second of the tokens is revoked.
fn costs(stack: &TestStack, owner: &str, tokens: &[CreatedToken]) -> Vec<(&'static str, Cost)> {
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
        ("list by a read-only token", "GET", list, token, 200),
        ("denied", "DELETE", active.as_str(), token, 403),
    ]
    .map(|(request, method, path, credential, status)| {
        let mark = stack.calls.mark();
        let response = stack.request(method, path, credential);
        assert_eq!(response.status, status, "{request}: {}", response.body);
        let calls = stack.calls.since(mark).into_iter();
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
