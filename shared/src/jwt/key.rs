//! Public keys that verify signatures.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, Jwk, PublicKeyUse, ThumbprintHash},
};
use spki::{ObjectIdentifier, SubjectPublicKeyInfoRef};

use super::{
    Alg,
    public_key::{KeyError, PublicKey},
};

/// `rsaEncryption` (RFC 8017, appendix A.1).
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");

/// A public key with its algorithm and the JWK that publishes it.
#[derive(Clone)]
pub struct VerifyingKey {
    kid: String,
    public: PublicKey,
    jwk: Jwk,
}

impl VerifyingKey {
    /// The key for `alg` from its DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7), the format that KMS returns.
    /// Its `kid` is its JWK thumbprint (RFC 7638).
    ///
    /// # Errors
    ///
    /// Returns [`KeyError`] if the key is malformed or not supported.
    pub fn from_spki(der: &[u8], alg: Alg) -> Result<Self, KeyError> {
        let malformed = KeyError::Malformed(alg.as_str());
        // Only this check covers the curve of an EC key: the JWT library distinguishes curves by the length of the
        // point, which is the same for P-256 and others.
        if alg == Alg::Es256 && ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, der).is_err() {
            return Err(KeyError::Type);
        }
        let mut jwk = to_jwk(der, alg).ok_or_else(|| malformed.clone())?;
        let kid = jwk.thumbprint(ThumbprintHash::SHA256).map_err(|_| malformed)?;
        jwk.common.key_id = Some(kid);
        jwk.common.public_key_use = Some(PublicKeyUse::Signature);
        Self::from_jwk(jwk)
    }

    /// The key in `jwk`. The key type determines the algorithm; the member `alg`, if present, must match it.
    ///
    /// # Errors
    ///
    /// Returns [`KeyError`] if the key is malformed or unsupported or has no `kid`.
    pub fn from_jwk(jwk: Jwk) -> Result<Self, KeyError> {
        let kid = jwk.common.key_id.clone().ok_or(KeyError::NoKid)?;
        let public = PublicKey::from_jwk(&jwk)?;
        Ok(Self { kid, public, jwk })
    }

    /// The algorithm of the key's signatures.
    #[must_use]
    pub fn alg(&self) -> Alg {
        self.public.alg
    }

    /// The key id.
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The JWK that publishes the key.
    #[must_use]
    pub fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Length of a signature in bytes (RFC 7518, sections 3.3 and 3.4).
    #[must_use]
    pub fn signature_length(&self) -> usize {
        match &self.jwk.algorithm {
            AlgorithmParameters::RSA(rsa) => decoded_length(&rsa.n),
            _ => 64,
        }
    }

    /// Whether `signature` (base64url) is a valid signature of this key over `message`.
    pub(super) fn verifies(&self, message: &[u8], signature: &str) -> bool {
        self.public.verifies(message, signature)
    }
}

/// The JWK of a DER public key; `None` if it is not a key for `alg`.
fn to_jwk(der: &[u8], alg: Alg) -> Option<Jwk> {
    let info = SubjectPublicKeyInfoRef::try_from(der).ok()?;
    let bits = info.subject_public_key.as_bytes()?;
    let key = match alg {
        Alg::Rs256 if info.algorithm.oid == RSA => DecodingKey::from_rsa_der(bits),
        Alg::Rs256 => return None,
        Alg::Es256 => DecodingKey::from_ec_der(bits),
    };
    Jwk::from_decoding_key(&key, Some(alg.library())).ok()
}

/// Number of bytes that a base64url text without padding encodes.
fn decoded_length(text: &str) -> usize {
    text.len() * 3 / 4
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jwt::samples;

    #[test]
    fn thumbprint_matches_the_example_of_rfc_7638() {
        let jwk = json!({
            "kty": "RSA", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
            "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
                  V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9\
                  c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1j\
                  F44-csFCur-kEgU8awapJzKnqDKgw",
        });
        let jwk: Jwk = serde_json::from_value(jwk).unwrap();
        let thumbprint = jwk.thumbprint(ThumbprintHash::SHA256).unwrap();
        assert_eq!(thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }

    #[test]
    fn published_jwk_has_use_alg_and_kid_and_round_trips() {
        for key in samples::both() {
            let public = key.public();
            let json = json!(public.jwk());
            assert_eq!(json["use"], "sig");
            assert_eq!(json["alg"], public.alg().as_str());
            assert_eq!(json["kid"], public.kid());
            let again = VerifyingKey::from_jwk(serde_json::from_value(json).unwrap()).unwrap();
            assert_eq!((again.kid(), again.alg()), (public.kid(), public.alg()));
        }
    }

    #[test]
    fn spki_other_than_the_form_of_kms_is_rejected() {
        let [rsa, ec] = samples::both().map(samples::SigningKey::spki);
        let oid = rsa.windows(9).position(|bytes| bytes == RSA.as_bytes()).unwrap();
        let pss = oid + RSA.as_bytes().len() - 1;
        let unused_bits = ec.len() - 66;
        let changed = |der: &[u8], at: usize, to: u8| [&der[..at], &[to], &der[at + 1..]].concat();
        // Compressed point: the x coordinate and the parity of y (SEC 1, section 2.3.3).
        let mut compressed = [&ec[..=unused_bits], &[2], &ec[unused_bits + 2..unused_bits + 34]].concat();
        compressed[1] = ec[1] - 32;
        compressed[unused_bits - 1] = ec[unused_bits - 1] - 32;
        for (case, der, alg) in [
            ("RSA for RSASSA-PSS", changed(&rsa, pss, 0x0a), Alg::Rs256),
            ("RSA with a trailing byte", [&rsa[..], &[0]].concat(), Alg::Rs256),
            ("P-256 with a trailing byte", [&ec[..], &[0]].concat(), Alg::Es256),
            ("P-256 with an unused bit", changed(&ec, unused_bits, 1), Alg::Es256),
            ("P-256, compressed", compressed, Alg::Es256),
            ("P-256 as RSA", ec.clone(), Alg::Rs256),
            ("RSA as P-256", rsa.clone(), Alg::Es256),
            ("empty", Vec::new(), Alg::Rs256),
        ] {
            assert!(VerifyingKey::from_spki(&der, alg).is_err(), "{case}");
        }
    }
}
