//! The keys of an issuer, fetched as anybody fetches them who checks tokens offline. Never from an address that a token names.

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use shared::{
    authorize::may_be_fetched,
    jwt::{Ring, VerifyingKey},
};

use crate::{
    access::Address,
    api::{TOKENS, client},
    error::Error,
};

/// The most bytes of a document: far above what issuers publish.
const LARGEST: usize = 256 * 1024;
/// What follows the access family's issuer in the public family's.
pub const PUBLIC: &str = "/public";

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

/// The issuers whose tokens are looked at: the given one alone, or both families of the service at `address`.
///
/// # Errors
///
/// Those of [`Address::base`]; [`Error::Usage`] for an issuer that nothing may be fetched from.
pub fn expected(given: Option<&str>, address: &Address) -> Result<Vec<String>, Error> {
    match given {
        Some(issuer) if may_be_fetched(issuer) => Ok(vec![issuer.to_owned()]),
        Some(issuer) => Err(Error::Usage(format!("`{issuer}` is no issuer: https, or http to this machine"))),
        None => Ok(families(&address.base()?).into()),
    }
}

/// The issuers of both families of the service at `base`, which has no trailing slash.
#[must_use]
pub fn families(base: &str) -> [String; 2] {
    [format!("{base}{TOKENS}{PUBLIC}"), format!("{base}{TOKENS}")]
}

/// The audience of tokens of `issuer` where the operator set none: the base URL.
#[must_use]
pub fn usual_audience(issuer: &str) -> Option<String> {
    let access = issuer.strip_suffix(PUBLIC).unwrap_or(issuer);
    access.strip_suffix(TOKENS).map(ToOwned::to_owned)
}

/// The keys that `issuer` publishes now and that are of use here.
///
/// # Errors
///
/// [`Error::Unreachable`] where it gives no usable answer.
pub async fn ring(issuer: &str) -> Result<Ring, Error> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = document(&address).await?;
    if discovery.issuer != issuer {
        return Err(Error::Unreachable(format!("{address} is the document of another issuer")));
    }
    if !may_be_fetched(&discovery.jwks_uri) {
        return Err(Error::Unreachable(format!("{address} names keys that lie where nothing is fetched from")));
    }
    let set: AnyKeys = document(&discovery.jwks_uri).await?;
    let known = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let set = JwkSet { keys: known.collect() };
    Ok(Ring::new(set.keys.into_iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok())))
}

async fn document<T: DeserializeOwned>(address: &str) -> Result<T, Error> {
    let silent = |_| Error::Unreachable(format!("{address} cannot be reached"));
    let mut answer = client(address)?.get(address).send().await.map_err(silent)?;
    if !answer.status().is_success() {
        return Err(Error::Unreachable(format!("{address} answers {}", answer.status().as_u16())));
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(silent)? {
        body.extend_from_slice(&chunk);
        if body.len() > LARGEST {
            return Err(Error::Unreachable(format!("{address} answers too much")));
        }
    }
    serde_json::from_slice(&body).map_err(|_| Error::Unreachable(format!("{address} is no document of an issuer")))
}
