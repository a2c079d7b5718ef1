//! Publishing the keys that verify our tokens.

pub mod openapi;

use jsonwebtoken::jwk::JwkSet;
use serde::Serialize;

use crate::{
    error::ApiError,
    ports::OwnKeys,
    token::{Families, Family},
};

/// Publishes keys.
pub struct WellKnown<K> {
    /// Know them, each family's.
    pub keys: Families<K>,
    /// Each family's issuer.
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
    /// The keys of `family`, the signing one first.
    ///
    /// # Errors
    ///
    /// What the ring could not do.
    pub async fn jwk_set(&self, family: Family) -> Result<JwkSet, ApiError> {
        Ok(self.keys.of(family).key_set().await?.jwk_set())
    }

    /// Where the keys of `family` are.
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
