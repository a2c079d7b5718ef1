//! Key pairs for signing, of the kinds that Latchkey uses, over AWS-LC.

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

/// The kind of a key, by the name that KMS has for it (`KeySpec`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// RSA with a modulus of 2048 bits.
    #[serde(rename = "RSA_2048")]
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    #[serde(rename = "RSA_3072")]
    Rsa3072,
    /// The elliptic curve P-256.
    #[serde(rename = "ECC_NIST_P256")]
    P256,
}

impl KeyType {
    /// The signing algorithms that a key of this kind can be used with.
    pub(crate) fn algorithms(self) -> &'static [SigningAlgorithm] {
        match self {
            Self::Rsa2048 | Self::Rsa3072 => &[SigningAlgorithm::RsaPkcs1Sha256, SigningAlgorithm::RsaPssSha256],
            Self::P256 => &[SigningAlgorithm::EcdsaSha256],
        }
    }
}

/// How a digest is signed, by the name that KMS has for it (`SigningAlgorithm`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum SigningAlgorithm {
    #[serde(rename = "RSASSA_PKCS1_V1_5_SHA_256")]
    RsaPkcs1Sha256,
    #[serde(rename = "RSASSA_PSS_SHA_256")]
    RsaPssSha256,
    #[serde(rename = "ECDSA_SHA_256")]
    EcdsaSha256,
}

/// The cryptographic library refused a key or an operation; it gives no reason, so that nothing leaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key cannot be used")]
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

/// A private key and its public key. Its `Debug` shows the kind only.
pub(crate) enum KeyPair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

impl KeyPair {
    /// Makes a new key of the kind `kind`. An RSA key takes up to some seconds.
    pub(crate) fn generate(kind: KeyType) -> Result<Self, KeyError> {
        Ok(match kind {
            KeyType::Rsa2048 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048)?),
            KeyType::Rsa3072 => Self::Rsa(RsaKeyPair::generate(KeySize::Rsa3072)?),
            KeyType::P256 => Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING)?),
        })
    }

    /// Reads the private key of the kind `kind` from `der`, a PKCS#8 document (RFC 5208).
    pub(crate) fn from_pkcs8(kind: KeyType, der: &[u8]) -> Result<Self, KeyError> {
        Ok(match kind {
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

    /// Signs `digest` (SHA-256) with `algorithm`. An ECDSA signature is in DER (RFC 3279, section 2.2.3).
    ///
    /// Fails when the algorithm is not one of the key's kind.
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
    fn a_key_read_back_signs_what_its_public_key_verifies() {
        for kind in [KeyType::Rsa2048, KeyType::Rsa3072, KeyType::P256] {
            let made = KeyPair::generate(kind).unwrap();
            let read = KeyPair::from_pkcs8(kind, &made.to_pkcs8().unwrap()).unwrap();
            for &algorithm in kind.algorithms() {
                let signature = read.sign(algorithm, &digest(&SHA256, b"message")).unwrap();
                let key = UnparsedPublicKey::new(verification(algorithm), made.public_der().unwrap());
                key.verify(b"message", &signature).unwrap();
                key.verify(b"another", &signature).unwrap_err();
            }
        }
    }

    #[test]
    fn a_key_refuses_the_algorithms_of_another_kind() {
        let pair = KeyPair::generate(KeyType::P256).unwrap();
        let digest = digest(&SHA256, b"message");
        assert_eq!(pair.sign(SigningAlgorithm::RsaPssSha256, &digest), Err(KeyError));
    }

    #[test]
    fn debug_shows_the_kind_only() {
        assert_eq!(format!("{:?}", KeyPair::generate(KeyType::P256).unwrap()), "KeyPair(P-256)");
    }
}
