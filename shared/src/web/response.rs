//! The responses of endpoints, with the headers that every response has.

use std::collections::BTreeMap;

use http::{
    HeaderMap, HeaderName, HeaderValue, Response, StatusCode,
    header::{
        CACHE_CONTROL, CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY, WWW_AUTHENTICATE,
        X_CONTENT_TYPE_OPTIONS,
    },
};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{
    event::ApiKind,
    problem::{self, Problem},
};
use crate::{
    error::{ApiError, ErrorCode},
    token::TokenId,
};

/// `Cache-Control` of responses that are the same for all callers: any cache may store them for 5 minutes.
const PUBLIC_CACHE: &str = "public, max-age=300";

/// The default media type.
const JSON: &str = "application/json";

/// A successful response.
pub struct ApiResponse {
    status: StatusCode,
    media_type: &'static str,
    cache: &'static str,
    body: String,
    headers: Vec<(HeaderName, String)>,
    token: Option<TokenId>,
}

impl ApiResponse {
    /// 200 for this caller only: `no-store`.
    ///
    /// # Errors
    ///
    /// Returns an internal error if `body` cannot be serialized.
    pub fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::OK, "no-store", body)
    }

    /// 200 with serialized JSON for this caller only: `no-store`.
    pub(super) fn ok_json(body: String) -> Self {
        Self::plain(StatusCode::OK, JSON, "no-store", body)
    }

    /// 201 for this caller only: `no-store`.
    ///
    /// # Errors
    ///
    /// See [`ApiResponse::ok`].
    pub fn created(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::CREATED, "no-store", body)
    }

    /// 200 for all callers, cacheable for 5 minutes.
    ///
    /// # Errors
    ///
    /// See [`ApiResponse::ok`].
    pub fn public(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::OK, PUBLIC_CACHE, body)
    }

    /// 200 with serialized JSON for all callers, cacheable for 5 minutes.
    #[must_use]
    pub fn document(body: &str) -> Self {
        Self::text(JSON, PUBLIC_CACHE, body.to_owned())
    }

    /// 200 with text of this media type; `cache` is the `Cache-Control` header (RFC 9111, section 5.2).
    pub(super) fn text(media_type: &'static str, cache: &'static str, body: String) -> Self {
        Self::plain(StatusCode::OK, media_type, cache, body)
    }

    /// 302 to `url`.
    pub(super) fn redirect(url: String) -> Self {
        Self::plain(StatusCode::FOUND, "text/plain", "no-cache", String::new()).with(LOCATION, url)
    }

    fn of(status: StatusCode, cache: &'static str, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(Self::plain(status, JSON, cache, body))
    }

    fn plain(status: StatusCode, media_type: &'static str, cache: &'static str, body: String) -> Self {
        Self { status, media_type, cache, body, headers: Vec::new(), token: None }
    }

    /// Adds a link to the next page (RFC 8288).
    #[must_use]
    pub fn with_next(self, reference: &str) -> Self {
        self.with(LINK, format!("<{reference}>; rel=\"next\""))
    }

    /// Adds a header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Sets the token that the log line names.
    #[must_use]
    pub fn about(self, id: &TokenId) -> Self {
        Self { token: Some(id.clone()), ..self }
    }

    pub(super) fn token(&self) -> Option<&TokenId> {
        self.token.as_ref()
    }

    pub(super) fn into_response(self) -> Response<String> {
        let mut response = response(self.status, self.media_type, self.cache, self.body);
        let headers =
            self.headers.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
        response.headers_mut().extend(headers);
        if self.cache.starts_with("public") {
            // The gateway compresses responses by `Accept-Encoding`, and does not set this header.
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }
}

/// The problem response of `error` for the request with the id `instance`.
pub(super) fn problem_response(error: &ApiError, instance: &str) -> Response<String> {
    let body = serde_json::to_string(&Problem::of(error, instance)).unwrap_or_default();
    let mut response = response(problem::status(error.code()), "application/problem+json", "no-store", body);
    let headers = response.headers_mut();
    match error.code() {
        // RFC 6750, section 3. A REST API renames this header; its own response to an authorizer's 401 sets it.
        ErrorCode::Unauthenticated => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        ErrorCode::Unavailable => headers.insert(RETRY_AFTER, HeaderValue::from_static(problem::RETRY_AFTER_SECONDS)),
        _ => None,
    };
    response
}

fn response(status: StatusCode, media_type: &'static str, cache: &'static str, body: String) -> Response<String> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, cache),
        // No content sniffing (Fetch, section 3.6), and only TLS for the next year (RFC 6797).
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    response.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}

/// A response in the format of the proxy integration. The body is always text.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProxyResponse<'a> {
    status_code: u16,
    #[serde(flatten)]
    headers: ProxyHeaders<'a>,
    body: &'a str,
    is_base64_encoded: bool,
}

/// The headers. An HTTP API has no `multiValueHeaders`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum ProxyHeaders<'a> {
    MultiValueHeaders(BTreeMap<&'a str, Vec<&'a str>>),
    Headers(BTreeMap<&'a str, String>),
}

/// Serializes `response` for an API of this kind.
///
/// # Errors
///
/// Returns an error if it cannot be serialized.
pub(super) fn render(response: &Response<String>, kind: ApiKind) -> serde_json::Result<Box<RawValue>> {
    let headers = grouped(response.headers());
    to_raw_value(&ProxyResponse {
        status_code: response.status().as_u16(),
        headers: match kind {
            ApiKind::Rest => ProxyHeaders::MultiValueHeaders(headers),
            ApiKind::Http => {
                ProxyHeaders::Headers(headers.into_iter().map(|(name, values)| (name, values.join(", "))).collect())
            }
        },
        body: response.body(),
        is_base64_encoded: false,
    })
}

/// The values of each header. Latchkey sets only values of visible ASCII characters.
fn grouped(headers: &HeaderMap) -> BTreeMap<&str, Vec<&str>> {
    let mut grouped: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in headers {
        grouped.entry(name.as_str()).or_default().push(value.to_str().unwrap_or_default());
    }
    grouped
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn rendered_response_has_the_headers_of_its_api_kind() {
        let mut response = Response::new("{\"a\": \"é\"}".to_owned());
        *response.status_mut() = StatusCode::CREATED;
        for value in ["accept-encoding", "origin"] {
            response.headers_mut().append(VARY, HeaderValue::from_static(value));
        }
        for (kind, headers) in [
            (ApiKind::Rest, json!({"multiValueHeaders": {"vary": ["accept-encoding", "origin"]}})),
            (ApiKind::Http, json!({"headers": {"vary": "accept-encoding, origin"}})),
        ] {
            let mut expected = json!({"statusCode": 201, "body": "{\"a\": \"é\"}", "isBase64Encoded": false});
            expected.as_object_mut().unwrap().extend(headers.as_object().unwrap().clone());
            let rendered: Value = serde_json::from_str(render(&response, kind).unwrap().get()).unwrap();
            assert_eq!(rendered, expected);
        }
    }
}
