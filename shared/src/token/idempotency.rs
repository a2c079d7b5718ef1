//! Idempotency of create requests: the key, the token id derived from it, and the fingerprint of a request.

use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};

use super::{Principal, TokenKey};
use crate::permissions::OrgId;

/// The value of the header `Idempotency-Key`: 1 to 255 visible ASCII characters. It identifies a request of one
/// principal in one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(String);

/// The text is not an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`Idempotency-Key` must have 1 to 255 visible ASCII characters")]
pub struct IdempotencyKeyError;

/// A digest of the members of a create request. It distinguishes a retry from another request with the same key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Fingerprint(String);

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    /// Parses the key with or without quotes: both forms denote the same key.
    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
        let is_valid = (1..=255).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic());
        is_valid.then(|| Self(bare.to_owned())).ok_or(IdempotencyKeyError)
    }
}

impl IdempotencyKey {
    /// The key of the token that `principal` creates in `org` with this idempotency key: 126 bits of SHA-256 in the
    /// nanoid alphabet.
    #[must_use]
    pub fn token_key(&self, org: &OrgId, principal: &Principal) -> TokenKey {
        let digest = digest(&["idempotency key", org.as_str(), &principal.to_string(), &self.0]);
        TokenKey::from_bits(digest)
    }
}

impl Fingerprint {
    /// The fingerprint of a request whose canonical JSON is `text`.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(URL_SAFE_NO_PAD.encode(digest(&["order", text])))
    }
}

/// SHA-256 over the parts. Each part is preceded by its length, so that two different lists never have the same input.
pub(super) fn digest(parts: &[&str]) -> [u8; 32] {
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
mod tests {
    use super::*;

    #[test]
    fn idempotency_key_is_1_to_255_visible_characters() {
        let key = |text: &str| text.parse::<IdempotencyKey>();
        assert_eq!(key("\"a-1\""), key("a-1"));
        assert!(key(&"k".repeat(255)).is_ok());
        for bad in ["", "\"\"", " ", "a b", "a\tb", "ä", &"k".repeat(256)] {
            assert_eq!(key(bad), Err(IdempotencyKeyError), "{bad:?}");
        }
    }

    #[test]
    fn token_key_depends_on_org_principal_and_key() {
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
