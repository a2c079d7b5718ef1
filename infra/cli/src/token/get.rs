//! `latchkey token get`: shows one token.

use clap::Args;

use super::token_id::parse_token_id;
use crate::{
    api_client::{ApiClient, ApiOptions},
    error::Error,
    output::{OutputFormat, print_json, print_result},
    token_metadata::TokenMetadata,
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey token get api_5ZugdRXasLfWBypHi93Fk
  LATCHKEY_TOKEN=$TOKEN latchkey token get self --output json";

/// The arguments of `latchkey token get`.
#[derive(Debug, Args)]
pub struct GetCommand {
    /// Token id, or `self` for the token that authenticates the request
    #[arg(value_parser = parse_token_id)]
    id: String,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    output: OutputFormat,
    #[command(flatten)]
    api: ApiOptions,
}

impl GetCommand {
    /// Prints the token's metadata.
    pub(super) async fn run(self) -> Result<(), Error> {
        let response = ApiClient::authenticated(&self.api)?.get_token(&self.id).await?;
        match self.output {
            OutputFormat::Json => print_json(&response.body),
            OutputFormat::Table => print_result(&response.parse::<TokenMetadata>("a token")?.details()),
        }
    }
}
