//! `latchkey keys`: the keys that verify tokens offline, and whether an old one is still needed.

mod rotation;

use clap::Args;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    access::Access,
    api::{Api, TOKENS},
    error::Error,
    issuer,
    output::{Output, columns, print},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Examples:
  latchkey keys
  latchkey keys --output json
  latchkey keys --rotated-at 2026-11-02T09:00:00Z

A key may be taken out of the ring once no live token was signed with it. Which key signed a token is written in the
token and nowhere else, so it is told by time: tokens made before the new key signed need the old one. With --rotated-at
the live tokens of the caller's organization are counted that were made before; other organizations count their own.";

/// `latchkey keys`.
#[derive(Debug, Args)]
pub struct Keys {
    /// Since when the first key signs: count the live tokens that were made before and need an older one
    #[arg(long, value_name = "RFC 3339")]
    rotated_at: Option<Timestamp>,
    /// How the keys are written
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    #[command(flatten)]
    access: Access,
}

/// A published key, as far as it is shown.
#[derive(Debug, Deserialize)]
struct Key {
    kid: String,
    alg: String,
}

#[derive(Debug, Deserialize)]
struct Set {
    keys: Vec<Key>,
}

/// The two families: what each is called, and what follows the path of the tokens.
const FAMILIES: [(&str, &str); 2] = [("access", ""), ("public", issuer::PUBLIC)];

impl Keys {
    /// Prints the published keys, the signing one of each family first.
    ///
    /// # Errors
    ///
    /// See [`Error`].
    pub async fn run(self) -> Result<(), Error> {
        let api = Api::public(&self.access.address)?;
        let mut sets = Vec::new();
        for (family, path) in FAMILIES {
            let set = api.get(&format!("{TOKENS}{path}/.well-known/jwks.json")).await?;
            sets.push((family, set.text));
        }
        match self.output {
            Output::Json => self.json(&sets).await,
            Output::Table => self.table(&sets).await,
        }
    }

    async fn table(&self, sets: &[(&str, String)]) -> Result<(), Error> {
        let mut rows = Vec::new();
        for (family, text) in sets {
            let set: Set = serde_json::from_str(text).map_err(|_| no_set())?;
            let uses = ["signs"].into_iter().chain(std::iter::repeat("verifies"));
            rows.extend(
                set.keys
                    .into_iter()
                    .zip(uses)
                    .map(|(key, usage)| vec![(*family).to_owned(), key.kid, key.alg, usage.to_owned()]),
            );
        }
        print(&columns(&["FAMILY", "KID", "ALG", "USE"], rows))?;
        match self.rotated_at {
            None => Ok(()),
            Some(at) => print(&format!("\n{}", rotation::count(&Api::open(&self.access)?, at).await?.table())),
        }
    }

    /// The sets as they were published, each under its family's name.
    async fn json(&self, sets: &[(&str, String)]) -> Result<(), Error> {
        let mut members = Vec::new();
        for (family, text) in sets {
            let set: &RawValue = serde_json::from_str(text).map_err(|_| no_set())?;
            members.push(format!("\"{family}\":{set}"));
        }
        if let Some(at) = self.rotated_at {
            let counts = rotation::count(&Api::open(&self.access)?, at).await?;
            members.push(format!("\"older_tokens\":{}", counts.json()));
        }
        print(&format!("{{{}}}", members.join(",")))
    }
}

fn no_set() -> Error {
    Error::Other("the answer is no set of keys".to_owned())
}
