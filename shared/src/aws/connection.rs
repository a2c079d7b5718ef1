//! How AWS is next_key, and as whom.

use std::fmt;

use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_types::sdk_config::{Builder, SdkConfig};

use super::{RootStore, TlsError};

/// How AWS is next_key, and as whom.
#[derive(Debug, Clone)]
pub struct AwsConnection {
    /// The region.
    pub region: String,
    /// Who calls.
    pub credentials: Credentials,
    /// Where the services are.
    pub endpoints: Endpoints,
    /// Who may vouch for them.
    pub trust: RootStore,
}

/// The credentials of a role. On Lambda they are a process's for as long as it lives.
#[derive(Clone)]
pub struct Credentials {
    /// The access key's id.
    pub id: String,
    /// The access key.
    pub secret: String,
    /// The session's token, where they are temporary, as those of a function are.
    pub session: Option<String>,
}

/// The addresses of the services; those of the region where none is said.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// The address of `DynamoDB`.
    pub dynamodb: Option<String>,
    /// The address of KMS.
    pub kms: Option<String>,
    /// Whether those are meant that are validated for FIPS 140.
    pub fips: bool,
    /// Whether those are meant that have IPv6 addresses too.
    pub dual_stack: bool,
}

impl AwsConnection {
    /// What the SDK is to know of it.
    pub(super) fn config(self) -> Result<Builder, TlsError> {
        let Credentials { id, secret, session } = self.credentials;
        let credentials = aws_sdk_dynamodb::config::Credentials::new(id, secret, session, None, "environment");
        Ok(SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new(self.region))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .use_fips(self.endpoints.fips)
            .use_dual_stack(self.endpoints.dual_stack)
            .http_client(self.trust.client()?))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(hidden)")
    }
}
