//! The local identity provider: an `OpenID` Connect provider whose only client is the token page.
//!
//! Users have no passwords: anyone on this machine may sign in as any listed user, and anyone who can read the data
//! directory can issue tokens with [`Issuer::token`]. Sessions, codes and refresh tokens are lost when the provider stops.

pub mod faults;
pub mod issuer;
pub mod users;

mod authorization_codes;
mod authorize;
mod cors;
mod end_session;
mod error;
mod expiring_store;
mod pages;
mod parameters;
mod provider;
mod redirect;
mod revocation;
mod router;
mod session_cookie;
mod signing_keys;
#[cfg(test)]
mod tests;
mod token;

use std::{io, sync::Arc};

use aws_sdk_dynamodb::Client;
use axum::extract::Request;
use hyper::service::Service;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;

use self::{
    faults::IdpFaults,
    issuer::Issuer,
    provider::Provider,
    users::{AssignmentTable, User, UserDirectory},
};
use crate::http_server::HttpServer;

pub use self::{
    error::IdpError,
    provider::{IdpOptions, TOKEN_PAGE_CLIENT_ID},
    users::{PROVIDER_NAME, provider_name},
};

/// A running identity provider. Dropping it closes its port.
#[derive(Debug)]
pub struct Idp {
    /// The issuer, without a trailing slash.
    pub url: String,
    /// Injects faults and counts requests.
    pub faults: IdpFaults,
    issuer: Arc<Issuer>,
    users: Arc<UserDirectory>,
    server: HttpServer,
}

impl Idp {
    /// Listens on the port of the issuer's URL. If another process has that port, a free one is used and the issuer's URL
    /// changes permanently; the service then rejects tokens of the former issuer.
    ///
    /// # Errors
    ///
    /// Returns [`IdpError`] if no port is free, the changed issuer cannot be stored, or a URL of the token page is invalid.
    pub async fn start(mut issuer: Issuer, options: IdpOptions) -> Result<Self, IdpError> {
        let listener = bind(&issuer).await?;
        issuer.set_port(listener.local_addr()?.port())?;
        let url = issuer.url().to_owned();
        let issuer = Arc::new(issuer);
        let users = Arc::new(UserDirectory::new(options.users));
        let provider = Provider::new(Arc::clone(&issuer), Arc::clone(&users), options.token_page_urls, options.clock)?;
        let endpoints = TowerToHyperService::new(router::router(Arc::new(provider)));
        let faults = IdpFaults::default();
        let injected = faults.clone();
        let server = HttpServer::start(listener, move |request: Request| {
            let endpoints = endpoints.clone();
            let faults = injected.clone();
            async move {
                faults.inject(request.uri().path()).await?;
                let Ok(response) = endpoints.call(request).await;
                Ok(response)
            }
        })?;
        Ok(Self { url, faults, issuer, users, server })
    }

    /// Also lets users sign in who have role assignments in `table`, from now on. `client` has an operator's credentials.
    pub fn read_assignments(&self, client: Client, table: String) {
        self.users.read_assignments(AssignmentTable { client, table });
    }

    /// The users who can sign in. Without the role assignments, these are the users of the seed.
    pub async fn users(&self) -> Vec<User> {
        self.users.list().await.users
    }

    /// The issuer, which signs users' tokens.
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
            tracing::warn!(port, %error, "the identity provider's port is not available, its issuer changes");
            TcpListener::bind(("127.0.0.1", 0)).await
        }
        bound => bound,
    }
}
