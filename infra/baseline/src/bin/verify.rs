//! Verifies one signature again and again, with the code of the authorizer and nothing around it.
//!
//! Reads the variables `TOKEN` and `JWK` (the key that verifies it); its argument is how often.

use std::{env, error::Error, hint::black_box};

use serde::de::IgnoredAny;
use shared::jwt::{KeySet, Unverified, VerifyingKey};

fn main() -> Result<(), Box<dyn Error>> {
    let times: usize = env::args().nth(1).ok_or("how often?")?.parse()?;
    let (token, jwk) = (env::var("TOKEN")?, serde_json::from_str(&env::var("JWK")?)?);
    let ring = KeySet::new([VerifyingKey::from_jwk(jwk)?]);
    for _ in 0..times {
        black_box(Unverified::parse(black_box(&token))?.verify::<IgnoredAny>(&ring)?);
    }
    Ok(())
}
