//! The public keys of an identity provider.

use std::fmt;

use jsonwebtoken::jwk::Jwk;
use serde_json::Value;

use super::{
    Alg, VerifyError,
    public_key::{KeyError, PublicKey},
};
use crate::json::excerpt;

/// Most keys under one `kid` with which a signature is verified. It bounds the duration of a rejection.
const MAX_KEYS_PER_TOKEN: usize = 4;

/// The keys that an identity provider publishes. Several may have one `kid` (RFC 7517, section 4.5), or none.
/// *(verify before use)* Each key verifies only signatures of its own type and algorithm.
#[derive(Default)]
pub struct ProviderKeySet {
    keys: Vec<ProviderKey>,
    dropped: Vec<DroppedKey>,
}

struct ProviderKey {
    kid: Option<String>,
    public: PublicKey,
}

/// Why the signature of a user's token does not verify. The message is for the log only.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderVerifyError {
    /// The token is invalid for a reason that does not depend on the kind of its issuer.
    #[error(transparent)]
    Token(#[from] VerifyError),
    /// The provider's key with the `kid` of the token, or its key without a `kid`, is not used.
    #[error("the key that the token names is not used: {0}")]
    DroppedKey(DroppedKey),
    /// The token has no `kid`, and not exactly one key of the provider has its algorithm (OpenID Connect Core 1.0,
    /// section 10.1).
    #[error("header `kid` is missing, and {0} keys of the issuer fit the algorithm")]
    AmbiguousKey(usize),
    /// The algorithm of the token is not supported.
    #[error("alg is neither RS256 nor ES256")]
    UnsupportedAlgorithm,
}

/// A key of a JWK set that is not used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DroppedKey {
    /// Its `kid`, if it has one.
    pub kid: Option<String>,
    /// Why it is not used.
    pub reason: KeyError,
}

impl ProviderVerifyError {
    /// Whether the token may verify with keys that the provider has published since.
    #[must_use]
    pub fn may_depend_on_newer_keys(&self) -> bool {
        match self {
            Self::DroppedKey(_) | Self::AmbiguousKey(_) => true,
            Self::UnsupportedAlgorithm => false,
            Self::Token(error) => {
                matches!(error, VerifyError::UnknownKey | VerifyError::WrongAlgorithm | VerifyError::WrongSignature)
            }
        }
    }
}

impl fmt::Display for DroppedKey {
    /// Writes at most 64 characters of the `kid`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kid {
            Some(kid) => write!(f, "key `{}`: {}", excerpt(kid), self.reason),
            None => write!(f, "key without `kid`: {}", self.reason),
        }
    }
}

impl ProviderKeySet {
    /// The key set of these JWKs. A JWK that is malformed or not supported is dropped.
    #[must_use]
    pub fn new(jwks: impl IntoIterator<Item = Value>) -> Self {
        let mut key_set = Self::default();
        for jwk in jwks {
            let kid = jwk.get("kid").and_then(Value::as_str).map(str::to_owned);
            match parse(jwk) {
                Ok(public) => key_set.keys.push(ProviderKey { kid, public }),
                Err(reason) => key_set.dropped.push(DroppedKey { kid, reason }),
            }
        }
        key_set
    }

    /// The keys that are not used.
    #[must_use]
    pub fn dropped(&self) -> &[DroppedKey] {
        &self.dropped
    }

    /// Verifies `signature` (base64url) over `message` with the keys that fit.
    pub(super) fn verify(
        &self,
        kid: Option<&str>,
        alg: Alg,
        message: &[u8],
        signature: &str,
    ) -> Result<(), ProviderVerifyError> {
        let candidates = self.candidates(kid, alg)?;
        if candidates.iter().take(MAX_KEYS_PER_TOKEN).any(|key| key.verifies(message, signature)) {
            return Ok(());
        }
        Err(self.dropped_with(kid).unwrap_or(VerifyError::WrongSignature.into()))
    }

