//! Publishes the JWK sets and discovery documents with which any service can verify Latchkey's tokens offline.

pub mod openapi;

use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;

use crate::{
    error::ApiError,
    ports::OwnKeys,
    token::{Families, Family},
};

/// Publishes the keys and the metadata of both token families.
pub struct WellKnown<K> {
    /// The keys of each family.
    pub keys: Families<K>,
    /// The issuer of each family.
    pub issuers: Families<String>,
}

/// The metadata of an issuer (OpenID Connect Discovery 1.0, section 3; RFC 8414, section 2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DiscoveryDocument {
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 2],
}

impl<K: OwnKeys> WellKnown<K> {
    /// The JWK set of `family` (RFC 7517, section 5), the signing key first.
    ///
    /// # Errors
    ///
    /// Returns [`ApiError::Server`] if KMS cannot return a key.
    pub async fn jwk_set(&self, family: Family) -> Result<JwkSet, ApiError> {
        Ok(self.keys.of(family).key_set().await?.jwk_set())
    }

    /// The discovery document of `family`.
    #[must_use]
    pub fn metadata(&self, family: Family) -> DiscoveryDocument {
        let issuer = self.issuers.of(family);
        DiscoveryDocument {
            issuer: issuer.clone(),
            jwks_uri: format!("{issuer}/.well-known/jwks.json"),
            response_types_supported: ["token"],
            subject_types_supported: ["public"],
            id_token_signing_alg_values_supported: ["RS256", "ES256"],
        }
    }
}
