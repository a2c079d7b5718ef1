//! Access to the table of a deployment with the credentials of the AWS environment, on the machine of an operator.

mod credentials;
mod error;
mod http_client;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_dynamodb::{Client, config::SharedCredentialsProvider};
use shared::{
    aws::Ledger,
    ports::PortErrorKind,
    provisioning::{ServiceError, StoreError},
};

pub use error::DeploymentError;

use self::{
    credentials::LoadedCredentials,
    http_client::{ConnectionLog, ReportingClient},
};

/// Time limit for opening a connection, for a laptop that may be far from the region.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time limit of one call with all its attempts.
const OPERATION_TIMEOUT: Duration = Duration::from_secs(30);

/// Attempts of one call.
const MAX_ATTEMPTS: u32 = 3;

/// Upper bound of the random delay before the second attempt; it doubles for the third.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);

/// Error codes of a missing permission. Other errors of the kind "access denied" reject the credentials themselves.
const MISSING_PERMISSION_CODES: [&str; 2] = ["AccessDenied", "AccessDeniedException"];

/// Error code of a table that does not exist.
const TABLE_NOT_FOUND_CODE: &str = "ResourceNotFoundException";

/// The table of a deployment.
pub struct Deployment {
    table: String,
    region: String,
    credentials: LoadedCredentials,
    connections: ConnectionLog,
    config: SdkConfig,
}

impl Deployment {
    /// Finds region and credentials as the AWS CLI does, without a request to the table.
    ///
    /// # Errors
    ///
    /// Returns [`DeploymentError`] if a region or credentials are missing or cannot be loaded.
    pub async fn open(table: &str) -> Result<Self, DeploymentError> {
        let connections = ConnectionLog::default();
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .http_client(ReportingClient::new(connections.clone()))
            .timeout_config(timeouts())
            .retry_config(retries());
        let config = loader.load().await;
        let Some(region) = config.region() else { return Err(credentials::missing_region().await) };
        let region = region.to_string();
        let source = config.credentials_provider().ok_or(DeploymentError::NoCredentials { reason: None })?;
        let credentials = LoadedCredentials::load(source, connections.clone()).await?;
        Ok(Self { table: table.to_owned(), region, credentials, connections, config })
    }

    /// The ledger in the table.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        let credentials = SharedCredentialsProvider::new(self.credentials.clone());
        let config = aws_sdk_dynamodb::config::Builder::from(&self.config).credentials_provider(credentials);
        Ledger::through(Client::from_conf(config.build()), self.table.clone())
    }

    /// The cause of a failed call and its remedy, if the cause is known.
    #[must_use]
    pub fn explain(&self, failure: &StoreError) -> Option<DeploymentError> {
        let kind = failure.error.kind;
        match (&failure.service_error, kind) {
            (Some(ServiceError { code, .. }), PortErrorKind::Rejected) if code == TABLE_NOT_FOUND_CODE => {
                Some(DeploymentError::TableNotFound { table: self.table.clone(), region: self.region.clone() })
            }
            (Some(ServiceError { code, message }), PortErrorKind::AccessDenied) => {
                Some(if MISSING_PERMISSION_CODES.contains(&code.as_str()) {
                    DeploymentError::AccessDenied {
                        operation: failure.error.operation,
                        table: self.table.clone(),
                        region: self.region.clone(),
                        message: message.clone(),
                    }
                } else {
                    DeploymentError::CredentialsRejected { code: code.clone(), message: message.clone() }
                })
            }
            // A proxy or a firewall may deny the request without an error code.
            (None, PortErrorKind::AccessDenied) => Some(DeploymentError::AccessDenied {
                operation: failure.error.operation,
                table: self.table.clone(),
                region: self.region.clone(),
                message: None,
            }),
            (None, PortErrorKind::Unreachable | PortErrorKind::TimedOut) => {
                self.credentials.take_failure().or_else(|| self.connections.failure(kind == PortErrorKind::TimedOut))
            }
            _ => None,
        }
    }
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_timeout(OPERATION_TIMEOUT).build()
}

fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(MAX_ATTEMPTS).with_initial_backoff(INITIAL_BACKOFF)
}
