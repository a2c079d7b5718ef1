//! Asking twice and getting one token.

use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{Principal, TokenKey};
use crate::permissions::OrgId;

/// The key by which a caller asks for one thing however often they send it: 1 to 255 visible ASCII characters. It is theirs in
/// one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// A text that is no idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`Idempotency-Key` must have 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

/// What an order was made with, so that another order with the same key is told from a repetition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    /// The key, quoted or bare.
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let fits = (1..=255).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
        fits.then(|| Self(bare.to_owned())).ok_or(IdempotencyKeyError)
    }
}

impl IdempotencyKey {
    /// The key of the token that `principal` makes with this in `org`: 126 bits of SHA-256, in the nanoid alphabet.
    #[must_use]
    pub fn token_key(&self, org: &OrgId, principal: &Principal) -> TokenKey {
        let digest = digest(&["idempotency key", org.as_str(), &principal.to_string(), &self.0]);
        TokenKey::from_bits(digest)
    }
}

impl Fingerprint {
    /// The fingerprint of an order that was written as `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&["order", text])))
    }
}

/// SHA-256 over the parts, each with its length before it, so that no two lists of parts are one text.
fn digest(parts: &[&str]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        context.update(part.as_bytes());
    }
    let mut bytes = [0; 32];
    bytes.copy_from_slice(context.finish().as_ref());
    bytes
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_1_to_255_visible_characters_and_quotes_make_no_difference() {
        let key = |text: &str| text.parse::<IdempotencyKey>();
        assert_eq!(key("\"a-1\""), key("a-1"));
        assert!(key(&"k".repeat(255)).is_ok());
        for bad in ["", "\"\"", " ", "a b", "a\tb", "ä", &"k".repeat(256)] {
            assert_eq!(key(bad), Err(IdempotencyKeyError), "{bad:?}");
        }
    }

    #[test]
    fn a_token_key_is_of_one_organization_one_principal_and_one_key() {
        let derive = |org: &str, principal: &str, key: &str| {
            let key: IdempotencyKey = key.parse().unwrap();
            key.token_key(&org.parse().unwrap(), &principal.parse().unwrap())
        };
        let one = derive("123", "local|1", "k");
        assert_eq!(one, derive("123", "local|1", "k"));
        assert_eq!(one.as_str().parse::<TokenKey>().as_ref(), Ok(&one));
        for other in [derive("12", "local|1", "k"), derive("123", "local|11", "k"), derive("123", "local|1", "1k")] {
            assert_ne!(one, other);
        }
    }
}
