//! Who acts: a person, or a token.

use std::{fmt, str::FromStr};

use serde::Deserialize;

use super::TokenId;

/// The name under which an identity provider is configured: 1 to 32 of `a-z 0-9 -`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ProviderName(String);

/// Who acts. A person is `<provider>|<subject>` everywhere, so that two issuers with one subject are two people.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Principal {
    /// Somebody who signed in.
    Person {
        /// The identity provider that vouches for them.
        provider: ProviderName,
        /// Who they are there: 1 to 255 visible ASCII characters (OpenID Connect Core, section 2, `sub`).
        subject: String,
    },
    /// A token of ours.
    Token(TokenId),
}

/// A text that names no principal.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PrincipalError {
    /// The part before the bar is no provider's name.
    #[error("a provider's name is 1 to 32 of a-z 0-9 -")]
    Provider,
    /// The part after the bar is no subject.
    #[error("a subject is 1 to 255 visible ASCII characters")]
    Subject,
    /// It has no bar and is no token id.
    #[error("a principal is `<provider>|<subject>` or a token id")]
    Form,
}

impl ProviderName {
    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Principal {
    /// The person whom `provider` calls `subject`.
    ///
    /// # Errors
    ///
    /// [`PrincipalError::Subject`] where `subject` is not 1 to 255 visible ASCII characters.
    pub fn person(provider: ProviderName, subject: &str) -> Result<Self, PrincipalError> {
        let fits = (1..=255).contains(&subject.len()) && subject.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Self::Person { provider, subject: subject.to_owned() }).ok_or(PrincipalError::Subject)
    }
}

impl FromStr for ProviderName {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        let fits = (1..=32).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        fits.then(|| Self(text.to_owned())).ok_or(PrincipalError::Provider)
    }
}

impl TryFrom<String> for ProviderName {
    type Error = PrincipalError;

    fn try_from(text: String) -> Result<Self, PrincipalError> {
        text.parse()
    }
}

impl FromStr for Principal {
    type Err = PrincipalError;

    fn from_str(text: &str) -> Result<Self, PrincipalError> {
        match text.split_once('|') {
            Some((provider, subject)) => Self::person(provider.parse()?, subject),
            None => text.parse().map(Self::Token).map_err(|_| PrincipalError::Form),
        }
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { provider, subject } => write!(f, "{provider}|{subject}"),
            Self::Token(id) => id.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_principal_is_a_person_of_a_provider_or_a_token() {
        for good in ["local|1001", "idp-2|auth0|abc", "local|a@b.c", "api_5ZugdRXasLfWBypHi93Fk"] {
            assert_eq!(good.parse::<Principal>().map(|p| p.to_string()), Ok(good.to_owned()));
        }
        for (bad, why) in [
            ("Local|1", PrincipalError::Provider),
            ("|1", PrincipalError::Provider),
            ("local|", PrincipalError::Subject),
            ("local|a b", PrincipalError::Subject),
            ("local|ä", PrincipalError::Subject),
            ("1001", PrincipalError::Form),
        ] {
            assert_eq!(bad.parse::<Principal>(), Err(why), "{bad}");
        }
    }
}
