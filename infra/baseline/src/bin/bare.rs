//! The bare work of a decision in a loop: one signature is verified, and one row read. No events, no rights, no answers.
//!
//! Reads the variables `TOKEN`, `JWK` (the key that verifies it), `TABLE_NAME` and `KEY` (the row's primary key, a JSON object of
//! texts). Its argument is after how many turns it prints an empty line, for as long as somebody reads them.

use std::{
    collections::HashMap,
    env,
    error::Error,
    io::{self, Write},
};

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::Jwk};
use serde::de::IgnoredAny;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let turns: usize = env::args().nth(1).ok_or("how many turns a line?")?.parse()?;
    let (token, key) = (env::var("TOKEN")?, DecodingKey::from_jwk(&serde_json::from_str::<Jwk>(&env::var("JWK")?)?)?);
    let validation = signature_alone(&token)?;
    let client = Client::new(&aws_config::load_defaults(BehaviorVersion::latest()).await);
    let (table, row) = (env::var("TABLE_NAME")?, row()?);
    loop {
        for _ in 0..turns {
            decode::<IgnoredAny>(&token, &key, &validation)?;
            let asked = client.get_item().table_name(&table).set_key(Some(row.clone())).consistent_read(true);
            asked.send().await?.item.ok_or("there is no such row")?;
        }
        let mut out = io::stdout();
        out.write_all(b"\n")?;
        out.flush()?;
    }
}

/// Nothing but the signature is looked at.
fn signature_alone(token: &str) -> Result<Validation, Box<dyn Error>> {
    let mut validation = Validation::new(decode_header(token)?.alg);
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    Ok(validation)
}

fn row() -> Result<HashMap<String, AttributeValue>, Box<dyn Error>> {
    let row: HashMap<String, String> = serde_json::from_str(&env::var("KEY")?)?;
    Ok(row.into_iter().map(|(name, value)| (name, AttributeValue::S(value))).collect())
}
