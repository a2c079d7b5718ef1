//! Signing keys, generated once per process.

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

/// Signs a message.
type Sign = dyn Fn(&[u8]) -> Vec<u8> + Send + Sync;

/// A key pair that signs tokens.
pub struct SigningKey {
    sign: Box<Sign>,
    public: VerifyingKey,
    /// The public key as DER `SubjectPublicKeyInfo` (RFC 5280, section 4.1.2.7).
    spki: Vec<u8>,
}

static KEYS: LazyLock<[SigningKey; 2]> = LazyLock::new(|| [SigningKey::generate_rsa(), SigningKey::generate_ec()]);

/// The order of P-256 as its upper and lower 128 bits (NIST SP 800-186, section 3.2.1.3).
const P256_ORDER: [u128; 2] = [0xffff_ffff_0000_0000_ffff_ffff_ffff_ffff, 0xbce6_faad_a717_9e84_f3b9_cac2_fc63_2551];

/// One key for RS256 and one for ES256, the same in each call.
#[must_use]
pub fn all() -> &'static [SigningKey; 2] {
    &KEYS
}

/// The public keys of [`all`].
#[must_use]
pub fn key_set() -> KeySet {
    KeySet::new(all().iter().map(|key| key.public().clone()))
}

impl SigningKey {
    /// Generates a key for RS256.
    ///
    /// # Panics
    ///
    /// Panics if the generation fails.
    #[must_use]
    pub fn generate_rsa() -> Self {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        Self::new(&spki, Alg::Rs256, move |message| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).unwrap();
            signature
        })
    }

    /// Generates a key for ES256.
    ///
    /// # Panics
    ///
    /// Panics if the generation fails.
    #[must_use]
    pub fn generate_ec() -> Self {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
        let spki = pair.public_key().as_der().unwrap();
        Self::new(&spki, Alg::Es256, move |message| pair.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec())
    }

    fn new(spki: &PublicKeyX509Der<'_>, alg: Alg, sign: impl Fn(&[u8]) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let spki = spki.as_ref().to_vec();
        let public = VerifyingKey::from_spki(&spki, alg).unwrap();
        Self { sign: Box::new(sign), public, spki }
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> &VerifyingKey {
        &self.public
    }

    /// The header of a valid token of this key.
    #[must_use]
    pub fn header(&self) -> Value {
        json!({"alg": self.public.alg().as_str(), "typ": "at+jwt", "kid": self.public.kid()})
    }

    /// A token with exactly these bytes as header and claims, signed with the key's algorithm whatever the header
    /// contains.
    #[must_use]
    pub fn sign(&self, header: &[u8], claims: &[u8]) -> String {
        let input = signing_input(header, claims);
        let signature = (self.sign)(input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token signed by HMAC with the public key as the secret, which verifies if the verifier takes the algorithm
    /// from the token (RFC 8725, section 2.1).
    #[must_use]
    pub fn sign_with_public_key_as_secret(&self, claims: &[u8]) -> String {
        let header = json!({"alg": "HS256", "typ": "at+jwt", "kid": self.public.kid()}).to_string();
        let input = signing_input(header.as_bytes(), claims);
        let mac = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &self.spki), input.as_bytes());
        format!("{input}.{}", URL_SAFE_NO_PAD.encode(mac.as_ref()))
    }
}

fn signing_input(header: &[u8], claims: &[u8]) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// The second valid form `r ‖ n - s` of an ECDSA signature `r ‖ s` (RFC 7518, section 3.4), where `n` is the order.
/// `None` if the signature does not have 64 bytes or `s` exceeds the order.
#[must_use]
pub fn negate_s(signature: &[u8]) -> Option<Vec<u8>> {
    let (r, s) = signature.split_at_checked(32)?;
    let high = u128::from_be_bytes(*s.first_chunk()?);
    let low = u128::from_be_bytes(s.get(16..)?.try_into().ok()?);
    let (low, borrow) = P256_ORDER[1].overflowing_sub(low);
    let high = P256_ORDER[0].checked_sub(high)?.checked_sub(u128::from(borrow))?;
    Some([r, &high.to_be_bytes(), &low.to_be_bytes()].concat())
}
