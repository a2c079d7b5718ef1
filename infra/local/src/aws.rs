//! `DynamoDB` and KMS as the functions see them: the services' wire protocols on loopback ports.
//!
//! Each is embedded, unless one of somebody else's is to stand in its place. Before each stands a front that does what AWS
//! does: it tells the caller by the access key id, decides by the caller's policy, and records the call. Tests may put faults
//! there.

pub mod calls;
pub mod faults;
pub mod iam;
pub mod key_pair;
pub mod upstream;

mod dynamodb;
mod error;
mod forward;
mod front;
mod kms;
pub(crate) mod private_file;
mod request;
#[cfg(test)]
mod tests;
pub(crate) mod wire;

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use tokio::net::TcpListener;

pub use self::error::AwsError;
use self::{
    calls::Calls,
    dynamodb::DynamoDb,
    faults::Faults,
    forward::Forward,
    front::{Backend, Front, Gate},
    iam::Principal,
    key_pair::KeyType,
    kms::Kms,
    request::Home,
    upstream::{UpstreamKms, Upstreams, ensure_table},
    wire::Server,
};

/// One of the two services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Amazon `DynamoDB`.
    DynamoDb,
    /// AWS Key Management Service.
    Kms,
}

impl Service {
    /// What stands before the colon of the service's IAM actions.
    fn prefix(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::Kms => "kms",
        }
    }

    /// The service by its name.
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "DynamoDB",
            Self::Kms => "KMS",
        }
    }

    /// What stands before the point of the header `X-Amz-Target`.
    fn target(self) -> &'static str {
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
}

/// A table that is to be there.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSpec {
    /// The body of its `CreateTable` request.
    pub create: serde_json::Value,
    /// The attribute by which items expire, seconds since 1970.
    pub ttl_attribute: Option<String>,
}

/// A key that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpec {
    /// The key's id, the last part of its ARN.
    pub id: String,
    /// The key's ARN.
    pub arn: String,
    /// The kind of the key.
    pub spec: KeyType,
}

/// How the services are to be.
#[derive(Debug, Clone, Default)]
pub struct AwsOptions {
    /// The folder in which tables and keys are kept; nothing keeps them in memory.
    pub data: Option<PathBuf>,
    /// Who may call, by access key id. [`OPERATOR`](iam::OPERATOR) always may.
    pub principals: HashMap<String, Principal>,
    /// The tables that are to be there.
    pub tables: Vec<TableSpec>,
    /// The keys that are to be there.
    pub keys: Vec<KeySpec>,
    /// The account of every ARN.
    pub account: String,
    /// The region of every ARN.
    pub region: String,
    /// The services in place of the embedded ones.
    pub upstreams: Upstreams,
}

impl AwsOptions {
    /// The path of a file in the folder.
    fn file(&self, name: &str) -> Option<PathBuf> {
        self.data.as_ref().map(|folder| folder.join(name))
    }
}

/// The running services. Dropping it closes their ports.
pub struct Aws {
    /// The endpoint of `DynamoDB`, for `AWS_ENDPOINT_URL_DYNAMODB`.
    pub dynamodb_url: String,
    /// The endpoint of KMS, for `AWS_ENDPOINT_URL_KMS`.
    pub kms_url: String,
    /// The calls of both.
    pub calls: Calls,
    /// The faults before both.
    pub faults: Faults,
    /// Whether a table was not there and was made, so that it is empty.
    pub new_table: bool,
    fronts: [Server; 2],
    embedded: Option<DynamoDb>,
}

impl Aws {
    /// Opens the data, makes the tables and keys that are not there, and answers on two free ports of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// See [`AwsError`].
    pub async fn start(options: AwsOptions) -> Result<Self, AwsError> {
        if let Some(folder) = &options.data {
            std::fs::create_dir_all(folder)?;
        }
        let home = Home { account: options.account.clone(), region: options.region.clone() };
        let (embedded, dynamodb, new_table) = start_dynamodb(&options, &home).await?;
        let kms = open_kms(&options, &home).await?;
        let gate =
            Gate { home, principals: Arc::new(options.principals), calls: Calls::default(), faults: Faults::default() };
        let (calls, faults) = (gate.calls.clone(), gate.faults.clone());
        let kms_front = serve(gate.clone(), kms).await?;
        let front = serve(gate, Backend::DynamoDb(dynamodb)).await?;
        let (dynamodb_url, kms_url) = (front.url(), kms_front.url());
        Ok(Self { dynamodb_url, kms_url, calls, faults, new_table, fronts: [front, kms_front], embedded })
    }

    /// Closes the ports, then the database's file.
    pub async fn shutdown(self) {
        for front in self.fronts {
            front.stop().await;
        }
        if let Some(dynamodb) = self.embedded {
            dynamodb.stop().await;
        }
    }
}

/// The database that is embedded, if it is; where requests for it go; and whether a table in it is new.
async fn start_dynamodb(options: &AwsOptions, home: &Home) -> Result<(Option<DynamoDb>, Forward, bool), AwsError> {
    let mut new = false;
    if let Some(endpoint) = &options.upstreams.dynamodb {
        let forward = Forward::new(Service::DynamoDb, endpoint.as_str(), home)?;
        for table in &options.tables {
            new |= ensure_table(&forward, table).await?;
        }
        return Ok((None, forward, new));
    }
    let dynamodb = DynamoDb::start(options.file("dynamodb.sqlite").as_deref()).await?;
    for table in &options.tables {
        new |= dynamodb.ensure_table(table)?;
    }
    let forward = Forward::new(Service::DynamoDb, dynamodb.url(), home)?;
    Ok((Some(dynamodb), forward, new))
}

async fn open_kms(options: &AwsOptions, home: &Home) -> Result<Backend, AwsError> {
    if let Some(endpoint) = &options.upstreams.kms {
        let forward = Forward::new(Service::Kms, endpoint.as_str(), home)?;
        let kms = UpstreamKms::open(forward, options.file("upstream-keys.json"), &options.keys).await?;
        return Ok(Backend::UpstreamKms(kms));
    }
    let kms = Kms::open(options.file("kms.json"), home.clone())?;
    for key in &options.keys {
        kms.ensure_key(key)?;
    }
    Ok(Backend::Kms(kms))
}

async fn serve(gate: Gate, backend: Backend) -> Result<Server, AwsError> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let front = Arc::new(Front { gate, backend });
    let answer = move |request| {
        let front = Arc::clone(&front);
        async move { front.answer(request).await }
    };
    Ok(Server::start(listener, answer)?)
}
