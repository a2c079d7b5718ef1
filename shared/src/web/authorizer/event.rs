//! A REST API's `REQUEST` event.

use aws_lambda_events::apigw::ApiGatewayCustomAuthorizerRequestTypeRequest;
use lambda_http::http::{HeaderMap, header::AUTHORIZATION};
use serde_json::Value;

use crate::authorize::{OrgHeader, Question};

/// The longest ARN that a policy may name.
const LONGEST_ARN: usize = 512;

/// The event.
pub(super) struct Event(ApiGatewayCustomAuthorizerRequestTypeRequest);

impl Event {
    /// Reads the event.
    ///
    /// # Errors
    ///
    /// Why it is no `REQUEST` event of a REST API.
    pub(super) fn read(event: Value) -> Result<Self, String> {
        if event.get("type") != Some(&Value::from("REQUEST")) || event.get("version").is_some() {
            return Err("this authorizer takes REQUEST events of a REST API".to_owned());
        }
        let event = serde_json::from_value(event);
        event.map(Self).map_err(|_| "the event has not the form of a REQUEST event".to_owned())
    }

    pub(super) fn request_id(&self) -> String {
        self.0.request_context.request_id.clone().unwrap_or_default()
    }

    /// What the event asks.
    ///
    /// # Errors
    ///
    /// Why it holds no credential.
    pub(super) fn question(&self) -> Result<Question, &'static str> {
        let method = self.0.http_method.as_ref().map(ToString::to_string).unwrap_or_default();
        let resource = self.0.resource.as_deref().unwrap_or_default();
        Ok(Question {
            credential: self.credential()?,
            route: format!("{method} {resource}"),
            parameters: self.0.path_parameters.clone(),
            org: self.org(),
        })
    }

    /// The bearer token (RFC 6750, section 2.1), if there is one `Authorization` header and it holds one.
    fn credential(&self) -> Result<String, &'static str> {
        let [header] = self.values(AUTHORIZATION.as_str())[..] else {
            return Err("there is not one authorization header");
        };
        let (scheme, credential) = header.split_once(' ').ok_or("it is no bearer token")?;
        let credential = credential.trim_matches(' ');
        let is_bearer = scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty();
        is_bearer.then(|| credential.to_owned()).ok_or("it is no bearer token")
    }

    fn org(&self) -> OrgHeader {
        match self.values("x-epilot-org-id")[..] {
            [] => OrgHeader::Absent,
            [org] => org.parse().map_or(OrgHeader::Unclear, OrgHeader::Org),
            _ => OrgHeader::Unclear,
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
    pub(super) fn method_arn(&self) -> Option<String> {
        let named = self.0.method_arn.as_ref()?;
        let prefix = named.split('/').next()?;
        let stage = self.0.request_context.stage.as_ref()?;
        let method = self.0.http_method.as_ref()?;
        let arn = format!("{prefix}/{stage}/{method}/{}", self.path()?);
        let literal = |part: &str| part.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~/-".contains(&b));
        (literal(&self.path()?) && arn.len() <= LONGEST_ARN && arn == *named).then_some(arn)
    }

    /// The path without its first slash, from the route and the parameters: what a base path mapping adds is not in it.
    fn path(&self) -> Option<String> {
        let fill = |segment: &str| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => Some(segment.to_owned()),
            Some(name) => {
                let greedy = name.strip_suffix('+');
                let value = self.0.path_parameters.get(greedy.unwrap_or(name))?;
                (!value.is_empty() && (greedy.is_some() || !value.contains('/'))).then(|| value.clone())
            }
        };
        let segments: Option<Vec<_>> = self.0.resource.as_ref()?.strip_prefix('/')?.split('/').map(fill).collect();
        Some(segments?.join("/"))
    }
}
