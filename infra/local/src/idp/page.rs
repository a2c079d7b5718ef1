//! What somebody sees of the provider: plain HTML without a script.

use std::fmt::Write as _;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::users::User;

/// Browsers hold `form-action` against the redirect that follows the form, so there is none.
const POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";

/// The page on which to choose who to be. The form carries `transaction`, and of the users the place of the chosen one.
pub(super) fn sign_in(users: &[User], transaction: &str) -> Response {
    let lead = if users.is_empty() {
        "The seed has no users, so nobody can sign in."
    } else {
        "Choose who to be on this machine. Nobody here has a password."
    };
    let list: String = users.iter().enumerate().map(|(place, user)| button(place, user)).collect();
    let form = format!(
        "<p>{lead}</p>\n<form method=\"post\" action=\"/authorize\">\n\
         <input type=\"hidden\" name=\"transaction\" value=\"{}\">\n<ul>\n{list}</ul>\n</form>",
        escape(transaction)
    );
    document(StatusCode::OK, "Sign in", &form)
}

fn button(place: usize, user: &User) -> String {
    let mut roles = String::new();
    for role in &user.roles {
        let _ = write!(roles, " <span class=\"role\">{}</span>", escape(role));
    }
    format!(
        "<li><button name=\"user\" value=\"{place}\"><span class=\"name\">{}</span> \
         <span class=\"where\">user {}, organization {}</span> <span class=\"roles\">{roles}</span></button></li>\n",
        escape(&user.name),
        escape(&user.id),
        escape(&user.org)
    )
}

/// The page that says why a request leads nowhere.
pub(super) fn refused(why: &str) -> Response {
    let body = format!("<p>The request is refused: {}.</p>", escape(why));
    document(StatusCode::BAD_REQUEST, "That did not work", &body)
}

/// The page after a sign-out that leads nowhere else.
pub(super) fn signed_out() -> Response {
    document(StatusCode::OK, "Signed out", "<p>Nobody is signed in here any more.</p>")
}

/// The stylesheet of all of them.
pub(super) fn style() -> Response {
    let kind = HeaderValue::from_static("text/css; charset=utf-8");
    (headers(kind), include_str!("style.css")).into_response()
}

fn document(status: StatusCode, heading: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{heading} - Latchkey</title>\n\
         <link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n\
         <p class=\"product\">Latchkey, local identity provider</p>\n<h1>{heading}</h1>\n{body}\n</main>\n</body>\n</html>\n"
    );
    (status, headers(HeaderValue::from_static("text/html; charset=utf-8")), html).into_response()
}

fn headers(kind: HeaderValue) -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}

/// Text as it stands in an element or in an attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for one in text.chars() {
        match one {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}
