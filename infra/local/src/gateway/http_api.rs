//! What an HTTP API does in another way than a REST API: payload 2.0, and refusals that nobody can shape.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    authorizer::Authorized,
    event::{GatewayRequest, Many},
    integration,
    refusal::Refusal,
};

impl GatewayRequest<'_> {
    /// What the authorizer is asked, with payload 2.0.
    pub(super) fn http_authorizer_event(&self, identity_headers: &[String]) -> Value {
        let mut event = self.http_common();
        let headers = self.headers();
        let identity = identity_headers.iter().filter_map(|name| headers.get(&name.to_ascii_lowercase()));
        event["type"] = json!("REQUEST");
        event["routeArn"] = json!(self.method_arn());
        event["identitySource"] = identity.map(|values| json!(values.join(","))).collect();
        event
    }

    /// What the function behind the route receives, with payload 2.0.
    pub(super) fn http_function_event(&self, body: &[u8], authorized: Option<&Authorized>) -> Value {
        let mut event = self.http_common();
        match str::from_utf8(body) {
            Ok("") => {}
            Ok(text) => event["body"] = json!(text),
            Err(_) => event["body"] = json!(STANDARD.encode(body)),
        }
        event["isBase64Encoded"] = json!(str::from_utf8(body).is_err());
        if let Some(authorized) = authorized {
            event["requestContext"]["authorizer"] = json!({ "lambda": authorized.grant.context });
        }
        event
    }

    fn http_common(&self) -> Value {
        // This kind of API decodes the path before anybody sees it.
        let path = percent_decode_str(self.path).decode_utf8_lossy();
        let mut headers = self.headers();
        let cookies = headers.remove("cookie");
        let mut event = json!({
            "version": "2.0",
            "routeKey": self.route_key(),
            "rawPath": path,
            "rawQueryString": self.parts.uri.query().unwrap_or_default(),
            "headers": joined(&headers),
            "requestContext": self.http_context(&path),
        });
        for (name, values) in [
            ("queryStringParameters", joined(&self.query())),
            ("pathParameters", self.found.parameters.iter().cloned().collect()),
        ] {
            if !values.is_empty() {
                event[name] = json!(values);
            }
        }
        if let Some(cookies) = cookies {
            event["cookies"] = json!(cookies);
        }
        event
    }

    fn http_context(&self, path: &str) -> Value {
        let mut context = self.request_context();
        json!({
            "accountId": context["accountId"].take(),
            "apiId": context["apiId"].take(),
            "domainName": context["domainName"].take(),
            "domainPrefix": context["domainPrefix"].take(),
            "http": {
                "method": context["httpMethod"].take(),
                "path": path,
                "protocol": context["protocol"].take(),
                "sourceIp": context["identity"]["sourceIp"].take(),
                "userAgent": context["identity"]["userAgent"].take(),
            },
            "requestId": context["requestId"].take(),
            "routeKey": self.route_key(),
            "stage": context["stage"].take(),
            "time": context["requestTime"].take(),
            "timeEpoch": context["requestTimeEpoch"].take(),
        })
    }

    fn route_key(&self) -> String {
        format!("{} {}", self.found.route.method, self.found.route.path)
    }
}

fn joined(many: &Many) -> BTreeMap<String, String> {
    many.iter().map(|(name, values)| (name.clone(), values.join(","))).collect()
}

/// A function's answer with a status; without one the whole answer is the body of a 200.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: Option<BTreeMap<String, String>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// The response that a function's answer is. The error is a sentence about what is malformed.
pub(super) fn read(answer: &[u8]) -> Result<Response, String> {
    let whole: Value = serde_json::from_slice(answer).map_err(|error| super::position(&error))?;
    if whole.get("statusCode").is_none() {
        let mut response = Response::new(Body::from(answer.to_vec()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    let answer: Answer = serde_json::from_value(whole).map_err(|_| "it has not the form of an answer")?;
    let text = answer.body.unwrap_or_default();
    let body = match answer.is_base64_encoded {
        Some(true) => STANDARD.decode(text).map_err(|_| "its body is not base64")?,
        _ => text.into_bytes(),
    };
    let cookies = answer.cookies.into_iter().flatten().map(|cookie| ("set-cookie".to_owned(), cookie));
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(answer.status_code).map_err(|_| "its status code is none")?;
    let pairs = answer.headers.into_iter().flatten().chain(cookies);
    *response.headers_mut() = integration::headers(pairs).ok_or("a header of it is none")?;
    Ok(response)
}

/// What an HTTP API says where no function does. No template can change it.
pub(super) fn refused(refusal: Refusal) -> Response {
    let (status, message) = match refusal {
        Refusal::MissingAuthenticationToken => (StatusCode::NOT_FOUND, "Not Found"),
        Refusal::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        Refusal::AccessDenied => (StatusCode::FORBIDDEN, "Forbidden"),
        Refusal::HeadersTooLarge => (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large"),
        Refusal::UriTooLong => (StatusCode::URI_TOO_LONG, "URI Too Long"),
        Refusal::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        Refusal::RequestTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        Refusal::IntegrationTimeout => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        Refusal::AuthorizerFailure | Refusal::AuthorizerConfiguration | Refusal::Internal => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    };
    let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
