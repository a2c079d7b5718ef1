//! `latchkey can`: shows whether the caller, or a token that it could create, is allowed an action.

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::{
    api_client::{ApiClient, ApiOptions},
    error::Error,
    output::{OutputFormat, print_json, print_result},
    token::{RequestedGrant, parse_grant},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey can order:edit order/7
  LATCHKEY_TOKEN=$TOKEN latchkey can token:create
  latchkey can order:edit order/7 --role 123:viewer --grant 'order:*=order/*'

Prints `allowed` with exit code 0, or the reason of the denial with exit code 3. With --role, --grant or --read-only, the
decision is that for a token with these values, if the caller created it now.";

/// The expected response, in an error.
const DECISION: &str = "a decision";

/// The arguments of `latchkey can`, serialized as the body of a simulation.
#[derive(Debug, Args, Serialize)]
pub struct CanCommand {
    /// Action, such as order:edit
    action: String,
    /// Resource of the action, such as order/7 (default: that of a route whose rule names no resource)
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
    /// Role of a token that does not exist, ORGANIZATION:SLUG; repeatable
    #[arg(long = "role", value_name = "ROLE")]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    assignments: Vec<String>,
    /// Grant of a token that does not exist, as for `latchkey token create`; repeatable
    #[arg(long = "grant", value_name = "ACTION[=RESOURCE]", value_parser = parse_grant)]
    #[serde(skip_serializing_if = "Vec::is_empty")]
    grants: Vec<RequestedGrant>,
    /// For a token that does not exist, and that is limited to read-only actions
    #[arg(long)]
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    read_only: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t)]
    #[serde(skip)]
    output: OutputFormat,
    #[command(flatten)]
    #[serde(skip)]
    api: ApiOptions,
}

/// The member of the response that contains the decision.
#[derive(Deserialize)]
struct DecisionResponse {
    decision: serde_json::Value,
}

/// The members of a decision that decide the output.
#[derive(Deserialize)]
struct Decision {
    allowed: bool,
    reason: String,
}

impl CanCommand {
    /// Prints the decision.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotAllowed`] if the action is denied.
    pub async fn run(self) -> Result<(), Error> {
        let client = ApiClient::authenticated(&self.api)?;
        let is_simulation = !self.assignments.is_empty() || !self.grants.is_empty() || self.read_only;
        let response = if is_simulation {
            let body = serde_json::to_string(&self).map_err(|error| Error::Other(error.to_string()))?;
            client.simulate_permission(&body).await?
        } else {
            client.decide_permission(&self.action, self.resource.as_deref()).await?
        };
        let DecisionResponse { decision } = response.parse(DECISION)?;
        let Decision { allowed, reason } =
            Decision::deserialize(&decision).map_err(|_| response.unexpected(DECISION))?;
        match self.output {
            OutputFormat::Json => print_json(&decision.to_string())?,
            OutputFormat::Table if allowed => print_result("allowed")?,
            OutputFormat::Table => {}
        }
        if allowed { Ok(()) } else { Err(Error::NotAllowed(reason)) }
    }
}
