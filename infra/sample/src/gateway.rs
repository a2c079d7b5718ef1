//! What the gateway tells of a request: the same for a REST API and an HTTP API.

use std::collections::HashMap;

use lambda_http::{Request, RequestExt, request::RequestContext};
use serde_json::Value;

/// The members of the authorizer's context, by their names.
pub type Context = HashMap<String, Value>;

/// What the gateway tells.
#[derive(Default)]
pub struct Told<'a> {
    /// The route that the gateway chose, as the authorizer's rules name it: `GET /orders/{id}`. The path of the request is
    /// never looked at: two readings of one path are how authorizers are walked around.
    pub route: String,
    /// The gateway's id of the request.
    pub request_id: &'a str,
    /// What the authorizer says of the caller; empty or `None` where no authorizer was asked.
    pub context: Option<&'a Context>,
}

impl<'a> Told<'a> {
    /// What the gateway tells of `request`. Of an event that came by no gateway: nothing.
    pub fn of(request: &'a Request) -> Self {
        match request.request_context_ref() {
            // A REST API: `requestContext.authorizer`.
            Some(RequestContext::ApiGatewayV1(told)) => Self {
                route: format!("{} {}", told.http_method, told.resource_path.as_deref().unwrap_or_default()),
                request_id: told.request_id.as_deref().unwrap_or_default(),
                context: Some(&told.authorizer.fields),
            },
            // An HTTP API: `requestContext.authorizer.lambda`.
            Some(RequestContext::ApiGatewayV2(told)) => Self {
                route: told.route_key.clone().unwrap_or_default(),
                request_id: told.request_id.as_deref().unwrap_or_default(),
                context: told.authorizer.as_ref().map(|authorizer| &authorizer.fields),
            },
            _ => Self::default(),
        }
    }
}
