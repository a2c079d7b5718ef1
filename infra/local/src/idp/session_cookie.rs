//! The cookie that identifies a session.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// Cookies do not depend on the port, so the name contains it.
fn cookie_name(port: u16) -> String {
    format!("latchkey_session_{port}")
}

/// The session key in a request's cookies. The session may have expired.
pub(super) fn session_key(headers: &HeaderMap, port: u16) -> Option<&str> {
    let name = cookie_name(port);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// Sets the cookie of the session `key` in `response`; an empty key deletes the cookie.
pub(super) fn with_cookie(mut response: Response, port: u16, key: &str) -> Response {
    let max_age = if key.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{}={key}; Path=/; HttpOnly; SameSite=Lax{max_age}", cookie_name(port));
    match HeaderValue::from_str(&cookie) {
        Ok(cookie) => {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
