//! `DynamoDB`: an embedded emulator on a file, served on a loopback port of its own.

use std::{path::Path, time::Duration};

use dynoxide::{
    Database, DynoxideError,
    actions::{create_table::CreateTableRequest, update_time_to_live::UpdateTimeToLiveRequest},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{AwsError, TableSpec};

/// How often expired items are deleted. `DynamoDB` itself takes up to some days, so nobody may rely on it.
const SWEEP: Duration = Duration::from_mins(1);

/// A running `DynamoDB`.
///
/// Its file is `SQLite`'s, in write-ahead mode with full synchronization (the library's default): an answered write survives
/// a kill and a loss of power. A second process on the same file would be safe for the data, but sees tables made by the
/// other too late; the stack's lock keeps it away.
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
    /// When the file cannot be opened or no port is free.
    pub(super) async fn start(path: Option<&Path>) -> Result<Self, AwsError> {
        let database = match path {
            Some(path) => Database::new(&path.to_string_lossy())?,
            None => Database::memory()?,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(dynoxide::server::serve_with_shutdown(listener, database.clone(), async {
            // A sender that is gone asks for the same.
            let _ = stopped.await;
        }));
        let sweeper = tokio::spawn(sweep(database.clone()));
        Ok(Self { url, database, stop, server, sweeper })
    }

    /// Creates the table `spec` unless a table of this name is there, and turns its time to live on. Tells whether the table is
    /// new.
    ///
    /// # Errors
    ///
    /// When the description is not that of a table.
    pub(super) fn ensure_table(&self, spec: &TableSpec) -> Result<bool, AwsError> {
        let request: CreateTableRequest = serde_json::from_value(spec.create.clone())?;
        let table = request.table_name.clone();
        let created = match self.database.create_table(request) {
            Ok(_) => true,
            Err(DynoxideError::ResourceInUseException(_)) => false,
            Err(error) => return Err(error.into()),
        };
        if let Some(attribute) = &spec.ttl_attribute {
            self.database.update_time_to_live(time_to_live(&table, attribute)?)?;
        }
        Ok(created)
    }

    /// Where it answers.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// Lets running requests finish and closes the file.
    pub(super) async fn stop(self) {
        self.sweeper.abort();
        // Neither a server that is gone already nor its last words matter any more.
        let _ = self.stop.send(());
        let _ = self.server.await;
    }
}

fn time_to_live(table: &str, attribute: &str) -> Result<UpdateTimeToLiveRequest, serde_json::Error> {
    let specification: Value = json!({ "AttributeName": attribute, "Enabled": true });
    serde_json::from_value(json!({ "TableName": table, "TimeToLiveSpecification": specification }))
}

async fn sweep(database: Database) {
    let mut interval = tokio::time::interval(SWEEP);
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
