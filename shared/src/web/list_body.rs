//! The body of a list response, limited in size.

use serde::Serialize;

use crate::{
    error::ApiError,
    token::{Item, Token},
};

/// Largest serialized response of a list, the JSON object that the function returns to API Gateway. Lambda's limit is 6,291,556
/// bytes.
const MAX_RESPONSE_BYTES: usize = 5_000_000;

/// Upper bound of everything in that object but the body: the status, and headers of which the link, with a filter by creator
/// and a cursor, is the largest.
const ENVELOPE_BYTES: usize = 16_384;

/// A JSON array of tokens that fits into one response.
pub(super) struct ListBody {
    json: String,
    /// Length of the array as a JSON string.
    escaped_bytes: usize,
}

impl ListBody {
    /// An empty array.
    pub(super) fn new() -> Self {
        Self { json: String::from("["), escaped_bytes: "\"[]\"".len() }
    }

    /// Adds `token` and returns true, or returns false if the response would be too large. The first token always fits.
    ///
    /// # Errors
    ///
    /// Returns an internal error if the token cannot be serialized.
    pub(super) fn push(&mut self, token: &Token) -> Result<bool, ApiError> {
        let item = to_json(&Item::of(token))?;
        let escaped_bytes = self.escaped_bytes + ",".len() + escaped_length(&item);
        if escaped_bytes > MAX_RESPONSE_BYTES - ENVELOPE_BYTES {
            return Ok(false);
        }
        if self.json.len() > 1 {
            self.json.push(',');
        }
        self.json.push_str(&item);
        self.escaped_bytes = escaped_bytes;
        Ok(true)
    }

    /// The complete array.
    pub(super) fn into_json(mut self) -> String {
        self.json.push(']');
        self.json
    }
}

fn to_json(value: &impl Serialize) -> Result<String, ApiError> {
    serde_json::to_string(value).map_err(|error| ApiError::internal(error.to_string()))
}

/// The length of `json` inside a JSON string: the response contains its body as a string. JSON text has no control characters,
/// and every other character stays as it is.
fn escaped_length(json: &str) -> usize {
    json.len() + json.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::samples;

    #[test]
    fn escaped_length_is_that_of_the_serialized_string() {
        for name in ["n", "\"quoted\"", "back\\slash", "schlüssel 🔑", "a\u{7f}b"] {
            let item = to_json(&serde_json::json!({ "name": name, "list": [1, "x"] })).unwrap();
            assert_eq!(escaped_length(&item) + 2, to_json(&item).unwrap().len(), "{name}");
        }
    }

    #[test]
    fn body_is_a_json_array_of_the_pushed_tokens() {
        let mut body = ListBody::new();
        assert_eq!(body.push(&samples::plain()), Ok(true));
        assert_eq!(body.push(&samples::journey()), Ok(true));
        let expected = to_json(&[Item::of(&samples::plain()), Item::of(&samples::journey())]).unwrap();
        assert_eq!(body.into_json(), expected);
        assert_eq!(ListBody::new().into_json(), "[]");
    }

    #[test]
    fn body_is_full_at_the_response_limit() {
        let token = Token { name: "\"".repeat(255).parse().unwrap(), ..samples::plain() };
        let mut body = ListBody::new();
        while body.push(&token).unwrap() {}
        let escaped = to_json(&body.into_json()).unwrap().len();
        let item = to_json(&to_json(&Item::of(&token)).unwrap()).unwrap().len();
        let limit = MAX_RESPONSE_BYTES - ENVELOPE_BYTES;
        assert!(escaped <= limit && escaped + item > limit, "{escaped}");
    }

    #[test]
    fn body_has_room_for_10_000_tokens_of_400_bytes() {
        let named = |length: usize| Token { name: "n".repeat(length).parse().unwrap(), ..samples::plain() };
        let escaped = |token: &Token| to_json(&to_json(&Item::of(token)).unwrap()).unwrap().len() - 2;
        let token = named(400 - escaped(&named(1)) + 1);
        assert_eq!(escaped(&token), 400);
        let mut body = ListBody::new();
        assert!((0..10_000).all(|_| body.push(&token).unwrap()));
    }
}
