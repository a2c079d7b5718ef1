//! The embedded `DynamoDB` emulator, served on a loopback port of its own.

use std::{io, net::Ipv4Addr, path::Path, time::Duration};

use dynoxide::{
    Database, DynoxideError,
    actions::{create_table::CreateTableRequest, update_time_to_live::UpdateTimeToLiveRequest},
};
use serde_json::json;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{AwsError, TableDefinition};

/// How often expired items are deleted. `DynamoDB` deletes them within a few days.
const TTL_SWEEP_INTERVAL: Duration = Duration::from_mins(1);

/// A running `DynamoDB`.
///
/// The `SQLite` file is in write-ahead mode with full synchronization (the library's default), so an acknowledged write
/// survives a kill and a power loss. A second process on the same file would see tables of the first one too late; the
/// lock of the data folder excludes it.
pub(super) struct DynamoDb {
    url: String,
    database: Database,
    stop: oneshot::Sender<()>,
    server: JoinHandle<Result<(), String>>,
    sweeper: JoinHandle<()>,
}

impl DynamoDb {
    /// Opens the database in the file at `path`, or in memory, and serves it.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError`] if the file cannot be opened or no port is free.
    pub(super) async fn start(path: Option<&Path>) -> Result<Self, AwsError> {
        let database = match path {
            Some(path) => Database::new(&path.to_string_lossy())?,
            None => Database::memory()?,
        };
        let listener = listen().await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), async {
            // A dropped sender stops the server as well.
            let _ = stopped.await;
        }));
        let sweeper = tokio::spawn(sweep_expired(database.clone()));
        Ok(Self { url, database, stop, server, sweeper })
    }

    /// Creates the table unless a table of this name exists, and enables its time to live. Returns whether it was created.
    ///
    /// # Errors
    ///
    /// Returns [`AwsError`] if the definition is invalid.
    pub(super) fn ensure_table(&self, table: &TableDefinition) -> Result<bool, AwsError> {
        let request: CreateTableRequest = serde_json::from_value(table.create.clone())?;
        let name = request.table_name.clone();
        let created = match self.database.create_table(request) {
            Ok(_) => true,
            Err(DynoxideError::ResourceInUseException(_)) => false,
            Err(error) => return Err(error.into()),
        };
        if let Some(attribute) = &table.ttl_attribute {
            self.database.update_time_to_live(enable_time_to_live(&name, attribute)?)?;
        }
        Ok(created)
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Waits for running requests and closes the file.
    pub(super) async fn stop(self) {
        self.sweeper.abort();
        // Both fail only if the server has already ended.
        let _ = self.stop.send(());
        let _ = self.server.await;
    }
}

/// Listens on a random address of 127.0.0.0/8.
///
/// The emulator's server accepts every host, origin and credential. Its address must not be guessable for a web page, which
/// can try all ports of 127.0.0.1 and would bypass the checks of the endpoint. Systems other than Linux have 127.0.0.1 only.
async fn listen() -> io::Result<TcpListener> {
    let address = if cfg!(target_os = "linux") {
        Ipv4Addr::new(127, fastrand::u8(..), fastrand::u8(..), fastrand::u8(1..=254))
    } else {
        Ipv4Addr::LOCALHOST
    };
    TcpListener::bind((address, 0)).await
}

fn enable_time_to_live(table: &str, attribute: &str) -> Result<UpdateTimeToLiveRequest, serde_json::Error> {
    let specification = json!({ "AttributeName": attribute, "Enabled": true });
    serde_json::from_value(json!({ "TableName": table, "TimeToLiveSpecification": specification }))
}

async fn sweep_expired(database: Database) {
    let mut interval = tokio::time::interval(TTL_SWEEP_INTERVAL);
    loop {
        interval.tick().await;
        let database = database.clone();
        match tokio::task::spawn_blocking(move || database.sweep_ttl()).await {
            Ok(Ok(deleted)) => tracing::debug!(deleted, "expired items deleted"),
            Ok(Err(error)) => tracing::warn!(%error, "expired items could not be deleted"),
            Err(_) => return,
        }
    }
}
