//! Signing key pairs of the types that Latchkey uses, on AWS-LC.

use std::fmt;

use aws_lc_rs::{
    digest::Digest,
    encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der},
    error::{KeyRejected, Unspecified},
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding,
        RsaKeyPair,
    },
};
use serde::{Deserialize, Serialize};

/// The type of a key, named as the `KeySpec` of KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// RSA with a 2048-bit modulus.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    /// RSA with a 3072-bit modulus.
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    /// The elliptic curve P-256.
    #[serde(rename = "ECC_NIST_P256")]
    P256,
}

impl KeyType {
    /// The signing algorithms of the type.
    pub(crate) fn algorithms(self) -> &'static [SigningAlgorithm] {
        match self {
            Self::Rsa2048 | Self::Rsa3072 => &[SigningAlgorithm::RsaPkcs1Sha256, SigningAlgorithm::RsaPssSha256],
            Self::P256 => &[SigningAlgorithm::EcdsaSha256],
        }
    }
}

/// A signing algorithm, named as the `SigningAlgorithm` of KMS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SigningAlgorithm {
    #[serde(rename = "RSASSA_PKCS1_V1_5_SHA_256")]
    RsaPkcs1Sha256,
    #[serde(rename = "RSASSA_PSS_SHA_256")]
    RsaPssSha256,
    #[serde(rename = "ECDSA_SHA_256")]
    EcdsaSha256,
}

/// AWS-LC rejected a key or an operation. It reports no reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("AWS-LC rejected the key or the operation")]
pub struct KeyError;

impl From<Unspecified> for KeyError {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

impl From<KeyRejected> for KeyError {
    fn from(_: KeyRejected) -> Self {
        Self
    }
}

/// A private key and its public key. `Debug` shows the type only.
pub(crate) enum KeyPair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl KeyPair {
    /// Generates a key. An RSA key takes up to a few seconds.
    pub(crate) fn generate(key_type: KeyType) -> Result<Self, KeyError> {
        Ok(match key_type {
            KeyType::Rsa2048 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?),
            KeyType::Rsa3072 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa3072)?),
            KeyType::P256 => Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?),
        })
    }

    /// Reads a private key from `der`, a PKCS#8 document (RFC 5208).
    pub(crate) fn from_pkcs8(key_type: KeyType, der: &[u8]) -> Result<Self, KeyError> {
        Ok(match key_type {
            KeyType::Rsa2048 | KeyType::Rsa3072 => Self::Rsa(RsaKeyPair::from_pkcs8(der)?),
            KeyType::P256 => Self::P256(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der)?),
        })
    }

    /// The private key as a PKCS#8 document (RFC 5208).
    pub(crate) fn to_pkcs8(&self) -> Result<Vec<u8>, KeyError> {
        Ok(match self {
            Self::Rsa(pair) => AsDer::<Pkcs8V1Der>::as_der(pair)?.as_ref().to_vec(),
            Self::P256(pair) => pair.to_pkcs8v1()?.as_ref().to_vec(),
        })
    }

    /// The public key as `SubjectPublicKeyInfo` (RFC 5280, section 4.1), in DER.
    pub(crate) fn public_der(&self) -> Result<Vec<u8>, KeyError> {
        let der: PublicKeyX509Der = match self {
            Self::Rsa(pair) => pair.public_key().as_der()?,
            Self::P256(pair) => pair.public_key().as_der()?,
        };
        Ok(der.as_ref().to_vec())
    }

    /// Signs a SHA-256 digest. An ECDSA signature is in DER (RFC 3279, section 2.2.3).
    ///
    /// # Errors
    ///
    /// Returns [`KeyError`] if the key's type does not support the algorithm.
    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, digest: &Digest) -> Result<Vec<u8>, KeyError> {
        match (self, algorithm) {
            (Self::Rsa(pair), SigningAlgorithm::RsaPkcs1Sha256) => sign_rsa(pair, &RSA_PKCS1_SHA256, digest),
            (Self::Rsa(pair), SigningAlgorithm::RsaPssSha256) => sign_rsa(pair, &RSA_PSS_SHA256, digest),
            (Self::P256(pair), SigningAlgorithm::EcdsaSha256) => Ok(pair.sign_digest(digest)?.as_ref().to_vec()),
            _ => Err(KeyError),
        }
    }
}

fn sign_rsa(pair: &RsaKeyPair, encoding: &'static dyn RsaEncoding, digest: &Digest) -> Result<Vec<u8>, KeyError> {
    let mut signature = vec![0; pair.public_modulus_len()];
    pair.sign_digest(encoding, digest, &mut signature)?;
    Ok(signature)
}

impl fmt::Debug for KeyPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Rsa(_) => "KeyPair(RSA)",
            Self::P256(_) => "KeyPair(P-256)",
        })
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        digest::{SHA256, digest},
        signature::{
            ECDSA_P256_SHA256_ASN1, RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey,
            VerificationAlgorithm,
        },
    };

    use super::*;

    fn verification(algorithm: SigningAlgorithm) -> &'static dyn VerificationAlgorithm {
        match algorithm {
            SigningAlgorithm::RsaPkcs1Sha256 => &RSA_PKCS1_2048_8192_SHA256,
            SigningAlgorithm::RsaPssSha256 => &RSA_PSS_2048_8192_SHA256,
            SigningAlgorithm::EcdsaSha256 => &ECDSA_P256_SHA256_ASN1,
        }
    }

    #[test]
    fn reloaded_key_signs_what_its_public_key_verifies() {
        for key_type in [KeyType::Rsa2048, KeyType::Rsa3072, KeyType::P256] {
            let generated = KeyPair::generate(key_type).unwrap();
            let reloaded = KeyPair::from_pkcs8(key_type, &generated.to_pkcs8().unwrap()).unwrap();
            for &algorithm in key_type.algorithms() {
                let signature = reloaded.sign(algorithm, &digest(&SHA256, b"message")).unwrap();
                let key = UnparsedPublicKey::new(verification(algorithm), generated.public_der().unwrap());
                key.verify(b"message", &signature).unwrap();
                key.verify(b"another", &signature).unwrap_err();
            }
        }
    }

    #[test]
    fn sign_with_algorithm_of_another_type_is_an_error() {
        let pair = KeyPair::generate(KeyType::P256).unwrap();
        let digest = digest(&SHA256, b"message");
        assert_eq!(pair.sign(SigningAlgorithm::RsaPssSha256, &digest), Err(KeyError));
    }

    #[test]
    fn debug_shows_the_type_only() {
        assert_eq!(format!("{:?}", KeyPair::generate(KeyType::P256).unwrap()), "KeyPair(P-256)");
    }
}
