//! The routes of the orders API. It stores nothing; responses contain sample data.

use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{caller::Caller, gateway::GatewayContext};

/// Handles `request`. Each successful response contains the caller.
pub fn handle(request: &Request) -> Response<Body> {
    let context = GatewayContext::from_request(request);
    // Fails closed: a route without the authorizer, or an invocation that bypasses API Gateway, has no caller.
    let Some(caller) = context.authorizer.and_then(Caller::from_context) else {
        return problem(StatusCode::UNAUTHORIZED, "the request has no authorizer context", context.request_id);
    };
    let parameters = request.path_parameters();
    let id = parameters.first("id").unwrap_or_default();
    match context.route.as_str() {
        "GET /orders/{id}" => json(StatusCode::OK, &order(id, &caller)),
        "POST /orders" => json(StatusCode::CREATED, &order(&new_id(context.request_id), &caller)),
        "DELETE /orders/{id}" => json(StatusCode::OK, &deletion(id, &caller)),
        "GET /catalog" => json(StatusCode::OK, &catalog(&caller)),
        _ => problem(StatusCode::NOT_FOUND, "no route matches the request", context.request_id),
    }
}

fn order(id: &str, caller: &Caller) -> Value {
    let mut order = json!({"id": id, "org_id": caller.org_id, "article": "key", "caller": caller.to_json()});
    if !caller.anonymize {
        order["customer"] = json!("Ada Lovelace");
    }
    order
}

fn deletion(id: &str, caller: &Caller) -> Value {
    json!({"id": id, "org_id": caller.org_id, "deleted": true, "caller": caller.to_json()})
}

fn catalog(caller: &Caller) -> Value {
    json!({"org_id": caller.org_id, "articles": ["key", "lock"], "caller": caller.to_json()})
}

/// An order id that is valid in a path. Request ids of an HTTP API contain characters that the authorizer rejects in
/// paths.
fn new_id(request_id: &str) -> String {
    request_id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn json(status: StatusCode, body: &Value) -> Response<Body> {
    response(status, "application/json", body)
}

/// A problem document (RFC 9457). The status identifies the problem, so there is no `type`.
fn problem(status: StatusCode, detail: &str, request_id: &str) -> Response<Body> {
    let title = status.canonical_reason();
    let body = json!({"title": title, "status": status.as_u16(), "detail": detail, "instance": request_id});
    response(status, "application/problem+json", &body)
}

fn response(status: StatusCode, media_type: &'static str, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::Text(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type));
    // The response is specific to the caller.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::test_events::{http_event, rest_event};

    const TEMPLATE: &str = include_str!("../template.yaml");

    fn send(event: &Value) -> (u16, Value) {
        let response = handle(&lambda_http::request::from_str(&event.to_string()).unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    fn user_context() -> Value {
        json!({"org_id": "123", "principal": "local|1001", "roles": "123:owner"})
    }

    /// The responses of the REST API and the HTTP API.
    fn send_to_both(route: &str, context: &Value) -> [(u16, Value); 2] {
        [send(&rest_event(route, context)), send(&http_event(route, &json!({ "lambda": context })))]
    }

    fn rules() -> Map<String, Value> {
        serde_json::from_str(include_str!("../rules.json")).unwrap()
    }

    #[test]
    fn route_with_rule_responds_with_the_caller() {
        for route in rules().keys() {
            for (status, body) in send_to_both(route, &user_context()) {
                assert!((200..300).contains(&status), "{route}: {status}");
                assert_eq!((&body["org_id"], &body["caller"]["principal"]), (&json!("123"), &json!("local|1001")));
            }
        }
    }

    #[test]
    fn template_routes_match_the_rules_in_both_apis() {
        let rules = rules();
        for route in rules.keys() {
            let (method, path) = route.split_once(' ').unwrap();
            for api in ["RestApiId: !Ref RestApi", "ApiId: !Ref HttpApi"] {
                let event = format!("{{ {api}, Path: \"{path}\", Method: {} }}", method.to_lowercase());
                assert!(TEMPLATE.contains(&event), "{event}");
            }
        }
        assert_eq!(TEMPLATE.matches(", Method: ").count(), 2 * rules.len());
    }

    #[test]
    fn request_without_authorizer_context_is_unauthorized() {
        for route in rules().keys() {
            for (status, body) in send_to_both(route, &json!({})) {
                assert_eq!((status, &body["status"]), (401, &json!(401)), "{route}");
            }
        }
        assert_eq!(send(&rest_event("GET /orders/{id}", &Value::Null)).0, 401);
        assert_eq!(send(&http_event("GET /orders/{id}", &Value::Null)).0, 401);
    }

    #[test]
    fn unknown_route_is_not_found() {
        for route in ["GET /orders", "PUT /orders/{id}", "get /orders/{id}"] {
            assert_eq!(send(&http_event(route, &json!({ "lambda": user_context() }))).0, 404, "{route}");
        }
    }

    #[test]
    fn new_order_id_is_valid_in_a_path() {
        let [(_, from_rest_api), (_, from_http_api)] = send_to_both("POST /orders", &user_context());
        assert_eq!((&from_rest_api["id"], &from_http_api["id"]), (&json!("c6af9ac67b61"), &json!("JKJaXmPLvHcESHA")));
    }

    #[test]
    fn anonymized_caller_gets_no_personal_data() {
        let mut context = user_context();
        for (anonymize, customer) in [("false", json!("Ada Lovelace")), ("true", Value::Null)] {
            context["anonymize"] = json!(anonymize);
            for (_, body) in send_to_both("GET /orders/{id}", &context) {
                assert_eq!(body["customer"], customer);
            }
        }
    }
}
