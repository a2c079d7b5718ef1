//! The proxy event of a REST API or an HTTP API (payload format 2.0), reduced to what the endpoints use:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>.
//!
//! No URL of the request is built, because its scheme and host would be headers that the client chooses. The route is
//! the one that the gateway reports.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The kind of API from which an event comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ApiKind {
    /// A REST API.
    Rest,
    /// An HTTP API.
    Http,
}

/// An event, in one form for both kinds of APIs.
#[derive(Debug)]
pub(super) struct ProxyEvent {
    pub(super) kind: ApiKind,
    /// The gateway's id of the request; empty if the event has none.
    pub(super) request_id: String,
    /// The HTTP method; empty if the event has none.
    pub(super) method: String,
    /// The path of the route that the gateway selected, such as `/v1/access-tokens/{id}`. For the catch-all route of an
    /// HTTP API, which has no path, it is the path that the gateway reports.
    pub(super) route: String,
    pub(super) path_parameters: HashMap<String, String>,
    /// The decoded query parameters. Those of a REST API are grouped by name.
    pub(super) query: Vec<(String, String)>,
    /// The headers, with names in lower case. An HTTP API joins repeated headers with commas.
    pub(super) headers: Vec<(String, String)>,
    /// The authorizer's context; empty if the route has no authorizer.
    pub(super) authorizer: Map<String, Value>,
    /// The decoded body; `None` if it is not valid base64.
    pub(super) body: Option<Vec<u8>>,
}

/// The members of both formats. The gateway writes `null` for some absent ones.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members {
    version: Option<String>,
    http_method: Option<String>,
    raw_path: Option<String>,
    raw_query_string: Option<String>,
    headers: Option<HashMap<String, String>>,
    multi_value_headers: Option<HashMap<String, Vec<String>>>,
    query_string_parameters: Option<HashMap<String, String>>,
    multi_value_query_string_parameters: Option<HashMap<String, Vec<String>>>,
    path_parameters: Option<HashMap<String, String>>,
    request_context: RequestContext,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: Option<String>,
    resource_path: Option<String>,
    route_key: Option<String>,
    http: Option<HttpDescription>,
    authorizer: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct HttpDescription {
    method: Option<String>,
}

impl ProxyEvent {
    /// Parses an event. Returns `None` if it is neither of a REST API nor of an HTTP API.
    pub(super) fn parse(event: &str) -> Option<Self> {
        let members: Members = serde_json::from_str(event).ok()?;
        let kind = if members.version.as_deref() == Some("2.0") { ApiKind::Http } else { ApiKind::Rest };
        Some(Self {
            kind,
            route: members.route(kind)?,
            query: members.query(kind),
            headers: members.headers(),
            body: members.body(),
            method: members
                .http_method
                .or(members.request_context.http.and_then(|http| http.method))
                .unwrap_or_default(),
            request_id: members.request_context.request_id.unwrap_or_default(),
            path_parameters: members.path_parameters.unwrap_or_default(),
            authorizer: context_of(kind, members.request_context.authorizer),
        })
    }
}

impl Members {
    fn route(&self, kind: ApiKind) -> Option<String> {
        let context = &self.request_context;
        match kind {
            ApiKind::Rest => context.resource_path.clone(),
            ApiKind::Http => match context.route_key.as_deref()?.split_once(' ') {
                Some((_, path)) => Some(path.to_owned()),
                None => self.raw_path.clone(),
            },
        }
    }

    /// All values of each header. `headers` contains only the last value, and is read if `multiValueHeaders` is missing.
    fn headers(&self) -> Vec<(String, String)> {
        let multi_value = flatten(self.multi_value_headers.as_ref());
        let all = if multi_value.is_empty() { pairs(self.headers.as_ref()) } else { multi_value };
        all.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect()
    }

    fn query(&self, kind: ApiKind) -> Vec<(String, String)> {
        if kind == ApiKind::Http {
            // `queryStringParameters` of this format joins repeated parameters with commas.
            let query = self.raw_query_string.as_deref().unwrap_or_default();
            return form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        }
        let multi_value = flatten(self.multi_value_query_string_parameters.as_ref());
        if multi_value.is_empty() { pairs(self.query_string_parameters.as_ref()) } else { multi_value }
    }

    fn body(&self) -> Option<Vec<u8>> {
        let body = self.body.as_deref().unwrap_or_default();
        if self.is_base64_encoded == Some(true) { STANDARD.decode(body).ok() } else { Some(body.as_bytes().to_vec()) }
    }
}

/// The context of a Lambda authorizer, which is a member of its own in the events of an HTTP API.
fn context_of(kind: ApiKind, authorizer: Option<Map<String, Value>>) -> Map<String, Value> {
    let mut authorizer = authorizer.unwrap_or_default();
    match kind {
        ApiKind::Rest => authorizer,
        ApiKind::Http => match authorizer.remove("lambda") {
            Some(Value::Object(context)) => context,
            _ => Map::new(),
        },
    }
}

