//! The ports on AWS: the only room that names the AWS SDKs.

mod call_counter;
mod connection;
mod dynamodb;
mod error;
mod kms;

use std::{future::Future, pin::Pin, time::Duration};

use aws_sdk_dynamodb::config::{StalledStreamProtectionConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_types::SdkConfig;

pub use crate::https::{RootCertificates, RootCertificatesError, RootStore, TlsError};
use call_counter::CallCounter;
pub use connection::{AwsConnection, Credentials, Endpoints};
pub use dynamodb::{
    AssignmentItem, Ledger, REVOKED_RETENTION_SECONDS, RoleItem, SCHEMA_VERSION, TokenItem, UnsupportedSchemaVersion,
};
pub use kms::Keys;

use crate::token::Families;

/// How long a call may take, retries included, so that a caller hears of an outage long before the gateway gives up.
const OPERATION_TIMEOUT: Duration = Duration::from_millis(2_900);

/// What is done ahead of the first request.
type Prefetch<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// AWS, as it is reached.
pub struct Aws {
    config: SdkConfig,
    endpoints: Endpoints,
}

/// The time that every call has: it ends within 2.9 s.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_millis(500))
        .operation_attempt_timeout(Duration::from_secs(1))
        .operation_timeout(OPERATION_TIMEOUT)
        .build()
}

/// How often a call is tried. Of three attempts the later ones wait for a random part of 50 and 100 ms, and the SDK's token bucket
/// lets each client try again only as long as most calls succeed, so that nobody keeps a service down that is coming back.
#[must_use]
pub fn retries() -> RetryConfig {
    RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50))
}

/// Boxed as what it is for: a call's future is large, and deep.
fn boxed<'a>(work: impl Future<Output = ()> + 'a) -> Prefetch<'a> {
    Box::pin(work)
}

fn prefetch_if(ahead: bool, keys: &Keys) -> Prefetch<'_> {
    if ahead { boxed(keys.warm()) } else { boxed(std::future::ready(())) }
}

impl Aws {
    /// Prepares the connections. Nothing is sent, and nothing is looked for: the SDK's own search for credentials and settings, of
    /// which Lambda needs none, would be a good part of a function's start and of its size.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if TLS cannot be configured.
    pub fn connect(access: AwsConnection) -> Result<Self, TlsError> {
        let endpoints = access.endpoints.clone();
        // An attempt's time ends with its body, so that watching how fast the body comes would be a second clock for the same.
        let unwatched = StalledStreamProtectionConfig::disabled();
        let config = access.config()?.timeout_config(timeouts()).retry_config(retries());
        Ok(Self { config: config.stalled_stream_protection(unwatched).build(), endpoints })
    }

    /// The ledger in the table `table`.
    #[must_use]
    pub fn ledger(&self, table: String) -> Ledger {
        let mut config = aws_sdk_dynamodb::config::Builder::from(&self.config).interceptor(CallCounter);
        config.set_endpoint_url(self.endpoints.dynamodb.clone());
        Ledger::new(aws_sdk_dynamodb::Client::from_conf(config.build()), table)
    }

    /// The keys with these ARNs: of each family the first signs, all verify. Their public halves are read ahead of the first
    /// request; what fails now is tried again then.
    pub async fn keys(&self, arns: Families<Vec<String>>) -> Families<Keys> {
        let keys = self.lazy_keys(arns);
        tokio::join!(keys.access.warm(), keys.public.warm());
        keys
    }

    /// The ledger in `table`, and the keys as of [`Aws::keys`], those of the families `ahead` read at once; the others when they are
    /// first needed. The connections that the first request needs are opened to both services at the same time.
    pub async fn ledger_and_keys(
        &self,
        table: String,
        arns: Families<Vec<String>>,
        ahead: Families<bool>,
    ) -> (Ledger, Families<Keys>) {
        let (ledger, keys) = (self.ledger(table), self.lazy_keys(arns));
        tokio::join!(
            boxed(ledger.warm()),
            prefetch_if(ahead.access, &keys.access),
            prefetch_if(ahead.public, &keys.public)
        );
        (ledger, keys)
    }

    fn lazy_keys(&self, arns: Families<Vec<String>>) -> Families<Keys> {
        let mut config = aws_sdk_kms::config::Builder::from(&self.config).interceptor(CallCounter);
        config.set_endpoint_url(self.endpoints.kms.clone());
        let client = aws_sdk_kms::Client::from_conf(config.build());
        arns.map(|arns| Keys::new(client.clone(), arns))
    }
}
