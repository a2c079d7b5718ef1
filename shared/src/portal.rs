//! The token page and the documentation page: serves the built files, with the page's configuration filled in.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use crate::{
    error::ApiError,
    identity_provider::{IdentityProvider, SignInToken, TokenPageClient},
    json::StrictObject,
    token::MaxLifetime,
};

/// The text in the built `tokens.html` that is replaced by the page's configuration.
const CONFIG_PLACEHOLDER: &str = "__CONFIGURATION__";

/// Configuration of the token page.
#[derive(Debug, Clone)]
pub struct PortalConfig {
    /// Base URL of the API; the page is served at `<base>/tokens`.
    pub base: String,
    /// Longest token lifetime that the operator allows; `None` means unlimited.
    pub max_lifetime: Option<MaxLifetime>,
    /// The valid identity providers. The page offers sign-in with those that have a [`TokenPageClient`].
    pub providers: Vec<IdentityProvider>,
}

/// Why the pages cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// A page is missing from the build, or is not UTF-8.
    #[error("`{0}` is missing from the built files or is not UTF-8")]
    InvalidFile(&'static str),
    /// The token page has no placeholder for its configuration.
    #[error("`tokens.html` does not contain `{CONFIG_PLACEHOLDER}`")]
    MissingPlaceholder,
}

/// The token page, the documentation page and their assets. `F` returns a built file by its path.
pub struct Portal<F> {
    files: F,
    tokens: String,
    docs: String,
    home: String,
    origins: Vec<String>,
}

/// The configuration that the page reads, as JSON.
#[derive(Serialize)]
struct PageConfig<'a> {
    base: &'a str,
    max_lifetime: Option<u64>,
    providers: Vec<SignInProvider<'a>>,
}

/// An identity provider with which users can sign in.
#[derive(Serialize)]
struct SignInProvider<'a> {
    name: &'a str,
    title: &'a str,
    issuer: &'a str,
    client_id: &'a str,
    scope: &'a str,
    token: SignInToken,
    parameters: &'a BTreeMap<String, String>,
    user_claim: &'a str,
}

impl<F: Fn(&str) -> Option<Cow<'static, [u8]>>> Portal<F> {
    /// Loads the pages from `files` and fills in the configuration.
    ///
    /// # Errors
    ///
    /// Returns [`PortalError`] if a page is missing from `files` or is invalid.
    pub fn new(files: F, config: &PortalConfig) -> Result<Self, PortalError> {
        let page = |name| files(name).and_then(text).ok_or(PortalError::InvalidFile(name));
        let tokens = page("tokens.html")?;
        let docs = page("docs.html")?;
        if !tokens.contains(CONFIG_PLACEHOLDER) {
            return Err(PortalError::MissingPlaceholder);
        }
        let clients = config.sign_in_clients();
        Ok(Self {
            tokens: tokens.replace(CONFIG_PLACEHOLDER, &escape_attribute(&config.to_json())),
            docs,
            home: format!("{}/tokens", config.base),
            origins: clients.flat_map(|(provider, client)| client.origins(&provider.issuer)).collect(),
            files,
        })
    }

    /// The HTML of the token page.
    #[must_use]
    pub fn tokens(&self) -> &str {
        &self.tokens
    }

    /// The HTML of the documentation page.
    #[must_use]
    pub fn docs(&self) -> &str {
        &self.docs
    }

    /// The URL of the token page. It is the redirect URI of the sign-in, so the page has no other URL.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    /// The origins that the token page may call in addition to its own.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// The text of the asset `name`.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::NotFound`] if the asset does not exist or is not UTF-8.
    pub fn asset(&self, name: &str) -> Result<String, ApiError> {
        (self.files)(&format!("assets/{name}")).and_then(text).ok_or(ApiError::NotFound)
    }
}

impl PortalConfig {
    /// The identity providers with which users can sign in, each with the page's client.
    fn sign_in_clients(&self) -> impl Iterator<Item = (&IdentityProvider, &TokenPageClient)> {
        self.providers
            .iter()
            .filter_map(|provider| Some((provider, provider.page.as_ref().map(|StrictObject(page)| page)?)))
    }

