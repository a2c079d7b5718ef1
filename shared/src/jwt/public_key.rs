//! The public key of a JWK, and the rules that a JWK must meet.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyAlgorithm, KeyOperations, PublicKeyUse};

use super::Alg;

/// Minimum size of an RSA modulus (RFC 7518, section 3.3).
const MIN_RSA_MODULUS_BITS: usize = 2048;
/// Maximum size of an RSA modulus. It bounds the duration of a verification.
const MAX_RSA_MODULUS_BITS: usize = 4096;

/// A public key and the algorithm of its signatures. *(verify before use)* The key type determines the algorithm.
#[derive(Clone)]
pub(super) struct PublicKey {
    pub(super) alg: Alg,
    /// Parsed once; the JWT library would parse it for each signature.
    key: ParsedPublicKey,
}

/// Why a key is rejected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The value is not a JWK (RFC 7517, section 4), or a member has the wrong type.
    #[error("not a JWK")]
    NotAJwk,
    /// The encoding is not that of a public key for this algorithm.
    #[error("not a public key for {0}")]
    Malformed(&'static str),
    /// The key type or the curve is not supported.
    #[error("key type must be RSA, or EC with the curve P-256")]
    Type,
    /// The RSA modulus is too small or too large.
    #[error("RSA modulus must have 2048 to 4096 bits")]
    Size,
    /// `alg` is not the algorithm of the key type.
    #[error("`alg` must be RS256 for an RSA key and ES256 for a P-256 key")]
    Algorithm,
    /// `use` is not `sig` (RFC 7517, section 4.2).
    #[error("`use` must be sig")]
    Use,
    /// `key_ops` does not contain `verify` (RFC 7517, section 4.3).
    #[error("`key_ops` must contain verify")]
    Operations,
    /// The member has the padding that base64url omits (RFC 7515, section 2).
    #[error("`{0}` has padding")]
    Padding(&'static str),
    /// The member is not base64url (RFC 7515, section 2).
    #[error("`{0}` is not base64url")]
    Encoding(&'static str),
    /// The member does not have the minimal number of bytes (RFC 7518, section 2, `Base64urlUInt`).
    #[error("`{0}` has a leading zero byte")]
    LeadingZero(&'static str),
    /// The JWK has no `kid`, so a token cannot refer to it.
    #[error("`kid` is missing")]
    NoKid,
}

impl PublicKey {
    /// The key in `jwk`. The member `alg`, if present, must match the key type.
    pub(super) fn from_jwk(jwk: &Jwk) -> Result<Self, KeyError> {
        let alg = match &jwk.algorithm {
            AlgorithmParameters::RSA(_) => Alg::Rs256,
            AlgorithmParameters::EllipticCurve(ec) if ec.curve == EllipticCurve::P256 => Alg::Es256,
            _ => return Err(KeyError::Type),
        };
        check_usage(jwk, alg)?;
        Ok(Self { alg, key: parse(jwk, alg)? })
    }

    /// Whether `signature` (base64url) is a valid signature of this key over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        let signature = URL_SAFE_NO_PAD.decode(signature);
        signature.is_ok_and(|signature| self.key.verify_sig(message, &signature).is_ok())
    }
}

/// Whether the key may verify signatures with `alg`.
fn check_usage(jwk: &Jwk, alg: Alg) -> Result<(), KeyError> {
    match (alg, jwk.common.key_algorithm) {
        (_, None) | (Alg::Rs256, Some(KeyAlgorithm::RS256)) | (Alg::Es256, Some(KeyAlgorithm::ES256)) => {}
        (_, Some(_)) => return Err(KeyError::Algorithm),
    }
    if jwk.common.public_key_use.as_ref().is_some_and(|usage| *usage != PublicKeyUse::Signature) {
        return Err(KeyError::Use);
    }
    if jwk.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return Err(KeyError::Operations);
    }
    Ok(())
}

/// The public key of a JWK (RFC 7518, sections 6.2.1 and 6.3.1).
fn parse(jwk: &Jwk, alg: Alg) -> Result<ParsedPublicKey, KeyError> {
    let malformed = || KeyError::Malformed(alg.as_str());
    match &jwk.algorithm {
        AlgorithmParameters::RSA(rsa) => {
            let n = unsigned("n", &rsa.n)?;
            let e = unsigned("e", &rsa.e)?;
            if !(MIN_RSA_MODULUS_BITS..=MAX_RSA_MODULUS_BITS).contains(&bit_length(&n)) {
                return Err(KeyError::Size);
            }
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| malformed())
        }
        AlgorithmParameters::EllipticCurve(ec) => {
            // Uncompressed point (SEC 1, section 2.3.3). A coordinate may begin with a zero byte.
            let point = [vec![4], decode("x", &ec.x)?, decode("y", &ec.y)?].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| malformed())
        }
        _ => Err(KeyError::Type),
    }
}

