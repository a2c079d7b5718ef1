//! Every refusal says why, in the contract's form, and leaves nothing behind.

use serde_json::{Value, json};

use crate::harness::{Reply, Shared, World};

fn post(credential: &str, media_type: &str, body: impl Into<Vec<u8>>) -> Reply {
    let shared = Shared::lend();
    let bearer = format!("Bearer {credential}");
    shared.send("POST", "/v1/access-tokens", &[("Authorization", &bearer), ("Content-Type", media_type)], body)
}

#[test]
fn invalid_body_error_names_rule_and_nothing_is_stored() {
    let shared = Shared::lend();
    let owner = shared.person_as("bodies", "1", &["owner"]);
    let deep = format!("{{\"name\":\"n\",\"x\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let text = |value: Value| value.to_string().into_bytes();
    for (body, status, code, words) in [
        (Vec::new(), 400, "invalid_request", "the body is empty"),
        (b"name=x".to_vec(), 400, "invalid_request", "the body is not JSON"),
        (b"[]".to_vec(), 400, "invalid_request", "must be a JSON object"),
        (b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), 400, "invalid_request", "`name` is duplicated"),
        (text(json!({})), 400, "invalid_request", "`name` is required"),
        (text(json!({"name": "n".repeat(256)})), 400, "invalid_request", "`name` must not exceed 255 characters"),
        (text(json!({"name": "a\nb"})), 400, "invalid_request", "control characters"),
        (
            text(json!({"name": "n", "expires_in": 29})),
            400,
            "invalid_request",
            "`expires_in` must be between 30 seconds",
        ),
        (text(json!({"name": "n", "expires_in": "366d"})), 400, "invalid_request", "and 365 days"),
        (text(json!({"name": "n", "assignments": ["owner"]})), 400, "invalid_request", "`<organization>:<slug>`"),
        (text(json!({"name": "n", "scopes": []})), 400, "invalid_request", "`scopes` is not a member"),
        (text(json!({"name": "n", "token_type": "portal_preview"})), 400, "invalid_request", "not offered"),
        (text(json!({"name": "n", "token_type": "journey"})), 400, "invalid_request", "`journey_id` is required"),
        (text(json!({"name": "n", "x": "x".repeat(17 * 1024)})), 413, "too_large", "16 KiB"),
        (deep.into_bytes(), 400, "invalid_request", "the body is not JSON"),
        (b"{\"name\":\"\xff\xfe\"}".to_vec(), 400, "invalid_request", "not UTF-8"),
    ] {
        let reply = post(&owner, "application/json", body);
        let sentence = reply.assert_problem(status, code);
        assert!(sentence.contains(words), "{sentence}");
    }
    post(&owner, "text/plain", "{\"name\":\"n\"}").assert_problem(415, "unsupported_media_type");
    assert_eq!(shared.call("GET", "/v1/access-tokens", &owner).json(), json!([]));
}

#[test]
fn body_above_gateway_limit_is_too_large() {
    let shared = Shared::lend();
    post(&shared.owner(), "application/json", vec![b' '; 10 * 1024 * 1024 + 1]).assert_problem(413, "too_large");
}

