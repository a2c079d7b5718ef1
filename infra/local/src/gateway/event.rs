//! The events that functions behind a REST API receive.
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

use super::{Gateway, authorizer::Authorized, routes::Found};

/// A request that has found its route.
pub(super) struct GatewayRequest<'a> {
    /// The gateway that it came to.
    pub(super) gateway: &'a Gateway,
    /// The id that it was given.
    pub(super) request_id: &'a str,
    /// Everything of it but the body.
    pub(super) parts: &'a Parts,
    /// Its path without the stage.
    pub(super) path: &'a str,
    /// Its route.
    pub(super) found: Found<'a>,
}

/// Every value of every name, in the order they came.
pub(super) type Many = BTreeMap<String, Vec<String>>;

impl GatewayRequest<'_> {
    /// The ARN of the called method, as policies name it.
    pub(super) fn method_arn(&self) -> String {
        let (api, pseudo_parameters) = (&self.gateway.api, &self.gateway.pseudo_parameters);
        let path = self.path.trim_start_matches('/');
        let method = &self.parts.method;
        format!(
            "arn:aws:execute-api:{}:{}:{}/{}/{method}/{path}",
            pseudo_parameters.region, pseudo_parameters.account, api.id, api.stage
        )
    }

    /// What the authorizer is asked.
    pub(super) fn authorizer_event(&self) -> Value {
        let mut event = self.common();
        event["type"] = json!("REQUEST");
        event["methodArn"] = json!(self.method_arn());
        event["stageVariables"] = json!({});
        event
    }

    /// What the function behind the route receives. API Gateway has no binary media types here, so a body is text.
    pub(super) fn proxy_event(&self, body: &[u8], authorized: Option<&Authorized>) -> Value {
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
            "resource": self.found.route.path,
            "path": self.path,
            "httpMethod": self.parts.method.as_str(),
            "headers": last(&headers),
            "multiValueHeaders": headers,
            "queryStringParameters": last(&query),
            "multiValueQueryStringParameters": query,
            "pathParameters": self.found.parameters.iter().cloned().collect::<BTreeMap<_, _>>(),
            "requestContext": self.request_context(),
        })
    }

    pub(super) fn request_context(&self) -> Value {
        let (api, domain, now) = (&self.gateway.api, &self.gateway.domain, Timestamp::now());
        json!({
            "accountId": self.gateway.pseudo_parameters.account,
            "apiId": api.id,
            "domainName": domain,
            "domainPrefix": domain.split('.').next(),
            "extendedRequestId": self.request_id,
            "httpMethod": self.parts.method.as_str(),
            "identity": { "sourceIp": self.source_ip(), "userAgent": self.user_agent() },
            "path": self.parts.uri.path(),
            "protocol": format!("{:?}", self.parts.version),
            "requestId": self.request_id,
            "requestTime": now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "requestTimeEpoch": now.as_millisecond(),
            "resourceId": "local",
            "resourcePath": self.found.route.path,
            "stage": api.stage,
        })
    }

    fn source_ip(&self) -> String {
        let address = self.parts.extensions.get::<ConnectInfo<SocketAddr>>();
        address.map_or_else(|| "127.0.0.1".to_owned(), |ConnectInfo(address)| address.ip().to_string())
    }

    fn user_agent(&self) -> Option<String> {
        self.parts.headers.get(header::USER_AGENT).map(text)
    }

    pub(super) fn headers(&self) -> Many {
        grouped(self.parts.headers.iter().map(|(name, value)| (name.to_string(), text(value))))
    }

    /// Decoded; bytes that are no UTF-8 become U+FFFD, so that there is no query which cannot be read.
    pub(super) fn query(&self) -> Many {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(&self.parts.uri);
        grouped(pairs.map(|Query(pairs)| pairs).unwrap_or_default().into_iter())
    }
}

/// What the function learns of its caller. No name in the context can take the place of the two that the gateway sets.
fn authorizer_context(authorized: &Authorized) -> Value {
    let mut context = json!(authorized.grant.context);
    context["principalId"] = json!(authorized.grant.principal);
    context["integrationLatency"] = json!(u64::try_from(authorized.latency.as_millis()).unwrap_or(u64::MAX));
    context
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

fn grouped(pairs: impl Iterator<Item = (String, String)>) -> Many {
    let mut many = Many::new();
    for (name, value) in pairs {
        many.entry(name).or_default().push(value);
    }
    many
}

fn last(many: &Many) -> BTreeMap<&String, &String> {
    many.iter().filter_map(|(name, values)| Some((name, values.last()?))).collect()
}
