//! CORS: headers for pages of other origins.

use serde_json::json;

use crate::harness::TestStack;

const ORIGIN: &str = "https://app.example.com";

/// Includes the responses to rejected requests, and those that the gateway creates itself.
#[test]
fn allowed_origin_can_send_requests_and_read_responses() {
    let stack = TestStack::with_parameters(&[("AllowedOrigins", ORIGIN)]);
    for path in [
        "/v1/access-tokens",
        "/v1/access-tokens/self",
        "/v1/permissions/me",
        "/v1/permissions/simulate",
        "/v1/permissions/roles/123:a",
    ] {
        let headers = [("Origin", ORIGIN), ("Access-Control-Request-Method", "POST")];
        let preflight = stack.send_to(&stack.addresses().url, "OPTIONS", path, &headers, "");
        assert_eq!((preflight.status, preflight.header("access-control-allow-origin")), (200, ORIGIN), "{path}");
        for header in
            ["authorization", "content-type", "idempotency-key", "x-epilot-org-id", "x-epilot-sdk-retry-count"]
        {
            assert!(preflight.header("access-control-allow-headers").contains(header), "{header}");
        }
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            assert!(preflight.header("access-control-allow-methods").contains(method), "{method}");
        }
    }
    let owner = stack.owner_token();
    for (response, status) in [
        (stack.create(&owner, &json!({"name": "n"})), 201),
        (stack.create(&owner, &json!({"name": 7})), 400),
        (stack.list("garbage"), 401),
        (stack.list(&stack.user_token("123", "unassigned")), 403),
        (stack.request("GET", "/v1/nowhere", &owner), 404),
    ] {
        let origin = response.header("access-control-allow-origin");
        assert_eq!((response.status, origin), (status, ORIGIN), "{}", response.body);
        assert!(response.header("access-control-expose-headers").contains("retry-after"), "{status}");
    }
}

#[test]
fn response_names_no_origin_by_default() {
    let stack = TestStack::new();
    for (response, status) in [(stack.list(&stack.owner_token()), 200), (stack.list("garbage"), 401)] {
        assert_eq!((response.status, response.header("access-control-allow-origin")), (status, ""));
    }
}
