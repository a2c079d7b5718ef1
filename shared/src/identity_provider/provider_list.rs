//! The configured identity providers, of which any entry may be invalid.
//!
//! *(deny by default)* No invalid entry prevents the valid ones from being used, and none is used itself. Tokens of its
//! issuer get a server error, as in an outage of the provider: after a 401, clients would discard valid tokens.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::{IdentityProvider, IdentityProviderError};
use crate::{json::StrictObject, token::ProviderName};

/// The identity providers whose users may call, and the issuers of those that are disabled.
#[derive(Debug, Clone, Default)]
pub struct IdentityProviders {
    usable: Vec<IdentityProvider>,
    disabled: Vec<DisabledProvider>,
}

/// An issuer whose configuration is invalid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DisabledProvider {
    issuer: String,
    /// The name of the provider, or the position of its entry.
    entry: String,
}

/// An error in the configured identity providers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError {
    /// The name of the provider, or the position of its entry if the name cannot be read; `None` if no entry can be read.
    pub entry: Option<String>,
    /// What is invalid.
    pub reason: String,
    /// What the authorizer does because of it.
    pub effect: ProviderErrorEffect,
}

/// What the authorizer does because of an error in the configured identity providers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProviderErrorEffect {
    /// Tokens of the entry's issuer get a server error.
    Disabled,
    /// The entry is not used. Its issuer is Latchkey's, whose tokens are verified as such.
    Unused,
    /// The issuer cannot be read: its tokens are those of an unknown issuer.
    UnknownIssuer,
    /// No issuer can be read.
    NoProvider,
}

impl ProviderErrorEffect {
    /// The effect as a clause of a message.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Disabled => "its users get 503",
            Self::Unused => "the entry is not used",
            Self::UnknownIssuer => "its users get 401",
            Self::NoProvider => "users of all identity providers get 401",
        }
    }
}

/// One entry as configured.
struct ProviderEntry {
    /// The name of the provider, or the position of its entry.
    entry: String,
    identifiers: Identifiers,
    parsed: Result<IdentityProvider, (String, ProviderErrorEffect)>,
}

/// The names and issuers that an entry contains, also if it is invalid otherwise.
#[derive(Default)]
struct Identifiers {
    names: BTreeSet<String>,
    issuers: BTreeSet<String>,
}

impl IdentityProviders {
    /// The providers of `entries`, or of none if they cannot be read, with all errors. `own_issuers` are Latchkey's issuers of the
    /// access family. Providers with one name or one issuer are all disabled: the order does not say which of them the
    /// operator meant.
    #[must_use]
    pub fn new(entries: Result<Vec<Box<RawValue>>, String>, own_issuers: &[String]) -> (Self, Vec<ProviderError>) {
        let entries = match entries {
            Ok(entries) => entries,
            Err(reason) => {
                let effect = ProviderErrorEffect::NoProvider;
                return (Self::default(), vec![ProviderError { entry: None, reason, effect }]);
            }
        };
        let positions = 1..;
        let parse = |(json, position): (Box<RawValue>, usize)| ProviderEntry::parse(position, &json, own_issuers);
        let entries: Vec<_> = entries.into_iter().zip(positions).map(parse).collect();
        let name_counts = count(entries.iter().flat_map(|entry| &entry.identifiers.names));
        let issuer_counts = count(entries.iter().flat_map(|entry| &entry.identifiers.issuers));
        let mut providers = Self::default();
        let mut errors = Vec::new();
        for ProviderEntry { entry, identifiers: Identifiers { names, issuers }, parsed } in &entries {
            let is_duplicate = names.iter().any(|name| name_counts[name] > 1)
                || issuers.iter().any(|issuer| issuer_counts[issuer] > 1);
            let checked = parsed.clone().and_then(|provider| {
                let duplicate = || IdentityProviderError::Duplicate(provider.name.clone()).to_string();
                if is_duplicate { Err((duplicate(), ProviderErrorEffect::Disabled)) } else { Ok(provider) }
            });
            match checked {
                Ok(provider) => providers.usable.push(provider),
                Err((reason, effect)) => {
                    let disabled = |issuer: &String| DisabledProvider { issuer: issuer.clone(), entry: entry.clone() };
                    providers.disabled.extend(issuers.iter().map(disabled));
                    errors.push(ProviderError { entry: Some(entry.clone()), reason, effect });
                }
            }
        }
        (providers, errors)
    }

