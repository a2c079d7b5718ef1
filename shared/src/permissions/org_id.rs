//! The id of an organization (a tenant).

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The id of an organization: 1 to 64 characters of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgId(String);

/// The text is not a valid organization id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an organization id must have 1 to 64 characters of A-Z a-z 0-9 _ -")]
pub struct OrgIdError;

impl OrgId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for OrgId {
    type Err = OrgIdError;

    fn from_str(text: &str) -> Result<Self, OrgIdError> {
        let is_valid = (1..=64).contains(&text.len()) && text.bytes().all(is_id_byte);
        is_valid.then(|| Self(text.to_owned())).ok_or(OrgIdError)
    }
}

/// Whether an organization id may contain `byte`: one of `A-Z a-z 0-9 _ -`.
pub(super) fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-')
}

impl TryFrom<String> for OrgId {
    type Error = OrgIdError;

    fn try_from(text: String) -> Result<Self, OrgIdError> {
        text.parse()
    }
}

impl From<OrgId> for String {
    fn from(id: OrgId) -> Self {
        id.0
    }
}

impl fmt::Display for OrgId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn org_id_outside_length_or_alphabet_is_rejected() {
        for valid in ["1", "org_A-9", &"x".repeat(64)] {
            assert_eq!(valid.parse::<OrgId>().map(|id| id.to_string()), Ok(valid.to_owned()));
        }
        for invalid in ["", &"x".repeat(65), "a:b", "a b", "a#b", "ä", "a/b", "a.b"] {
            assert_eq!(invalid.parse::<OrgId>(), Err(OrgIdError), "{invalid}");
        }
    }
}
