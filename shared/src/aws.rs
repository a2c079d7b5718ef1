//! The ports on AWS: the only room that names the AWS SDKs.

mod cause;
mod counted;
mod keys;
mod ledger;

use std::time::Duration;

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};

use counted::Counted;
pub use keys::Keys;
pub use ledger::Ledger;

use crate::token::Families;

/// How long a call may take, retries included, so that a caller hears of an outage long before the gateway gives up.
const LONGEST_CALL: Duration = Duration::from_millis(2_900);

/// The connections to AWS, by the credentials and the region of the environment.
pub struct Aws(SdkConfig);

impl Aws {
    /// Prepares the connections. Every call ends within 2.9 s. Of three attempts the later ones wait for a random part of
    /// 50 and 100 ms, and the SDK's token bucket lets each client try again only as long as most calls succeed, so that nobody
    /// keeps a service down that is coming back.
    pub async fn connect() -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_millis(500))
            .operation_attempt_timeout(Duration::from_secs(1))
            .operation_timeout(LONGEST_CALL)
            .build();
        let retries = RetryConfig::standard().with_max_attempts(3).with_initial_backoff(Duration::from_millis(50));
        let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts).retry_config(retries);
        Self(loader.load().await)
    }

    /// The ledger in the table `table`.
    #[must_use]
    pub fn ledger(&self, table: String) -> Ledger {
        let config = aws_sdk_dynamodb::config::Builder::from(&self.0).interceptor(Counted);
        Ledger::new(aws_sdk_dynamodb::Client::from_conf(config.build()), table)
    }

    /// The keys with these ARNs: of each family the first signs, all verify. Their public halves are read ahead of the first
    /// request; what fails now is tried again then.
    pub async fn keys(&self, arns: Families<Vec<String>>) -> Families<Keys> {
        let config = aws_sdk_kms::config::Builder::from(&self.0).interceptor(Counted);
        let client = aws_sdk_kms::Client::from_conf(config.build());
        let keys = arns.map(|arns| Keys::new(client.clone(), arns));
        tokio::join!(keys.access.warm(), keys.public.warm());
        keys
    }
}
