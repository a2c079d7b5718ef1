//! What the token page, which is of another origin, may read (Fetch, <https://fetch.spec.whatwg.org/#http-cors-protocol>).

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// How long a browser keeps the answer to a preflight, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// What a browser is told that asks ahead of `method`.
pub(super) fn preflight(method: &'static str) -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(method)),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("content-type")),
        (header::ACCESS_CONTROL_MAX_AGE, MAX_AGE),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Lets the sender of `request` read `response` where it is one of `origins`.
pub(super) fn open<'a>(
    mut response: Response,
    request: &HeaderMap,
    mut origins: impl Iterator<Item = &'a str>,
) -> Response {
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = request.get(header::ORIGIN)
        && origins.any(|known| origin.as_bytes() == known.as_bytes())
    {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    response
}
