//! The cookie by which somebody stays signed in, and how that ends.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{page, parameters::Parameters, provider::Provider, redirect::redirect};

/// The cookie's name. Cookies do not know ports, so it does.
fn name(port: u16) -> String {
    format!("latchkey_session_{port}")
}

/// The session that a request names, whether there is one or not.
pub(super) fn of(headers: &HeaderMap, port: u16) -> Option<&str> {
    let name = name(port);
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// `response` with the cookie of the session `key`; an empty one takes the cookie away.
pub(super) fn with_cookie(mut response: Response, port: u16, key: &str) -> Response {
    let age = if key.is_empty() { "; Max-Age=0" } else { "" };
    let cookie = format!("{}={key}; Path=/; HttpOnly; SameSite=Lax{age}", name(port));
    match HeaderValue::from_str(&cookie) {
        Ok(cookie) => {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
            response
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Ends the session (`OpenID` Connect RP-Initiated Logout 1.0). Only to the page's own address does it lead back.
pub(super) fn end(provider: &Provider, headers: &HeaderMap, query: &str) -> Response {
    if let Some(key) = of(headers, provider.port()) {
        provider.grants().sessions.take(key, provider.now());
    }
    with_cookie(after(provider, query), provider.port(), "")
}

fn after(provider: &Provider, query: &str) -> Response {
    let parameters = match Parameters::read(query.as_bytes()) {
        Ok(parameters) => parameters,
        Err(error) => return page::refused(&error.to_string()),
    };
    match parameters.get("post_logout_redirect_uri") {
        None => page::signed_out(),
        Some(uri) if provider.is_page(uri) => {
            redirect(uri, parameters.get("state").map(|state| ("state", state)).as_slice())
        }
        Some(_) => page::refused("the post_logout_redirect_uri is not the address of the token page"),
    }
}
