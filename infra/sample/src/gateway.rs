//! What API Gateway reports about a request, in one form for REST APIs and HTTP APIs.

use std::collections::HashMap;

use lambda_http::{Request, RequestExt, request::RequestContext};
use serde_json::Value;

/// The authorizer's context, by member name.
pub type AuthorizerContext = HashMap<String, Value>;

/// The request context of either API type.
#[derive(Default)]
pub struct GatewayContext<'a> {
    /// The matched route, as the authorizer's rules name it: `GET /orders/{id}`. The function never parses the request
    /// path: if it read a path differently from API Gateway, a request could bypass the authorizer's rule.
    pub route: String,
    /// API Gateway's id of the request.
    pub request_id: &'a str,
    /// The authorizer's context; empty or `None` if the route has no authorizer.
    pub authorizer: Option<&'a AuthorizerContext>,
}

impl<'a> GatewayContext<'a> {
    /// Reads the context of `request`. It is empty for an event that does not come from API Gateway.
    pub fn from_request(request: &'a Request) -> Self {
        match request.request_context_ref() {
            // REST API: `requestContext.authorizer`.
            Some(RequestContext::ApiGatewayV1(context)) => Self {
                route: format!("{} {}", context.http_method, context.resource_path.as_deref().unwrap_or_default()),
                request_id: context.request_id.as_deref().unwrap_or_default(),
                authorizer: Some(&context.authorizer.fields),
            },
            // HTTP API: `requestContext.authorizer.lambda`.
            Some(RequestContext::ApiGatewayV2(context)) => Self {
                route: context.route_key.clone().unwrap_or_default(),
                request_id: context.request_id.as_deref().unwrap_or_default(),
                authorizer: context.authorizer.as_ref().map(|authorizer| &authorizer.fields),
            },
            _ => Self::default(),
        }
    }
}