fn pairs(values: Option<&HashMap<String, String>>) -> Vec<(String, String)> {
    values.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn flatten(values: Option<&HashMap<String, Vec<String>>>) -> Vec<(String, String)> {
    let all = values.into_iter().flatten();
    all.flat_map(|(name, values)| values.iter().map(|value| (name.clone(), value.clone()))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(event: &Value) -> Option<ProxyEvent> {
        ProxyEvent::parse(&event.to_string())
    }

    fn rest(changes: &Value) -> Value {
        let mut event = json!({"requestContext": {"resourcePath": "/a/{id}", "requestId": "r-1"}});
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        event
    }

    fn http(changes: &Value) -> Value {
        let mut event = json!({"version": "2.0", "requestContext": {"routeKey": "GET /a/{id}", "requestId": "r-1"}});
        event.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        event
    }

    #[test]
    fn route_is_reported_by_the_gateway_whatever_headers_say() {
        for headers in [
            json!({"Host": "["}),
            json!({"Host": "a b"}),
            json!({"Host": "x:99999"}),
            json!({"X-Forwarded-Proto": "1"}),
            json!({"X-Forwarded-Proto": "https://x/b?"}),
            json!({"X-Forwarded-Host": "x/b", "X-Forwarded-Port": "b"}),
            json!({"a b": "\u{0}", "": "\r\n"}),
        ] {
            for event in [rest(&json!({ "headers": headers })), http(&json!({ "headers": headers }))] {
                let parsed = parse(&event).unwrap();
                assert_eq!((parsed.route.as_str(), parsed.request_id.as_str()), ("/a/{id}", "r-1"), "{event}");
            }
        }
    }

    #[test]
    fn catch_all_route_reports_its_path() {
        let event = http(&json!({"requestContext": {"routeKey": "$default"}, "rawPath": "/tokens"}));
        assert_eq!(parse(&event).unwrap().route, "/tokens");
    }

    #[test]
    fn all_values_of_rest_header_are_read() {
        let event = rest(&json!({
            "headers": {"Idempotency-Key": "b"}, "multiValueHeaders": {"Idempotency-Key": ["a", "b"]},
        }));
        let expected = ["a", "b"].map(|value| ("idempotency-key".to_owned(), value.to_owned()));
        assert_eq!(parse(&event).unwrap().headers, expected);
    }

    #[test]
    fn query_of_both_formats_is_decoded() {
        let expected = [("a".to_owned(), "1 é".to_owned()), ("a".to_owned(), "2".to_owned())];
        let rest = rest(&json!({
            "queryStringParameters": {"a": "2"}, "multiValueQueryStringParameters": {"a": ["1 é", "2"]},
        }));
        let http = http(&json!({"rawQueryString": "a=1+%C3%A9&a=2", "queryStringParameters": {"a": "1 é,2"}}));
        for event in [rest, http] {
            assert_eq!(parse(&event).unwrap().query, expected);
        }
    }

    #[test]
    fn authorizer_context_of_http_api_is_its_lambda_member() {
        let of = |event: &Value| parse(event).unwrap().authorizer;
        let context = json!({"org_id": "1"});
        let rest = rest(&json!({"requestContext": {"resourcePath": "/a", "authorizer": context}}));
        assert_eq!(Value::Object(of(&rest)), context);
        let http =
            |authorizer: Value| http(&json!({"requestContext": {"routeKey": "GET /a", "authorizer": authorizer}}));
        assert_eq!(Value::Object(of(&http(json!({ "lambda": context })))), context);
        for other in [json!({"jwt": {"claims": context}}), context.clone(), json!({"lambda": null}), Value::Null] {
            assert!(of(&http(other.clone())).is_empty(), "{other}");
        }
    }

    #[test]
    fn body_that_is_not_base64_has_no_bytes() {
        let body = |body: &str, is_base64: bool| {
            parse(&rest(&json!({"body": body, "isBase64Encoded": is_base64}))).unwrap().body
        };
        assert_eq!(body("e30=", false), Some(b"e30=".to_vec()));
        assert_eq!(body("e30=", true), Some(b"{}".to_vec()));
        assert_eq!(body("e30", true), None);
        assert_eq!(parse(&rest(&json!({"body": null}))).unwrap().body, Some(Vec::new()));
    }

    #[test]
    fn other_event_is_not_parsed() {
        for event in
            [json!({}), json!([]), json!({"requestContext": {}}), json!({"version": "2.0", "requestContext": {}})]
        {
            assert!(parse(&event).is_none(), "{event}");
        }
    }
}
