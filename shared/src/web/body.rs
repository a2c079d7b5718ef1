//! Reading a body: one JSON object, bounded.

use std::borrow::Cow;

use lambda_http::{
    Body,
    http::{HeaderMap, header::CONTENT_TYPE},
};
use serde_json::{Map, Value};

use crate::{error::ApiError, json::UniqueKeys};

/// The most bytes of a body.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The members of the JSON object in `body`.
///
/// # Errors
///
/// Another media type, more than 16 KiB, no UTF-8, no JSON, no object, a member that is there twice.
pub(super) fn members(headers: &HeaderMap, body: &Body) -> Result<Map<String, Value>, ApiError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(ApiError::TooLarge);
    }
    if !is_json(headers) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let text = text(body)?;
    if text.trim().is_empty() {
        return Err(ApiError::Invalid("the body is empty and must be a JSON object".to_owned()));
    }
    match serde_json::from_str::<UniqueKeys>(&text) {
        Ok(UniqueKeys(members)) => Ok(members),
        Err(error) if error.is_data() => Err(ApiError::Invalid(sentence(&error))),
        Err(error) => Err(ApiError::Invalid(format!("the body is not JSON: {}", sentence(&error)))),
    }
}

/// A request without a media type is taken at its word; the original's clients always name one.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(media_type) = headers.get(CONTENT_TYPE) else { return true };
    let essence = media_type.to_str().unwrap_or_default().split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The body as text. A gateway that hands bytes on as text has put U+FFFD where they were no UTF-8.
fn text(body: &Body) -> Result<Cow<'_, str>, ApiError> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.contains('\u{fffd}'));
    text.map(Cow::Borrowed).ok_or_else(|| ApiError::Invalid("the body is not UTF-8".to_owned()))
}

/// What the parser says, which repeats no more of what was sent than a member's name.
fn sentence(error: &serde_json::Error) -> String {
    let text = error.to_string();
    if error.is_data() && text.starts_with("invalid type") { "the body must be a JSON object".to_owned() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: impl Into<Body>) -> Result<usize, ApiError> {
        members(&HeaderMap::new(), &body.into()).map(|members| members.len())
    }

    fn sentence_of(body: &str) -> String {
        read(body).map_or_else(|failure| failure.public_message(), |_| "read".to_owned())
    }

    #[test]
    fn a_body_is_one_json_object() {
        assert_eq!(read(r#"{"name": "n"}"#), Ok(1));
        for (body, words) in [
            ("", "the body is empty"),
            ("  ", "the body is empty"),
            ("name=x", "the body is not JSON"),
            ("{\"name\": \"n\"", "the body is not JSON"),
            ("{\"name\": \"n\"} x", "the body is not JSON"),
            ("[]", "the body must be a JSON object"),
            ("\"x\"", "the body must be a JSON object"),
            ("null", "the body must be a JSON object"),
            (r#"{"name": "a", "name": "b"}"#, "`name` is there twice"),
            ("{\"name\": \"\u{fffd}\"}", "the body is not UTF-8"),
        ] {
            assert!(sentence_of(body).contains(words), "{body}: {}", sentence_of(body));
        }
    }

    #[test]
    fn bytes_that_are_no_utf_8_are_refused() {
        assert_eq!(read(&b"{\"name\": \"\xff\"}"[..]), Err(ApiError::Invalid("the body is not UTF-8".to_owned())));
    }

    #[test]
    fn a_body_has_16_kib_at_most() {
        let body = |length: usize| format!("{{\"n\":\"{}\"}}", "x".repeat(length - 8));
        assert_eq!(read(body(16_384)), Ok(1));
        assert_eq!(read(body(16_385)), Err(ApiError::TooLarge));
    }

    #[test]
    fn a_body_nested_5000_deep_is_refused_and_breaks_nothing() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(sentence_of(&deep).contains("the body is not JSON: recursion limit exceeded"));
    }

    #[test]
    fn other_media_types_are_refused() {
        for (media_type, good) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("application/jsonx", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, media_type.parse().unwrap_or_else(|_| unreachable!()))]);
            assert_eq!(members(&headers, &Body::from("{}")).is_ok(), good, "{media_type}");
        }
    }
}
