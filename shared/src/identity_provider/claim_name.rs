//! The configured name of a claim, which may be nested in other claims.

use std::fmt;

use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest name of a claim in the configuration, in bytes. It bounds the depth of a search.
const MAX_NAME_BYTES: usize = 256;

/// The configured name of a claim.
///
/// A claim of exactly that name is found first, because names may contain dots and slashes (URLs at Auth0). Otherwise, a
/// name that begins with `/` is a JSON Pointer (RFC 6901), and the dots in any other name separate the names of nested
/// members (`realm_access.roles`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ClaimName {
    name: String,
    path: Path,
}

/// Where the claim is, if no claim has the whole name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Path {
    /// The reference tokens of a JSON Pointer, unescaped.
    Pointer(Vec<String>),
    /// The names of nested members.
    Members(Vec<String>),
}

/// Why a text is not the name of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ClaimNameError {
    /// The length is invalid, or the text has a control character.
    #[error("the name of a claim must have 1 to 256 bytes and no control character")]
    Text,
    /// The text begins with `/` and is not a JSON Pointer.
    #[error("a claim whose name begins with `/` is a JSON Pointer, in which `~` must be written `~0` and `/` `~1`")]
    Pointer,
}

/// A part of a claim's path is neither an object nor, in a JSON Pointer, an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAContainer;

impl ClaimName {
    /// The name of a top-level claim, which is valid and has neither dots nor slashes.
    pub(super) fn top_level(name: &str) -> Self {
        Self { name: name.to_owned(), path: Path::Members(vec![name.to_owned()]) }
    }

    /// The name as configured.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The value of the claim; `None` if it is absent. A claim is `null` if a member that should contain it is `null`.
    ///
    /// # Errors
    ///
    /// Returns [`NotAContainer`] if a member that should contain the claim has another type.
    pub fn find<'c>(&self, claims: &'c Map<String, Value>) -> Result<Option<&'c Value>, NotAContainer> {
        if let Some(value) = claims.get(&self.name) {
            return Ok(Some(value));
        }
        let (steps, is_pointer) = match &self.path {
            Path::Pointer(tokens) => (tokens, true),
            Path::Members(names) => (names, false),
        };
        let Some((first, rest)) = steps.split_first() else { return Ok(None) };
        let Some(mut value) = claims.get(first) else { return Ok(None) };
        for step in rest {
            let next = match value {
                Value::Null => return Ok(Some(value)),
                Value::Object(members) => members.get(step),
                Value::Array(values) if is_pointer => {
                    array_index(step).ok_or(NotAContainer)?.and_then(|index| values.get(index))
                }
                _ => return Err(NotAContainer),
            };
            let Some(next) = next else { return Ok(None) };
            value = next;
        }
        Ok(Some(value))
    }
}

/// The index that a reference token denotes (RFC 6901, section 4). The outer `None`: it is not an index. The inner
/// `None`: it is beyond every array.
#[expect(clippy::option_option, reason = "an index beyond the array is a different case than no index")]
fn array_index(token: &str) -> Option<Option<usize>> {
    let is_index =
        !token.is_empty() && token.bytes().all(|b| b.is_ascii_digit()) && (token == "0" || !token.starts_with('0'));
    is_index.then(|| token.parse().ok())
}

/// Unescapes a reference token (RFC 6901, section 4).
fn unescape(token: &str) -> Result<String, ClaimNameError> {
    let mut parts = token.split('~');
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (escaped, rest) = match part.as_bytes().first() {
            Some(b'0') => ('~', &part[1..]),
            Some(b'1') => ('/', &part[1..]),
            _ => return Err(ClaimNameError::Pointer),
        };
        text.push(escaped);
        text.push_str(rest);
    }
    Ok(text)
}

impl TryFrom<String> for ClaimName {
    type Error = ClaimNameError;

