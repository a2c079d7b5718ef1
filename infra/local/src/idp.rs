//! An identity provider for people: an OIDC issuer with its discovery document and its JWK set.
//!
//! There is no sign-in: whoever has the data folder makes tokens by [`Identity::token`].

pub mod faults;
pub mod identity;
pub mod people;

mod keys;

use std::{io, sync::Arc};

use axum::{
    Json,
    extract::Request,
    http::{Method, StatusCode},
    response::IntoResponse,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::{faults::IdpFaults, identity::Identity};
use crate::aws::wire::{Answer, Server};

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
}

/// A running identity provider. Dropping it closes its port.
#[derive(Debug)]
pub struct Idp {
    /// The issuer, without a trailing slash.
    pub url: String,
    /// What goes wrong on purpose, and the count of requests.
    pub faults: IdpFaults,
    identity: Arc<Identity>,
    server: Server,
}

impl Idp {
    /// Answers on the port of `identity`'s issuer. When another process has that port a free one is taken, and the issuer
    /// is changed for good; tokens of the old one are then no longer accepted.
    ///
    /// # Errors
    ///
    /// When no port is free or the changed issuer cannot be written.
    pub async fn start(mut identity: Identity) -> Result<Self, IdpError> {
        let listener = bind(&identity).await?;
        identity.move_to(listener.local_addr()?.port())?;
        let (identity, faults) = (Arc::new(identity), IdpFaults::default());
        let shared = (Arc::clone(&identity), faults.clone());
        let answer = move |request| {
            let (identity, faults) = shared.clone();
            async move { answer(&identity, &faults, request).await }
        };
        let server = Server::start(listener, answer)?;
        Ok(Self { url: identity.issuer().to_owned(), faults, identity, server })
    }

    /// The identity, which makes tokens.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Closes the port.
    pub async fn shutdown(self) {
        self.server.stop().await;
    }
}

async fn bind(identity: &Identity) -> io::Result<TcpListener> {
    let port = identity.port();
    match TcpListener::bind(("127.0.0.1", port)).await {
        Err(error) if port != 0 => {
            tracing::warn!(port, %error, "the identity provider's port is taken, its issuer changes");
            TcpListener::bind(("127.0.0.1", 0)).await
        }
        bound => bound,
    }
}

async fn answer(identity: &Identity, faults: &IdpFaults, request: Request) -> Answer {
    faults.strike(request.uri().path()).await?;
    if request.method() != Method::GET {
        return Ok(StatusCode::METHOD_NOT_ALLOWED.into_response());
    }
    Ok(match request.uri().path() {
        "/.well-known/openid-configuration" => Json(discovery(identity.issuer())).into_response(),
        "/jwks.json" => Json(identity.jwks()).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    })
}

/// `OpenID` Connect Discovery 1.0, section 3, as far as there is something to say.
fn discovery(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "jwks_uri": format!("{issuer}/jwks.json"),
        "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::time::Duration;

    use super::{faults::IdpFault, *};

    async fn get(url: String) -> Value {
        let answer = reqwest::get(url).await.unwrap();
        serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
    }

    async fn idp(folder: &std::path::Path) -> Idp {
        Idp::start(Identity::open(folder, 0).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn discovery_leads_to_the_keys() {
        let folder = tempfile::tempdir().unwrap();
        let idp = idp(folder.path()).await;
        let document = get(format!("{}/.well-known/openid-configuration", idp.url)).await;
        assert_eq!(document["issuer"], idp.url);
        let keys = get(document["jwks_uri"].as_str().unwrap().to_owned()).await;
        assert_eq!(keys, serde_json::to_value(idp.identity().jwks()).unwrap());
        let private = ["d", "p", "q", "dp", "dq", "qi"];
        assert!(keys["keys"].as_array().unwrap().iter().all(|key| private.iter().all(|part| key[part].is_null())));
        assert_eq!(reqwest::get(format!("{}/", idp.url)).await.unwrap().status(), StatusCode::NOT_FOUND);
    }

    #[tokio::test]
    async fn the_issuer_and_the_keys_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let first = idp(folder.path()).await;
        let (url, keys) = (first.url.clone(), first.identity().jwks());
        first.shutdown().await;
        let second = idp(folder.path()).await;
        assert_eq!((second.url.clone(), second.identity().jwks()), (url, keys));
    }

    #[tokio::test]
    async fn a_taken_port_changes_the_issuer_for_good() {
        let folder = tempfile::tempdir().unwrap();
        let first = idp(folder.path()).await;
        let second = idp(folder.path()).await;
        assert_ne!(first.url, second.url);
        assert_eq!(Identity::open(folder.path(), 0).unwrap().issuer(), second.url);
    }

    #[tokio::test]
    async fn faults_strike_and_requests_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let idp = idp(folder.path()).await;
        let url = format!("{}/jwks.json", idp.url);
        idp.faults.set(Some(IdpFault::Down));
        assert!(reqwest::get(&url).await.is_err());
        idp.faults.set(Some(IdpFault::Delay(Duration::from_hours(1))));
        assert!(tokio::time::timeout(Duration::from_millis(50), reqwest::get(&url)).await.is_err());
        idp.faults.set(None);
        assert!(reqwest::get(&url).await.is_ok());
        assert_eq!(idp.faults.requests("/.well-known/openid-configuration"), 0);
        assert!(idp.faults.requests("/jwks.json") >= 3);
    }
}
