//! The keys of one issuer.

use std::collections::HashMap;

use jsonwebtoken::jwk::JwkSet;

use super::VerifyingKey;

/// The keys of one issuer, by `kid`. *(verify, then clear)* A `kid` is looked up in the key_set that `iss` selects and nowhere
/// else.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    order: Vec<String>,
}

impl KeySet {
    /// The key_set of these keys; the first of two with one `kid` counts.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = VerifyingKey>) -> Self {
        let mut key_set = Self::default();
        for key in keys {
            if !key_set.keys.contains_key(key.kid()) {
                key_set.order.push(key.kid().to_owned());
                key_set.keys.insert(key.kid().to_owned(), key);
            }
        }
        key_set
    }

    /// The key with this id.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }

    /// The keys as they are published, in the order in which they were given.
    #[must_use]
    pub fn jwk_set(&self) -> JwkSet {
        let keys = self.order.iter().filter_map(|kid| self.keys.get(kid));
        JwkSet { keys: keys.map(|key| key.jwk().clone()).collect() }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;
    use crate::jwt::samples;

    #[test]
    fn keys_are_published_in_the_order_in_which_they_were_given_each_once() {
        let [rsa, ec] = samples::both().map(samples::SigningKey::public);
        let set = KeySet::new([ec.clone(), rsa.clone(), ec.clone()]).jwk_set();
        let kids: Vec<_> = set.keys.iter().map(|key| key.common.key_id.as_deref().unwrap()).collect();
        assert_eq!(kids, [ec.kid(), rsa.kid()]);
    }
}
