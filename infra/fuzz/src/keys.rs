//! Signing keys, made anew in each process: none of them is anybody's.

use std::sync::LazyLock;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use shared::jwt::{Alg, KeySet, VerifyingKey};

/// A key pair, and its public half as verifiers know it.
pub struct SigningKey {
    pair: Pair,
    public: VerifyingKey,
    /// Its DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
    spki: Vec<u8>,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ec(Box<EcdsaKeyPair>),
}

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [SigningKey::rsa(), SigningKey::ec()]);

/// The order of P-256, the upper half and the lower (NIST SP 800-186, section 3.2.1.3).
const ORDER: [u128; 2] = [0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84_f3b9_cac2_fc63_2551];

/// One key for RS256 and one for ES256, the same ones while the process lives.
#[must_use]
pub fn both() -> &'static [SigningKey; 2] {
    &KEYS
}

/// The ring of both.
#[must_use]
pub fn ring() -> KeySet {
    KeySet::new(both().iter().map(|key| key.public().clone()))
}

impl SigningKey {
    /// A new key for RS256.
    ///
    /// # Panics
    ///
    /// Where none can be made.
    #[must_use]
    pub fn rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let (public, spki) = (VerifyingKey::from_spki(der.as_ref(), Alg::Rs256).unwrap(), der.as_ref().to_vec());
        Self { pair: Pair::Rsa(Box::new(pair)), public, spki }
    }

    /// A new key for ES256.
    ///
    /// # Panics
    ///
    /// Where none can be made.
    #[must_use]
    pub fn ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let der: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
        let (public, spki) = (VerifyingKey::from_spki(der.as_ref(), Alg::Es256).unwrap(), der.as_ref().to_vec());
        Self { pair: Pair::Ec(Box::new(pair)), public, spki }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// The header of a good token of this key.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": self.public.alg().as_str(), "typ": "at+jwt", "kid": self.public.kid()})
    }

    /// A token with a MAC for whose secret the public key was taken, which verifies wherever the token chooses the algorithm
    /// (RFC 8725, section 2.1).
    #[must_use]
    pub fn confused(&self, claims: &str) -> String {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": self.public.kid()}).to_string();
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.spki), input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
    }

    /// A token of exactly these bytes as header and claims, signed as its key does whatever they say.
    ///
    /// # Panics
    ///
    /// Where the system draws no random numbers.
    #[must_use]
    pub fn token(&self, header: &[u8], claims: &[u8]) -> String {
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
                signature
            }
            Pair::Ec(pair) => pair.sign(&SystemRandom::new(), input.as_bytes()).unwrap().as_ref().to_vec(),
        };
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// The other form of an ECDSA signature `r ‖ s` (RFC 7518, section 3.4), whose `s` is the order without this one. Both verify.
/// `None` for what is none of 64 bytes with an `s` below the order.
#[must_use]
pub fn complement(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(32)?;
    let (high, low) = (s.first_chunk::<16>()?, s.get(16..)?.try_into().ok()?);
    let (low, borrowed) = ORDER[1].overflowing_sub(u128::from_be_bytes(low));
    let high = ORDER[0].checked_sub(u128::from_be_bytes(*high))?.checked_sub(u128::from(borrowed))?;
    Some([r, &high.to_be_bytes(), &low.to_be_bytes()].concat())
}
