//! An HTTP API's authorizer event with payload 2.0:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

use std::collections::HashMap;

use serde::Deserialize;

use super::{EventFields, fill_path, is_literal};
use crate::web::ORG_HEADER;

/// The longest path that is looked at, as for a REST API, whose ARNs have an end.
const MAX_PATH_BYTES: usize = 512;

/// The event, as far as it is looked at. What is absent or of another type makes it none.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::web::authorizer) struct HttpRequest {
    route_key: String,
    raw_path: String,
    /// Names in lower case; several values are one, with commas between them.
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
struct Http {
    method: String,
}

impl HttpRequest {
    /// Reads the event; `None` where it has not the form of one.
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
            parameters: self.parameters(),
            credentials: self.values("authorization"),
            orgs: self.values(ORG_HEADER),
        }
    }

    fn values(&self, name: &str) -> Vec<&str> {
        let named = self.headers.iter().filter(|(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str()).collect()
    }

    /// Whether the path means itself and nothing else, and is that of the route with the parameters that the gateway found. The
    /// simple answer names no path, so what is refused on a REST API by its policy is refused here.
    pub(in crate::web::authorizer) fn is_literal(&self) -> bool {
        // Before the route's path there may be a stage or the key of an API mapping, behind which the root is nothing or a slash.
        let (fits, path) = match self.route_key.split_once(' ') {
            Some((_, "/")) => {
                let before = self.raw_path.strip_suffix('/').unwrap_or(&self.raw_path);
                (before != "/", before)
            }
            Some((_, route)) => {
                let fill_path = fill_path(route, self.parameters());
                (fill_path.is_some_and(|path| self.raw_path.ends_with(&path)), self.raw_path.as_str())
            }
            None => (true, self.raw_path.as_str()),
        };
        fits && self.raw_path.len() <= MAX_PATH_BYTES && (path.is_empty() || is_literal(path))
    }

    fn parameters(&self) -> &HashMap<String, String> {
        self.path_parameters.as_ref().unwrap_or(&self.none)
    }
}
