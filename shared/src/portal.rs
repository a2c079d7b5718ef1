//! The token page and the readable documentation: the files that were built, and what the page has to know of where it is.

use std::{borrow::Cow, collections::BTreeMap};

use serde::Serialize;

use crate::{
    error::ApiError,
    identity_provider::{IdentityProvider, SignInToken, TokenPageClient},
    json::StrictObject,
    token::MaxLifetime,
};

/// What stands in the built page where its configuration belongs.
const CONFIG_PLACEHOLDER: &str = "__CONFIGURATION__";

/// What surrounds the page.
#[derive(Debug, Clone)]
pub struct PortalConfig {
    /// The API's base URL, below which the page lies.
    pub base: String,
    /// The longest lifetime that the operator allows.
    pub max_lifetime: Option<MaxLifetime>,
    /// The identity providers. People sign in at those that have a [`TokenPageClient`].
    pub providers: Vec<IdentityProvider>,
}

/// Why the page cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortalError {
    /// It was not built.
    #[error("the file `{0}` is not among those that were built, or is no text")]
    File(&'static str),
    /// It has no place for its configuration.
    #[error("the page has no place for its configuration")]
    Place,
}

/// Gives pages and what they need. The files are asked for by their names.
pub struct Portal<F> {
    files: F,
    tokens: String,
    docs: String,
    home: String,
    origins: Vec<String>,
}

/// What the page is told.
#[derive(Serialize)]
struct PageConfig<'a> {
    base: &'a str,
    max_lifetime: Option<u64>,
    providers: Vec<SignInProvider<'a>>,
}

/// A provider by which people may sign in.
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
    /// The pages among `files`, where they are.
    ///
    /// # Errors
    ///
    /// See [`PortalError`].
    pub fn new(files: F, config: &PortalConfig) -> Result<Self, PortalError> {
        let page = |name| files(name).and_then(text).ok_or(PortalError::File(name));
        let (tokens, docs) = (page("tokens.html")?, page("docs.html")?);
        if !tokens.contains(CONFIG_PLACEHOLDER) {
            return Err(PortalError::Place);
        }
        let pages = config.pages();
        Ok(Self {
            tokens: tokens.replace(CONFIG_PLACEHOLDER, &attribute(&config.configuration())),
            docs,
            home: format!("{}/tokens", config.base),
            origins: pages.flat_map(|(provider, page)| page.origins(&provider.issuer)).collect(),
            files,
        })
    }

    /// The token page.
    #[must_use]
    pub fn tokens(&self) -> &str {
        &self.tokens
    }

    /// The readable documentation.
    #[must_use]
    pub fn docs(&self) -> &str {
        &self.docs
    }

    /// The one address of the token page: providers send people back to it.
    #[must_use]
    pub fn home(&self) -> &str {
        &self.home
    }

    /// Where the token page may call beside its own origin.
    #[must_use]
    pub fn origins(&self) -> &[String] {
        &self.origins
    }

    /// What a page loads by this name.
    ///
    /// # Errors
    ///
    /// [`ApiError::NotFound`] where no such file was built.
    pub fn asset(&self, name: &str) -> Result<String, ApiError> {
        (self.files)(&format!("assets/{name}")).and_then(text).ok_or(ApiError::NotFound)
    }
}

impl PortalConfig {
    fn pages(&self) -> impl Iterator<Item = (&IdentityProvider, &TokenPageClient)> {
        self.providers
            .iter()
            .filter_map(|provider| Some((provider, provider.page.as_ref().map(|StrictObject(page)| page)?)))
    }

    /// What the page is told, as JSON.
    fn configuration(&self) -> String {
        let providers = self.pages().map(|(provider, page)| SignInProvider {
            name: provider.name.as_str(),
            title: page.title.as_deref().unwrap_or(provider.name.as_str()),
            issuer: &provider.issuer,
            client_id: &page.client_id,
            scope: &page.scope,
            token: page.token,
            parameters: &page.parameters,
            user_claim: &provider.user_claim,
        });
        let max_lifetime = self.max_lifetime.map(MaxLifetime::seconds);
        let all = PageConfig { base: &self.base, max_lifetime, providers: providers.collect() };
        serde_json::to_string(&all).unwrap_or_default()
    }
}

/// A file that is a text; of an API Gateway's answers no other passes unchanged.
fn text(file: Cow<'static, [u8]>) -> Option<String> {
    String::from_utf8(file.into_owned()).ok()
}

/// The value of an attribute in double quotes (HTML, section 13.1.2.3).
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
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
        let known =
            json!({"name": "a", "issuer": "https://a.example/x", "audience": "a", "organizations": "*", "page": page});
        let without = json!({"name": "b", "issuer": "https://b.example", "audience": "b", "organizations": "*"});
        PortalConfig {
            base: "https://api.example/live".to_owned(),
            max_lifetime: "90d".parse().ok(),
            providers: serde_json::from_value(json!([known, without])).unwrap(),
        }
    }

    #[test]
    fn the_page_is_told_of_the_providers_that_have_one_and_where_it_may_call() {
        let portal = Portal::new(files, &config("Acme")).unwrap();
        let told = json!({
            "base": "https://api.example/live", "max_lifetime": 7_776_000,
            "providers": [{"name": "a", "title": "Acme", "issuer": "https://a.example/x", "client_id": "page",
                "scope": "openid profile offline_access", "token": "access_token", "parameters": {}, "user_claim": "sub"}],
        });
        let content = portal.tokens().split('"').nth(3).unwrap().replace("&quot;", "\"");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&content).unwrap(), told);
        assert_eq!(portal.origins(), ["https://a.example", "https://login.example"]);
        assert_eq!(portal.home(), "https://api.example/live/tokens");
    }

    #[test]
    fn what_is_configured_stays_within_its_attribute() {
        let portal = Portal::new(files, &config(r#""><script>&"#)).unwrap();
        assert_eq!(portal.tokens().matches(['<', '>']).count(), 2);
        assert!(portal.tokens().contains("\\&quot;&gt;&lt;script&gt;&amp;"), "{}", portal.tokens());
    }

    #[test]
    fn an_asset_is_a_text_that_was_built_and_nothing_else() {
        let portal = Portal::new(files, &config("A")).unwrap();
        assert_eq!(portal.asset("a.js"), Ok("a".to_owned()));
        for name in ["b.js", "c.js", "", "../docs.html", "a.js/"] {
            assert_eq!(portal.asset(name), Err(ApiError::NotFound), "{name}");
        }
    }

    #[test]
    fn a_page_that_was_not_built_or_has_no_place_for_its_configuration_is_not_served() {
        let missing = Portal::new(|_: &str| None, &config("A")).err();
        assert_eq!(missing, Some(PortalError::File("tokens.html")));
        let bare = |_: &str| Some(Cow::Borrowed(b"x".as_slice()));
        assert_eq!(Portal::new(bare, &config("A")).err(), Some(PortalError::Place));
    }
}
