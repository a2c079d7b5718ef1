//! The `DynamoDB` and KMS endpoints that the functions call.
//!
//! Behind each endpoint is an embedded service or an upstream one. The endpoint identifies the caller by its access key id,
//! evaluates the caller's IAM policy and records the call, as AWS does; tests inject faults there.

pub mod call_log;
pub mod faults;
pub mod upstream;

mod backend;
mod caller;
mod dynamodb;
mod error;
mod kms;
mod request;
mod service_client;
mod service_endpoint;
#[cfg(test)]
mod tests;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use tokio::net::TcpListener;

use self::{
    backend::Backend,
    call_log::CallLog,
    dynamodb::DynamoDb,
    faults::Faults,
    kms::Kms,
    request::ArnScope,
    service_client::ServiceClient,
    service_endpoint::{EndpointState, ServiceEndpoint},
    upstream::{UpstreamKms, Upstreams, ensure_table},
};
pub use self::{
    caller::{OPERATOR, Principal},
    error::AwsError,
};
use crate::{http_server::HttpServer, key_pair::KeyType};

/// An AWS service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Amazon `DynamoDB`.
    DynamoDb,
    /// AWS Key Management Service.
    Kms,
}

impl Service {
    /// The prefix of the service's IAM actions, before the colon.
    fn action_prefix(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
        }
    }

    /// The service's name in log lines.
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB",
            Self::Kms => "KMS",
        }
    }

    /// The prefix of the header `X-Amz-Target`, before the dot.
    fn target_prefix(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB_20120810",
            Self::Kms => "TrentService",
        }
    }

    fn content_type(self) -> &'static str {
        match self {
            Self::DynamoDb => "application/x-amz-json-1.0",
            Self::Kms => "application/x-amz-json-1.1",
        }
    }

    /// The name of the service's error for a failure on its side.
    fn internal_error(self) -> &'static str {
        match self {
            Self::DynamoDb => "InternalServerError",
            Self::Kms => "KMSInternalException",
        }
    }
}

/// A table to create if it does not exist.
#[derive(Debug, Clone, PartialEq)]
pub struct TableDefinition {
    /// The body of the `CreateTable` request.
    pub create: serde_json::Value,
    /// The time-to-live attribute, in seconds since 1970.
    pub ttl_attribute: Option<String>,
}

/// A key to create if it does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDefinition {
    /// The key's id, the last part of its ARN.
    pub id: String,
    /// The key's ARN.
    pub arn: String,
    /// The key's type.
    pub key_type: KeyType,
}

/// The configuration of the endpoints.
#[derive(Debug, Clone, Default)]
pub struct AwsOptions {
    /// The folder that stores tables and keys; `None` stores them in memory.
    pub data: Option<PathBuf>,
    /// The callers besides [`OPERATOR`], by access key id.
    pub principals: HashMap<String, Principal>,
    /// The tables to create.
    pub tables: Vec<TableDefinition>,
    /// The keys to create.
    pub keys: Vec<KeyDefinition>,
    /// The account of every ARN.
    pub account: String,
    /// The region of every ARN.
    pub region: String,
    /// The upstream services that replace the embedded ones.
    pub upstreams: Upstreams,
}

impl AwsOptions {
    fn file(&self, name: &str) -> Option<PathBuf> {
        self.data.as_ref().map(|folder| folder.join(name))
    }
}

/// The running endpoints. Dropping it closes their ports.
pub struct Aws {
    /// The endpoint of `DynamoDB`, for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb_url: String,
    /// The endpoint of KMS, for `AWS_ENDPOINT_URL_KMS`.
    pub kms_url: String,
    /// The calls to both endpoints.
    pub calls: CallLog,
    /// The faults of both endpoints.
    pub faults: Faults,
    /// Whether a table was created, and is therefore empty.
    pub table_created: bool,
    endpoints: [HttpServer; 2],
    embedded_dynamodb: Option<DynamoDb>,
}

impl Aws {
    /// Opens the services, creates the missing tables and keys, and serves each endpoint on a free port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// See [`AwsError`].
    pub async fn start(options: AwsOptions) -> Result<Self, AwsError> {
        if let Some(folder) = &options.data {
            std::fs::create_dir_all(folder)?;
        }
        let arn_scope = ArnScope { account: options.account.clone(), region: options.region.clone() };
        let dynamodb = start_dynamodb(&options, &arn_scope).await?;
        let kms = open_kms(&options, &arn_scope).await?;
        let calls = CallLog::default();
        let faults = Faults::default();
        let principals = Arc::new(options.principals);
        let state = EndpointState { arn_scope, principals, calls: calls.clone(), faults: faults.clone() };
        let kms_server = serve(state.clone(), kms).await?;
        let dynamodb_server = serve(state, Backend::DynamoDb(dynamodb.client)).await?;
        Ok(Self {
            dynamodb_url: dynamodb_server.url(),
            kms_url: kms_server.url(),
            calls,
            faults,
            table_created: dynamodb.table_created,
            endpoints: [dynamodb_server, kms_server],
            embedded_dynamodb: dynamodb.embedded,
        })
    }

    /// Closes the ports, then the database's file.
    pub async fn shutdown(self) {
        for server in self.endpoints {
            server.stop().await;
        }
        if let Some(dynamodb) = self.embedded_dynamodb {
            dynamodb.stop().await;
        }
    }
}

/// `DynamoDB` behind its endpoint.
struct StartedDynamoDb {
    client: ServiceClient,
    table_created: bool,
    embedded: Option<DynamoDb>,
}

async fn start_dynamodb(options: &AwsOptions, arn_scope: &ArnScope) -> Result<StartedDynamoDb, AwsError> {
    let mut table_created = false;
    if let Some(url) = &options.upstreams.dynamodb {
        let client = ServiceClient::new(Service::DynamoDb, url.as_str(), arn_scope)?;
        for table in &options.tables {
            table_created |= ensure_table(&client, table).await?;
        }
        return Ok(StartedDynamoDb { client, table_created, embedded: None });
    }
    let dynamodb = DynamoDb::start(options.file("dynamodb.sqlite").as_deref()).await?;
    for table in &options.tables {
        table_created |= dynamodb.ensure_table(table)?;
    }
    let client = ServiceClient::new(Service::DynamoDb, dynamodb.url(), arn_scope)?;
    Ok(StartedDynamoDb { client, table_created, embedded: Some(dynamodb) })
}

async fn open_kms(options: &AwsOptions, arn_scope: &ArnScope) -> Result<Backend, AwsError> {
    if let Some(url) = &options.upstreams.kms {
        let client = ServiceClient::new(Service::Kms, url.as_str(), arn_scope)?;
        let kms = UpstreamKms::open(client, options.file("upstream-keys.json"), &options.keys).await?;
        return Ok(Backend::UpstreamKms(kms));
    }
    let kms = Kms::open(options.file("kms.json"), arn_scope.clone())?;
    for key in &options.keys {
        kms.ensure_key(key)?;
    }
    Ok(Backend::Kms(kms))
}

async fn serve(state: EndpointState, backend: Backend) -> Result<HttpServer, AwsError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let endpoint = Arc::new(ServiceEndpoint { state, backend });
    let handler = move |request| {
        let endpoint = Arc::clone(&endpoint);
        async move { endpoint.handle(request).await }
    };
    Ok(HttpServer::start(listener, handler)?)
}
