//! Adapters of the ports for DynamoDB and KMS. No other module uses the AWS SDKs.

mod call_counter;
mod connection;
mod dynamodb;
mod error;
mod kms;
mod retry_policy;

use std::{future::Future, pin::Pin};

use aws_sdk_dynamodb::config::StalledStreamProtectionConfig;
use aws_types::SdkConfig;

pub use crate::https::{RootCertificates, RootCertificatesError, RootStore, TlsError};
use call_counter::CallCounter;
pub use connection::{AwsConnection, Endpoints};
pub use dynamodb::{
    AssignmentItem, EXPIRED_RETENTION_SECONDS, Ledger, PERMISSION_SCHEMA_VERSION, REVOKED_RETENTION_SECONDS,
    ROTATION_SCHEMA_VERSION, RoleItem, TokenItem, UnsupportedSchemaVersion,
};
pub use kms::Keys;
use retry_policy::{retries, timeouts};

use crate::token::Families;

/// Work that runs at the start of a function, before its first request.
type Prefetch<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Creates the adapters, which share region, credentials and connections.
pub struct Aws {
    config: SdkConfig,
    endpoints: Endpoints,
}

/// Moves a future to the heap: that of an SDK call is large and deeply nested.
fn boxed<'a>(work: impl Future<Output = ()> + 'a) -> Prefetch<'a> {
    Box::pin(work)
}

fn prefetch_if(ahead: bool, keys: &Keys) -> Prefetch<'_> {
    if ahead { boxed(keys.warm()) } else { boxed(std::future::ready(())) }
}

impl Aws {
    /// Configures the clients without sending a request.
    ///
    /// # Errors
    ///
    /// Returns [`TlsError`] if TLS cannot be configured.
    pub async fn connect(connection: AwsConnection) -> Result<Self, TlsError> {
        let endpoints = connection.endpoints.clone();
        // The time limit of an attempt includes its response body, so a minimum throughput is not needed in addition.
        let no_throughput_check = StalledStreamProtectionConfig::disabled();
        let config = connection.config().await?.timeout_config(timeouts()).retry_config(retries());
        Ok(Self { config: config.stalled_stream_protection(no_throughput_check).build(), endpoints })
    }

    /// The ledger in `table`.
    #[must_use]
    pub fn ledger(&self, table: String) -> Ledger {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config).interceptor(CallCounter);
        config.set_endpoint_url(self.endpoints.dynamodb.clone());
        Ledger::new(aws_sdk_dynamodb::Client::from_conf(config.build()), table)
    }

    /// The KMS keys with these ARNs. The first key of each family signs, and all of them verify. Loads the public keys
    /// at once; a load that fails is logged, and the first request retries it.
    pub async fn keys(&self, arns: Families<Vec<String>>) -> Families<Keys> {
        let keys = self.lazy_keys(arns);
        tokio::join!(keys.access.warm(), keys.public.warm());
        keys
    }

    /// The ledger in `table` and the keys as in [`Aws::keys`]. The public keys of the families set in `ahead` are
    /// loaded at once, the others when a request first needs them. The connections to both services are opened
    /// concurrently.
    pub async fn ledger_and_keys(
        &self,
        table: String,
        arns: Families<Vec<String>>,
        ahead: Families<bool>,
    ) -> (Ledger, Families<Keys>) {
        let ledger = self.ledger(table);
        let keys = self.lazy_keys(arns);
        tokio::join!(
            boxed(ledger.warm()),
            prefetch_if(ahead.access, &keys.access),
            prefetch_if(ahead.public, &keys.public)
        );
        (ledger, keys)
    }

    /// The keys with these ARNs, whose public keys are loaded when they are first needed.
    fn lazy_keys(&self, arns: Families<Vec<String>>) -> Families<Keys> {
        let mut config = aws_sdk_kms::config::Builder::from(&self.config).interceptor(CallCounter);
        config.set_endpoint_url(self.endpoints.kms.clone());
        let client = aws_sdk_kms::Client::from_conf(config.build());
        arns.map(|arns| Keys::new(client.clone(), arns))
    }
}
