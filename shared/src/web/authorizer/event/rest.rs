//! The `REQUEST` authorizer event of a REST API:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>.

use std::collections::HashMap;

use serde::Deserialize;

use super::{
    EventFields,
    path::{decode_once, fill_path},
};
use crate::{routes::segment_rule, web::ORG_HEADER};

/// Longest ARN that API Gateway accepts in the policy of an authorizer.
const MAX_ARN_BYTES: usize = 512;

/// The members of the event that the authorizer uses. An event with a member of another type is rejected.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::web::authorizer) struct RestRequest {
    method_arn: Option<String>,
    resource: Option<String>,
    http_method: Option<String>,
    headers: Option<HashMap<String, String>>,
    multi_value_headers: Option<HashMap<String, Vec<String>>>,
    path_parameters: Option<HashMap<String, String>>,
    request_context: Option<RequestContext>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: Option<String>,
    stage: Option<String>,
    identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    source_ip: Option<String>,
}

impl RestRequest {
    /// Parses the event; `None` if it is malformed.
    pub(super) fn read(event: &str) -> Option<Self> {
        serde_json::from_str(event).ok()
    }

    pub(super) fn request_id(&self) -> String {
        self.request_context.as_ref().and_then(|context| context.request_id.clone()).unwrap_or_default()
    }

    pub(super) fn fields(&self) -> EventFields<'_> {
        let method = self.http_method.clone().unwrap_or_default();
        EventFields {
            // arn:aws:execute-api:<region>:<account>:<API id>/<stage>/…
            api: self.method_arn.as_deref().and_then(|arn| arn.split('/').next()?.rsplit(':').next()),
            route: format!("{method} {}", self.resource.as_deref().unwrap_or_default()),
            method,
            parameters: self.decoded_parameters(),
            credentials: self.values("authorization"),
            orgs: self.values(ORG_HEADER),
            source: self.source_ip(),
        }
    }

    fn source_ip(&self) -> Option<&str> {
        self.request_context.as_ref()?.identity.as_ref()?.source_ip.as_deref()
    }

    /// All values of a header, from `multiValueHeaders` if it is set: `headers` contains only the last value.
    fn values(&self, name: &str) -> Vec<&str> {
        let has_name = |key: &str| key.eq_ignore_ascii_case(name);
        let multi_value = self.multi_value_headers.iter().flatten().filter(|(key, _)| has_name(key));
        let values: Vec<_> = multi_value.flat_map(|(_, values)| values.iter().map(String::as_str)).collect();
        if !values.is_empty() {
            return values;
        }
        let single_value = self.headers.iter().flatten().filter(|(key, _)| has_name(key));
        single_value.map(|(_, value)| value.as_str()).collect()
    }

    /// The path parameters, which a REST API passes as they are in the URL. A value that does not decode stays as it is:
    /// [`RestRequest::method_arn`] rejects its path.
    fn decoded_parameters(&self) -> HashMap<String, String> {
        let parameters = self.path_parameters.iter().flatten();
        let rule = segment_rule(self.route_path());
        parameters
            .map(|(name, value)| (name.clone(), decode_once(value, rule).unwrap_or_else(|| value.clone())))
            .collect()
    }

    /// The event's `methodArn`, which names the request in a policy. `None` if a policy does not interpret it literally, if
    /// it exceeds [`MAX_ARN_BYTES`], or if its path does not decode once to the route with the gateway's parameters.
    pub(in crate::web::authorizer) fn method_arn(&self) -> Option<&str> {
        let method_arn = self.method_arn.as_deref().filter(|arn| arn.len() <= MAX_ARN_BYTES)?;
        let prefix = method_arn.split('/').next()?;
        let stage = self.request_context.as_ref()?.stage.as_ref()?;
        let method = self.http_method.as_ref()?;
        let before_path = format!("{prefix}/{stage}/{method}");
        let path = method_arn.strip_prefix(&before_path).filter(|_| !before_path.contains(['*', '?', '$']))?;
        // Compared with the resource: the event's `path` also contains the base path of a mapping.
        let filled = fill_path(self.resource.as_ref()?, &self.decoded_parameters())?;
        (decode_once(path, segment_rule(self.route_path()))? == filled).then_some(method_arn)
    }

    /// The path of the route; empty if the event has none.
    pub(super) fn route_path(&self) -> &str {
        self.resource.as_deref().unwrap_or_default()
    }
}
