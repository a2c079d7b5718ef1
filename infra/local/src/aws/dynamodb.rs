//! `DynamoDB`: an embedded emulator on a file, served on a loopback port of its own.

use std::{path::Path, time::Duration};

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::Response,
};
use dynoxide::{
    Database, DynoxideError,
    actions::{create_table::CreateTableRequest, update_time_to_live::UpdateTimeToLiveRequest},
};
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use super::{AwsError, Service, TableSpec, error::ServiceError, request::ApiRequest};

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

    /// Creates the table `spec` unless a table of this name is there, and turns its time to live on.
    ///
    /// # Errors
    ///
    /// When the description is not that of a table.
    pub(super) fn ensure_table(&self, spec: &TableSpec) -> Result<(), AwsError> {
        let request: CreateTableRequest = serde_json::from_value(spec.create.clone())?;
        let table = request.table_name.clone();
        match self.database.create_table(request) {
            Ok(_) | Err(DynoxideError::ResourceInUseException(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let Some(attribute) = &spec.ttl_attribute else { return Ok(()) };
        self.database.update_time_to_live(time_to_live(&table, attribute)?)?;
        Ok(())
    }

    /// Where requests are sent on to.
    ///
    /// # Errors
    ///
    /// When the HTTP client cannot be made.
    pub(super) fn forward(&self) -> Result<Forward, AwsError> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Forward { client, url: self.url.clone() })
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

/// Sends requests on to the emulator, headers and body as they came.
pub(super) struct Forward {
    client: reqwest::Client,
    url: String,
}

impl Forward {
    pub(super) async fn answer(&self, request: &ApiRequest) -> Response {
        self.send(request).await.unwrap_or_else(|error| {
            tracing::error!(%error, "the emulated DynamoDB did not answer");
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            ServiceError::with_status(status, "InternalServerError", "the database did not answer")
                .answer(Service::DynamoDb)
        })
    }

    async fn send(&self, request: &ApiRequest) -> Result<Response, reqwest::Error> {
        let parts = &request.parts;
        let url = format!("{}{}", self.url, parts.uri.path());
        let sent = self.client.request(parts.method.clone(), url).headers(parts.headers.clone());
        let answer = sent.body(request.body.clone()).send().await?;
        let (status, headers) = (answer.status(), end_to_end(answer.headers()));
        let mut response = Response::new(Body::from(answer.bytes().await?));
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        Ok(response)
    }
}

/// The headers without those of the one connection (RFC 9110, section 7.6.1).
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let mut headers = headers.clone();
    for name in [header::CONNECTION, header::TRANSFER_ENCODING] {
        headers.remove(name);
    }
    headers
}
