//! `latchkey token update`: changes the name and the description of a token.

use clap::{ArgGroup, Args};
use serde_json::{Map, Value};

use super::token_id::parse_token_id;
use crate::{
    api_client::{ApiClient, ApiOptions},
    error::Error,
    output::{OutputFormat, print_json, print_result},
    token_metadata::TokenMetadata,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token update api_5ZugdRXasLfWBypHi93Fk --name 'Nightly export'
  latchkey token update api_5ZugdRXasLfWBypHi93Fk --description 'In the vault as ci/export. Contact: data team'
  latchkey token update api_5ZugdRXasLfWBypHi93Fk --no-description --output json";

/// The arguments of `latchkey token update`.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("changes").args(["name", "description", "no_description"]).required(true).multiple(true))]
pub struct UpdateCommand {
    /// Token id. A token cannot change itself
    #[arg(value_parser = parse_token_id)]
    id: String,
    /// New name
    #[arg(long)]
    name: Option<String>,
    /// New description, one line: what the token is for, where its secret is stored, whom to contact
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Remove the description
    #[arg(long, conflicts_with = "description")]
    no_description: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl UpdateCommand {
    /// Changes the token and prints its metadata. The signed token stays valid.
    pub(super) async fn run(self) -> Result<(), Error> {
        let body = Value::Object(self.members()).to_string();
        let response = ApiClient::authenticated(&self.api)?.update_token(&self.id, &body).await?;
        match self.output {
            OutputFormat::Json => print_json(&response.body),
            OutputFormat::Table => print_result(&response.parse::<TokenMetadata>("a token")?.details()),
        }
    }

    fn members(&self) -> Map<String, Value> {
        let name = self.name.clone().map(|name| ("name".to_owned(), Value::String(name)));
        let removed = self.no_description.then_some(Value::Null);
        let description = self.description.clone().map(Value::String).or(removed);
        name.into_iter().chain(description.map(|value| ("description".to_owned(), value))).collect()
    }
}
