//! Error responses: each is a problem document that states the reason, and a rejected request stores nothing.

use serde_json::{Value, json};

use crate::harness::{HttpResponse, SharedStack, TestStack, token_id, token_path};

fn post(credential: &str, media_type: &str, body: impl Into<Vec<u8>>) -> HttpResponse {
    let stack = SharedStack::get();
    let bearer = format!("Bearer {credential}");
    stack.send("POST", "/v1/access-tokens", &[("Authorization", &bearer), ("Content-Type", media_type)], body)
}

#[test]
fn invalid_body_error_names_rule_and_nothing_is_stored() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("bodies", "1", &["owner"]);
    let deeply_nested = format!("{{\"name\":\"n\",\"x\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
    let bytes = |value: Value| value.to_string().into_bytes();
    for (body, status, code, text) in [
        (Vec::new(), 400, "invalid_request", "the body is empty"),
        (b"name=x".to_vec(), 400, "invalid_request", "the body is not JSON"),
        (b"[]".to_vec(), 400, "invalid_request", "must be a JSON object"),
        (b"{\"name\":\"a\",\"name\":\"b\"}".to_vec(), 400, "invalid_request", "`name` is duplicated"),
        (bytes(json!({})), 400, "invalid_request", "`name` is required"),
        (bytes(json!({"name": "n".repeat(256)})), 400, "invalid_request", "`name` must not exceed 255 characters"),
        (bytes(json!({"name": "a\nb"})), 400, "invalid_request", "control characters"),
        (
            bytes(json!({"name": "n", "expires_in": 29})),
            400,
            "invalid_request",
            "`expires_in` must be between 30 seconds",
        ),
        (bytes(json!({"name": "n", "expires_in": "366d"})), 400, "invalid_request", "and 365 days"),
        (bytes(json!({"name": "n", "assignments": ["owner"]})), 400, "invalid_request", "`<organization>:<slug>`"),
        (bytes(json!({"name": "n", "scopes": []})), 400, "invalid_request", "`scopes` is not a member"),
        (bytes(json!({"name": "n", "token_type": "portal_preview"})), 400, "invalid_request", "not offered"),
        (bytes(json!({"name": "n", "token_type": "journey"})), 400, "invalid_request", "`journey_id` is required"),
        (bytes(json!({"name": "n", "x": "x".repeat(17 * 1024)})), 413, "too_large", "16 KiB"),
        (deeply_nested.into_bytes(), 400, "invalid_request", "the body is not JSON"),
        (b"{\"name\":\"\xff\xfe\"}".to_vec(), 400, "invalid_request", "not UTF-8"),
    ] {
        let response = post(&owner, "application/json", body);
        let detail = response.assert_problem(status, code);
        assert!(detail.contains(text), "{detail}");
    }
    post(&owner, "text/plain", "{\"name\":\"n\"}").assert_problem(415, "unsupported_media_type");
    assert!(stack.list(&owner).ids::<Vec<_>>().is_empty());
}

/// API Gateway accepts 10 MiB.
#[test]
fn body_above_gateway_limit_is_too_large() {
    let stack = SharedStack::get();
    post(&stack.owner_token(), "application/json", vec![b' '; 10 * 1024 * 1024 + 1]).assert_problem(413, "too_large");
}

