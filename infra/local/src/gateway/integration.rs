//! Responses of functions behind a REST API.

use std::collections::BTreeMap;

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use super::{json_error, problem::with_problem_code};

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct FunctionResponse {
    status_code: Status,
    headers: Option<BTreeMap<String, String>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    /// Ignored: without binary media types, which the template does not set, API Gateway does not decode the body.
    #[serde(rename = "isBase64Encoded")]
    _is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a status code")]
enum Status {
    Number(u16),
    Text(String),
}

/// Converts a function's response. The error describes what is malformed.
pub(super) fn parse_response(bytes: &[u8]) -> Result<Response, String> {
    let parsed: FunctionResponse = serde_json::from_slice(bytes).map_err(|error| json_error::describe(&error))?;
    let status = parse_status(&parsed.status_code).ok_or("invalid `statusCode`")?;
    let single = parsed.headers.unwrap_or_default().into_iter();
    let many = parsed.multi_value_headers.unwrap_or_default().into_iter();
    let many = many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    let body = Bytes::from(parsed.body.unwrap_or_default());
    let mut response = Response::new(Body::from(body.clone()));
    *response.status_mut() = status;
    *response.headers_mut() = headers(single.chain(many)).ok_or("invalid header")?;
    Ok(with_problem_code(response, &body))
}

fn parse_status(status: &Status) -> Option<StatusCode> {
    let number = match status {
        Status::Number(number) => *number,
        Status::Text(text) => text.parse().ok()?,
    };
    StatusCode::from_u16(number).ok().filter(|status| (200..=599).contains(&status.as_u16()))
}

/// The headers without duplicates. The default content type is JSON.
pub(super) fn headers(pairs: impl Iterator<Item = (String, String)>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_str(&value).ok()?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if let Some(name) = remapped(name)
            && !headers.get_all(&name).iter().any(|other| other == value)
        {
            headers.append(name, value);
        }
    }
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Some(headers)
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>
fn remapped(name: HeaderName) -> Option<HeaderName> {
    match name {
        header::CONTENT_LENGTH | header::TRANSFER_ENCODING => None,
        header::CONNECTION => Some(HeaderName::from_static("x-amzn-remapped-connection")),
        header::DATE => Some(HeaderName::from_static("x-amzn-remapped-date")),
        header::SERVER => Some(HeaderName::from_static("x-amzn-remapped-server")),
        header::WWW_AUTHENTICATE => Some(HeaderName::from_static("x-amzn-remapped-www-authenticate")),
        other => Some(other),
    }
}

#[cfg(test)]
mod tests {
    use axum::response::Response;
    use serde_json::{Value, json};

    use super::parse_response;

    fn response(body: &Value) -> Response {
        parse_response(body.to_string().as_bytes()).unwrap()
    }

    fn all<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn response_with_only_a_status_is_valid() {
        for status in [json!(204), json!("204")] {
            let response = response(&json!({"statusCode": status, "headers": null, "body": null}));
            assert_eq!((response.status().as_u16(), all(&response, "content-type")), (204, vec!["application/json"]));
        }
    }

    #[test]
    fn single_and_multi_value_headers_are_merged() {
        let response = response(&json!({
            "statusCode": 200,
            "headers": {"Content-Type": "text/html", "A": "1"},
            "multiValueHeaders": {"a": ["1", "2"], "Set-Cookie": ["b", "c"]},
        }));
        assert_eq!(all(&response, "content-type"), ["text/html"]);
        assert_eq!(all(&response, "a"), ["1", "2"]);
        assert_eq!(all(&response, "set-cookie"), ["b", "c"]);
    }

    #[test]
    fn reserved_headers_are_remapped_or_dropped() {
        let headers = json!({
            "WWW-Authenticate": "Bearer", "Connection": "close", "Server": "s", "Date": "d",
            "Content-Length": "5", "Transfer-Encoding": "chunked",
        });
        let response = response(&json!({"statusCode": 401, "headers": headers}));
        for (name, value) in [("WWW-Authenticate", "Bearer"), ("Connection", "close"), ("Server", "s"), ("Date", "d")] {
            assert_eq!(all(&response, &format!("x-amzn-Remapped-{name}")), [value], "{name}");
            assert!(all(&response, name).is_empty(), "{name}");
        }
        assert!(all(&response, "content-length").is_empty());
        assert!(all(&response, "transfer-encoding").is_empty());
    }

    #[test]
    fn malformed_response_is_an_error() {
        for body in [
            json!(null),
            json!("text"),
            json!({}),
            json!({"body": "no status"}),
            json!({"statusCode": "x"}),
            json!({"statusCode": 200.5}),
            json!({"statusCode": 100}),
            json!({"statusCode": 600}),
            json!({"statusCode": -1}),
            json!({"statusCode": 200, "body": {"a": 1}}),
            json!({"statusCode": 200, "headers": []}),
            json!({"statusCode": 200, "headers": {"a b": "c"}}),
            json!({"statusCode": 200, "headers": {"a": "b\r\nc: d"}}),
            json!({"statusCode": 200, "multiValueHeaders": {"a": "b"}}),
            json!({"statusCode": 200, "isBase64Encoded": "true"}),
        ] {
            assert!(parse_response(body.to_string().as_bytes()).is_err(), "{body}");
        }
        assert!(parse_response(b"{").is_err());
        assert!(parse_response(b"").is_err());
    }
}
