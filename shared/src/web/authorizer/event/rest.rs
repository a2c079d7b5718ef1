//! The `REQUEST` authorizer event of a REST API:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>.

use std::collections::HashMap;

use serde::Deserialize;

use super::{EventFields, fill_path, is_literal};
use crate::web::ORG_HEADER;

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
    #[serde(skip)]
    none: HashMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext {
    request_id: Option<String>,
    stage: Option<String>,
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
            parameters: self.parameters(),
            credentials: self.values("authorization"),
            orgs: self.values(ORG_HEADER),
        }
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

    fn parameters(&self) -> &HashMap<String, String> {
        self.path_parameters.as_ref().unwrap_or(&self.none)
    }

    /// The method ARN of the request, rebuilt from the parts of the event. `None` if it contains characters that a
    /// policy does not interpret literally, exceeds [`MAX_ARN_BYTES`], or differs from the event's `methodArn`.
    pub(in crate::web::authorizer) fn method_arn(&self) -> Option<String> {
        let method_arn = self.method_arn.as_ref()?;
        let prefix = method_arn.split('/').next()?;
        let stage = self.request_context.as_ref()?.stage.as_ref()?;
        let method = self.http_method.as_ref()?;
        // Built from the resource: the event's `path` also contains the base path of a mapping.
        let path = fill_path(self.resource.as_ref()?, self.parameters())?;
        let arn = format!("{prefix}/{stage}/{method}{path}");
        let is_without_wildcards = !arn.contains(['*', '?', '$']);
        (is_without_wildcards && is_literal(&path) && arn.len() <= MAX_ARN_BYTES && arn == *method_arn).then_some(arn)
    }
}
