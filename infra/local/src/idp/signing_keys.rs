//! The signing keys of the identity provider.

use std::fmt;

use base64::{Engine, engine::general_purpose::STANDARD};
use jsonwebtoken::{
    Algorithm, EncodingKey, Header,
    jwk::{Jwk, PublicKeyUse, ThumbprintHash},
};
use serde::Serialize;

use super::error::IdpError;
use crate::key_pair::{KeyPair, KeyType};

/// A private key and its public key as a JWK. Its `Debug` shows only the JWK.
pub(super) struct SigningKeyPair {
    algorithm: Algorithm,
    /// PKCS#8 in base64, as stored.
    pub(super) pkcs8: String,
    pub(super) jwk: Jwk,
    signing: EncodingKey,
}

impl SigningKeyPair {
    /// Generates a key, and returns it in its stored form.
    pub(super) fn generate(kind: KeyType) -> Result<String, IdpError> {
        let der = KeyPair::generate(kind).and_then(|pair| pair.to_pkcs8());
        Ok(STANDARD.encode(der.map_err(|_| IdpError::Key)?))
    }

    /// Reads a stored key that signs with `algorithm`, RS256 or ES256. Its `kid` is its thumbprint (RFC 7638).
    pub(super) fn read(algorithm: Algorithm, pkcs8: String) -> Result<Self, IdpError> {
        let signing = signing_key(algorithm, &pkcs8).map_err(|_| IdpError::Key)?;
        let mut jwk = Jwk::from_encoding_key(&signing, algorithm).map_err(|_| IdpError::Key)?;
        jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| IdpError::Key)?);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { algorithm, pkcs8, jwk, signing })
    }

    /// Signs `claims` as a JWT (RFC 7519) with `typ` and `kid` in its header.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Result<String, IdpError> {
        let header = Header { kid: self.jwk.common.key_id.clone(), ..Header::new(self.algorithm) };
        jsonwebtoken::encode(&header, claims, &self.signing).map_err(|_| IdpError::Key)
    }
}

/// `jsonwebtoken` reads an RSA key in PKCS#8 only as PEM, whose lines have 64 characters (RFC 7468, section 2).
fn signing_key(algorithm: Algorithm, pkcs8: &str) -> jsonwebtoken::errors::Result<EncodingKey> {
    let lines: Vec<_> = pkcs8.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", lines.join("\n"));
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_pem(pem.as_bytes()),
        _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
    }
}

impl fmt::Debug for SigningKeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("SigningKeyPair").field(&self.jwk).finish()
    }
}
