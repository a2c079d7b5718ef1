//! Fetching the keys that an issuer publishes. Never from an address that a token names.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use reqwest::{Client, Url, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    authorize::may_be_fetched,
    jwt::{Ring, VerifyingKey, excerpt},
    ports::PortError,
    telemetry,
};

/// How long both documents may take together.
const LONGEST: Duration = Duration::from_secs(2);
/// The most bytes of a document: far above what providers publish.
const LARGEST: usize = 256 * 1024;

/// The members of a discovery document that are read (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// A JWK set in which each key may be of a kind that is not known here (RFC 7517, section 5).
#[derive(Deserialize)]
struct AnyKeys {
    keys: Vec<Value>,
}

/// Why the keys of an issuer could not be had, each with the address that was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// Nobody answers there, or not to the end, or not in time.
    #[error("{0} cannot be reached")]
    Silent(String),
    /// It answers with a failure.
    #[error("{0} answers {1}")]
    Status(String, u16),
    /// Its answer is far above what issuers publish.
    #[error("{0} answers too much")]
    TooLarge(String),
    /// Its answer has not the form of one.
    #[error("{0} is no document of an issuer")]
    Malformed(String),
    /// Its discovery document speaks of another issuer.
    #[error("{0} is the document of another issuer")]
    OtherIssuer(String),
    /// Its discovery document names keys over neither HTTPS nor this machine.
    #[error("{0} names keys that lie where nothing is fetched from")]
    Elsewhere(String),
}

/// The HTTP client for identity providers: one second to connect, two for each document, no redirects.
///
/// # Errors
///
/// [`PortError::Broken`] where it cannot be made.
pub(super) fn client() -> Result<Client, PortError> {
    Client::builder()
        .connect_timeout(Duration::from_secs(1))
        .timeout(Duration::from_secs(2))
        .redirect(Policy::none())
        .build()
        .map_err(|_| PortError::Broken("the client for identity providers cannot be made".to_owned()))
}

/// The keys that `issuer` publishes now and that are of use here.
///
/// # Errors
///
/// [`Unusable`].
pub async fn ring(client: &Client, issuer: &str) -> Result<Ring, Unusable> {
    let both = tokio::time::timeout(LONGEST, fetch(client, issuer)).await;
    both.unwrap_or_else(|_| Err(Unusable::Silent(issuer.to_owned())))
}

async fn fetch(client: &Client, issuer: &str) -> Result<Ring, Unusable> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = document(client, &address).await?;
    if discovery.issuer != issuer {
        return Err(Unusable::OtherIssuer(address));
    }
    if !may_lead_to(issuer, &discovery.jwks_uri) {
        return Err(Unusable::Elsewhere(address));
    }
    let set: AnyKeys = document(client, &discovery.jwks_uri).await?;
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let set = JwkSet { keys: known.collect() };
    Ok(Ring::new(set.keys.into_iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok())))
}

/// Whether `issuer` may say that its keys lie at `address`. By HTTP only an issuer on this machine may name keys on it: another could
/// have us ask whatever listens here. The scheme is that of the parsed address, since `HTTP:` and ` http:` mean the same.
fn may_lead_to(issuer: &str, address: &str) -> bool {
    let is_http = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "http");
    may_be_fetched(address) && (is_http(issuer) || !is_http(address))
}

async fn document<T: DeserializeOwned>(client: &Client, address: &str) -> Result<T, Unusable> {
    telemetry::call();
    let shown = || excerpt(address);
    let silent = |_| Unusable::Silent(shown());
    let mut answer = client.get(address).send().await.map_err(silent)?;
    if !answer.status().is_success() {
        return Err(Unusable::Status(shown(), answer.status().as_u16()));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(silent)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(Unusable::TooLarge(shown()));
        }
    }
    serde_json::from_slice(&body).map_err(|_| Unusable::Malformed(shown()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issuer_elsewhere_names_no_keys_on_this_machine_however_the_address_is_written() {
        for address in
            ["http://127.0.0.1:1/", "HTTP://127.0.0.1:1/", " http://localhost/", "ht\ttp://[::1]/", "http:/127.1"]
        {
            assert!(!may_lead_to("https://id.example", address), "{address:?}");
            assert!(may_lead_to("http://127.0.0.1:2", address), "{address:?}");
        }
        assert!(may_lead_to("https://id.example", "https://keys.example"));
        assert!(!may_lead_to("http://127.0.0.1:2", "http://keys.example"));
    }
}
