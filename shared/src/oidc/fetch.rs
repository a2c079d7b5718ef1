//! Fetching a provider's keys. Never from an address that a token names.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use reqwest::{Client, redirect::Policy};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    authorize::{Provider, may_be_fetched},
    jwt::{Ring, VerifyingKey},
    ports::PortError,
    telemetry,
};

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

/// The HTTP client for identity providers: one second to connect, two for the whole, no redirects.
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

/// The keys that `provider` publishes now and that are of use here.
///
/// # Errors
///
/// [`PortError::Unavailable`] where it gives no usable answer.
pub(super) async fn fetch(client: &Client, provider: &Provider) -> Result<Ring, PortError> {
    let address = format!("{}/.well-known/openid-configuration", provider.issuer.trim_end_matches('/'));
    let discovery: Discovery = document(client, &address, provider).await?;
    if discovery.issuer != provider.issuer {
        return Err(unusable(provider, "its discovery document is another issuer's"));
    }
    if !may_be_fetched(&discovery.jwks_uri) {
        return Err(unusable(provider, "its keys lie where nothing is fetched from"));
    }
    let set: AnyKeys = document(client, &discovery.jwks_uri, provider).await?;
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let set = JwkSet { keys: known.collect() };
    Ok(Ring::new(set.keys.into_iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok())))
}

async fn document<T: DeserializeOwned>(client: &Client, address: &str, provider: &Provider) -> Result<T, PortError> {
    let silent = |_| unusable(provider, "it does not answer");
    telemetry::call();
    let mut answer = client.get(address).send().await.map_err(silent)?;
    if !answer.status().is_success() {
        return Err(unusable(provider, "it answers with a failure"));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(silent)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(unusable(provider, "its answer is too large"));
        }
    }
    serde_json::from_slice(&body).map_err(|_| unusable(provider, "its answer has not the form of one"))
}

fn unusable(provider: &Provider, why: &str) -> PortError {
    PortError::Unavailable(format!("the identity provider {}: {why}", provider.name))
}