    /// The keys with the `kid` and the algorithm. Without `kid`, the only key of the set with the algorithm (OpenID
    /// Connect Core 1.0, section 10.1).
    fn candidates(&self, kid: Option<&str>, alg: Alg) -> Result<Vec<&PublicKey>, ProviderVerifyError> {
        let is_named = |key: &&ProviderKey| kid.is_none() || key.kid.as_deref() == kid;
        let named: Vec<_> = self.keys.iter().filter(is_named).map(|key| &key.public).collect();
        let fitting: Vec<_> = named.iter().copied().filter(|key| key.alg == alg).collect();
        let error = match (kid, fitting.len()) {
            (None, 1) | (Some(_), 1..) => return Ok(fitting),
            (None, 2..) => return Err(ProviderVerifyError::AmbiguousKey(fitting.len())),
            (None, 0) => ProviderVerifyError::AmbiguousKey(0),
            (Some(_), 0) if named.is_empty() => VerifyError::UnknownKey.into(),
            (Some(_), 0) => VerifyError::WrongAlgorithm.into(),
        };
        Err(self.dropped_with(kid).unwrap_or(error))
    }

    /// The error for a token with this `kid`, if a key with it was dropped.
    fn dropped_with(&self, kid: Option<&str>) -> Option<ProviderVerifyError> {
        let dropped = self.dropped.iter().find(|dropped| dropped.kid.as_deref() == kid)?;
        Some(ProviderVerifyError::DroppedKey(dropped.clone()))
    }
}

/// The public key of a JWK whose members may have any type.
fn parse(jwk: Value) -> Result<PublicKey, KeyError> {
    let has = |member: &str, value: &str| jwk.get(member).is_some_and(|actual| actual == value);
    let is_supported = has("kty", "RSA") || (has("kty", "EC") && has("crv", "P-256"));
    // The library reads a JWK whose type has invalid members as one of another type.
    let unreadable = if is_supported || jwk.get("kty").is_none() { KeyError::NotAJwk } else { KeyError::Type };
    let Ok(jwk) = serde_json::from_value::<Jwk>(jwk) else { return Err(unreadable) };
    PublicKey::from_jwk(&jwk).map_err(|error| if error == KeyError::Type { unreadable } else { error })
}

#[cfg(test)]
mod tests {
    use std::slice;

    use serde_json::json;

    use super::*;
    use crate::jwt::{Unverified, samples};

    /// The JWK of the sample RSA key (0) or P-256 key (1) with these changes; `null` removes a member.
    fn jwk(key: usize, changes: &Value) -> Value {
        let mut jwk = json!(samples::both()[key].public().jwk());
        for (member, value) in changes.as_object().unwrap() {
            jwk[member] = value.clone();
        }
        jwk.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        jwk
    }

    /// The JWK of an RSA key that signs nothing in these tests.
    fn other_rsa(changes: &Value) -> Value {
        let mut other = jwk(0, changes);
        let n = other["n"].as_str().unwrap();
        // Another odd modulus of the same size.
        let last = if n.ends_with('Q') { 'w' } else { 'Q' };
        other["n"] = json!(format!("{}{last}", &n[..n.len() - 1]));
        other
    }

