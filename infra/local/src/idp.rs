//! An identity provider for users: an `OpenID` provider with one client, the token page.
//!
//! Nobody has a password: whoever is at this machine chooses who to be, and whoever has the data folder makes tokens by
//! [`Issuer::token`]. What was given to the page is forgotten when the provider stops.

pub mod faults;
pub mod issuer;
pub mod users;

mod authorization_codes;
mod authorize;
mod cors;
mod keys;
mod page;
mod parameters;
mod provider;
mod redirect;
mod session;
mod store;
#[cfg(test)]
mod tests;
mod token;

use std::{io, sync::Arc};

use axum::extract::Request;
use shared::{ports::Clock, token::ProviderName};
use tokio::net::TcpListener;

use self::{faults::IdpFaults, issuer::Issuer, provider::Provider, users::User};
use crate::http_server::HttpServer;

/// The token page's client id. It is a public client (RFC 6749, section 2.1): a page cannot keep a secret.
pub const TOKEN_PAGE_CLIENT_ID: &str = "latchkey-page";

/// The local identity provider's name in the service's configuration and in user ids.
pub const PROVIDER_NAME: &str = "local";

/// [`PROVIDER_NAME`] as the ledger's type.
#[must_use]
pub fn provider_name() -> ProviderName {
    PROVIDER_NAME.parse().unwrap_or_else(|_| unreachable!("`{PROVIDER_NAME}` is a valid provider name"))
}

/// Who may sign in, and where.
#[derive(Clone)]
pub struct SignIn {
    /// The users, in the order in which they are offered.
    pub users: Vec<User>,
    /// The addresses of the token page, to which alone a sign-in and a sign-out lead back.
    pub token_page_urls: Vec<String>,
    /// Tells when what was given ends.
    pub clock: Arc<dyn Clock>,
}

/// Why the identity provider cannot work.
#[derive(Debug, thiserror::Error)]
pub enum IdpError {
    /// Its file or its port.
    #[error("the identity provider's file or port cannot be used: {0}")]
    Io(#[from] io::Error),
    /// What its file says.
    #[error("the identity provider's file cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// A key that cannot be made, read or used.
    #[error("a key of the identity provider cannot be used")]
    Key,
    /// An address of the token page that is none.
    #[error("the token page cannot be at `{0}`: it is no URL")]
    InvalidTokenPageUrl(String),
}

/// A running identity provider. Dropping it closes its port.
#[derive(Debug)]
pub struct Idp {
    /// The issuer, without a trailing slash.
    pub url: String,
    /// What goes wrong on purpose, and the count of requests.
    pub faults: IdpFaults,
    issuer: Arc<Issuer>,
    server: HttpServer,
}

impl Idp {
    /// Answers on the port of `issuer`'s issuer. When another process has that port a free one is taken, and the issuer
    /// is changed for good; tokens of the old one are then no longer accepted.
    ///
    /// # Errors
    ///
    /// When no port is free, the changed issuer cannot be written, or an address of the page is none.
    pub async fn start(mut issuer: Issuer, sign_in: SignIn) -> Result<Self, IdpError> {
        let listener = bind(&issuer).await?;
        issuer.move_to(listener.local_addr()?.port())?;
        let (issuer, faults) = (Arc::new(issuer), IdpFaults::default());
        let shared = (Arc::new(Provider::new(Arc::clone(&issuer), sign_in)?), faults.clone());
        let answer = move |request: Request| {
            let (provider, faults) = shared.clone();
            async move {
                faults.strike(request.uri().path()).await?;
                Ok(provider.answer(request).await)
            }
        };
        let server = HttpServer::start(listener, answer)?;
        Ok(Self { url: issuer.url().to_owned(), faults, issuer, server })
    }

    /// The issuer, which makes tokens.
    #[must_use]
    pub fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    /// Closes the port.
    pub async fn shutdown(self) {
        self.server.stop().await;
    }
}

async fn bind(issuer: &Issuer) -> io::Result<TcpListener> {
    let port = issuer.port();
    match TcpListener::bind(("127.0.0.1", port)).await {
        Err(error) if port != 0 => {
            tracing::warn!(port, %error, "the identity provider's port is taken, its issuer changes");
            TcpListener::bind(("127.0.0.1", 0)).await
        }
        bound => bound,
    }
}