fn decode(member: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    if text.ends_with('=') {
        return Err(KeyError::Padding(member));
    }
    URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Encoding(member))
}

/// Decodes a `Base64urlUInt`.
fn unsigned(member: &'static str, text: &str) -> Result<Vec<u8>, KeyError> {
    let bytes = decode(member, text)?;
    if bytes.first() == Some(&0) { Err(KeyError::LeadingZero(member)) } else { Ok(bytes) }
}

/// Number of bits of a number without leading zero bytes.
fn bit_length(bytes: &[u8]) -> usize {
    bytes.first().map_or(0, |first| bytes.len() * 8 - usize::try_from(first.leading_zeros()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jwt::samples;

    fn error(jwk: Value) -> Option<KeyError> {
        PublicKey::from_jwk(&serde_json::from_value(jwk).unwrap()).err()
    }

    #[test]
    fn jwk_for_another_use_or_algorithm_is_rejected() {
        let [rsa, ec] = samples::both().map(|key| json!(key.public().jwk()));
        for (jwk, member, value, expected) in [
            (&rsa, "use", json!("enc"), KeyError::Use),
            (&rsa, "alg", json!("PS256"), KeyError::Algorithm),
            (&rsa, "alg", json!("RS512"), KeyError::Algorithm),
            (&rsa, "alg", json!("HS256"), KeyError::Algorithm),
            (&ec, "alg", json!("RS256"), KeyError::Algorithm),
            (&ec, "crv", json!("P-384"), KeyError::Type),
            (&rsa, "key_ops", json!(["encrypt"]), KeyError::Operations),
            (&rsa, "key_ops", json!([]), KeyError::Operations),
            (&ec, "key_ops", json!(["sign", "Verify"]), KeyError::Operations),
        ] {
            let mut jwk = jwk.clone();
            jwk[member] = value.clone();
            assert_eq!(error(jwk), Some(expected), "{member} {value}");
        }
    }

    #[test]
    fn jwk_with_verify_among_key_ops_is_accepted() {
        for key in samples::both() {
            let mut jwk = json!(key.public().jwk());
            jwk["key_ops"] = json!(["sign", "verify"]);
            assert_eq!(error(jwk), None);
        }
    }

    #[test]
    fn jwk_with_non_canonical_number_is_rejected() {
        let [rsa, ec] = samples::both().map(|key| json!(key.public().jwk()));
        let zero_and = |jwk: &Value, member: &str| {
            let bytes = URL_SAFE_NO_PAD.decode(jwk[member].as_str().unwrap()).unwrap();
            json!(URL_SAFE_NO_PAD.encode([&[0], &bytes[..]].concat()))
        };
        let padded = |jwk: &Value, member: &str| json!(format!("{}=", jwk[member].as_str().unwrap()));
        for (jwk, member, value, expected) in [
            (&rsa, "n", zero_and(&rsa, "n"), KeyError::LeadingZero("n")),
            (&rsa, "e", zero_and(&rsa, "e"), KeyError::LeadingZero("e")),
            (&ec, "x", zero_and(&ec, "x"), KeyError::Malformed("ES256")),
            (&rsa, "n", padded(&rsa, "n"), KeyError::Padding("n")),
            (&ec, "y", padded(&ec, "y"), KeyError::Padding("y")),
            (&rsa, "n", json!("a+/b"), KeyError::Encoding("n")),
            (&rsa, "n", json!("AQAB"), KeyError::Size),
            (&rsa, "n", json!(URL_SAFE_NO_PAD.encode([1; 513])), KeyError::Size),
            (&rsa, "n", json!(URL_SAFE_NO_PAD.encode([0x7f; 256])), KeyError::Size),
            (&rsa, "n", json!(""), KeyError::Size),
            (&rsa, "e", json!(""), KeyError::Malformed("RS256")),
        ] {
            let mut jwk = jwk.clone();
            jwk[member] = value.clone();
            assert_eq!(error(jwk), Some(expected), "{member}");
        }
    }
}