    /// The result for a token with this header, signed by the sample RSA key (0) or P-256 key (1).
    fn verify(jwks: &[Value], key: usize, header: &Value) -> Result<Value, ProviderVerifyError> {
        let token = samples::both()[key].token(&header.to_string(), r#"{"iss":"i"}"#);
        let key_set = ProviderKeySet::new(jwks.to_vec());
        Unverified::parse(&token).unwrap().verify_with_provider_keys(&key_set)
    }

    #[test]
    fn keys_of_two_types_may_share_a_kid() {
        let jwks = [jwk(0, &json!({"kid": "1"})), jwk(1, &json!({"kid": "1"}))];
        for (key, alg) in [(0, "RS256"), (1, "ES256")] {
            assert!(verify(&jwks, key, &json!({"alg": alg, "kid": "1"})).is_ok(), "{alg}");
        }
        for (key, alg, expected) in [
            (0, "ES256", VerifyError::WrongSignature.into()),
            (1, "RS256", VerifyError::WrongSignature.into()),
            (0, "HS256", ProviderVerifyError::UnsupportedAlgorithm),
            (0, "none", ProviderVerifyError::UnsupportedAlgorithm),
        ] {
            assert_eq!(verify(&jwks, key, &json!({"alg": alg, "kid": "1"})), Err(expected), "{alg} {key}");
        }
        let only_rsa = verify(&jwks[..1], 1, &json!({"alg": "ES256", "kid": "1"}));
        assert_eq!(only_rsa, Err(VerifyError::WrongAlgorithm.into()));
    }

    #[test]
    fn at_most_four_keys_of_a_kid_are_tried() {
        let header = json!({"alg": "RS256", "kid": "1"});
        let same_kid = |count: usize| {
            let others = (0..count).map(|_| other_rsa(&json!({"kid": "1"})));
            others.chain([jwk(0, &json!({"kid": "1"}))]).collect::<Vec<_>>()
        };
        assert!(verify(&same_kid(3), 0, &header).is_ok());
        assert_eq!(verify(&same_kid(4), 0, &header), Err(VerifyError::WrongSignature.into()));
        // Keys of another type or kid do not count.
        let mut jwks: Vec<_> = (0..9).map(|_| jwk(1, &json!({"kid": "1"}))).collect();
        jwks.extend((0..9).map(|_| other_rsa(&json!({"kid": "2"}))));
        jwks.extend(same_kid(3));
        assert!(verify(&jwks, 0, &header).is_ok());
    }

    #[test]
    fn token_without_kid_needs_exactly_one_fitting_key() {
        let header = json!({"alg": "RS256"});
        let without_kid = || jwk(0, &json!({"kid": null}));
        let encryption = || other_rsa(&json!({"use": "enc"}));
        for (jwks, expected) in [
            (vec![without_kid()], None),
            (vec![jwk(0, &json!({}))], None),
            (vec![without_kid(), jwk(1, &json!({}))], None),
            (vec![encryption(), without_kid()], None),
            (vec![without_kid(), other_rsa(&json!({}))], Some(ProviderVerifyError::AmbiguousKey(2))),
            (vec![without_kid(), without_kid()], Some(ProviderVerifyError::AmbiguousKey(2))),
            (vec![jwk(1, &json!({}))], Some(ProviderVerifyError::AmbiguousKey(0))),
            (vec![], Some(ProviderVerifyError::AmbiguousKey(0))),
            (vec![other_rsa(&json!({}))], Some(VerifyError::WrongSignature.into())),
        ] {
            assert_eq!(verify(&jwks, 0, &header).err(), expected, "{jwks:?}");
        }
        // A token that names a key never uses another one.
        let named = verify(&[without_kid()], 0, &json!({"alg": "RS256", "kid": "1"}));
        assert_eq!(named, Err(VerifyError::UnknownKey.into()));
    }

    #[test]
    fn dropped_key_is_reported_with_kid_and_reason() {
        let long_kid = "k".repeat(100);
        for (jwk, kid, reason) in [
            (jwk(0, &json!({"kid": "1", "key_ops": ["encrypt"]})), Some("1"), KeyError::Operations),
            (jwk(0, &json!({"kid": "1", "e": "AAEAAQ"})), Some("1"), KeyError::LeadingZero("e")),
            (jwk(0, &json!({"kid": null, "e": "AQAB=="})), None, KeyError::Padding("e")),
            (json!({"kid": "1", "kty": "OKP", "crv": "Ed25519", "x": "AA"}), Some("1"), KeyError::Type),
            (json!({"kid": "1", "kty": "XYZ"}), Some("1"), KeyError::Type),
            (jwk(1, &json!({"kid": "1", "crv": "secp256k1"})), Some("1"), KeyError::Type),
            (jwk(1, &json!({"kid": "1", "x": null})), Some("1"), KeyError::NotAJwk),
            (json!({"kid": "1", "kty": "RSA", "n": 7, "e": "AQAB"}), Some("1"), KeyError::NotAJwk),
            (jwk(0, &json!({"kid": 7})), None, KeyError::NotAJwk),
            (jwk(0, &json!({"kid": long_kid, "n": "AQAB"})), Some(&long_kid[..]), KeyError::Size),
            (json!(7), None, KeyError::NotAJwk),
        ] {
            let dropped = DroppedKey { kid: kid.map(str::to_owned), reason };
            assert_eq!(ProviderKeySet::new([jwk.clone()]).dropped(), slice::from_ref(&dropped), "{jwk}");
            let header = kid.map_or(json!({"alg": "RS256"}), |kid| json!({"alg": "RS256", "kid": kid}));
            assert_eq!(verify(&[jwk], 0, &header), Err(ProviderVerifyError::DroppedKey(dropped.clone())));
            assert!(dropped.to_string().len() < 200, "{dropped}");
        }
    }

    #[test]
    fn dropped_key_does_not_hide_another_with_its_kid() {
        let jwks = [jwk(0, &json!({"kid": "1", "use": "enc"})), jwk(0, &json!({"kid": "1"}))];
        assert!(verify(&jwks, 0, &json!({"alg": "RS256", "kid": "1"})).is_ok());
    }
}
