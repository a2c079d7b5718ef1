//! The id of a role, `<organization>:<slug>`.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::org_id::{OrgId, is_id_byte};

/// The slug of the role that holds every grant of its organization.
const OWNER: &str = "owner";
/// The slug of the role that, where it exists, must allow as well. Nobody holds it.
const ROOT: &str = "root";

/// The id of a role: the organization it belongs to, and its slug there.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RoleId {
    org: OrgId,
    slug: String,
}

/// Why a text is no role id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RoleIdError {
    /// There is no colon between organization and slug.
    #[error("a role id is `<organization>:<slug>`")]
    NoColon,
    /// The part before the colon is no organization id.
    #[error("the part of a role id before the colon is 1 to 64 of A-Z a-z 0-9 _ -")]
    Organization,
    /// The part after the colon is no slug.
    #[error("the part of a role id after the colon is 1 to 64 of A-Z a-z 0-9 _ - .")]
    Slug,
}

impl RoleId {
    /// The role `slug` of `org`.
    ///
    /// # Errors
    ///
    /// [`RoleIdError::Slug`] where `slug` is not 1 to 64 of `A-Z a-z 0-9 _ - .`.
    pub fn new(org: OrgId, slug: &str) -> Result<Self, RoleIdError> {
        let fits = (1..=64).contains(&slug.len()) && slug.bytes().all(|b| is_id_byte(b) || b == b'.');
        fits.then(|| Self { org, slug: slug.to_owned() }).ok_or(RoleIdError::Slug)
    }

    /// The owner role of `org`.
    #[must_use]
    pub fn owner(org: &OrgId) -> Self {
        Self { org: org.clone(), slug: OWNER.to_owned() }
    }

    /// The root role of `org`.
    #[must_use]
    pub fn root(org: &OrgId) -> Self {
        Self { org: org.clone(), slug: ROOT.to_owned() }
    }

    /// The organization the role belongs to.
    #[must_use]
    pub fn org(&self) -> &OrgId {
        &self.org
    }

    /// The role's name within its organization.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Whether this is its organization's owner role.
    #[must_use]
    pub fn is_owner(&self) -> bool {
        self.slug == OWNER
    }

    /// Whether this is its organization's root role.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.slug == ROOT
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
    fn a_role_id_is_an_organization_a_colon_and_a_slug() {
        for (text, rule) in [
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
            assert_eq!(text.parse::<RoleId>().map(|_| ()), rule, "{text}");
        }
    }

    #[test]
    fn a_slug_has_64_characters_at_most() {
        let slug = "s".repeat(64);
        assert!(format!("1:{slug}").parse::<RoleId>().is_ok());
        assert_eq!(format!("1:{slug}s").parse::<RoleId>(), Err(RoleIdError::Slug));
    }
}
