//! Parses a request body: one JSON object or array of limited size.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{error::ApiError, json::UniqueKeys};

/// Largest accepted request body.
const MAX_BODY_BYTES: usize = 16 * 1024;

/// The members of the JSON object in `body`. `media_type` is the value of `Content-Type`; a request without it is
/// accepted as JSON.
///
/// # Errors
///
/// Returns [`ApiError::TooLarge`] above [`MAX_BODY_BYTES`], [`ApiError::UnsupportedMediaType`] for another media type,
/// and [`ApiError::Invalid`] if the body is not UTF-8, is not a JSON object, or contains a member twice.
pub(super) fn members(media_type: Option<&str>, body: &[u8]) -> Result<Map<String, Value>, ApiError> {
    parse(media_type, body, "object").map(|UniqueKeys(members)| members)
}

/// The elements of the JSON array in `body`; otherwise as [`members`]. Members of objects in it may be duplicates.
///
/// # Errors
///
/// See [`members`].
pub(super) fn elements(media_type: Option<&str>, body: &[u8]) -> Result<Vec<Value>, ApiError> {
    parse(media_type, body, "array")
}

/// The JSON value in `body`, of which `kind` is the JSON type.
fn parse<T: DeserializeOwned>(media_type: Option<&str>, body: &[u8], kind: &str) -> Result<T, ApiError> {
    if body.len() > MAX_BODY_BYTES {
        return Err(ApiError::TooLarge);
    }
    if !media_type.is_none_or(is_json) {
        return Err(ApiError::UnsupportedMediaType);
    }
    let text = text(body)?;
    if text.trim().is_empty() {
        return Err(ApiError::Invalid(format!("the body is empty and must be a JSON {kind}")));
    }
    serde_json::from_str(text).map_err(|error| {
        let message = parser_message(&error, kind);
        ApiError::Invalid(if error.is_data() { message } else { format!("the body is not JSON: {message}") })
    })
}

/// Whether the media type is JSON.
fn is_json(media_type: &str) -> bool {
    let essence = media_type.split(';').next().unwrap_or_default();
    essence.trim().eq_ignore_ascii_case("application/json")
}

/// The body as text. A gateway that converts bytes to text replaces invalid UTF-8 by U+FFFD.
fn text(body: &[u8]) -> Result<&str, ApiError> {
    let text = std::str::from_utf8(body).ok().filter(|text| !text.contains('\u{fffd}'));
    text.ok_or_else(|| ApiError::Invalid("the body is not UTF-8".to_owned()))
}

/// The message of the parser. It repeats nothing of the body except the name of a member.
fn parser_message(error: &serde_json::Error, kind: &str) -> String {
    let text = error.to_string();
    if error.is_data() && text.starts_with("invalid type") { format!("the body must be a JSON {kind}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: impl AsRef<[u8]>) -> Result<usize, ApiError> {
        members(None, body.as_ref()).map(|members| members.len())
    }

    fn error_message(body: &str) -> String {
        read(body).map_or_else(|error| error.public_message(), |_| "read".to_owned())
    }

    #[test]
    fn body_must_be_one_json_object() {
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
            (r#"{"name": "a", "name": "b"}"#, "`name` is duplicated"),
            ("{\"name\": \"\u{fffd}\"}", "the body is not UTF-8"),
        ] {
            assert!(error_message(body).contains(words), "{body}: {}", error_message(body));
        }
    }

    #[test]
    fn list_body_must_be_one_json_array() {
        let read = |body: &str| elements(None, body.as_bytes()).map(|elements| elements.len());
        assert_eq!((read("[]"), read(r#"["a", 1]"#)), (Ok(0), Ok(2)));
        for (body, words) in [
            ("", "the body is empty and must be a JSON array"),
            ("{}", "the body must be a JSON array"),
            ("\"a\"", "the body must be a JSON array"),
            ("null", "the body must be a JSON array"),
            ("[", "the body is not JSON"),
            ("[] []", "the body is not JSON"),
        ] {
            let error = read(body).unwrap_err().public_message();
            assert!(error.contains(words), "{body}: {error}");
        }
    }

    #[test]
    fn body_that_is_not_utf_8_is_rejected() {
        assert_eq!(read(&b"{\"name\": \"\xff\"}"[..]), Err(ApiError::Invalid("the body is not UTF-8".to_owned())));
    }

    #[test]
    fn body_above_16_kib_is_too_large() {
        let body = |length: usize| format!("{{\"n\":\"{}\"}}", "x".repeat(length - 8));
        assert_eq!(read(body(16_384)), Ok(1));
        assert_eq!(read(body(16_385)), Err(ApiError::TooLarge));
    }

    #[test]
    fn body_nested_5000_levels_is_rejected() {
        let nested = format!("{{\"a\":{}{}}}", "[".repeat(5_000), "]".repeat(5_000));
        assert!(error_message(&nested).contains("the body is not JSON: recursion limit exceeded"));
    }

    #[test]
    fn body_of_another_media_type_is_rejected() {
        for (media_type, accepted) in [
            ("application/json", true),
            ("Application/JSON; charset=utf-8", true),
            ("text/plain", false),
            ("application/x-www-form-urlencoded", false),
            ("application/jsonx", false),
            ("", false),
        ] {
            assert_eq!(members(Some(media_type), b"{}").is_ok(), accepted, "{media_type}");
        }
    }
}
