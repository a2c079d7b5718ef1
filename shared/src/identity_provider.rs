//! An identity provider whose people may call.

mod token_page_client;

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use url::Url;

pub use self::token_page_client::{SignInToken, TokenPageClient};
use crate::{
    json::{StrictObject, present},
    permissions::OrgId,
    token::ProviderName,
};

/// An `OpenID` Connect issuer, as it is configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// The name by which its people are known here, for good.
    pub name: ProviderName,
    /// The issuer, exactly as its tokens say it in `iss`.
    pub issuer: String,
    /// The audience that its tokens must be for, or several, of which one must be there.
    #[serde(deserialize_with = "one_or_many")]
    pub audience: Vec<String>,
    /// The claim that must hold the audience.
    #[serde(default)]
    pub audience_claim: AudienceClaim,
    /// What the claim `token_use` must hold, where the issuer has it.
    #[serde(default, deserialize_with = "present")]
    pub token_use: Option<String>,
    /// The organizations that it may speak for.
    pub organizations: Organizations,
    /// The organization of all its people, where its tokens name none: then no claim is looked at.
    #[serde(default, deserialize_with = "present")]
    pub organization: Option<OrgId>,
    /// The claim that names the person's organization.
    #[serde(default = "org_id")]
    pub org_claim: String,
    /// The claim that names the person.
    #[serde(default = "sub")]
    pub user_claim: String,
    /// The claim that names the person's roles in that organization, in place of those assigned in the ledger. Absent: roles
    /// are assigned in the ledger alone.
    #[serde(default, deserialize_with = "present")]
    pub roles_claim: Option<String>,
    /// Whether a person whose token has not that claim has the roles assigned in the ledger. Otherwise they have none: many
    /// providers leave the claim out for somebody who has lost the last role.
    #[serde(default)]
    pub assigned_without_claim: bool,
    /// Whether that claim may make somebody an owner.
    #[serde(default)]
    pub owner_from_claim: bool,
    /// How its people sign in on the token page; absent: they do not. The authorizer does without.
    #[serde(default, deserialize_with = "present")]
    pub page: Option<StrictObject<TokenPageClient>>,
}

/// Where a token says for whom it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceClaim {
    /// `aud` (OpenID Connect Core 1.0, section 2).
    #[default]
    Aud,
    /// `client_id`, as in the access tokens of Amazon Cognito, which have no `aud`.
    ClientId,
    /// `aud`, or in a token without it `client_id`: both kinds of tokens of Amazon Cognito.
    AudOrClientId,
}

/// The organizations that a provider may speak for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Organizations {
    /// These.
    Only(Vec<OrgId>),
    /// All of them, written `"*"`.
    All(Star),
}

/// The text `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Star {
    /// The text `*`.
    #[serde(rename = "*")]
    Star,
}

/// Why a provider cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityProviderError {
    /// Its issuer is no address that keys may be fetched from.
    #[error(
        "the issuer of the identity provider `{0}` must begin with https://, or with http:// on this very machine, \
             and its host be written in ASCII (`xn--…`)"
    )]
    Address(ProviderName),
    /// Its issuer is one of ours, so that our tokens would be people.
    #[error("the identity provider `{0}` has an issuer of ours")]
    Ours(ProviderName),
    /// It has no audience, so that it would accept tokens for anybody, or an empty one.
    #[error("the identity provider `{0}` must have an audience, and none that is empty")]
    Audience(ProviderName),
    /// It may not speak for the organization of its people.
    #[error("the identity provider `{0}` has an `organization` that its `organizations` do not include")]
    Organization(ProviderName),
    /// Nobody can sign in by its `page`.
    #[error("the identity provider `{0}` has a `page` {1}")]
    TokenPageClient(ProviderName, &'static str),
    /// Two have one name or one issuer.
    #[error("the identity provider `{0}` is there twice, by its name or its issuer")]
    Twice(ProviderName),
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "an audience, or a list of audiences")]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

fn org_id() -> String {
    "org_id".to_owned()
}

fn sub() -> String {
    "sub".to_owned()
}

impl Organizations {
    /// Whether the provider may speak for `org`.
    #[must_use]
    pub fn include(&self, org: &OrgId) -> bool {
        match self {
            Self::Only(orgs) => orgs.contains(org),
            Self::All(Star::Star) => true,
        }
    }
}

