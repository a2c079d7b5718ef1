//! What the programs of the baseline have in common: a signature to verify, and the keys of rows to read.

use std::{collections::HashMap, env, error::Error};

use aws_sdk_dynamodb::types::AttributeValue;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde::de::IgnoredAny;

/// What comes of anything here.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// The primary key of a row.
pub type Key = HashMap<String, AttributeValue>;

/// A token, and the key that verifies it.
pub struct Signed {
    token: String,
    key: DecodingKey,
    validation: Validation,
}

impl Signed {
    /// That in the variables `TOKEN` and `JWK`.
    ///
    /// # Errors
    ///
    /// Where they hold no such thing.
    pub fn from_env() -> Outcome<Self> {
        let (token, jwk) = (env::var("TOKEN")?, env::var("JWK")?);
        let mut validation = Validation::new(decode_header(&token)?.alg);
        validation.required_spec_claims.clear();
        (validation.validate_exp, validation.validate_aud) = (false, false);
        Ok(Self { token, key: DecodingKey::from_jwk(&serde_json::from_str::<Jwk>(&jwk)?)?, validation })
    }

    /// Verifies its signature; nothing else of it is looked at.
    ///
    /// # Errors
    ///
    /// Where it is none of the key's.
    pub fn verify(&self) -> Outcome<()> {
        decode::<IgnoredAny>(&self.token, &self.key, &self.validation)?;
        Ok(())
    }
}

/// The primary keys in the variable `KEYS`: a JSON list of objects of texts.
///
/// # Errors
///
/// Where it holds no such thing.
pub fn keys() -> Outcome<Vec<Key>> {
    let keys: Vec<HashMap<String, String>> = serde_json::from_str(&env::var("KEYS")?)?;
    let key = |key: HashMap<_, _>| key.into_iter().map(|(name, text)| (name, AttributeValue::S(text))).collect();
    Ok(keys.into_iter().map(key).collect())
}
