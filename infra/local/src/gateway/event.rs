//! Events of functions behind a REST API. Path, path parameters and `methodArn` are those of the URL: a REST API does not decode
//! them, as recorded events of AWS show (`path` and `pathParameters` in
//! <https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/test_apigateway_lambda.snapshot.json>).
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html>.

use std::{collections::BTreeMap, net::SocketAddr};

use axum::{
    extract::{ConnectInfo, Query},
    http::{HeaderValue, header, request::Parts},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{authorizer::AuthorizerResult, routes::RouteMatch};
use crate::template::{Api, PseudoParameters};

/// A request with its route.
pub(super) struct GatewayRequest<'a> {
    pub(super) api: &'a Api,
    pub(super) pseudo_parameters: &'a PseudoParameters,
    /// The API's domain name.
    pub(super) domain: &'a str,
    pub(super) request_id: &'a str,
    /// Everything but the body.
    pub(super) parts: &'a Parts,
    /// The path without the stage.
    pub(super) path: &'a str,
    pub(super) matched: RouteMatch<'a>,
}

/// All values of each name, in the order of the request.
pub(super) type MultiValues = BTreeMap<String, Vec<String>>;

impl GatewayRequest<'_> {
    /// The ARN of the called method for policies.
    pub(super) fn method_arn(&self) -> String {
        let PseudoParameters { region, account, .. } = self.pseudo_parameters;
        let Api { id, stage, .. } = self.api;
        let method = &self.parts.method;
        let path = self.path.trim_start_matches('/');
        format!("arn:aws:execute-api:{region}:{account}:{id}/{stage}/{method}/{path}")
    }

    /// The event of the authorizer.
    pub(super) fn authorizer_event(&self) -> Value {
        let mut event = self.common();
        event["type"] = json!("REQUEST");
        event["methodArn"] = json!(self.method_arn());
        event["stageVariables"] = json!({});
        event
    }

    /// The event of the route's function. The API has no binary media types, so a body is text.
    pub(super) fn proxy_event(&self, body: &[u8], authorized: Option<&AuthorizerResult>) -> Value {
        let mut event = self.common();
        for name in ["pathParameters", "queryStringParameters", "multiValueQueryStringParameters"] {
            if event[name].as_object().is_some_and(serde_json::Map::is_empty) {
                event[name] = Value::Null;
            }
        }
        event["stageVariables"] = Value::Null;
        event["body"] = if body.is_empty() { Value::Null } else { json!(String::from_utf8_lossy(body)) };
        event["isBase64Encoded"] = json!(false);
        if let Some(authorized) = authorized {
            event["requestContext"]["authorizer"] = authorizer_context(authorized);
        }
        event
    }

    fn common(&self) -> Value {
        let headers = self.headers();
        let query = self.query();
        json!({
            "resource": self.matched.route.path,
            "path": self.path,
            "httpMethod": self.parts.method.as_str(),
            "headers": last(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": last(&query),
            "multiValueQueryStringParameters": query,
            "pathParameters": self.matched.parameters.iter().cloned().collect::<BTreeMap<_, _>>(),
            "requestContext": self.request_context(),
        })
    }

    pub(super) fn request_context(&self) -> Value {
        let now = Timestamp::now();
        json!({
            "accountId": self.pseudo_parameters.account,
            "apiId": self.api.id,
            "domainName": self.domain,
            "domainPrefix": self.domain.split('.').next(),
            "extendedRequestId": self.request_id,
            "httpMethod": self.parts.method.as_str(),
            "identity": { "sourceIp": self.source_ip(), "userAgent": self.user_agent() },
            "path": self.parts.uri.path(),
            "protocol": format!("{:?}", self.parts.version),
            "requestId": self.request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "requestTimeEpoch": now.as_millisecond(),
            "resourceId": "local",
            "resourcePath": self.matched.route.path,
            "stage": self.api.stage,
        })
    }

    fn source_ip(&self) -> String {
        let address = self.parts.extensions.get::<ConnectInfo<SocketAddr>>();
        address.map_or_else(|| "127.0.0.1".to_owned(), |ConnectInfo(address)| address.ip().to_string())
    }

    fn user_agent(&self) -> Option<String> {
        self.parts.headers.get(header::USER_AGENT).map(text)
    }

    pub(super) fn headers(&self) -> MultiValues {
        grouped(self.parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))))
    }

    /// The decoded query. Bytes that are not UTF-8 become U+FFFD, so that every query can be decoded.
    pub(super) fn query(&self) -> MultiValues {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&self.parts.uri);
        grouped(pairs.map(|Query(pairs)| pairs).unwrap_or_default().into_iter())
    }
}

/// The authorizer's context for the function. The gateway's two members replace members of the same name.
fn authorizer_context(authorized: &AuthorizerResult) -> Value {
    let mut context = json!(authorized.response.context);
    context["principalId"] = json!(authorized.response.principal);
    context["integrationLatency"] = json!(u64::try_from(authorized.latency.as_millis()).unwrap_or(u64::MAX));
    context
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn grouped(pairs: impl Iterator<Item = (String, String)>) -> MultiValues {
    let mut values = MultiValues::new();
    for (name, value) in pairs {
        values.entry(name).or_default().push(value);
    }
    values
}

fn last(values: &MultiValues) -> BTreeMap<&String, &String> {
    values.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect()
}
