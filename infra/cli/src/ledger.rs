//! The ledger's table, accessed as an operator and not through the API.

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};
use clap::Args;
use data_dir::StackSelection;
use shared::aws::Ledger;

#[cfg(feature = "aws")]
use shared::provisioning::ApplyError;

#[cfg(feature = "aws")]
use crate::deployment::Deployment;
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
    /// Runs `work` on the selected table.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Unreachable`] if no local stack is running, [`Error::Usage`] if this build cannot access AWS, an error
    /// that names the cause if a deployment's table cannot be accessed, and the error of `work`.
    pub async fn run<T>(&self, work: impl AsyncFnOnce(Ledger) -> Result<T, Error>) -> Result<T, Error> {
        match &self.table {
            Some(table) => run_on_deployment(table, work).await,
            None => work(local_ledger(LocalStack::find(&self.stack)?)).await,
        }
    }
}

/// Runs `work` on the table of a deployment.
///
/// # Errors
///
/// As for [`LedgerOptions::run`].
#[cfg(feature = "aws")]
pub async fn run_on_deployment<T>(table: &str, work: impl AsyncFnOnce(Ledger) -> Result<T, Error>) -> Result<T, Error> {
    let deployment = Deployment::open(table).await?;
    work(deployment.ledger()).await.map_err(|error| match &error {
        Error::Ledger(ApplyError::Store(failure)) => deployment.explain(failure).map_or(error, Error::Deployment),
        _ => error,
    })
}

/// Without the feature `aws`, a deployment's table cannot be accessed.
#[cfg(not(feature = "aws"))]
pub async fn run_on_deployment<T>(
    _table: &str,
    _work: impl AsyncFnOnce(Ledger) -> Result<T, Error>,
) -> Result<T, Error> {
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
