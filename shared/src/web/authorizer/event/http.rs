//! The authorizer event of an HTTP API with payload format 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

use std::collections::HashMap;

use serde::Deserialize;

use super::{
    EventFields,
    path::{fill_path, is_literal},
};
use crate::{routes::segment_rule, web::ORG_HEADER};

/// Longest accepted path. For a REST API, API Gateway limits the ARN, which contains the path.
const MAX_PATH_BYTES: usize = 512;

/// The members of the event that the authorizer uses. An event with a missing member or another type is rejected.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::web::authorizer) struct HttpRequest {
    route_key: String,
    raw_path: String,
    /// Names are in lower case; repeated headers are joined with commas.
    #[serde(default)]
    headers: HashMap<String, String>,
    path_parameters: Option<HashMap<String, String>>,
    request_context: RequestContext,
    #[serde(skip)]
    none: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    api_id: String,
    request_id: String,
    route_key: String,
    http: Http,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

impl HttpRequest {
    /// Parses the event; `None` if it is malformed or its two route keys differ.
    pub(super) fn read(event: &str) -> Option<Self> {
        let request: Self = serde_json::from_str(event).ok()?;
        (request.route_key == request.request_context.route_key).then_some(request)
    }

    pub(super) fn request_id(&self) -> String {
        self.request_context.request_id.clone()
    }

    pub(super) fn fields(&self) -> EventFields<'_> {
        EventFields {
            api: Some(&self.request_context.api_id),
            method: self.request_context.http.method.clone(),
            route: self.route_key.clone(),
            parameters: self.parameters().clone(),
            credentials: self.values("authorization"),
            orgs: self.values(ORG_HEADER),
            source: self.request_context.http.source_ip.as_deref(),
        }
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the path is literal, and is the path of the route with the gateway's parameters. The simple response
    /// names no path, so this check replaces the literal ARN of a REST API's policy.
    pub(in crate::web::authorizer) fn is_literal(&self) -> bool {
        // A stage name or an API mapping key may precede the route's path; the root route is then empty or a slash.
        let (matches_route, path) = match self.route_key.split_once(' ') {
            Some((_, "/")) => {
                let prefix = self.raw_path.strip_suffix('/').unwrap_or(&self.raw_path);
                (prefix != "/", prefix)
            }
            Some((_, route)) => {
                let expected = fill_path(route, self.parameters());
                (expected.is_some_and(|path| self.raw_path.ends_with(&path)), self.raw_path.as_str())
            }
            None => (true, self.raw_path.as_str()),
        };
        let rule = segment_rule(self.route_path());
        matches_route && self.raw_path.len() <= MAX_PATH_BYTES && (path.is_empty() || is_literal(path, rule))
    }

    /// The path of the route; empty for the catch-all route.
    pub(super) fn route_path(&self) -> &str {
        self.route_key.split_once(' ').map_or("", |(_, path)| path)
    }

    fn parameters(&self) -> &HashMap<String, String> {
        self.path_parameters.as_ref().unwrap_or(&self.none)
    }
}
