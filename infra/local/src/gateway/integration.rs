//! A function's answer behind a REST API, made a response.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use serde::Deserialize;

use super::position;

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-output-format>
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: Status,
    headers: Option<BTreeMap<String, String>>,
    multi_value_headers: Option<BTreeMap<String, Vec<String>>>,
    body: Option<String>,
    /// Without binary media types, which the template does not set, API Gateway hands a Base64 text on as it is.
    #[serde(rename = "isBase64Encoded")]
    _is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged, expecting = "a status code")]
enum Status {
    Number(u16),
    Text(String),
}

/// The response that `answer` is. The error is a sentence about what is malformed.
pub(super) fn read(answer: &[u8]) -> Result<Response, String> {
    let answer: Answer = serde_json::from_slice(answer).map_err(|error| position(&error))?;
    let status = status(&answer.status_code).ok_or("its status code is none")?;
    let single = answer.headers.unwrap_or_default().into_iter();
    let many = answer.multi_value_headers.unwrap_or_default().into_iter();
    let many = many.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    let mut response = Response::new(Body::from(answer.body.unwrap_or_default()));
    *response.status_mut() = status;
    *response.headers_mut() = headers(single.chain(many)).ok_or("a header of it is none")?;
    Ok(response)
}

fn status(status: &Status) -> Option<StatusCode> {
    let number = match status {
        Status::Number(number) => *number,
        Status::Text(text) => text.parse().ok()?,
    };
    StatusCode::from_u16(number).ok().filter(|status| (200..=599).contains(&status.as_u16()))
}

/// The headers, each pair of name and value once, with the type JSON where none is named.
pub(super) fn headers(pairs: impl Iterator<Item = (String, String)>) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    for (name, value) in pairs {
        let value = HeaderValue::from_str(&value).ok()?;
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        if let Some(name) = renamed(name)
            && !headers.get_all(&name).iter().any(|other| other == value)
        {
            headers.append(name, value);
        }
    }
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    Some(headers)
}

/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html>
fn renamed(name: HeaderName) -> Option<HeaderName> {
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

    use super::read;

    fn response(answer: &Value) -> Response {
        read(answer.to_string().as_bytes()).unwrap()
    }

    fn all<'a>(response: &'a Response, name: &str) -> Vec<&'a str> {
        response.headers().get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
    }

    #[test]
    fn a_status_code_alone_is_an_answer_and_may_be_text() {
        for status in [json!(204), json!("204")] {
            let response = response(&json!({"statusCode": status, "headers": null, "body": null}));
            assert_eq!((response.status().as_u16(), all(&response, "content-type")), (204, vec!["application/json"]));
        }
    }

    #[test]
    fn both_kinds_of_headers_are_merged() {
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
    fn reserved_headers_are_renamed_or_dropped() {
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
    fn what_is_no_answer_is_malformed() {
        for answer in [
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
            assert!(read(answer.to_string().as_bytes()).is_err(), "{answer}");
        }
        assert!(read(b"{").is_err());
        assert!(read(b"").is_err());
    }
}
