//! CORS for the token page, which is served from another origin (Fetch,
//! <https://fetch.spec.whatwg.org/#http-cors-protocol>).

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::provider::Provider;

/// Allows scripts of the token page, and of no other origin, to read responses.
pub(super) async fn allow_token_page(State(provider): State<Arc<Provider>>, request: Request, next: Next) -> Response {
    let origin = request.headers().get(header::ORIGIN).filter(|origin| provider.is_token_page_origin(origin)).cloned();
    let is_preflight = request.method() == Method::OPTIONS;
    let mut response = if is_preflight { preflight_response() } else { next.run(request).await };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    }
    response
}

fn preflight_response() -> Response {
    let headers = [
        (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, POST"),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, "content-type"),
        (header::ACCESS_CONTROL_MAX_AGE, "600"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}
