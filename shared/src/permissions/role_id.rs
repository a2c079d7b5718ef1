//! The id of a role, `<organization>:<slug>`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::org_id::{OrgId, is_id_byte};

/// Slug of the role that allows every action in its organization.
const OWNER_SLUG: &str = "owner";
/// Slug of the role that, if it exists, must allow an action as well. No caller holds it.
const ROOT_SLUG: &str = "root";

/// The id of a role: its organization and its slug.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleId {
    org: OrgId,
    slug: String,
}

/// Why a text is not a valid role id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleIdError {
    /// The colon between organization and slug is missing.
    #[error("a role id must have the form `<organization>:<slug>`")]
    NoColon,
    /// The part before the colon is not an organization id.
    #[error("the organization of a role id must have 1 to 64 characters of A-Z a-z 0-9 _ -")]
    Organization,
    /// The part after the colon is not a slug.
    #[error("the slug of a role id must have 1 to 64 characters of A-Z a-z 0-9 _ - .")]
    Slug,
}

impl RoleId {
    /// The role `slug` of `org`.
    ///
    /// # Errors
    ///
    /// Returns [`RoleIdError::Slug`] if `slug` does not have 1 to 64 characters of `A-Z a-z 0-9 _ - .`.
    pub fn new(org: OrgId, slug: &str) -> Result<Self, RoleIdError> {
        let is_valid = (1..=64).contains(&slug.len()) && slug.bytes().all(|b| is_id_byte(b) || b == b'.');
        is_valid.then(|| Self { org, slug: slug.to_owned() }).ok_or(RoleIdError::Slug)
    }

    /// The owner role of `org`.
    #[must_use]
    pub fn owner(org: &OrgId) -> Self {
        Self { org: org.clone(), slug: OWNER_SLUG.to_owned() }
    }

    /// The root role of `org`.
    #[must_use]
    pub fn root(org: &OrgId) -> Self {
        Self { org: org.clone(), slug: ROOT_SLUG.to_owned() }
    }

    /// The organization of the role.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    /// The slug of the role, unique within its organization.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Whether this is its organization's owner role.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.slug == OWNER_SLUG
    }

    /// Whether this is its organization's root role.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.slug == ROOT_SLUG
    }
}

impl FromStr for RoleId {
    type Err = RoleIdError;

    fn from_str(text: &str) -> Result<Self, RoleIdError> {
        let (org, slug) = text.split_once(':').ok_or(RoleIdError::NoColon)?;
        Self::new(org.parse().map_err(|_| RoleIdError::Organization)?, slug)
    }
}

impl TryFrom<String> for RoleId {
    type Error = RoleIdError;

    fn try_from(text: String) -> Result<Self, RoleIdError> {
        text.parse()
    }
}

impl From<RoleId> for String {
    fn from(id: RoleId) -> Self {
        id.to_string()
    }
}

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.org, self.slug)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn role_id_with_invalid_part_is_rejected() {
        for (text, expected) in [
            ("123:owner", Ok(())),
            ("a_-9:a.b-c_9", Ok(())),
            ("owner", Err(RoleIdError::NoColon)),
            ("", Err(RoleIdError::NoColon)),
            (":owner", Err(RoleIdError::Organization)),
            ("1.2:owner", Err(RoleIdError::Organization)),
            ("123:", Err(RoleIdError::Slug)),
            ("123:a:b", Err(RoleIdError::Slug)),
            ("123:a b", Err(RoleIdError::Slug)),
            ("123:Ω", Err(RoleIdError::Slug)),
        ] {
            assert_eq!(text.parse::<RoleId>().map(|_| ()), expected, "{text}");
        }
    }

    #[test]
    fn role_id_slug_over_64_characters_is_rejected() {
        let slug = "s".repeat(64);
        assert!(format!("1:{slug}").parse::<RoleId>().is_ok());
        assert_eq!(format!("1:{slug}s").parse::<RoleId>(), Err(RoleIdError::Slug));
    }
}