#[test]
fn invalid_credential_returns_same_401_with_challenge() {
    let shared = Shared::lend();
    let foreign = shared.owner().replace('e', "f");
    let too_many_parts = format!("Bearer {0}, Bearer {0}", shared.owner());
    let mut bodies = Vec::new();
    for authorization in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer x"),
        Some("Basic eA=="),
        Some(&format!("Bearer {foreign}")),
        Some(&too_many_parts),
    ] {
        let headers: Vec<_> = authorization.iter().map(|value| ("Authorization", *value)).collect();
        let reply = shared.send("GET", "/v1/access-tokens", &headers, "");
        reply.assert_problem(401, "unauthenticated");
        assert_eq!(reply.header("www-authenticate"), "Bearer");
        let mut body = reply.json();
        body["instance"] = Value::Null;
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn denial_names_missing_permission() {
    let shared = Shared::lend();
    let viewer = shared.person("123", "1003");
    let sentence = shared.create(&viewer, &json!({"name": "n"})).assert_problem(403, "permission_denied");
    assert!(sentence.contains("token:create"), "{sentence}");
    let auditor = shared.person("123", "1004");
    shared.call("GET", "/v1/access-tokens", &auditor).assert_problem(403, "permission_denied");
}

#[test]
fn create_with_role_not_held_is_forbidden() {
    let shared = Shared::lend();
    let admin = shared.person("123", "1002");
    for role in ["123:owner", "123:auditor", "456:viewer", "123:root"] {
        let reply = shared.create(&admin, &json!({"name": "n", "assignments": [role]}));
        assert!(reply.assert_problem(403, "role_not_held").contains(role));
    }
}

#[test]
fn invisible_token_id_is_not_found_with_same_body() {
    let shared = Shared::lend();
    let (item, _) = shared.token(&shared.owner(), &json!({}));
    let stranger = shared.person("456", "2001");
    let theirs = item["id"].as_str().unwrap();
    let other_type = theirs.replace("api_", "app_");
    for id in [theirs, &other_type, "api_AAAAAAAAAAAAAAAAAAAAA", "api_short", "self", "x"] {
        for method in ["GET", "DELETE"] {
            let reply = shared.call(method, &format!("/v1/access-tokens/{id}"), &stranger);
            assert_eq!(reply.assert_problem(404, "not_found"), "the token or route does not exist", "{id}");
        }
    }
    let own = shared.call("GET", &format!("/v1/access-tokens/{theirs}"), &shared.owner());
    assert_eq!((own.status, own.json().get("revoked_at")), (200, None));
}

#[test]
fn unknown_path_or_method_is_not_found() {
    let shared = Shared::lend();
    for (method, path) in [
        ("POST", "/"),
        ("GET", "/tokens/"),
        ("GET", "/assets"),
        ("GET", "/assets/a/b"),
        ("GET", "/v1"),
        ("GET", "/v1/access-tokens/"),
        ("GET", "//v1/access-tokens"),
        ("GET", "/v1/Access-Tokens"),
        ("PUT", "/v1/access-tokens"),
        ("POST", "/v1/access-tokens/x"),
        ("GET", "/v1/access-tokens/a/b"),
        ("GET", "/live/v1/access-tokens"),
    ] {
        shared.call(method, path, &shared.owner()).assert_problem(404, "not_found");
    }
}

#[test]
fn path_that_is_not_literal_is_denied() {
    let shared = Shared::lend();
    for id in ["*", "%2ex", "a%2fb", "%24%7bx%7d", "%C3%A4"] {
        let reply = shared.call("GET", &format!("/v1/access-tokens/{id}"), &shared.owner());
        assert!(reply.assert_problem(403, "permission_denied").contains("the path is too long or contains"), "{id}");
    }
}

#[test]
fn too_many_requested_or_held_roles_are_rejected() {
    let shared = Shared::lend();
    let roles: Vec<String> = (0..51).map(|n| format!("123:{n}")).collect();
    let reply = shared.create(&shared.owner(), &json!({"name": "n", "assignments": roles}));
    assert!(reply.assert_problem(400, "invalid_request").contains("more than 50 roles"));
    let world = World::new();
    let slugs: Vec<String> = (0..51).map(|n| format!("r{n}")).collect();
    for slug in &slugs {
        world.role(&format!("123:{slug}"), &json!([{"action": "token:create"}]));
    }
    let slugs: Vec<&str> = slugs.iter().map(String::as_str).collect();
    let many = world.person_as("123", "9", &slugs);
    let sentence = world.create(&many, &json!({"name": "n"})).assert_problem(403, "too_many_roles");
    assert!(sentence.contains("51 roles"), "{sentence}");
    assert_eq!(world.create(&many, &json!({"name": "n", "assignments": ["123:r7"]})).status, 201);
}

#[test]
fn error_for_too_long_token_states_how_many_roles_fit() {
    let world = World::new();
    let org = "o".repeat(60);
    let slugs: Vec<String> = (10..60).map(|n| format!("{n}{}", "s".repeat(50))).collect();
    for slug in &slugs {
        world.role(&format!("{org}:{slug}"), &json!([]));
    }
    let roles: Vec<String> = slugs.iter().map(|slug| format!("{org}:{slug}")).collect();
    let owner = world.person_as(&org, "1", &["owner"]);
    let reply = world.create(&owner, &json!({"name": "n", "assignments": roles}));
    let sentence = reply.assert_problem(400, "invalid_request");
    let fit: usize = sentence.split("the first ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let (_, token) = world.token(&owner, &json!({"assignments": roles[..fit]}));
    assert!(token.len() <= 6_000 && token.len() > 5_800, "{}", token.len());
    assert_eq!(world.call("GET", "/v1/access-tokens/self", &token).status, 200);
}
