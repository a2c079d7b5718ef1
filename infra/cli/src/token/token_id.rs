//! Parsing a token id from an argument.

/// Parses a token id, or `self`. Other characters could change the path of the request's URL.
pub fn parse_token_id(text: &str) -> Result<String, String> {
    let is_valid = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    is_valid.then(|| text.to_owned()).ok_or_else(|| "a token id must consist of A-Z a-z 0-9 _ -".to_owned())
}
