//! A REST API's `REQUEST` event:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use lambda_http::http::{HeaderMap, header::AUTHORIZATION};
use serde_json::Value;

use super::{Told, filled, is_literal};
use crate::web::ORG_HEADER;

/// The longest ARN that a policy may name.
const LONGEST_ARN: usize = 512;

/// The event.
pub(in crate::web::authorizer) struct RestRequest(ApiGatewayCustomAuthorizerRequestTypeRequest);

impl RestRequest {
    /// Reads the event; `None` where it has not the form of one.
    pub(super) fn read(event: Value) -> Option<Self> {
        serde_json::from_value(event).ok().map(Self)
    }

    pub(super) fn request_id(&self) -> String {
        self.0.request_context.request_id.clone().unwrap_or_default()
    }

    pub(super) fn told(&self) -> Told<'_> {
        let method = self.0.http_method.as_ref().map(ToString::to_string).unwrap_or_default();
        Told {
            // arn:aws:execute-api:<region>:<account>:<API id>/<stage>/…
            api: self.0.method_arn.as_deref().and_then(|arn| arn.split('/').next()?.rsplit(':').next()),
            route: format!("{method} {}", self.0.resource.as_deref().unwrap_or_default()),
            method,
            parameters: &self.0.path_parameters,
            credentials: self.values(AUTHORIZATION.as_str()),
            orgs: self.values(ORG_HEADER),
        }
    }

    /// All values of a header. The map of single values has the last one alone, the other has all of them where the gateway
    /// fills it in.
    fn values(&self, name: &str) -> Vec<&str> {
        let of = |headers: &HeaderMap| headers.get_all(name).iter().count();
        let headers = if of(&self.0.multi_value_headers) > 0 { &self.0.multi_value_headers } else { &self.0.headers };
        headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect()
    }

    /// The one literal method ARN that the request is for, rebuilt from the event's parts; `None` where it would hold
    /// anything that a policy does not take literally, be too long for one, or is not the one that the gateway itself names.
    pub(in crate::web::authorizer) fn method_arn(&self) -> Option<String> {
        let named = self.0.method_arn.as_ref()?;
        let prefix = named.split('/').next()?;
        let stage = self.0.request_context.stage.as_ref()?;
        let method = self.0.http_method.as_ref()?;
        // What a base path mapping adds is in the event's path, and not in this one.
        let path = filled(self.0.resource.as_ref()?, &self.0.path_parameters)?;
        let arn = format!("{prefix}/{stage}/{method}{path}");
        let is_plain = !arn.contains(['*', '?', '$']);
        (is_plain && is_literal(&path) && arn.len() <= LONGEST_ARN && arn == *named).then_some(arn)
    }
}
