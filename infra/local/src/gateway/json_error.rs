//! Descriptions of JSON errors for logs.

/// The position of a JSON error. The error's own text quotes the input, which may be a token.
pub(super) fn describe(error: &serde_json::Error) -> String {
    format!("invalid JSON at line {}, column {}", error.line(), error.column())
}
