//! The routes of the orders API. It stores nothing; responses contain sample data.

use serde_json::{Value, json};

use crate::{caller::Caller, gateway::GatewayContext};

/// Handles the request of a proxy event. Each successful response contains the caller.
pub fn handle(event: &Value) -> Value {
    let context = GatewayContext::from_event(event);
    // Fails closed: a route without the authorizer, or an invocation that bypasses API Gateway, has no caller.
    let Some(caller) = context.authorizer.and_then(Caller::from_context) else {
        return problem(401, "the request has no authorizer context", context.request_id);
    };
    // Whatever is between the client and this function must not change the organization of the authorizer's decision.
    if context.selects_other_org(&caller.org_id) {
        return problem(403, "`x-epilot-org-id` is not the organization of the caller", context.request_id);
    }
    let id = context.path_parameter("id");
    match context.route.as_str() {
        "GET /orders/{id}" => json(200, &order(&id, &caller)),
        "POST /orders" => json(201, &order(&new_id(context.request_id), &caller)),
        "DELETE /orders/{id}" => json(200, &deletion(&id, &caller)),
        "GET /catalog" => json(200, &catalog(&caller)),
        _ => problem(404, "no route matches the request", context.request_id),
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

fn json(status: u16, body: &Value) -> Value {
    response(status, "application/json", body)
}

/// A problem document (RFC 9457). The status identifies the problem, so there are no `type` and `title`.
fn problem(status: u16, detail: &str, request_id: &str) -> Value {
    let body = json!({"status": status, "detail": detail, "instance": request_id});
    response(status, "application/problem+json", &body)
}

/// A response of the proxy integration, for both kinds of APIs. It is specific to the caller, so no cache may store it.
fn response(status: u16, media_type: &'static str, body: &Value) -> Value {
    let mut headers = json!({"content-type": media_type, "cache-control": "no-store"});
    if status == 401 {
        // RFC 6750, section 3.
        headers["www-authenticate"] = json!("Bearer");
    }
    json!({"statusCode": status, "headers": headers, "body": body.to_string(), "isBase64Encoded": false})
}

#[cfg(test)]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::test_events::{http_event, rest_event};

    const TEMPLATE: &str = include_str!("../template.yaml");

    fn send(event: &Value) -> (u64, Value) {
        let response = handle(event);
        let body = serde_json::from_str(response["body"].as_str().unwrap()).unwrap();
        (response["statusCode"].as_u64().unwrap(), body)
    }

    fn user_context() -> Value {
        json!({"org_id": "123", "principal": "local|1001", "roles": "123:owner"})
    }

    /// The responses of the REST API and the HTTP API.
    fn send_to_both(route: &str, context: &Value) -> [(u64, Value); 2] {
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
    fn header_with_other_organization_is_forbidden() {
        for (headers, multi_value_headers, status) in [
            (json!({"X-Epilot-Org-Id": "123"}), json!({"X-Epilot-Org-Id": ["123"]}), 200),
            (json!({"x-epilot-org-id": "456"}), json!({}), 403),
            (json!({"x-epilot-org-id": ""}), json!({}), 403),
            (json!({"x-epilot-org-id": "123"}), json!({"x-epilot-org-id": ["456", "123"]}), 403),
        ] {
            for mut event in [
                rest_event("GET /orders/{id}", &user_context()),
                http_event("GET /orders/{id}", &json!({ "lambda": user_context() })),
            ] {
                event["headers"] = headers.clone();
                event["multiValueHeaders"] = multi_value_headers.clone();
                assert_eq!(send(&event).0, status, "{event}");
            }
        }
    }

    #[test]
    fn order_id_is_decoded_once_on_both_apis() {
        let mut rest = rest_event("GET /orders/{id}", &user_context());
        let mut http = http_event("GET /orders/{id}", &json!({ "lambda": user_context() }));
        for (in_url, id) in [("a%40b.example", "a@b.example"), ("a@b+c", "a@b+c")] {
            rest["pathParameters"]["id"] = json!(in_url);
            http["pathParameters"]["id"] = json!(id);
            assert_eq!((&send(&rest).1["id"], &send(&http).1["id"]), (&json!(id), &json!(id)));
        }
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
