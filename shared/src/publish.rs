//! Publishing the keys that verify our tokens.

use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;

use crate::{failure::Failure, ports::KeyRing};

/// Publishes keys.
pub struct Publish<K> {
    /// Knows them.
    pub keys: K,
    /// The family's issuer.
    pub issuer: String,
}

/// The metadata of an issuer (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Metadata {
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 2],
}

impl<K: KeyRing> Publish<K> {
    /// The keys, the signing one first.
    ///
    /// # Errors
    ///
    /// What the ring could not do.
    pub async fn jwk_set(&self) -> Result<JwkSet, Failure> {
        Ok(self.keys.ring().await?.jwk_set())
    }

    /// Where the keys are.
    #[must_use]
    pub fn metadata(&self) -> Metadata {
        Metadata {
            issuer: self.issuer.clone(),
            jwks_uri: format!("{}/.well-known/jwks.json", self.issuer),
            response_types_supported: ["token"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256", "ES256"],
        }
    }
}
