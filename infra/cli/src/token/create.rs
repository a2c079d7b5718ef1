//! `latchkey token create`.

use clap::{Args, builder::PossibleValuesParser};
use serde::Serialize;
use shared::token::TypeName;

use crate::{
    access::Access,
    api::Api,
    error::Error,
    item::Item,
    output::{Output, print, say},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Examples:
  TOKEN=$(latchkey token create --name 'My application')
  latchkey token create --name Nightly --role 123:viewer --expires-in 30d --read-only
  latchkey token create --name Checkout --type journey --journey-id 5f0c --output json";

/// `latchkey token create`. The names of the members are those of the request.
#[derive(Debug, Args, Serialize)]
pub struct Create {
    /// What people call the token
    #[arg(long)]
    name: String,
    /// Its type; without it `api`, or `journey` or `portal` where its id is given
    #[arg(long = "type", value_name = "TYPE", value_parser = PossibleValuesParser::new(TypeName::ALL.map(TypeName::as_str)))]
    #[serde(skip_serializing_if = "Option::is_none")]
    token_type: Option<String>,
    /// A role that it gets, ORGANIZATION:SLUG; may be repeated; without it the roles of its maker
    #[arg(long = "role", value_name = "ROLE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assignments: Vec<String>,
    /// How long it lives, like 10h, 30d or 1y; without it as its type says
    #[arg(long, value_name = "SPAN")]
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_in: Option<String>,
    /// Allow it reading alone, whatever its roles
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    /// Ask the APIs that it calls to leave personal data out
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    anonymize: bool,
    /// The journey that a journey token is for
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    journey_id: Option<String>,
    /// The portal that a portal token is for
    #[arg(long, value_name = "ID")]
    #[serde(skip_serializing_if = "Option::is_none")]
    portal_id: Option<String>,
    /// Make one token by this key, however often it is asked for; without it a key of this call's own
    #[arg(long, value_name = "KEY", value_parser = key)]
    #[serde(skip)]
    idempotency_key: Option<String>,
    /// Print the token alone, or the whole answer as JSON
    #[arg(long, value_enum, default_value_t)]
    #[serde(skip)]
    output: Output,
    #[command(flatten)]
    #[serde(skip)]
    access: Access,
}

/// The member of the answer that appears in this one answer and nowhere else.
#[derive(serde::Deserialize)]
struct Created {
    token: String,
}

impl Create {
    /// Makes the token. Where it may have been made and cannot be printed, the key is told: by it the same token comes
    /// again.
    pub(super) async fn run(self) -> Result<(), Error> {
        let key = self.idempotency_key.clone().unwrap_or_else(|| nanoid::nanoid!());
        let body = serde_json::to_string(&self).map_err(|error| Error::Other(error.to_string()))?;
        let answer = Api::open(&self.access)?.create(&body, &key).await?;
        show(&answer.text, self.output).map_err(|error| error.unsure(&key))
    }
}

/// Prints the token before anything else is looked at: it comes this once.
fn show(answer: &str, output: Output) -> Result<(), Error> {
    let created = serde_json::from_str::<Created>(answer);
    let created = created.map_err(|_| Error::Other("the answer holds no token".to_owned()))?;
    if output == Output::Json {
        return print(answer);
    }
    print(&created.token)?;
    let details = Item::read(answer).map(|item| item.details());
    say(&details.unwrap_or_else(|_| "the token was made; what else the answer says cannot be read".to_owned()));
    Ok(())
}

/// What the service takes as a key.
fn key(text: &str) -> Result<String, String> {
    let fits = (1..=255).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| text.to_owned()).ok_or_else(|| "a key is 1 to 255 visible ASCII characters".to_owned())
}
