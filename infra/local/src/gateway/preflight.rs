//! Responses to CORS preflight requests.

use axum::{
    body::Body,
    http::{
        HeaderValue,
        header::{
            ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
            ACCESS_CONTROL_MAX_AGE, CONTENT_TYPE,
        },
    },
    response::Response,
};

use crate::template::Cors;

/// The response of the mock integration that SAM generates for `OPTIONS`.
pub(super) fn response(cors: &Cors) -> Response {
    let mut response = Response::new(Body::from("{}\n"));
    for (name, value) in [
        (ACCESS_CONTROL_ALLOW_ORIGIN, &cors.allow_origin),
        (ACCESS_CONTROL_ALLOW_METHODS, &cors.allow_methods),
        (ACCESS_CONTROL_ALLOW_HEADERS, &cors.allow_headers),
        (ACCESS_CONTROL_MAX_AGE, &cors.max_age),
        (CONTENT_TYPE, &"application/json".to_owned()),
    ] {
        if let Ok(value) = HeaderValue::from_str(value.trim_matches('\'')) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
