//! Pages of other origins: what a browser is told before and after a request.

use serde_json::json;

use crate::harness::World;

const ORIGIN: &str = "https://app.example.com";

#[test]
fn allowed_origin_can_send_requests_and_read_responses() {
    let world = World::with(&[("AllowedOrigins", ORIGIN)]);
    let base = world.stack().local.url.clone();
    for path in ["/v1/access-tokens", "/v1/access-tokens/self", "/v1/permissions/me"] {
        let asked = [("Origin", ORIGIN), ("Access-Control-Request-Method", "POST")];
        let reply = world.send_to(&base, "OPTIONS", path, &asked, "");
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ORIGIN), "{path}");
        for header in
            ["authorization", "content-type", "idempotency-key", "x-epilot-org-id", "x-epilot-sdk-retry-count"]
        {
            assert!(reply.header("access-control-allow-headers").contains(header), "{header}");
        }
        for method in ["GET", "POST", "DELETE"] {
            assert!(reply.header("access-control-allow-methods").contains(method), "{method}");
        }
    }
    let owner = world.owner();
    for (reply, status) in [
        (world.create(&owner, &json!({"name": "n"})), 201),
        (world.create(&owner, &json!({"name": 7})), 400),
        (world.call("GET", "/v1/access-tokens", "garbage"), 401),
        (world.call("GET", "/v1/access-tokens", &world.person("123", "1003")), 403),
        (world.call("GET", "/v1/nowhere", &owner), 404),
    ] {
        assert_eq!((reply.status, reply.header("access-control-allow-origin")), (status, ORIGIN), "{}", reply.text);
        assert!(reply.header("access-control-expose-headers").contains("retry-after"), "{status}");
    }
}

#[test]
fn response_names_no_origin_by_default() {
    let world = World::new();
    let reply = world.call("GET", "/v1/access-tokens", &world.owner());
    assert_eq!((reply.status, reply.header("access-control-allow-origin")), (200, ""));
    let refused = world.call("GET", "/v1/access-tokens", "garbage");
    assert_eq!((refused.status, refused.header("access-control-allow-origin")), (401, ""));
}
