//! Signing keys for tests.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{Alg, VerifyingKey};

/// A key pair of a supported type.
pub(crate) enum SigningKey {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

static RSA: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::Rsa(Box::new(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())));
static EC: LazyLock<SigningKey> =
    LazyLock::new(|| SigningKey::Ec(Box::new(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())));

/// One key of each type, generated once per test run.
pub(crate) fn both() -> [&'static SigningKey; 2] {
    [&RSA, &EC]
}

impl SigningKey {
    pub(crate) fn public(&self) -> VerifyingKey {
        VerifyingKey::from_spki(&self.spki(), self.alg()).unwrap()
    }

    /// The public key as a DER `SubjectPublicKeyInfo`, the format of KMS.
    pub(crate) fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::Rsa(pair) => pair.public_key().as_der().unwrap(),
            Self::Ec(pair) => pair.public_key().as_der().unwrap(),
        };
        der.as_ref().to_vec()
    }

    pub(crate) fn alg(&self) -> Alg {
        match self {
            Self::Rsa(_) => Alg::Rs256,
            Self::Ec(_) => Alg::Es256,
        }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
                signature
            }
            Self::Ec(pair) => pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
        }
    }

    /// A signed token with exactly this header and these claims.
    pub(crate) fn token(&self, header: &str, claims: &str) -> String {
        self.token_of_bytes(header.as_bytes(), claims.as_bytes())
    }

    /// A signed token with exactly these bytes as header and claims.
    pub(crate) fn token_of_bytes(&self, header: &[u8], claims: &[u8]) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.sign(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
