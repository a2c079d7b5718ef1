//! The configuration of an identity provider whose users may call.

mod claim_name;
mod provider_list;
mod token_page_client;

use std::net::IpAddr;

use serde::{Deserialize, Deserializer};
use url::Url;

pub use self::{
    claim_name::{ClaimName, ClaimNameError, NotAContainer},
    provider_list::{DisabledProvider, IdentityProviders, ProviderError, ProviderErrorEffect},
    token_page_client::{SignInToken, TokenPageClient},
};
use crate::{
    json::{StrictObject, present},
    permissions::OrgId,
    token::ProviderName,
};

/// An `OpenID` Connect issuer, as configured.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// The provider's name, the first part of its users' ids. A change of the name changes the ids.
    pub name: ProviderName,
    /// The issuer, exactly as in the claim `iss` of its tokens.
    pub issuer: String,
    /// The accepted audiences, configured as a string or a list: a token must be for one of them.
    #[serde(deserialize_with = "one_or_many")]
    pub audience: Vec<String>,
    /// The claim that contains the audience.
    #[serde(default)]
    pub audience_claim: AudienceClaim,
    /// The required value of the claim `token_use`; `None` if the claim is not checked.
    #[serde(default, deserialize_with = "present")]
    pub token_use: Option<String>,
    /// The organizations in which its users may act.
    pub organizations: Organizations,
    /// The organization of all its users, if its tokens do not name one. `org_claim` is then not read.
    #[serde(default, deserialize_with = "present")]
    pub organization: Option<OrgId>,
    /// The claim that contains the user's organization: as a string, as the only string of a list, or as the name of
    /// the only member of an object.
    #[serde(default = "org_id")]
    pub org_claim: ClaimName,
    /// The claim that contains the user's subject.
    #[serde(default = "sub")]
    pub user_claim: ClaimName,
    /// The claim that contains the user's roles in that organization, as a list or as one string, which replace those
    /// assigned in the ledger. `None`: the ledger alone assigns roles.
    #[serde(default, deserialize_with = "present")]
    pub roles_claim: Option<ClaimName>,
    /// Whether a user whose token lacks that claim has the roles assigned in the ledger. By default such a user has no
    /// role, because many providers omit the claim for a user without any role.
    #[serde(default)]
    pub assigned_without_claim: bool,
    /// Whether the owner role is accepted from that claim.
    #[serde(default)]
    pub owner_from_claim: bool,
    /// How its users sign in on the token page; `None` if they cannot. The authorizer does not use this member.
    #[serde(default, deserialize_with = "present")]
    pub page: Option<StrictObject<TokenPageClient>>,
}

/// The claim that contains a token's audience.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AudienceClaim {
    /// `aud` (OpenID Connect Core 1.0, section 2).
    #[default]
    Aud,
    /// `client_id`, as in the access tokens of Amazon Cognito, which have no `aud`.
    ClientId,
    /// `aud`, or `client_id` in a token without `aud`: accepts both kinds of tokens of Amazon Cognito.
    AudOrClientId,
}

/// The organizations in which a provider's users may act.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Organizations {
    /// The listed organizations.
    Only(Vec<OrgId>),
    /// All organizations, written `"*"`.
    All(Star),
}

/// The text `*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Star {
    /// The text `*`.
    #[serde(rename = "*")]
    Star,
}

/// Why the configuration of a provider is invalid.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentityProviderError {
    /// Keys must not be fetched from the issuer's URL.
    #[error(
        "the issuer of the identity provider `{0}` must be an https:// URL, or an http:// URL of a loopback address, \
         with an ASCII host in lower case (`xn--…`) and without spaces"
    )]
    Address(ProviderName),
    /// The issuer is Latchkey's own: Latchkey's tokens would be accepted as users.
    #[error("the issuer of the identity provider `{0}` is an issuer of Latchkey itself")]
    OwnIssuer(ProviderName),
    /// The audience is missing, so that tokens for any audience would be accepted, or it is empty.
    #[error("`audience` of the identity provider `{0}` must be a non-empty string or a list of non-empty strings")]
    Audience(ProviderName),
    /// The organization of its users is not one of its organizations.
    #[error("`organization` of the identity provider `{0}` must be one of its `organizations`")]
    Organization(ProviderName),
    /// Users cannot sign in with its `page`.
    #[error("`page` of the identity provider `{0}`: {1}")]
    TokenPageClient(ProviderName, &'static str),
    /// Another provider has the same name or issuer.
    #[error("the name and the issuer of the identity provider `{0}` must be unique")]
    Duplicate(ProviderName),
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

fn org_id() -> ClaimName {
    ClaimName::top_level("org_id")
}

fn sub() -> ClaimName {
    ClaimName::top_level("sub")
}

impl Organizations {
    /// Whether the provider's users may act in `org`.
    #[must_use]
    pub fn include(&self, org: &OrgId) -> bool {
        match self {
            Self::Only(orgs) => orgs.contains(org),
            Self::All(Star::Star) => true,
        }
    }
}

impl IdentityProvider {
    /// Checks a provider. `own_issuers` are Latchkey's issuers of the access family.
    ///
    /// # Errors
    ///
    /// Returns an [`IdentityProviderError`] for the first rule that the configuration breaks.
    pub fn check(&self, own_issuers: &[String]) -> Result<(), IdentityProviderError> {
        let name = || self.name.clone();
        if !may_be_fetched(&self.issuer) || !is_normalized(&self.issuer) {
            return Err(IdentityProviderError::Address(name()));
        }
        // The issuer of the public family is a path below that of the access family: every URL below an issuer is
        // Latchkey's.
        if own_issuers.iter().any(|own| self.issuer.trim_end_matches('/').starts_with(own.as_str())) {
            return Err(IdentityProviderError::OwnIssuer(name()));
        }
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return Err(IdentityProviderError::Audience(name()));
        }
        if self.organization.as_ref().is_some_and(|org| !self.organizations.include(org)) {
            return Err(IdentityProviderError::Organization(name()));
        }
        let page = self.page.as_ref();
        if let Some(reason) = page.and_then(|StrictObject(page)| page.invalid_reason(&self.issuer)) {
            return Err(IdentityProviderError::TokenPageClient(name(), reason));
        }
        Ok(())
    }
}

