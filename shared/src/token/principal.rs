//! The principal of a request: a user of an identity provider, or a token.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use super::TokenId;

/// The configured name of an identity provider: 1 to 32 characters of `a-z 0-9 -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ProviderName(String);

/// A user of an identity provider, written `<provider>|<subject>`: the same subject of two issuers is two users.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UserId {
    provider: ProviderName,
    subject: String,
}

/// The identity that a request acts as: a user or a token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// A user of an identity provider.
    User(UserId),
    /// A token that Latchkey issued.
    Token(TokenId),
}

/// Why a text is not a principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// The part before the `|` is not the name of a provider.
    #[error("a provider name must have 1 to 32 characters of a-z 0-9 -")]
    IdentityProvider,
    /// The part after the `|` is not a subject.
    #[error("a subject must have 1 to 255 printable ASCII characters, without a space at either end")]
    Subject,
    /// The text has no `|` and is not a token id.
    #[error("a principal must be `<provider>|<subject>` or a token id")]
    Form,
}

impl ProviderName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl UserId {
    /// The user with the subject `subject` (OpenID Connect Core 1.0, section 2, `sub`) at `provider`.
    ///
    /// # Errors
    ///
    /// [`PrincipalError::Subject`] if `subject` is not 1 to 255 printable ASCII characters, or has a space at an end.
    pub fn new(provider: ProviderName, subject: &str) -> Result<Self, PrincipalError> {
        let is_printable = subject.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        let is_valid = (1..=255).contains(&subject.len()) && is_printable && subject.trim() == subject;
        is_valid.then(|| Self { provider, subject: subject.to_owned() }).ok_or(PrincipalError::Subject)
    }

    /// The name of the identity provider.
    #[must_use]
    pub fn provider(&self) -> &ProviderName {
        &self.provider
    }

    /// The user's id at the provider.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }
}

impl FromStr for ProviderName {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let is_valid = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        is_valid.then(|| Self(text.to_owned())).ok_or(PrincipalError::IdentityProvider)
    }
}

impl TryFrom<String> for ProviderName {
    type Error = PrincipalError;

    fn try_from(text: String) -> Result<Self, PrincipalError> {
        text.parse()
    }
}

impl FromStr for UserId {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let (provider, subject) = text.split_once('|').ok_or(PrincipalError::Form)?;
        Self::new(provider.parse()?, subject)
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        if text.contains('|') {
            return text.parse().map(Self::User);
        }
        text.parse().map(Self::Token).map_err(|_| PrincipalError::Form)
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}|{}", self.provider, self.subject)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(id) => id.fmt(f),
            Self::Token(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn principal_is_user_of_provider_or_token() {
        for good in [
            "local|1001",
            "idp-2|auth0|abc",
            "local|a@b.c",
            "ad|CN=Jane Doe,OU=Users,DC=example,DC=com",
            "api_5ZugdRXasLfWBypHi93Fk",
        ] {
            assert_eq!(good.parse::<Principal>().map(|p| p.to_string()), Ok(good.to_owned()));
        }
        for (bad, error) in [
            ("Local|1", PrincipalError::IdentityProvider),
            ("|1", PrincipalError::IdentityProvider),
            ("local|", PrincipalError::Subject),
            ("local| ", PrincipalError::Subject),
            ("local| a", PrincipalError::Subject),
            ("local|a ", PrincipalError::Subject),
            ("local|a\tb", PrincipalError::Subject),
            ("local|a\u{a0}b", PrincipalError::Subject),
            ("local|ä", PrincipalError::Subject),
            ("1001", PrincipalError::Form),
        ] {
            assert_eq!(bad.parse::<Principal>(), Err(error), "{bad}");
        }
    }
}
