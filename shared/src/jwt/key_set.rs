//! The public keys of one issuer.

use std::collections::HashMap;

use jsonwebtoken::jwk::JwkSet;

use super::VerifyingKey;

/// The public keys of one issuer, by `kid`. *(verify before use)* A `kid` is looked up only in the key set that the
/// claim `iss` selects.
#[derive(Clone, Default)]
pub struct KeySet {
    keys: HashMap<String, VerifyingKey>,
    order: Vec<String>,
}

impl KeySet {
    /// The key set of these keys. If two keys have the same `kid`, the second is ignored.
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

    /// The key with this `kid`.
    #[must_use]
    pub fn find(&self, kid: &str) -> Option<&VerifyingKey> {
        self.keys.get(kid)
    }

    /// The JWK set that publishes the keys, in the order of [`KeySet::new`].
    #[must_use]
    pub fn jwk_set(&self) -> JwkSet {
        let keys = self.order.iter().filter_map(|kid| self.keys.get(kid));
        JwkSet { keys: keys.map(|key| key.jwk().clone()).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jwt::samples;

    #[test]
    fn jwk_set_has_each_key_once_in_order() {
        let [rsa, ec] = samples::both().map(samples::SigningKey::public);
        let set = KeySet::new([ec.clone(), rsa.clone(), ec.clone()]).jwk_set();
        let kids: Vec<_> = set.keys.iter().map(|key| key.common.key_id.as_deref().unwrap()).collect();
        assert_eq!(kids, [ec.kid(), rsa.kid()]);
    }
}
