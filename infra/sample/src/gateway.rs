//! What API Gateway reports about a request, in one form for REST APIs and HTTP APIs.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// The authorizer's context, by member name.
pub type AuthorizerContext = Map<String, Value>;

/// The part of a proxy event that API Gateway itself writes. The headers are the client's, and nothing is derived from them.
pub struct GatewayContext<'a> {
    /// The matched route, as the authorizer's rules name it: `GET /orders/{id}`. The function never parses the request
    /// path: if it read a path differently from API Gateway, a request could bypass the authorizer's rule.
    pub route: String,
    /// API Gateway's id of the request.
    pub request_id: &'a str,
    /// The authorizer's context; `None` if the route has no authorizer.
    pub authorizer: Option<&'a AuthorizerContext>,
    is_rest: bool,
    event: &'a Value,
}

impl<'a> GatewayContext<'a> {
    /// Reads the context from a proxy event of a REST API, or of an HTTP API with payload format 2.0. Its members are
    /// empty for another event.
    pub fn from_event(event: &'a Value) -> Self {
        let context = &event["requestContext"];
        let text = |value: &'a Value| value.as_str().unwrap_or_default();
        let (route, authorizer) = match context.get("routeKey") {
            // HTTP API: `requestContext.authorizer.lambda`.
            Some(route_key) => (text(route_key).to_owned(), &context["authorizer"]["lambda"]),
            // REST API: `requestContext.authorizer`.
            None => {
                (format!("{} {}", text(&context["httpMethod"]), text(&context["resourcePath"])), &context["authorizer"])
            }
        };
        Self {
            route,
            request_id: text(&context["requestId"]),
            authorizer: authorizer.as_object(),
            is_rest: context.get("routeKey").is_none(),
            event,
        }
    }

    /// The path parameter `name`, decoded once, as the authorizer reads it: a REST API passes path parameters as they are
    /// in the URL, an HTTP API decodes them. Empty if it is missing or is not UTF-8.
    pub fn path_parameter(&self, name: &str) -> Cow<'a, str> {
        let value = self.event["pathParameters"][name].as_str().unwrap_or_default();
        if self.is_rest { percent_decode_str(value).decode_utf8().unwrap_or_default() } else { value.into() }
    }

    /// Whether a header `x-epilot-org-id` names another organization than `org_id`. A REST API's event has all values
    /// of a header in `multiValueHeaders`.
    pub fn selects_other_org(&self, org_id: &str) -> bool {
        let headers = ["headers", "multiValueHeaders"].into_iter().filter_map(|name| self.event[name].as_object());
        let values = headers.flatten().filter(|(name, _)| name.eq_ignore_ascii_case("x-epilot-org-id"));
        let is_other = |value: &Value| value.as_str() != Some(org_id);
        values.into_iter().any(|(_, value)| match value {
            Value::Array(values) => values.iter().any(is_other),
            value => is_other(value),
        })
    }
}
