//! What an endpoint answers.

use lambda_http::{
    Body, Response,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{
            CACHE_CONTROL, CONTENT_TYPE, LINK, LOCATION, RETRY_AFTER, STRICT_TRANSPORT_SECURITY, VARY,
            WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
        },
    },
};
use serde::Serialize;

use super::problem::{self, Problem};
use crate::{
    error::{ApiError, ErrorCode},
    token::TokenId,
};

/// How long anyone may keep what is the same for all.
const PUBLIC: &str = "public, max-age=300";

/// The media type of whatever says nothing else.
const JSON: &str = "application/json";

/// An answer that is no failure.
pub struct ApiResponse {
    status: StatusCode,
    media_type: &'static str,
    cache: &'static str,
    body: String,
    headers: Vec<(HeaderName, String)>,
    token: Option<TokenId>,
}

impl ApiResponse {
    /// 200, for the caller alone.
    ///
    /// # Errors
    ///
    /// An internal error if `body` cannot be serialized.
    pub fn ok(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::OK, "no-store", body)
    }

    /// 201, for the caller alone.
    ///
    /// # Errors
    ///
    /// As [`ApiResponse::ok`].
    pub fn created(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::CREATED, "no-store", body)
    }

    /// 200, for anyone, who may keep it for 5 minutes.
    ///
    /// # Errors
    ///
    /// As [`ApiResponse::ok`].
    pub fn public(body: &impl Serialize) -> Result<Self, ApiError> {
        Self::of(StatusCode::OK, PUBLIC, body)
    }

    /// 200 with JSON that is written already, for anyone, who may keep it for 5 minutes.
    #[must_use]
    pub fn document(body: &str) -> Self {
        Self::text(JSON, PUBLIC, body.to_owned())
    }

    /// 200 with a text of this media type, which may be kept as `cache` says (RFC 9111, section 5.2).
    pub(super) fn text(media_type: &'static str, cache: &'static str, body: String) -> Self {
        Self::plain(StatusCode::OK, media_type, cache, body)
    }

    /// 302 to `address`.
    pub(super) fn elsewhere(address: String) -> Self {
        Self::plain(StatusCode::FOUND, "text/plain", "no-cache", String::new()).with(LOCATION, address)
    }

    fn of(status: StatusCode, cache: &'static str, body: &impl Serialize) -> Result<Self, ApiError> {
        let body = serde_json::to_string(body).map_err(|error| ApiError::internal(error.to_string()))?;
        Ok(Self::plain(status, JSON, cache, body))
    }

    fn plain(status: StatusCode, media_type: &'static str, cache: &'static str, body: String) -> Self {
        Self { status, media_type, cache, body, headers: Vec::new(), token: None }
    }

    /// The same answer with a link to the next page (RFC 8288).
    #[must_use]
    pub fn with_next(self, reference: &str) -> Self {
        self.with(LINK, format!("<{reference}>; rel=\"next\""))
    }

    /// The same answer with one more header.
    pub(super) fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same answer, which is about the token `id`: for the log.
    #[must_use]
    pub fn about(self, id: &TokenId) -> Self {
        Self { token: Some(id.clone()), ..self }
    }

    pub(super) fn token(&self) -> Option<&TokenId> {
        self.token.as_ref()
    }

    pub(super) fn into_response(self) -> Response<Body> {
        let mut response = response(self.status, self.media_type, self.cache, self.body);
        let readable =
            self.headers.into_iter().filter_map(|(name, value)| Some((name, HeaderValue::try_from(value).ok()?)));
        response.headers_mut().extend(readable);
        if self.cache.starts_with("public") {
            // The gateway compresses what is asked for so, and does not tell caches between.
            response.headers_mut().insert(VARY, HeaderValue::from_static("accept-encoding"));
        }
        response
    }
}

/// The response that tells of `failure`, in answer to the request `instance`.
pub(super) fn refusal(failure: &ApiError, instance: &str) -> Response<Body> {
    let body = serde_json::to_string(&Problem::of(failure, instance)).unwrap_or_default();
    let mut response = response(problem::status(failure.code()), "application/problem+json", "no-store", body);
    let headers = response.headers_mut();
    match failure.code() {
        // RFC 6750, section 3. The gateway hides it when a function says it; the authorizer's own 401 has it for sure.
        ErrorCode::Unauthenticated => headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")),
        ErrorCode::Unavailable => headers.insert(RETRY_AFTER, HeaderValue::from_static(problem::RETRY_AFTER)),
        _ => None,
    };
    response
}

fn response(status: StatusCode, media_type: &'static str, cache: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::Text(body));
    *response.status_mut() = status;
    let fixed = [
        (CONTENT_TYPE, media_type),
        (CACHE_CONTROL, cache),
        // A browser is to take it for nothing else (Fetch, section 3.6), and to come back over TLS alone (RFC 6797).
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (STRICT_TRANSPORT_SECURITY, "max-age=31536000"),
    ];
    response.headers_mut().extend(fixed.map(|(name, value)| (name, HeaderValue::from_static(value))));
    response
}
