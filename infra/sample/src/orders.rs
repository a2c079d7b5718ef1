//! The API: which route answers what. No order is kept anywhere, answers are made up.

use lambda_http::{
    Body, Request, RequestExt, Response,
    http::{HeaderValue, StatusCode, header},
};
use serde_json::{Value, json};

use crate::{caller::Caller, gateway::Told};

/// The answer to `request`. Every one says for whom it was made.
pub fn answer(request: &Request) -> Response<Body> {
    let told = Told::of(request);
    // Closed by default. Only who attached this function without the authorizer, or calls it past the gateway, comes here:
    // nobody was asked who they are, so nobody is answered.
    let Some(caller) = told.context.and_then(Caller::of) else {
        return problem(StatusCode::UNAUTHORIZED, "no authorizer has said who calls", told.request_id);
    };
    let parameters = request.path_parameters();
    let id = parameters.first("id").unwrap_or_default();
    match told.route.as_str() {
        "GET /orders/{id}" => json(StatusCode::OK, &order(id, &caller)),
        "POST /orders" => json(StatusCode::CREATED, &order(&new_id(told.request_id), &caller)),
        "DELETE /orders/{id}" => json(StatusCode::OK, &deleted(id, &caller)),
        "GET /catalog" => json(StatusCode::OK, &catalog(&caller)),
        _ => problem(StatusCode::NOT_FOUND, "there is nothing here", told.request_id),
    }
}

fn order(id: &str, caller: &Caller) -> Value {
    let mut order = json!({"id": id, "org_id": caller.org_id, "article": "key", "caller": caller.to_json()});
    if !caller.anonymize {
        order["customer"] = json!("Ada Lovelace");
    }
    order
}

fn deleted(id: &str, caller: &Caller) -> Value {
    json!({"id": id, "org_id": caller.org_id, "deleted": true, "caller": caller.to_json()})
}

fn catalog(caller: &Caller) -> Value {
    json!({"org_id": caller.org_id, "articles": ["key", "lock"], "caller": caller.to_json()})
}

/// An id that a path can name: an HTTP API's request ids hold characters that the authorizer takes in no path.
fn new_id(request_id: &str) -> String {
    request_id.chars().filter(char::is_ascii_alphanumeric).collect()
}

fn json(status: StatusCode, body: &Value) -> Response<Body> {
    response(status, "application/json", body)
}

/// RFC 9457. The status tells the kind of problem.
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
    // Made for one caller, and for nobody else.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750, section 3.
        headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    response
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::Map;

    use super::*;
    use crate::samples::{http, rest};

    const TEMPLATE: &str = include_str!("../template.yaml");

    fn ask(event: &Value) -> (u16, Value) {
        let response = answer(&lambda_http::request::from_str(&event.to_string()).unwrap());
        (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
    }

    fn as_person() -> Value {
        json!({"org_id": "123", "principal": "local|1001", "roles": "123:owner"})
    }

    fn both(route: &str, context: &Value) -> [(u16, Value); 2] {
        [ask(&rest(route, context)), ask(&http(route, &json!({ "lambda": context })))]
    }

    fn rules() -> Map<String, Value> {
        serde_json::from_str(include_str!("../rules.json")).unwrap()
    }

    #[test]
    fn every_route_with_a_rule_is_answered_for_the_caller_by_either_api() {
        for route in rules().keys() {
            for (status, body) in both(route, &as_person()) {
                assert!((200..300).contains(&status), "{route}: {status}");
                assert_eq!((&body["org_id"], &body["caller"]["principal"]), (&json!("123"), &json!("local|1001")));
            }
        }
    }

    #[test]
    fn every_route_of_the_template_has_a_rule_and_is_there_for_either_api() {
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
    fn what_the_authorizer_did_not_see_is_refused_on_every_route() {
        for route in rules().keys() {
            for (status, body) in both(route, &json!({})) {
                assert_eq!((status, &body["status"]), (401, &json!(401)), "{route}");
            }
        }
        assert_eq!(ask(&rest("GET /orders/{id}", &Value::Null)).0, 401);
        assert_eq!(ask(&http("GET /orders/{id}", &Value::Null)).0, 401);
    }

    #[test]
    fn a_route_that_is_none_is_not_found() {
        for route in ["GET /orders", "PUT /orders/{id}", "get /orders/{id}"] {
            assert_eq!(ask(&http(route, &json!({ "lambda": as_person() }))).0, 404, "{route}");
        }
    }

    #[test]
    fn the_id_of_a_new_order_is_one_that_a_path_can_name() {
        let [(_, by_rest_api), (_, by_http_api)] = both("POST /orders", &as_person());
        assert_eq!((&by_rest_api["id"], &by_http_api["id"]), (&json!("c6af9ac67b61"), &json!("JKJaXmPLvHcESHA")));
    }

    #[test]
    fn an_anonymized_token_reads_no_personal_data() {
        let mut context = as_person();
        for (anonymize, customer) in [("false", json!("Ada Lovelace")), ("true", Value::Null)] {
            context["anonymize"] = json!(anonymize);
            for (_, body) in both("GET /orders/{id}", &context) {
                assert_eq!(body["customer"], customer);
            }
        }
    }
}
