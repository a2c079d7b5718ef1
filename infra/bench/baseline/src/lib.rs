//! Inputs of the baseline programs: a token with the key that verifies it, and the keys of the items to read.

use std::{collections::HashMap, env, error::Error};

use aws_sdk_dynamodb::types::AttributeValue;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde::de::IgnoredAny;

/// The result of a fallible step of a baseline program.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// The primary key of an item.
pub type ItemKey = HashMap<String, AttributeValue>;

/// A token and the key that verifies it.
pub struct SignedToken {
    token: String,
    key: DecodingKey,
    validation: Validation,
}

impl SignedToken {
    /// Reads the token from the variable `TOKEN` and the key from `JWK`.
    ///
    /// # Errors
    ///
    /// Returns an error if a variable is missing or invalid.
    pub fn from_env() -> Result<Self> {
        let token = env::var("TOKEN")?;
        let jwk: Jwk = serde_json::from_str(&env::var("JWK")?)?;
        let mut validation = Validation::new(decode_header(&token)?.alg);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Ok(Self { token, key: DecodingKey::from_jwk(&jwk)?, validation })
    }

    /// Verifies the signature and ignores the claims.
    ///
    /// # Errors
    ///
    /// Returns an error if the key did not sign the token.
    pub fn verify(&self) -> Result<()> {
        decode::<IgnoredAny>(&self.token, &self.key, &self.validation)?;
        Ok(())
    }
}

/// Reads primary keys from the variable `KEYS`, a JSON array of objects with string values.
///
/// # Errors
///
/// Returns an error if the variable is missing or invalid.
pub fn item_keys() -> Result<Vec<ItemKey>> {
    let keys: Vec<HashMap<String, String>> = serde_json::from_str(&env::var("KEYS")?)?;
    let to_item_key =
        |key: HashMap<_, _>| key.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect();
    Ok(keys.into_iter().map(to_item_key).collect())
}
