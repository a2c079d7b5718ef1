//! Builds a JWS whose signature is computed elsewhere: the signing input and the signed token.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use super::Alg;

/// The JWS signing input: `BASE64URL(header) . BASE64URL(claims)` (RFC 7515, section 5.1).
pub struct SigningInput(String);

/// A signed token. *(returned only on creation)* It implements neither `Display` nor `Serialize`, and its `Debug` output
/// hides it. The only access is [`Jwt::expose_secret`], which requires the proof that the token is stored.
pub struct Jwt(String);

/// Proof that a token is stored, so that its JWT may leave the process. Only `ports::RecordedToken` implements it.
pub(crate) trait ReleaseProof {}

#[derive(Serialize)]
struct Header<'a> {
    alg: &'static str,
    /// RFC 9068, section 2.1.
    typ: &'static str,
    kid: &'a str,
}

impl SigningInput {
    /// The signing input of a token with these claims for the key `kid` and `alg`.
    ///
    /// # Errors
    ///
    /// Returns the error of serializing `claims` as JSON.
    pub fn new(alg: Alg, kid: &str, claims: &impl Serialize) -> serde_json::Result<Self> {
        let header = serde_json::to_vec(&Header { alg: alg.as_str(), typ: "at+jwt", kid })?;
        let claims = serde_json::to_vec(claims)?;
        Ok(Self(format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))))
    }

    /// The SHA-256 digest of the input, which KMS signs.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        bytes.copy_from_slice(digest(&SHA256, self.0.as_bytes()).as_ref());
        bytes
    }

    /// Length of the signed token in bytes with a signature of `signature_length` bytes.
    #[must_use]
    pub fn sealed_length(&self, signature_length: usize) -> usize {
        self.0.len() + 1 + (signature_length * 4).div_ceil(3)
    }

    /// The token with `signature` in the form of RFC 7518, section 3.
    pub(crate) fn with_signature(self, signature: &[u8]) -> Jwt {
        Jwt(format!("{}.{}", self.0, URL_SAFE_NO_PAD.encode(signature)))
    }
}

#[cfg(test)]
impl SigningInput {
    /// The compact serialization, signed by `sign`.
    pub(crate) fn sign_with(self, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
        let signature = sign(self.0.as_bytes());
        self.with_signature(&signature).0
    }
}

impl Jwt {
    /// The compact serialization of a token that is stored.
    pub(crate) fn expose_secret(self, _: &impl ReleaseProof) -> String {
        self.0
    }
}

impl fmt::Debug for SigningInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningInput(hidden)")
    }
}

impl fmt::Debug for Jwt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Jwt(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jwt_debug_output_hides_the_token() {
        let jwt = SigningInput("header.claims".to_owned()).with_signature(b"signature");
        assert_eq!(format!("{jwt:?}"), "Jwt(hidden)");
    }

    #[test]
    fn signing_digest_is_the_sha_256_of_the_input() {
        // Example value of NIST for FIPS 180-4.
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let digest = SigningInput("abc".to_owned()).digest();
        assert_eq!(digest.map(|byte| format!("{byte:02x}")).concat(), expected);
    }
}
