//! Events and responses of an HTTP API: payload format 2.0, and error responses that templates cannot change.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html> and
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html>.

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    authorizer::AuthorizerResult,
    error::GatewayError,
    event::{GatewayRequest, MultiValues},
    integration, json_error,
    problem::with_problem_code,
};

impl GatewayRequest<'_> {
    /// The event of the authorizer.
    pub(super) fn http_authorizer_event(&self, identity_headers: &[String]) -> Value {
        let mut event = self.http_common();
        let headers = self.headers();
        let identity = identity_headers.iter().filter_map(|name| headers.get(&name.to_ascii_lowercase()));
        event["type"] = json!("REQUEST");
        event["routeArn"] = json!(self.method_arn());
        event["identitySource"] = identity.map(|values| json!(values.join(","))).collect();
        event
    }

    /// The event of the route's function.
    pub(super) fn http_function_event(&self, body: &[u8], authorized: Option<&AuthorizerResult>) -> Value {
        let mut event = self.http_common();
        match str::from_utf8(body) {
            Ok("") => {}
            Ok(text) => event["body"] = json!(text),
            Err(_) => event["body"] = json!(STANDARD.encode(body)),
        }
        event["isBase64Encoded"] = json!(str::from_utf8(body).is_err());
        if let Some(authorized) = authorized {
            event["requestContext"]["authorizer"] = json!({ "lambda": authorized.response.context });
        }
        event
    }

    fn http_common(&self) -> Value {
        // An HTTP API decodes the path before it reaches the authorizer and the function.
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
        for (name, values) in
            [("queryStringParameters", joined(&self.query())), ("pathParameters", self.decoded_parameters())]
        {
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

    /// Unlike a REST API, an HTTP API decodes the path parameters.
    fn decoded_parameters(&self) -> BTreeMap<String, String> {
        let decode = |value: &str| percent_decode_str(value).decode_utf8_lossy().into_owned();
        self.matched.parameters.iter().map(|(name, value)| (name.clone(), decode(value))).collect()
    }

    fn route_key(&self) -> String {
        format!("{} {}", self.matched.route.method, self.matched.route.path)
    }
}

fn joined(values: &MultiValues) -> BTreeMap<String, String> {
    values.iter().map(|(name, values)| (name.clone(), values.join(","))).collect()
}

/// A function's response with a status code.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: u16,
    headers: Option<BTreeMap<String, String>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// Converts a function's response. JSON without a status code is the body of a response with the status 200. The error
/// describes what is malformed.
pub(super) fn parse_response(bytes: &[u8]) -> Result<Response, String> {
    let json: Value = serde_json::from_slice(bytes).map_err(|error| json_error::describe(&error))?;
    if json.get("statusCode").is_none() {
        let mut response = Response::new(Body::from(bytes.to_vec()));
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        return Ok(response);
    }
    let parsed: FunctionResponse =
        serde_json::from_value(json).map_err(|_| "a member is missing or has the wrong type")?;
    let text = parsed.body.unwrap_or_default();
    let body = match parsed.is_base64_encoded {
        Some(true) => STANDARD.decode(text).map_err(|_| "`body` is not base64")?,
        _ => text.into_bytes(),
    };
    let cookies = parsed.cookies.into_iter().flatten().map(|cookie| ("set-cookie".to_owned(), cookie));
    let body = Bytes::from(body);
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = StatusCode::from_u16(parsed.status_code).map_err(|_| "invalid `statusCode`")?;
    let pairs = parsed.headers.into_iter().flatten().chain(cookies);
    *response.headers_mut() = integration::headers(pairs).ok_or("invalid header")?;
    Ok(with_problem_code(response, &body))
}

/// The error response, which is the same for every HTTP API.
pub(super) fn error_response(error: GatewayError) -> Response {
    let (status, message) = match error {
        GatewayError::MissingAuthenticationToken => (StatusCode::NOT_FOUND, "Not Found"),
        GatewayError::Unauthorized => (StatusCode::UNAUTHORIZED, "Unauthorized"),
        GatewayError::AccessDenied => (StatusCode::FORBIDDEN, "Forbidden"),
        GatewayError::HeadersTooLarge => {
            (StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "Request Header Fields Too Large")
        }
        GatewayError::UriTooLong => (StatusCode::URI_TOO_LONG, "URI Too Long"),
        GatewayError::RequestTimeout => (StatusCode::REQUEST_TIMEOUT, "Request Timeout"),
        GatewayError::RequestTooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "Request Entity Too Large"),
        GatewayError::IntegrationTimeout => (StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable"),
        GatewayError::AuthorizerFailure | GatewayError::AuthorizerConfiguration | GatewayError::Internal => {
            (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
        }
    };
    let mut response = Response::new(Body::from(json!({ "message": message }).to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
