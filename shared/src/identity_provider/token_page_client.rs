//! How a provider's people sign in on the token page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use url::Url;

use super::may_be_fetched;
use crate::json::present;

/// The most bytes of a text here.
const MAX_TEXT_BYTES: usize = 1_000;
/// The most further parameters, and the most further origins.
const MAX_ENTRIES: usize = 10;

/// The parameters of the authorization request that are the page's own (RFC 6749, section 4.1.1; RFC 7636, section 4.3).
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

/// The page as a client of the provider: authorization code with PKCE (RFC 7636), no secret.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TokenPageClient {
    /// The page's client id at the provider.
    pub client_id: String,
    /// What the page asks for (RFC 6749, section 3.3).
    #[serde(default = "scope")]
    pub scope: String,
    /// Which of the provider's tokens the page sends to the API.
    #[serde(default)]
    pub token: SignInToken,
    /// Further parameters of the authorization request.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Where the page may call beside the issuer's own origin, as for a token endpoint that lies elsewhere.
    #[serde(default)]
    pub origins: Vec<String>,
    /// What people call the provider; absent: its name.
    #[serde(default, deserialize_with = "present")]
    pub title: Option<String>,
}

/// A token that a provider gives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignInToken {
    /// The access token (RFC 6749, section 1.4), where it is a JWT for the configured audience.
    #[default]
    AccessToken,
    /// The ID token (OpenID Connect Core 1.0, section 2), whose audience is the client.
    IdToken,
}

fn scope() -> String {
    "openid profile offline_access".to_owned()
}

impl TokenPageClient {
    /// Why nobody can sign in by it, at a provider with this issuer.
    pub(super) fn wrong(&self, issuer: &str) -> Option<&'static str> {
        let texts = [&self.client_id, &self.scope].into_iter().chain(self.title.iter());
        let mut texts = texts.chain(self.parameters.iter().flat_map(|(name, value)| [name, value]));
        if texts.any(|text| text.is_empty() || text.len() > MAX_TEXT_BYTES || text.chars().any(char::is_control)) {
            return Some("with an empty text, one of more than 1,000 bytes, or one with a control character");
        }
        if self.parameters.len() > MAX_ENTRIES || self.origins.len() > MAX_ENTRIES {
            return Some("with more than 10 `parameters` or `origins`");
        }
        if self.parameters.keys().any(|name| RESERVED_PARAMETERS.contains(&name.as_str())) {
            return Some("with `parameters` that the page sets itself");
        }
        if origin(issuer).is_none() {
            return Some("and an issuer whose host is no name or address");
        }
        let is_origin = |text: &String| origin(text).as_ref() == Some(text);
        (!self.origins.iter().all(is_origin))
            .then_some("with `origins` that are not all like https://login.example.com, without a path")
    }

    /// The origins that the page calls to sign people in (RFC 6454): those of `issuer` and the further ones.
    #[must_use]
    pub fn origins(&self, issuer: &str) -> Vec<String> {
        origin(issuer).into_iter().chain(self.origins.iter().cloned()).collect()
    }
}

/// The origin of an address over HTTPS, or by HTTP on this very machine. A host has letters, digits, dots and
/// hyphens alone, so that it can stand in a policy, which knows no IPv6 addresses.
fn origin(address: &str) -> Option<String> {
    let url = Url::parse(address).ok().filter(|_| may_be_fetched(address))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    url.host_str()?.chars().all(plain).then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(change: &Value) -> TokenPageClient {
        let mut json = json!({"client_id": "page"});
        json.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn a_page_asks_for_a_renewable_access_token_unless_it_says_otherwise() {
        let page = page(&json!({}));
        assert_eq!((page.scope.as_str(), page.token), ("openid profile offline_access", SignInToken::AccessToken));
        assert_eq!(page.origins("https://a.example/tenant"), ["https://a.example"]);
        assert_eq!(page.wrong("https://a.example/tenant"), None);
    }

    #[test]
    fn texts_and_lists_are_bounded_to_the_last() {
        let origins = |count: usize| (0..count).map(|number| format!("https://{number}.example")).collect::<Vec<_>>();
        let parameters = |count: usize| (0..count).map(|n| (format!("p{n}"), json!("x"))).collect::<Value>();
        let wrong = |change: Value| page(&change).wrong("https://a.example").is_some();
        for (fits, too_much) in [
            (json!({"title": "x".repeat(1_000)}), json!({"title": "x".repeat(1_001)})),
            (json!({"origins": origins(10)}), json!({"origins": origins(11)})),
            (json!({"parameters": parameters(10)}), json!({"parameters": parameters(11)})),
        ] {
            assert!(!wrong(fits) && wrong(too_much.clone()), "{too_much}");
        }
    }

    #[test]
    fn what_nobody_could_sign_in_by_is_said() {
        let many: Vec<_> = (0..11).map(|number| format!("https://{number}.example")).collect();
        for (change, issuer, words) in [
            (json!({"client_id": ""}), "https://a.example", "empty text"),
            (json!({"scope": "a\nb"}), "https://a.example", "control character"),
            (json!({"title": "x".repeat(1_001)}), "https://a.example", "1,000 bytes"),
            (json!({"parameters": {"audience": ""}}), "https://a.example", "empty text"),
            (json!({"parameters": {"redirect_uri": "https://b.example"}}), "https://a.example", "the page sets itself"),
            (json!({"origins": many}), "https://a.example", "more than 10"),
            (json!({"origins": ["https://b.example/"]}), "https://a.example", "without a path"),
            (json!({"origins": ["https://b.example/token"]}), "https://a.example", "without a path"),
            (json!({"origins": ["http://b.example"]}), "https://a.example", "without a path"),
            (json!({"origins": ["*"]}), "https://a.example", "without a path"),
            (json!({"origins": ["https://b.example;x"]}), "https://a.example", "without a path"),
            (json!({}), "https://a.example;script-src", "no name or address"),
        ] {
            let wrong = page(&change).wrong(issuer);
            assert!(wrong.is_some_and(|wrong| wrong.contains(words)), "{change}: {wrong:?}");
        }
    }
}
