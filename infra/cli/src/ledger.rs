//! The ledger's table, accessed as an operator and not through the API.

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use clap::Args;
use data_dir::StackSelection;
use shared::aws::Ledger;

use crate::{error::Error, local_stack::LocalStack};

/// The options that select a table.
#[derive(Debug, Args)]
pub struct LedgerOptions {
    /// DynamoDB table of a deployment (default: the local stack's table)
    #[arg(long, value_name = "NAME", conflicts_with_all = ["data", "ephemeral"])]
    pub table: Option<String>,
    #[command(flatten)]
    stack: StackSelection,
}

impl LedgerOptions {
    /// Opens the selected table.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreachable`] if no local stack is running, and [`Error::Usage`] if this build cannot access AWS.
    pub async fn open(&self) -> Result<Ledger, Error> {
        match &self.table {
            Some(table) => deployed_ledger(table).await,
            None => LocalStack::find(&self.stack).map(local_ledger),
        }
    }
}

/// The ledger of a deployment. Credentials and region come from the AWS SDK's default chain, as in the AWS CLI.
#[cfg(feature = "aws")]
async fn deployed_ledger(table: &str) -> Result<Ledger, Error> {
    let config = aws_config::defaults(BehaviorVersion::latest());
    let config = config.timeout_config(shared::aws::timeouts()).retry_config(shared::aws::retries()).load().await;
    Ok(Ledger::through(Client::new(&config), table.to_owned()))
}

/// Without the feature `aws`, a deployment's table cannot be accessed.
#[cfg(not(feature = "aws"))]
#[expect(clippy::unused_async, reason = "has the signature of the function that loads credentials")]
async fn deployed_ledger(_table: &str) -> Result<Ledger, Error> {
    let problem = "this build cannot access AWS";
    Err(Error::Usage(format!("{problem}: install it with `cargo install --path infra/cli --features aws`")))
}

/// The ledger of a local stack. It identifies the operator by the access key id and checks no secret.
fn local_ledger(stack: LocalStack) -> Ledger {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("operator", "local", None, None, "local"))
        .endpoint_url(stack.addresses.dynamodb_url);
    Ledger::through(Client::from_conf(config.build()), stack.addresses.table)
}