    /// The provider whose issuer is exactly `issuer`.
    ///
    /// # Errors
    ///
    /// Returns the [`DisabledProvider`] if its configuration is invalid.
    pub fn find(&self, issuer: &str) -> Result<Option<&IdentityProvider>, &DisabledProvider> {
        match self.disabled.iter().find(|disabled| disabled.issuer == issuer) {
            Some(disabled) => Err(disabled),
            None => Ok(self.usable.iter().find(|provider| provider.issuer == issuer)),
        }
    }

    /// The providers whose configuration is valid.
    #[must_use]
    pub fn usable(&self) -> &[IdentityProvider] {
        &self.usable
    }
}

impl From<Vec<IdentityProvider>> for IdentityProviders {
    /// Providers that are known to be valid and distinct.
    fn from(usable: Vec<IdentityProvider>) -> Self {
        Self { usable, disabled: Vec::new() }
    }
}

impl fmt::Display for DisabledProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the configuration of `{}` is invalid", self.entry)
    }
}

impl ProviderEntry {
    /// The entry at `position`, counted from 1.
    fn parse(position: usize, json: &RawValue, own_issuers: &[String]) -> Self {
        let identifiers: Identifiers = serde_json::from_str(json.get()).unwrap_or_default();
        // A text that is not a name could have any length.
        let mut names = identifiers.names.iter().filter(|name| name.parse::<ProviderName>().is_ok());
        let entry = match (names.next(), names.next()) {
            (Some(name), None) => name.clone(),
            _ => format!("entry {position}"),
        };
        let is_unknown = identifiers.issuers.is_empty();
        let effect = if is_unknown { ProviderErrorEffect::UnknownIssuer } else { ProviderErrorEffect::Disabled };
        let parsed = serde_json::from_str::<StrictObject<IdentityProvider>>(json.get());
        let parsed = match parsed {
            Ok(StrictObject(provider)) => match provider.check(own_issuers) {
                Ok(()) => Ok(provider),
                Err(error @ IdentityProviderError::OwnIssuer(_)) => {
                    Err((error.to_string(), ProviderErrorEffect::Unused))
                }
                Err(error) => Err((error.to_string(), effect)),
            },
            Err(error) => Err((format!("the identity provider `{entry}`: {error}"), effect)),
        };
        Self { entry, identifiers, parsed }
    }
}

fn count<'a>(values: impl Iterator<Item = &'a String>) -> HashMap<&'a String, usize> {
    let mut counts = HashMap::new();
    for value in values {
        *counts.entry(value).or_default() += 1;
    }
    counts
}

impl<'de> Deserialize<'de> for Identifiers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(IdentifiersVisitor)
    }
}

struct IdentifiersVisitor;

impl<'de> Visitor<'de> for IdentifiersVisitor {
    type Value = Identifiers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Identifiers, A::Error> {
        let mut identifiers = Identifiers::default();
        // As JSON, since a key that is not a text, such as a lone surrogate, must not hide the other members.
        while let Some(key) = members.next_key::<Box<RawValue>>()? {
            let member = serde_json::from_str::<String>(key.get()).unwrap_or_default();
            let values = match member.as_str() {
                "name" => &mut identifiers.names,
                "issuer" => &mut identifiers.issuers,
                _ => {
                    members.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let json: Box<RawValue> = members.next_value()?;
            values.extend(serde_json::from_str::<String>(json.get()));
        }
        Ok(identifiers)
    }
}

#[cfg(test)]
mod tests;
