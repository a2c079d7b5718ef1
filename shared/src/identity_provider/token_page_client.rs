//! The token page as an OAuth client of an identity provider: how the provider's users sign in on the page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::may_be_fetched;
use crate::json::present;

/// Longest text in the configuration of a page, in bytes.
const MAX_TEXT_BYTES: usize = 1_000;
/// Most entries of `parameters`, and most entries of `origins`.
const MAX_ENTRIES: usize = 10;

/// The parameters of the authorization request that the page sets itself (RFC 6749, section 4.1.1; RFC 7636, section
/// 4.3).
const RESERVED_PARAMETERS: [&str; 8] = [
    "client_id",
    "code_challenge",
    "code_challenge_method",
    "nonce",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
];

/// The page as a public client of the provider: authorization code with PKCE (RFC 7636), without a client secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPageClient {
    /// The page's client id at the provider.
    pub client_id: String,
    /// The requested scope (RFC 6749, section 3.3).
    #[serde(default = "scope")]
    pub scope: String,
    /// Which of the provider's tokens the page sends to the API.
    #[serde(default)]
    pub token: SignInToken,
    /// Additional parameters of the authorization request.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Origins that the page may call in addition to the issuer's, for example that of a token endpoint on another
    /// host.
    #[serde(default)]
    pub origins: Vec<String>,
    /// The provider's display name on the page; `None`: its name.
    #[serde(default, deserialize_with = "present")]
    pub title: Option<String>,
}

/// A token that a provider issues.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInToken {
    /// The access token (RFC 6749, section 1.4), if it is a JWT for the configured audience.
    #[default]
    AccessToken,
    /// The ID token (OpenID Connect Core 1.0, section 2), whose audience is the client.
    IdToken,
}

fn scope() -> String {
    "openid profile offline_access".to_owned()
}

impl TokenPageClient {
    /// Why users of a provider with this issuer cannot sign in with this configuration; `None` if they can.
    pub(super) fn invalid_reason(&self, issuer: &str) -> Option<&'static str> {
        let texts = [&self.client_id, &self.scope].into_iter().chain(self.title.iter());
        let mut texts = texts.chain(self.parameters.iter().flat_map(|(name, value)| [name, value]));
        if texts.any(|text| text.is_empty() || text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control)) {
            return Some("each text must have 1 to 1,000 bytes and no control character");
        }
        if self.parameters.len() > MAX_ENTRIES || self.origins.len() > MAX_ENTRIES {
            return Some("`parameters` and `origins` must have at most 10 entries each");
        }
        if self.parameters.keys().any(|name| RESERVED_PARAMETERS.contains(&name.as_str())) {
            return Some("`parameters` must not contain a parameter that the page sets itself");
        }
        if origin(issuer).is_none() {
            return Some("the host of the issuer must be a name or an IPv4 address");
        }
        let is_origin = |text: &String| origin(text).as_ref() == Some(text);
        (!self.origins.iter().all(is_origin))
            .then_some("each of `origins` must be like https://login.example.com, without a path")
    }

    /// The origins (RFC 6454) that the page calls during sign-in: that of `issuer` and the additional ones.
    #[must_use]
    pub fn origins(&self, issuer: &str) -> Vec<String> {
        origin(issuer).into_iter().chain(self.origins.iter().cloned()).collect()
    }
}

/// The origin of an HTTPS URL, or of an HTTP URL of a loopback address. The host may contain letters, digits, dots and
/// hyphens only, because the origin becomes part of a content security policy, whose syntax has no IPv6 addresses.
fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|_| may_be_fetched(address))?;
    let is_host_char = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    url.host_str()?.chars().all(is_host_char).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(change: &Value) -> TokenPageClient {
        let mut json = json!({"client_id": "page"});
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn page_requests_renewable_access_token_by_default() {
        let page = page(&json!({}));
        assert_eq!((page.scope.as_str(), page.token), ("openid profile offline_access", SignInToken::AccessToken));
        assert_eq!(page.origins("https://a.example/tenant"), ["https://a.example"]);
        assert_eq!(page.invalid_reason("https://a.example/tenant"), None);
    }

    #[test]
    fn page_with_text_or_list_over_limit_is_rejected() {
        let origins = |count: usize| (0..count).map(|number| format!("https://{number}.example")).collect::<Vec<_>>();
        let parameters = |count: usize| (0..count).map(|n| (format!("p{n}"), json!("x"))).collect::<Value>();
        let is_invalid = |change: Value| page(&change).invalid_reason("https://a.example").is_some();
        for (at_limit, over_limit) in [
            (json!({"title": "x".repeat(1_000)}), json!({"title": "x".repeat(1_001)})),
            (json!({"origins": origins(10)}), json!({"origins": origins(11)})),
            (json!({"parameters": parameters(10)}), json!({"parameters": parameters(11)})),
        ] {
            assert!(!is_invalid(at_limit) && is_invalid(over_limit.clone()), "{over_limit}");
        }
    }

    #[test]
    fn page_with_invalid_member_is_rejected_with_reason() {
        let many: Vec<_> = (0..11).map(|number| format!("https://{number}.example")).collect();
        for (change, issuer, expected) in [
            (json!({"client_id": ""}), "https://a.example", "1 to 1,000 bytes"),
            (json!({"scope": "a\nb"}), "https://a.example", "control character"),
            (json!({"title": "x".repeat(1_001)}), "https://a.example", "1 to 1,000 bytes"),
            (json!({"parameters": {"audience": ""}}), "https://a.example", "1 to 1,000 bytes"),
            (json!({"parameters": {"redirect_uri": "https://b.example"}}), "https://a.example", "the page sets itself"),
            (json!({"origins": many}), "https://a.example", "at most 10"),
            (json!({"origins": ["https://b.example/"]}), "https://a.example", "without a path"),
            (json!({"origins": ["https://b.example/token"]}), "https://a.example", "without a path"),
            (json!({"origins": ["http://b.example"]}), "https://a.example", "without a path"),
            (json!({"origins": ["*"]}), "https://a.example", "without a path"),
            (json!({"origins": ["https://b.example;x"]}), "https://a.example", "without a path"),
            (json!({}), "https://a.example;script-src", "a name or an IPv4 address"),
        ] {
            let reason = page(&change).invalid_reason(issuer);
            assert!(reason.is_some_and(|reason| reason.contains(expected)), "{change}: {reason:?}");
        }
    }
}