/// Whether keys may be fetched from `address`: over HTTPS, or over HTTP from a loopback address.
#[must_use]
pub fn may_be_fetched(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let is_loopback = host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    url.username().is_empty()
        && url.password().is_none()
        && (url.scheme() == "https" || url.scheme() == "http" && is_loopback)
}

/// Whether the parser of URLs removes and replaces nothing in `issuer`. Otherwise no claim `iss` would be equal to it.
fn is_normalized(issuer: &str) -> bool {
    let mut origin = issuer.splitn(4, '/').take(3).flat_map(str::chars);
    !issuer.chars().any(|c| c.is_whitespace() || c.is_control()) && !origin.any(|c| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn providers(json: Value) -> Result<(), IdentityProviderError> {
        let own_issuers = ["https://api.example/v1/access-tokens".to_owned()];
        let providers: Vec<IdentityProvider> = serde_json::from_value(json).unwrap();
        providers.iter().try_for_each(|provider| provider.check(&own_issuers))
    }

    fn provider(name: &str, issuer: &str) -> Value {
        json!({"name": name, "issuer": issuer, "audience": "a", "organizations": "*"})
    }

    #[test]
    fn provider_issuer_must_be_https_or_loopback() {
        for (issuer, valid) in [
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
            ("https://idp.example/Pool", true),
            ("https://IDP.example", false),
            ("HTTPS://idp.example", false),
            ("https://idp.example ", false),
            (" https://idp.example", false),
            ("https://idp.exa\nmple", false),
        ] {
            assert_eq!(providers(json!([provider("a", issuer)])).is_ok(), valid, "{issuer}");
        }
    }

    #[test]
    fn provider_with_issuer_of_latchkey_is_rejected() {
        for issuer in [
            "https://api.example/v1/access-tokens",
            "https://api.example/v1/access-tokens/",
            "https://api.example/v1/access-tokens/public",
        ] {
            assert!(
                matches!(providers(json!([provider("a", issuer)])), Err(IdentityProviderError::OwnIssuer(_))),
                "{issuer}"
            );
        }
    }

    #[test]
    fn provider_with_missing_or_empty_audience_is_rejected() {
        for (audience, valid) in [
            (json!("a"), true),
            (json!(["a", "b"]), true),
            (json!(""), false),
            (json!([]), false),
            (json!(["a", ""]), false),
        ] {
            let mut json = provider("a", "https://a.example");
            json["audience"] = audience.clone();
            assert_eq!(providers(json!([json])).is_ok(), valid, "{audience}");
        }
    }

    #[test]
    fn provider_organization_outside_organizations_is_rejected() {
        for (organizations, valid) in [(json!("*"), true), (json!(["123"]), true), (json!(["124"]), false)] {
            let mut json = provider("a", "https://a.example");
            json["organization"] = json!("123");
            json["organizations"] = organizations.clone();
            assert_eq!(providers(json!([json])).is_ok(), valid, "{organizations}");
        }
    }

    #[test]
    fn organizations_must_be_a_list_or_a_star() {
        let read = |organizations: Value| {
            let mut json = provider("a", "https://a.example");
            json["organizations"] = organizations;
            serde_json::from_value::<IdentityProvider>(json)
        };
        let org = "123".parse().unwrap();
        assert!(read(json!("*")).unwrap().organizations.include(&org));
        assert!(read(json!(["123"])).unwrap().organizations.include(&org));
        assert!(!read(json!(["124"])).unwrap().organizations.include(&org));
        for invalid in [json!(null), json!("123"), json!(["*"]), json!([1])] {
            assert!(read(invalid.clone()).is_err(), "{invalid}");
        }
    }
}
