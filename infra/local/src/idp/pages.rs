//! The provider's pages: plain HTML without scripts.

use std::fmt::Write as _;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    parameters::ParametersError,
    users::{User, UserList},
};

/// Browsers apply `form-action` to the redirect after the form, so the policy does not contain it.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; frame-ancestors 'none'";

/// The response to a request that is not redirected to the token page, with the reason.
pub(super) struct ErrorPage(String);

impl ErrorPage {
    pub(super) fn new(reason: &str) -> Self {
        Self(reason.to_owned())
    }
}

impl From<ParametersError> for ErrorPage {
    fn from(error: ParametersError) -> Self {
        Self(error.to_string())
    }
}

impl IntoResponse for ErrorPage {
    fn into_response(self) -> Response {
        let body = format!("<p>The request is invalid: {}.</p>", escape(&self.0));
        document(StatusCode::BAD_REQUEST, "Sign-in failed", &body)
    }
}

/// The page on which to choose a user. The form sends `transaction` and the key of the chosen user.
pub(super) fn sign_in(list: &UserList, transaction: &str) -> Response {
    let lead = if list.users.is_empty() {
        "No user has a role. Assign one with <code>latchkey apply</code>."
    } else {
        "Choose a user. Users of this local identity provider have no passwords."
    };
    let warning = list.error.as_ref().map_or_else(String::new, |error| {
        let error = escape(&error.to_string());
        format!(
            "<p role=\"alert\">The role assignments cannot be read ({error}). Only users of the seed are listed.</p>\n"
        )
    });
    let buttons: String = list.users.iter().map(button).collect();
    let form = format!(
        "<p>{lead}</p>\n{warning}<form method=\"post\" action=\"/authorize\">\n\
         <input type=\"hidden\" name=\"transaction\" value=\"{}\">\n<ul>\n{buttons}</ul>\n</form>",
        escape(transaction)
    );
    document(StatusCode::OK, "Sign in", &form)
}

fn button(user: &User) -> String {
    let mut roles = String::new();
    for role in &user.roles {
        let _ = write!(roles, " <span class=\"role\">{}</span>", escape(role));
    }
    format!(
        "<li><button name=\"user\" value=\"{}\"><span class=\"name\">{}</span> \
         <span class=\"where\">user {}, organization {}</span> <span class=\"roles\">{roles}</span></button></li>\n",
        escape(&user.key()),
        escape(&user.name),
        escape(&user.id),
        escape(&user.org)
    )
}

/// The page after a sign-out without a redirect.
pub(super) fn signed_out() -> Response {
    document(StatusCode::OK, "Signed out", "<p>You are signed out of the local identity provider.</p>")
}

/// The stylesheet of all pages.
pub(super) async fn stylesheet() -> Response {
    let content_type = HeaderValue::from_static("text/css; charset=utf-8");
    (headers(content_type), include_str!("style.css")).into_response()
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

fn headers(content_type: HeaderValue) -> [(HeaderName, HeaderValue); 5] {
    [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CONTENT_SECURITY_POLICY)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    ]
}

/// Escapes text for an element or a quoted attribute.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
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
