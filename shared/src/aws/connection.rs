//! Connection settings for AWS: endpoints and trusted root certificates. Region and credentials come from the environment.

use aws_config::{
    environment::{EnvironmentVariableCredentialsProvider, EnvironmentVariableRegionProvider},
    meta::region::ProvideRegion,
};
use aws_sdk_dynamodb::config::{BehaviorVersion, SharedCredentialsProvider};
use aws_types::sdk_config::{Builder, SdkConfig};

use super::{RootStore, TlsError};

/// Settings of every connection to AWS.
#[derive(Debug, Clone)]
pub struct AwsConnection {
    /// The endpoints of the services.
    pub endpoints: Endpoints,
    /// The root certificates that the services' certificates must lead to.
    pub root_store: RootStore,
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
    /// The settings as the SDK's configuration. Region and credentials are those that Lambda sets in the environment; the
    /// SDK's default provider chain would search for them at each start.
    pub(super) async fn config(self) -> Result<Builder, TlsError> {
        Ok(SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(EnvironmentVariableRegionProvider::new().region().await)
            .credentials_provider(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
            .use_fips(self.endpoints.fips)
            .use_dual_stack(self.endpoints.dual_stack)
            .http_client(self.root_store.client()?))
    }
}