    fn to_json(&self) -> String {
        let providers = self.sign_in_clients().map(|(provider, client)| SignInProvider {
            name: provider.name.as_str(),
            title: client.title.as_deref().unwrap_or(provider.name.as_str()),
            issuer: &provider.issuer,
            client_id: &client.client_id,
            scope: &client.scope,
            token: client.token,
            parameters: &client.parameters,
            user_claim: provider.user_claim.as_str(),
        });
        let max_lifetime = self.max_lifetime.map(MaxLifetime::seconds);
        let config = PageConfig { base: &self.base, max_lifetime, providers: providers.collect() };
        serde_json::to_string(&config).unwrap_or_default()
    }
}

/// The file as UTF-8; a REST API changes binary responses unless its binary media types are configured.
fn text(file: Cow<'static, [u8]>) -> Option<String> {
    String::from_utf8(file.into_owned()).ok()
}

/// Escapes the value of an attribute in double quotes (HTML, section 13.1.2.3).
fn escape_attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn files(name: &str) -> Option<Cow<'static, [u8]>> {
        match name {
            "tokens.html" => Some(Cow::Borrowed(br#"<meta name="latchkey" content="__CONFIGURATION__">"#)),
            "docs.html" => Some(Cow::Borrowed(b"docs")),
            "assets/a.js" => Some(Cow::Borrowed(b"a")),
            "assets/b.js" => Some(Cow::Borrowed(&[0xff])),
            _ => None,
        }
    }

    fn config(title: &str) -> PortalConfig {
        let page = json!({"client_id": "page", "title": title, "origins": ["https://login.example"]});
        let with_page =
            json!({"name": "a", "issuer": "https://a.example/x", "audience": "a", "organizations": "*", "page": page});
        let without_page = json!({"name": "b", "issuer": "https://b.example", "audience": "b", "organizations": "*"});
        PortalConfig {
            base: "https://api.example/live".to_owned(),
            max_lifetime: "90d".parse().ok(),
            providers: serde_json::from_value(json!([with_page, without_page])).unwrap(),
        }
    }

    #[test]
    fn token_page_contains_providers_with_a_client() {
        let portal = Portal::new(files, &config("Acme")).unwrap();
        let expected = json!({
            "base": "https://api.example/live", "max_lifetime": 7_776_000,
            "providers": [{"name": "a", "title": "Acme", "issuer": "https://a.example/x", "client_id": "page",
                "scope": "openid profile offline_access", "token": "access_token", "parameters": {},
                "user_claim": "sub"}],
        });
        let content = portal.tokens().split('"').nth(3).unwrap().replace("&quot;", "\"");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&content).unwrap(), expected);
        assert_eq!(portal.origins(), ["https://a.example", "https://login.example"]);
        assert_eq!(portal.home(), "https://api.example/live/tokens");
    }

    #[test]
    fn configuration_is_escaped_in_its_attribute() {
        let portal = Portal::new(files, &config(r#""><script>&"#)).unwrap();
        assert_eq!(portal.tokens().matches(['<', '>']).count(), 2);
        assert!(portal.tokens().contains("\\&quot;&gt;&lt;script&gt;&amp;"), "{}", portal.tokens());
    }

    #[test]
    fn asset_that_was_not_built_is_not_found() {
        let portal = Portal::new(files, &config("A")).unwrap();
        assert_eq!(portal.asset("a.js"), Ok("a".to_owned()));
        for name in ["b.js", "c.js", "", "../docs.html", "a.js/"] {
            assert_eq!(portal.asset(name), Err(ApiError::NotFound), "{name}");
        }
    }

    #[test]
    fn invalid_page_is_an_error() {
        let missing = Portal::new(|_: &str| None, &config("A")).err();
        assert_eq!(missing, Some(PortalError::InvalidFile("tokens.html")));
        let without_placeholder = |_: &str| Some(Cow::Borrowed(b"x".as_slice()));
        let error = Portal::new(without_placeholder, &config("A")).err();
        assert_eq!(error, Some(PortalError::MissingPlaceholder));
    }
}
