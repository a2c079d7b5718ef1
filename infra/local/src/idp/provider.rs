//! State that the endpoints of the identity provider share.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::http::HeaderValue;
use reqwest::Url;
use shared::{ports::Clock, token::UnixTime};

use super::{
    authorization_codes::GrantStore,
    error::IdpError,
    issuer::Issuer,
    users::{User, UserDirectory},
};

/// Client id of the token page. The page is a public client (RFC 6749, section 2.1), because it cannot keep a secret.
pub const TOKEN_PAGE_CLIENT_ID: &str = "latchkey-page";

/// Configuration of the identity provider.
#[derive(Clone)]
pub struct IdpOptions {
    /// The users of the seed, in the order in which the sign-in page lists them.
    pub users: Vec<User>,
    /// URLs of the token page, the only targets of redirects.
    pub token_page_urls: Vec<String>,
    /// Source of the current time.
    pub clock: Arc<dyn Clock>,
}

/// State that the endpoints share. It has no `Debug`, because it contains credentials.
pub(super) struct Provider {
    /// Signs tokens.
    pub(super) issuer: Arc<Issuer>,
    /// Lists the users who may sign in.
    pub(super) users: Arc<UserDirectory>,
    token_pages: Vec<TokenPage>,
    clock: Arc<dyn Clock>,
    grants: Mutex<GrantStore>,
}

struct TokenPage {
    url: String,
    origin: String,
}

impl Provider {
    /// # Errors
    ///
    /// Returns [`IdpError::InvalidTokenPageUrl`] if an element of `token_page_urls` is not a URL.
    pub(super) fn new(
        issuer: Arc<Issuer>,
        users: Arc<UserDirectory>,
        token_page_urls: Vec<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, IdpError> {
        let token_page = |url: String| match Url::parse(&url) {
            Ok(parsed) => Ok(TokenPage { url, origin: parsed.origin().ascii_serialization() }),
            Err(_) => Err(IdpError::InvalidTokenPageUrl(url)),
        };
        let token_pages = token_page_urls.into_iter().map(token_page).collect::<Result<_, _>>()?;
        Ok(Self { issuer, users, token_pages, clock, grants: Mutex::new(GrantStore::new()) })
    }

    /// Locks the stored grants. Operations that must be atomic keep the guard.
    pub(super) fn grants(&self) -> MutexGuard<'_, GrantStore> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    pub(super) fn port(&self) -> u16 {
        self.issuer.port()
    }

    /// Whether the token page is at `url`, compared character by character (RFC 9700, section 2.1).
    pub(super) fn is_token_page(&self, url: &str) -> bool {
        self.token_pages.iter().any(|page| page.url == url)
    }

    /// Whether the token page has this origin.
    pub(super) fn is_token_page_origin(&self, origin: &HeaderValue) -> bool {
        self.token_pages.iter().any(|page| page.origin.as_bytes() == origin.as_bytes())
    }
}
