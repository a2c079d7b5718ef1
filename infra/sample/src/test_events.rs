//! API Gateway events of both API types, for tests.
use serde_json::{Value, json};

/// A REST API event for `route` (`GET /orders/{id}`), with the path parameter `id` and `authorizer` as its context.
pub fn rest_event(route: &str, authorizer: &Value) -> Value {
    let (method, resource) = route.split_once(' ').unwrap();
    let path = resource.replace("{id}", "7");
    json!({
        "resource": resource, "path": path, "httpMethod": method, "headers": {}, "multiValueHeaders": {},
        "pathParameters": {"id": "7"},
        "requestContext": {
            "requestId": "c6af9ac6-7b61", "stage": "live", "resourcePath": resource, "httpMethod": method,
            "path": format!("/live{path}"), "identity": {"sourceIp": "127.0.0.1"}, "authorizer": authorizer,
        },
        "body": null, "isBase64Encoded": false,
    })
}

/// The same request as an HTTP API event (payload 2.0).
pub fn http_event(route: &str, authorizer: &Value) -> Value {
    let (method, resource) = route.split_once(' ').unwrap();
    let path = resource.replace("{id}", "7");
    json!({
        "version": "2.0", "routeKey": route, "rawPath": path, "rawQueryString": "", "headers": {},
        "pathParameters": {"id": "7"},
        "requestContext": {
            "requestId": "JKJaXm+PL/vHcESHA=", "stage": "$default", "routeKey": route, "authorizer": authorizer,
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1"},
        },
        "isBase64Encoded": false,
    })
}
