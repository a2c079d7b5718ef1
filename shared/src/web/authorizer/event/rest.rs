//! A REST API's `REQUEST` event:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>.

use std::collections::HashMap;

use serde::Deserialize;

use super::{EventFields, fill_path, is_literal};
use crate::web::ORG_HEADER;

/// The longest ARN that a policy may name.
const MAX_ARN_BYTES: usize = 512;

/// The event, as far as it is looked at. What is of another type makes it none.
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
    /// Reads the event; `None` where it has not the form of one.
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

    /// All values of a header. The map of single values has the last one alone, the other has all of them where the gateway
    /// fills it in.
    fn values(&self, name: &str) -> Vec<&str> {
        let named = |own: &str| own.eq_ignore_ascii_case(name);
        let many = self.multi_value_headers.iter().flatten().filter(|(own, _)| named(own));
        let many: Vec<_> = many.flat_map(|(_, values)| values.iter().map(String::as_str)).collect();
        if !many.is_empty() {
            return many;
        }
        let single = self.headers.iter().flatten().filter(|(own, _)| named(own));
        single.map(|(_, value)| value.as_str()).collect()
    }

    fn parameters(&self) -> &HashMap<String, String> {
        self.path_parameters.as_ref().unwrap_or(&self.none)
    }

    /// The one literal method ARN that the request is for, rebuilt from the event's parts; `None` where it would hold
    /// anything that a policy does not take literally, be too long for one, or is not the one that the gateway itself names.
    pub(in crate::web::authorizer) fn method_arn(&self) -> Option<String> {
        let named = self.method_arn.as_ref()?;
        let prefix = named.split('/').next()?;
        let stage = self.request_context.as_ref()?.stage.as_ref()?;
        let method = self.http_method.as_ref()?;
        // What a base path mapping adds is in the event's path, and not in this one.
        let path = fill_path(self.resource.as_ref()?, self.parameters())?;
        let arn = format!("{prefix}/{stage}/{method}{path}");
        let is_plain = !arn.contains(['*', '?', '$']);
        (is_plain && is_literal(&path) && arn.len() <= MAX_ARN_BYTES && arn == *named).then_some(arn)
    }
}