    fn try_from(name: String) -> Result<Self, ClaimNameError> {
        if !(1..=MAX_NAME_BYTES).contains(&name.len()) || name.chars().any(char::is_control) {
            return Err(ClaimNameError::Text);
        }
        let path = match name.strip_prefix('/') {
            Some(tokens) => Path::Pointer(tokens.split('/').map(unescape).collect::<Result<_, _>>()?),
            None => Path::Members(name.split('.').map(str::to_owned).collect()),
        };
        Ok(Self { name, path })
    }
}

impl fmt::Display for ClaimName {
    /// Writes the name as configured.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn find(name: &str, claims: &Value) -> Result<Option<Value>, NotAContainer> {
        let name = ClaimName::try_from(name.to_owned()).unwrap();
        name.find(claims.as_object().unwrap()).map(Option::<&Value>::cloned)
    }

    #[test]
    fn claim_with_exactly_the_name_is_found_first() {
        let claims = json!({
            "a.b": 1, "a": {"b": 2}, "/a/b": 3, "https://app.example.com/roles": 4, "https://app": {"example": 5},
        });
        for (name, expected) in
            [("a.b", 1), ("/a/b", 3), ("https://app.example.com/roles", 4), ("https://app.example", 5)]
        {
            assert_eq!(find(name, &claims), Ok(Some(json!(expected))), "{name}");
        }
    }

    #[test]
    fn dots_and_pointers_descend_into_nested_members() {
        let claims = json!({
            "realm_access": {"roles": ["a", {"b": 1}], "": 2},
            "https://sts.amazonaws.com/": {"org_id": "o-1"},
            "a~b": {"~1": 3},
            "x": null,
        });
        for (name, expected) in [
            ("realm_access.roles", Some(json!(["a", {"b": 1}]))),
            ("/realm_access/roles", Some(json!(["a", {"b": 1}]))),
            ("/realm_access/roles/0", Some(json!("a"))),
            ("/realm_access/roles/1/b", Some(json!(1))),
            ("/realm_access/roles/2", None),
            ("/realm_access/roles/99999999999999999999", None),
            ("/realm_access/", Some(json!(2))),
            ("realm_access.", Some(json!(2))),
            ("/https:~1~1sts.amazonaws.com~1/org_id", Some(json!("o-1"))),
            ("/a~0b/~01", Some(json!(3))),
            ("realm_access.other", None),
            ("realm_access.other.roles", None),
            ("other.roles", None),
            ("/", None),
            ("x.y.z", Some(Value::Null)),
            ("/x/y", Some(Value::Null)),
        ] {
            assert_eq!(find(name, &claims), Ok(expected), "{name}");
        }
    }

    #[test]
    fn path_through_a_value_of_another_type_is_an_error() {
        let claims = json!({"text": "a", "list": [{"a": 1}], "number": 7});
        for name in [
            "text.a", "/text/a", "/text/0", "list.0", "list.a", "number.a", "/list/a", "/list/00", "/list/-",
            "/list/+0",
        ] {
            assert_eq!(find(name, &claims), Err(NotAContainer), "{name}");
        }
    }

    #[test]
    fn invalid_claim_name_is_rejected() {
        let long = "x".repeat(MAX_NAME_BYTES + 1);
        for (name, expected) in [
            ("", ClaimNameError::Text),
            ("a\nb", ClaimNameError::Text),
            (&long[..], ClaimNameError::Text),
            ("/a~", ClaimNameError::Pointer),
            ("/a~2b", ClaimNameError::Pointer),
            ("/~/a", ClaimNameError::Pointer),
        ] {
            assert_eq!(ClaimName::try_from(name.to_owned()), Err(expected), "{name:?}");
        }
        assert!(ClaimName::try_from("a~2b".to_owned()).is_ok(), "not a JSON Pointer");
        assert_eq!(ClaimName::try_from("sub".to_owned()), Ok(ClaimName::top_level("sub")));
    }
}
