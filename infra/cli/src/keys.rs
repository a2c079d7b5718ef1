//! `latchkey keys`: shows the published verification keys, and which old keys are still needed after a rotation.

mod rotation;

use std::iter;

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    api_client::{ApiClient, ApiOptions, ApiResponse},
    error::Error,
    output::{OutputFormat, format_table, print_json, print_result},
    token_family::FAMILIES,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey keys
  latchkey keys --output json
  latchkey keys --rotated-at 2026-11-02T09:00:00Z

A key can be removed once no active token is signed with it. The service does not store which key signed a token, but
tokens created before the rotation need the old key. --rotated-at counts the active tokens of the caller's organization
that were created before the given time; run it for each organization.";

/// The expected response, in an error.
const KEY_SET: &str = "a JWK set";

/// The arguments of `latchkey keys`.
#[derive(Debug, Args)]
pub struct KeysCommand {
    /// Time of the rotation: counts the active tokens that were created earlier and need an older key
    #[arg(long, value_name = "RFC 3339")]
    rotated_at: Option<Timestamp>,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

/// A JWK set (RFC 7517), as far as the table shows it.
#[derive(Debug, Deserialize)]
struct JwkSet {
    keys: Vec<Jwk>,
}

/// A published key.
#[derive(Debug, Deserialize)]
struct Jwk {
    kid: String,
    alg: String,
}

/// The published JWK set of one family.
struct PublishedKeys {
    family: &'static str,
    response: ApiResponse,
}

impl KeysCommand {
    /// Prints the published keys. The first key of each family is the one that signs.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`ApiClient`].
    pub async fn run(self) -> Result<(), Error> {
        let client = ApiClient::anonymous(&self.api.endpoint)?;
        let mut sets = Vec::new();
        for family in FAMILIES {
            let response = client.get(&family.jwks_path()).await?;
            sets.push(PublishedKeys { family: family.name, response });
        }
        match self.output {
            OutputFormat::Json => self.print_json(&sets).await,
            OutputFormat::Table => self.print_table(&sets).await,
        }
    }

    async fn print_table(&self, sets: &[PublishedKeys]) -> Result<(), Error> {
        let mut rows = Vec::new();
        for set in sets {
            let keys = set.response.parse::<JwkSet>(KEY_SET)?.keys;
            let uses = iter::once("signs").chain(iter::repeat("verifies"));
            let row = |(key, usage): (Jwk, &str)| vec![set.family.to_owned(), key.kid, key.alg, usage.to_owned()];
            rows.extend(keys.into_iter().zip(uses).map(row));
        }
        print_result(&format_table(&["FAMILY", "KID", "ALG", "USE"], rows))?;
        match self.rotated_at {
            None => Ok(()),
            Some(rotated_at) => {
                let tokens = rotation::count_older_tokens(&ApiClient::authenticated(&self.api)?, rotated_at).await?;
                print_result(&format!("\n{}", tokens.to_table()))
            }
        }
    }

    /// Prints the JWK sets as they were published, each under its family's name.
    async fn print_json(&self, sets: &[PublishedKeys]) -> Result<(), Error> {
        let mut members = Vec::new();
        for PublishedKeys { family, response } in sets {
            let set = response.parse::<Box<RawValue>>(KEY_SET)?;
            members.push(format!("\"{family}\":{set}"));
        }
        if let Some(rotated_at) = self.rotated_at {
            let tokens = rotation::count_older_tokens(&ApiClient::authenticated(&self.api)?, rotated_at).await?;
            members.push(format!("\"older_tokens\":{}", tokens.to_json()));
        }
        print_json(&format!("{{{}}}", members.join(",")))
    }
}