impl IdentityProvider {
    /// Checks a provider that is configured after `earlier`. `own_issuers` are Latchkey's issuers of the access family.
    ///
    /// # Errors
    ///
    /// See [`IdentityProviderError`].
    pub fn check(&self, earlier: &[Self], own_issuers: &[String]) -> Result<(), IdentityProviderError> {
        let name = || self.name.clone();
        if !may_be_fetched(&self.issuer) {
            return Err(IdentityProviderError::Address(name()));
        }
        // The issuer of the public family is below that of the access family, so whatever is below one is Latchkey's.
        if own_issuers.iter().any(|own| self.issuer.trim_end_matches('/').starts_with(own.as_str())) {
            return Err(IdentityProviderError::Ours(name()));
        }
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return Err(IdentityProviderError::Audience(name()));
        }
        if self.organization.as_ref().is_some_and(|org| !self.organizations.include(org)) {
            return Err(IdentityProviderError::Organization(name()));
        }
        if let Some(why) = self.page.as_ref().and_then(|StrictObject(page)| page.wrong(&self.issuer)) {
            return Err(IdentityProviderError::TokenPageClient(name(), why));
        }
        if earlier.iter().any(|other| other.name == self.name || other.issuer == self.issuer) {
            return Err(IdentityProviderError::Twice(name()));
        }
        Ok(())
    }
}

/// Whether keys may be fetched from `address`: over HTTPS, or by HTTP from this very machine.
#[must_use]
pub fn may_be_fetched(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let here = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.username().is_empty() && url.password().is_none() && (url.scheme() == "https" || url.scheme() == "http" && here)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn providers(json: Value) -> Result<(), IdentityProviderError> {
        let own_issuers = ["https://api.example/v1/access-tokens".to_owned()];
        let providers: Vec<IdentityProvider> = serde_json::from_value(json).unwrap();
        let mut checks = providers.iter().enumerate();
        checks.try_for_each(|(index, provider)| provider.check(&providers[..index], &own_issuers))
    }

    fn provider(name: &str, issuer: &str) -> Value {
        json!({"name": name, "issuer": issuer, "audience": "a", "organizations": "*"})
    }

    #[test]
    fn a_provider_is_reached_over_https_or_on_this_machine() {
        for (issuer, good) in [
            ("https://idp.example/pool", true),
            ("http://127.0.0.1:8081", true),
            ("http://[::1]:8081", true),
            ("http://localhost/x", true),
            ("https://xn--bcher-kva.example", true),
            ("https://bücher.example", false),
            ("https://BÜcher.example", false),
            ("https://B%C3%9Ccher.example", false),
            ("http://idp.example", false),
            ("http://127.0.0.1.example", false),
            ("http://localhost.example", false),
            ("https://user:secret@idp.example", false),
            ("file:///etc/passwd", false),
            ("idp.example", false),
        ] {
            assert_eq!(providers(json!([provider("a", issuer)])).is_ok(), good, "{issuer}");
        }
    }

    #[test]
    fn our_own_issuers_are_no_providers() {
        for issuer in [
            "https://api.example/v1/access-tokens",
            "https://api.example/v1/access-tokens/",
            "https://api.example/v1/access-tokens/public",
        ] {
            assert!(
                matches!(providers(json!([provider("a", issuer)])), Err(IdentityProviderError::Ours(_))),
                "{issuer}"
            );
        }
    }

    #[test]
    fn two_providers_have_two_names_and_two_issuers() {
        let (a, b) = (provider("a", "https://a.example"), provider("b", "https://b.example"));
        assert_eq!(providers(json!([a, b])), Ok(()));
        assert!(providers(json!([a, provider("a", "https://b.example")])).is_err());
        assert!(providers(json!([a, provider("b", "https://a.example")])).is_err());
    }

    #[test]
    fn an_audience_is_one_or_several_and_none_is_empty() {
        for (audience, good) in [
            (json!("a"), true),
            (json!(["a", "b"]), true),
            (json!(""), false),
            (json!([]), false),
            (json!(["a", ""]), false),
        ] {
            let mut json = provider("a", "https://a.example");
            json["audience"] = audience.clone();
            assert_eq!(providers(json!([json])).is_ok(), good, "{audience}");
        }
    }

    #[test]
    fn the_organization_of_all_its_people_is_one_that_it_may_speak_for() {
        for (organizations, good) in [(json!("*"), true), (json!(["123"]), true), (json!(["124"]), false)] {
            let mut json = provider("a", "https://a.example");
            (json["organization"], json["organizations"]) = (json!("123"), organizations.clone());
            assert_eq!(providers(json!([json])).is_ok(), good, "{organizations}");
        }
    }

    #[test]
    fn organizations_are_a_list_or_a_star_and_must_be_said() {
        let read = |organizations: Value| {
            let mut json = provider("a", "https://a.example");
            json["organizations"] = organizations;
            serde_json::from_value::<IdentityProvider>(json)
        };
        let org = "123".parse().unwrap();
        assert!(read(json!("*")).unwrap().organizations.include(&org));
        assert!(read(json!(["123"])).unwrap().organizations.include(&org));
        assert!(!read(json!(["124"])).unwrap().organizations.include(&org));
        for bad in [json!(null), json!("123"), json!(["*"]), json!([1])] {
            assert!(read(bad.clone()).is_err(), "{bad}");
        }
    }
}
