//! Reading a JWS: nothing of it counts before its signature was verified.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::DeserializeOwned};

use super::KeySet;
use crate::json::{StrictObject, present};

/// The most bytes of a token that are looked at: what API Gateway carries in headers.
const MAX_TOKEN_BYTES: usize = 10_240;

/// A token whose signature nobody has looked at. *(verify, then clear)*
pub struct Unverified<'a> {
    signed: &'a str,
    claims: String,
    signature: &'a str,
    header: Header,
    issuer: String,
}

/// The header members that are looked at (RFC 7515, section 4.1). Keys that a token brings along (`jwk`, `jku`, `x5u`, `x5c`)
/// are not.
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

/// Why a token is refused by its form or signature. For the log, never for the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// It is no JWS in compact serialization with JSON claims and an issuer.
    #[error("it is no JWS in compact serialization with an issuer")]
    Malformed,
    /// Its header has `crit`, none of whose extensions is understood (RFC 7515, section 4.1.11).
    #[error("its header names critical extensions")]
    Critical,
    /// No key of its issuer has its `kid`.
    #[error("no key of its issuer has its `kid`")]
    UnknownKey,
    /// Its header names another algorithm than its key has.
    #[error("its algorithm is not its key's")]
    WrongAlgorithm,
    /// The signature is not its key's.
    #[error("its signature is wrong")]
    WrongSignature,
    /// A claim is absent, has the wrong type, or is there twice.
    #[error("a claim is absent, ill-typed or doubled")]
    Claims,
}

impl<'a> Unverified<'a> {
    /// Takes `token` apart.
    ///
    /// # Errors
    ///
    /// [`VerifyError::Malformed`] or [`VerifyError::Critical`].
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

    /// The `iss` that the token claims, to select a key_set by.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The `kid` that the token names; `None` where it names none.
    #[must_use]
    pub fn kid(&self) -> Option<&str> {
        self.header.kid.as_deref()
    }

    /// The `typ` that the token claims, in lower case and without `application/` (RFC 7515, section 4.1.9).
    #[must_use]
    pub fn typ(&self) -> Option<String> {
        let typ = self.header.typ.as_ref()?.to_ascii_lowercase();
        Some(typ.strip_prefix("application/").unwrap_or(&typ).to_owned())
    }

    /// The claims, once the signature was found to be that of the key in `key_set` that the token names.
    ///
    /// # Errors
    ///
    /// [`VerifyError::UnknownKey`], [`VerifyError::WrongAlgorithm`], [`VerifyError::WrongSignature`], [`VerifyError::Claims`].
    pub fn verify<T: DeserializeOwned>(&self, key_set: &KeySet) -> Result<T, VerifyError> {
        let key = self.kid().and_then(|kid| key_set.find(kid)).ok_or(VerifyError::UnknownKey)?;
        if self.header.alg != key.alg().as_str() {
            return Err(VerifyError::WrongAlgorithm);
        }
        if !key.verifies(self.signed.as_bytes(), self.signature) {
            return Err(VerifyError::WrongSignature);
        }
        serde_json::from_str(&self.claims).map_err(|_| VerifyError::Claims)
    }
}

/// Strict base64url: no padding, no white space, no stray bits (RFC 7515, section 2); and UTF-8 all through (RFC 7515, section 5.2,
/// step 3; RFC 7519, section 7.2, step 10), since a reader of JSON passes over the bytes of members that it does not know.
fn decode(part: &str) -> Result<String, VerifyError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| VerifyError::Malformed)?;
    String::from_utf8(bytes).map_err(|_| VerifyError::Malformed)
}

/// A JSON object (RFC 7515, section 4; RFC 7519, section 4), and no array in its place.
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
