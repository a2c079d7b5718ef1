//! Connection settings for AWS: region, credentials, endpoints and trusted root certificates.

use std::fmt;

use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use aws_types::sdk_config::{Builder, SdkConfig};

use super::{RootStore, TlsError};

/// Settings of every connection to AWS.
#[derive(Debug, Clone)]
pub struct AwsConnection {
    /// The AWS region.
    pub region: String,
    /// The credentials that sign the requests.
    pub credentials: Credentials,
    /// The endpoints of the services.
    pub endpoints: Endpoints,
    /// The root certificates that the services' certificates must lead to.
    pub trust: RootStore,
}

/// The credentials of a role. On Lambda they are valid until the process ends. Their `Debug` output hides them.
#[derive(Clone)]
pub struct Credentials {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
    /// The session token of temporary credentials, such as those of a function.
    pub session: Option<String>,
}

/// The endpoints of the services. `None` selects the endpoint of the region.
#[derive(Debug, Clone, Default)]
pub struct Endpoints {
    /// URL of the `DynamoDB` endpoint.
    pub dynamodb: Option<String>,
    /// URL of the KMS endpoint.
    pub kms: Option<String>,
    /// Selects the endpoints that are validated for FIPS 140.
    pub fips: bool,
    /// Selects the endpoints that support IPv6 in addition to IPv4.
    pub dual_stack: bool,
}

impl AwsConnection {
    /// The settings as the SDK's configuration.
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
