//! Parses and verifies a JWS. Its claims are accessible only after its signature is verified, except for the issuer.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

use super::{Alg, KeySet, ProviderKeySet, ProviderVerifyError};
use crate::json::{StrictObject, present};

/// Maximum length of a token in bytes: the limit of API Gateway for all headers of a request.
const MAX_TOKEN_BYTES: usize = 10_240;

/// A parsed token whose signature is not verified yet. *(verify before use)*
pub struct Unverified<'a> {
    signed: &'a str,
    claims: String,
    signature: &'a str,
    header: Header,
    issuer: String,
}

/// The header parameters that are read (RFC 7515, section 4.1). Parameters that supply or locate a key (`jwk`, `jku`,
/// `x5u`, `x5c`) are ignored.
#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default, deserialize_with = "present")]
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct IssuerClaim {
    iss: String,
}

/// Why a token is rejected because of its form or signature. The message is for the log only: callers get one message
/// for all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// The token is not a JWS in compact serialization with JSON claims and an issuer.
    #[error("not a JWS in compact serialization with an issuer")]
    Malformed,
    /// The header has the parameter `crit`. No extension is supported (RFC 7515, section 4.1.11).
    #[error("header parameter `crit` is not supported")]
    Critical,
    /// The issuer has no key with the `kid` of the header, or the header has no `kid`.
    #[error("`kid` does not match any key of the issuer")]
    UnknownKey,
    /// The header has another algorithm than the key.
    #[error("alg does not match the key")]
    WrongAlgorithm,
    /// The signature is not a signature of the key over the token.
    #[error("signature is invalid")]
    WrongSignature,
    /// A claim is missing, duplicated or of the wrong type.
    #[error("claim is missing, duplicated or of the wrong type")]
    Claims,
}

impl<'a> Unverified<'a> {
    /// Parses `token`.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::Malformed`] or [`VerifyError::Critical`].
    pub fn parse(token: &'a str) -> Result<Self, VerifyError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(VerifyError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(VerifyError::Malformed)?;
        let (header, claims) = signed.split_once('.').ok_or(VerifyError::Malformed)?;
        let header: Header = parse(&decode(header)?).ok_or(VerifyError::Malformed)?;
        if header.crit.is_some() {
            return Err(VerifyError::Critical);
        }
        let claims = decode(claims)?;
        let issuer = parse::<IssuerClaim>(&claims).ok_or(VerifyError::Malformed)?.iss;
        Ok(Self { signed, claims, signature, header, issuer })
    }

    /// The unverified claim `iss`, which selects the key set.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The header parameter `kid`.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The header parameter `typ` in lower case and without the prefix `application/` (RFC 7515, section 4.1.9).
    #[must_use]
    pub fn typ(&self) -> Option<String> {
        let typ = self.header.typ.as_ref()?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").unwrap_or(&typ).to_owned())
    }

    /// Verifies the signature with the key in `key_set` that `kid` selects, and returns the claims.
    ///
    /// # Errors
    ///
    /// Returns [`VerifyError::UnknownKey`], [`VerifyError::WrongAlgorithm`], [`VerifyError::WrongSignature`] or
    /// [`VerifyError::Claims`].
    pub fn verify<T: DeserializeOwned>(&self, key_set: &KeySet) -> Result<T, VerifyError> {
        let key = self.kid().and_then(|kid| key_set.find(kid)).ok_or(VerifyError::UnknownKey)?;
        if self.header.alg != key.alg().as_str() {
            return Err(VerifyError::WrongAlgorithm);
        }
        if !key.verifies(self.signed.as_bytes(), self.signature) {
            return Err(VerifyError::WrongSignature);
        }
        self.parse_claims()
    }

    /// Verifies the signature with the keys of an identity provider that fit `kid` and `alg` of the header, and returns
    /// the claims. The algorithm of a key is that of its type, so the header only selects among keys.
    ///
    /// # Errors
    ///
    /// Returns [`ProviderVerifyError`].
    pub fn verify_with_provider_keys<T: DeserializeOwned>(
        &self,
        key_set: &ProviderKeySet,
    ) -> Result<T, ProviderVerifyError> {
        let alg = Alg::from_name(&self.header.alg).ok_or(ProviderVerifyError::UnsupportedAlgorithm)?;
        key_set.verify(self.kid(), alg, self.signed.as_bytes(), self.signature)?;
        Ok(self.parse_claims()?)
    }

    fn parse_claims<T: DeserializeOwned>(&self) -> Result<T, VerifyError> {
        serde_json::from_str(&self.claims).map_err(|_| VerifyError::Claims)
    }
}

/// Decodes strict base64url without padding, white space or nonzero trailing bits (RFC 7515, section 2) to UTF-8 (RFC
/// 7515, section 5.2, step 3; RFC 7519, section 7.2, step 10). UTF-8 is checked here, because the JSON parser does not
/// check members that it skips.
fn decode(part: &str) -> Result<String, VerifyError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)?;
    String::from_utf8(bytes).map_err(|_| VerifyError::Malformed)
}

/// Parses a JSON object (RFC 7515, section 4; RFC 7519, section 4). An array is rejected.
fn parse<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok().map(|StrictObject(members)| members)
}

impl fmt::Debug for Unverified<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Unverified(hidden)")
    }
}

#[cfg(test)]
mod tests;