#[test]
fn invalid_credential_returns_same_401_with_challenge() {
    let stack = SharedStack::get();
    let invalid = format!("Bearer {}", stack.owner_token().replace('e', "f"));
    let two_credentials = format!("Bearer {0}, Bearer {0}", stack.owner_token());
    let mut bodies = Vec::new();
    for authorization in
        [None, Some(""), Some("Bearer"), Some("Bearer x"), Some("Basic eA=="), Some(&invalid), Some(&two_credentials)]
    {
        let headers: Vec<_> = authorization.iter().map(|value| ("Authorization", *value)).collect();
        let response = stack.send("GET", "/v1/access-tokens", &headers, "");
        response.assert_problem(401, "unauthenticated");
        assert_eq!(response.header("www-authenticate"), "Bearer");
        let mut body = response.json();
        body["instance"] = Value::Null;
        bodies.push(body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
}

#[test]
fn denial_names_missing_permission() {
    let stack = SharedStack::get();
    let viewer = stack.user_token("123", "1003");
    let detail = stack.create(&viewer, &json!({"name": "n"})).assert_problem(403, "permission_denied");
    assert!(detail.contains("token:create"), "{detail}");
    let stranger = stack.user_token("123", "unassigned");
    let detail = stack.list(&stranger).assert_problem(403, "permission_denied");
    assert!(detail.contains("token:view"), "{detail}");
}

#[test]
fn create_with_role_not_held_is_forbidden() {
    let stack = SharedStack::get();
    let admin = stack.user_token("123", "1002");
    for role in ["123:owner", "123:auditor", "456:viewer", "123:root"] {
        let response = stack.create(&admin, &json!({"name": "n", "assignments": [role]}));
        assert!(response.assert_problem(403, "role_not_held").contains(role));
    }
}

/// The response does not depend on whether the token exists.
#[test]
fn invisible_token_id_is_not_found_with_same_body() {
    let stack = SharedStack::get();
    let (item, _) = stack.create_token(&stack.owner_token(), &json!({}));
    let other_owner = stack.user_token("456", "2001");
    let id_of_other_org = token_id(&item);
    let id_of_other_type = id_of_other_org.replace("api_", "app_");
    for id in [
        id_of_other_org,
        &id_of_other_type,
        "api_AAAAAAAAAAAAAAAAAAAAA",
        "api_short",
        "self",
        "x",
        "a@b",
        "a:b",
        "!'()&+,=",
        "%41",
    ] {
        for method in ["GET", "DELETE"] {
            let response = stack.request(method, &format!("/v1/access-tokens/{id}"), &other_owner);
            assert_eq!(response.assert_problem(404, "not_found"), "the token or route does not exist", "{id}");
        }
    }
    let unchanged = stack.request("GET", &token_path(&item), &stack.owner_token());
    assert_eq!((unchanged.status, unchanged.json().get("revoked_at")), (200, None));
}

#[test]
fn unknown_path_or_method_is_not_found() {
    let stack = SharedStack::get();
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
        stack.request(method, path, &stack.owner_token()).assert_problem(404, "not_found");
    }
    for path in ["/v1/access-tokens", "/v1/access-tokens/self", "/v1/permissions/me", "/v1/nothing"] {
        assert_eq!(stack.request("HEAD", path, &stack.owner_token()).status, 404, "{path}");
    }
}

/// `HEAD` returns the headers of `GET` without a body, for every public document and page, and ignores the credential.
#[test]
fn head_of_public_document_has_the_headers_of_get() {
    let stack = SharedStack::get();
    let page = stack.get_page("/tokens").body;
    let asset = page.split('"').find_map(|text| text.strip_prefix("./assets/")).unwrap();
    for (path, status) in [
        ("/v1/access-tokens/.well-known/jwks.json", 200),
        ("/v1/access-tokens/.well-known/openid-configuration", 200),
        ("/v1/access-tokens/public/.well-known/jwks.json", 200),
        ("/v1/access-tokens/public/.well-known/openid-configuration", 200),
        ("/v1/openapi.json", 200),
        ("/", 302),
        ("/tokens", 200),
        ("/docs", 200),
        (&format!("/assets/{asset}"), 200),
        ("/assets/unknown.js", 404),
    ] {
        for headers in [&[][..], &[("Authorization", "Bearer expired")]] {
            let send = |method| stack.send_to(&stack.addresses().url, method, path, headers, "");
            let get = send("GET");
            let head = send("HEAD");
            assert_eq!((get.status, head.status, head.body.as_str()), (status, status, ""), "{path}");
            let names = |response: &HttpResponse| {
                let varies = ["content-length", "date", "x-amzn-requestid"];
                let kept = response.headers.iter().filter(|(name, _)| !varies.contains(&name.as_str()));
                kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Vec<_>>()
            };
            assert_eq!(names(&head), names(&get), "{path}");
        }
        let is_document = path.starts_with("/v1");
        assert!(!is_document || stack.send("HEAD", path, &[], "").status == 200, "{path}");
    }
}

/// The spelling of a parameter is read or rejected, never ignored: the caller would get more than requested.
#[test]
fn query_parameter_in_another_spelling_is_read_or_invalid() {
    let stack = SharedStack::get();
    let owner = stack.user_token_with_roles("spellings", "1", &["owner"]);
    stack.create_token(&owner, &json!({}));
    let (app, _) = stack.create_token(&owner, &json!({"token_type": "app"}));
    let list = |query: &str| stack.request("GET", &format!("/v1/access-tokens?{query}"), &owner);
    for query in [
        "token_type=app",
        "token_type[]=app",
        "token_type[0]=app",
        "token_type%5B0%5D=app",
        "token_type[0]=app&token_type[1]=assume",
        "token_type[7]=app",
        "token_type[0]=app,assume",
        "token_type=app&_=1566656122",
    ] {
        assert_eq!(list(query).ids::<Vec<_>>(), [token_id(&app)], "{query}");
    }
    for (query, name) in [
        ("token_type[x]=app", "token_type"),
        ("Token_Type=app", "token_type"),
        ("tokenType=app", "token_type"),
        ("token-type=app", "token_type"),
        ("token_type[][]=app", "token_type"),
        ("token_type%20=app", "token_type"),
        ("created_by[]=local%7C1", "created_by"),
        ("created_by[0]=local%7C1", "created_by"),
        ("createdBy=local%7C1", "created_by"),
        ("Limit=1", "limit"),
        ("limit[]=1", "limit"),
        ("CURSOR=x", "cursor"),
        ("cursor[0]=x", "cursor"),
    ] {
        let detail = list(query).assert_problem(400, "invalid_request");
        assert!(detail.contains(&format!("`{name}`")), "{query}: {detail}");
    }
    for query in ["May_Give=true", "may_give[]=true", "mayGive=true", "may_give[0]=true"] {
        let response = stack.request("GET", &format!("/v1/permissions/me?{query}"), &owner);
        assert!(response.assert_problem(400, "invalid_request").contains("`may_give`"), "{query}");
    }
    let detail = list("cursor=").assert_problem(400, "invalid_request");
    assert!(detail.contains("`cursor` is empty"), "{detail}");
}

/// An IAM policy could not name such a path literally. The error states which characters an id may contain.
#[test]
fn path_that_is_not_literal_is_denied() {
    let stack = SharedStack::get();
    let long = "x".repeat(600);
    for id in ["*", "%2a", "%3f", "a%2fb", "%24%7bx%7d", "%C3%A4", "%252e", "a;b", "a%20b", "$", &long] {
        let response = stack.request("GET", &format!("/v1/access-tokens/{id}"), &stack.owner_token());
        let detail = response.assert_problem(403, "permission_denied");
        assert!(detail.starts_with("the path is too long or contains"), "{id}: {detail}");
        assert!(detail.ends_with("A-Z a-z 0-9 . _ ~ - : @ + , = ! ' ( ) &"), "{id}: {detail}");
    }
}

/// A caller without the permission gets 403 for any id.
#[test]
fn malformed_id_without_permission_is_forbidden() {
    let stack = SharedStack::get();
    let viewer = stack.user_token("123", "1003");
    for id in ["a@b", "api_AAAAAAAAAAAAAAAAAAAAA", "*"] {
        let response = stack.request("DELETE", &format!("/v1/access-tokens/{id}"), &viewer);
        assert!(response.assert_problem(403, "permission_denied").contains("token:revoke"), "{id}");
    }
}

#[test]
fn too_many_requested_or_held_roles_are_rejected() {
    let stack = SharedStack::get();
    let roles: Vec<String> = (0..51).map(|number| format!("123:{number}")).collect();
    let response = stack.create(&stack.owner_token(), &json!({"name": "n", "assignments": roles}));
    assert!(response.assert_problem(400, "invalid_request").contains("more than 50 roles"));
    let stack = TestStack::new();
    let slugs: Vec<String> = (0..51).map(|number| format!("r{number}")).collect();
    for slug in &slugs {
        stack.put_role(&format!("123:{slug}"), &json!([{"action": "token:create"}]));
    }
    let slugs: Vec<&str> = slugs.iter().map(String::as_str).collect();
    let creator = stack.user_token_with_roles("123", "9", &slugs);
    let detail = stack.create(&creator, &json!({"name": "n"})).assert_problem(403, "too_many_roles");
    assert!(detail.contains("51 roles"), "{detail}");
    assert_eq!(stack.create(&creator, &json!({"name": "n", "assignments": ["123:r7"]})).status, 201);
}

#[test]
fn error_for_too_long_token_states_how_many_roles_fit() {
    let stack = TestStack::new();
    let org = "o".repeat(60);
    let slugs: Vec<String> = (10..60).map(|number| format!("{number}{}", "s".repeat(50))).collect();
    for slug in &slugs {
        stack.put_role(&format!("{org}:{slug}"), &json!([]));
    }
    let roles: Vec<String> = slugs.iter().map(|slug| format!("{org}:{slug}")).collect();
    let owner = stack.user_token_with_roles(&org, "1", &["owner"]);
    let response = stack.create(&owner, &json!({"name": "n", "assignments": roles}));
    let detail = response.assert_problem(400, "invalid_request");
    let fitting: usize = detail.split("the first ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let (_, token) = stack.create_token(&owner, &json!({"assignments": roles[..fitting]}));
    assert!((5_801..=6_000).contains(&token.len()), "{}", token.len());
    assert_eq!(stack.get_self(&token).status, 200);
}
