//! The id of an organization, the tenant.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// The id of an organization: 1 to 64 of `A-Z a-z 0-9 _ -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OrgId(String);

/// Why a text is no organization id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an organization id is 1 to 64 of A-Z a-z 0-9 _ -")]
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
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(is_id_byte);
        fits.then(|| Self(text.to_owned())).ok_or(OrgIdError)
    }
}

/// Whether `byte` may stand in an organization id: one of `A-Z a-z 0-9 _ -`.
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
    fn an_organization_id_is_1_to_64_of_its_alphabet() {
        for good in ["1", "org_A-9", &"x".repeat(64)] {
            assert_eq!(good.parse::<OrgId>().map(|id| id.to_string()), Ok(good.to_owned()));
        }
        for bad in ["", &"x".repeat(65), "a:b", "a b", "a#b", "ä", "a/b", "a.b"] {
            assert_eq!(bad.parse::<OrgId>(), Err(OrgIdError), "{bad}");
        }
    }
}
