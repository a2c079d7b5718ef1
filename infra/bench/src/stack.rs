//! A local stack to measure, an HTTP client for its API, and the resources of its processes.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::Path,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use local::{
    aws::upstream::Upstreams,
    build,
    idp::issuer::UserClaims,
    lambda::Output,
    seed::Seed,
    stack::{Stack, StackOptions},
};
use reqwest::{Client, Method, header, header::HeaderMap};
use serde_json::Value;
use tempfile::TempDir;

pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

pub const TOKENS: &str = "/v1/access-tokens";

/// A running stack in a temporary folder.
pub struct LocalStack {
    pub stack: Stack,
    folder: TempDir,
}

impl LocalStack {
    /// Builds the functions of `workspace`, optimized if `release`, and starts a stack with them.
    pub async fn start(workspace: &Path, release: bool) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let stack = Stack::start(StackOptions {
            template: fs::read_to_string(workspace.join("template.yaml"))?,
            binaries: build::binaries(workspace, release)?,
            port: 0,
            data_dir: folder.path().join("data"),
            seed: Seed::read(&workspace.join("infra/local/seed.json"))?,
            seed_always: false,
            stage_in_path: false,
            parameters: BTreeMap::new(),
            upstreams: Upstreams::default(),
            sample: None,
            output: Output::File(folder.path().join("output.log")),
            accept_any_host: false,
        })
        .await?;
        Ok(Self { stack, folder })
    }

    /// Issues the token of an owner of the organization `org`, valid for twelve hours.
    pub fn owner(&self, org: &str) -> Result<String> {
        let claims = UserClaims {
            org: org.to_owned(),
            user: "1001".to_owned(),
            roles: Some(vec!["owner".to_owned()]),
            ttl: Duration::from_hours(12),
        };
        Ok(self.stack.idp.issuer().token(&claims, Timestamp::now())?)
    }

    /// Creates an API client with connections of its own.
    pub fn client(&self) -> ApiClient {
        ApiClient { client: Client::new(), url: self.stack.addresses.url.clone() }
    }

    pub async fn stop(self) -> Result<()> {
        self.stack.shutdown().await;
        Ok(self.folder.close()?)
    }
}

#[derive(Debug, Clone)]
pub struct ApiClient {
    client: Client,
    url: String,
}

/// A request; empty members are not sent.
#[derive(Debug, Clone)]
pub struct ApiRequest<'a> {
    pub method: Method,
    pub path: &'a str,
    pub bearer: &'a str,
    pub idempotency_key: &'a str,
    pub body: &'a str,
}

impl<'a> ApiRequest<'a> {
    pub fn new(method: Method, path: &'a str, bearer: &'a str) -> Self {
        Self { method, path, bearer, idempotency_key: "", body: "" }
    }
}

#[derive(Debug)]
pub struct ApiResponse {
    /// The time before the first byte of the request was sent.
    pub sent: Instant,
    /// The time at which the last byte of the response was received.
    pub received: Instant,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl ApiClient {
    pub async fn send(&self, request: ApiRequest<'_>) -> Result<ApiResponse> {
        let mut builder = self.client.request(request.method, format!("{}{}", self.url, request.path));
        if !request.bearer.is_empty() {
            builder = builder.bearer_auth(request.bearer);
        }
        if !request.idempotency_key.is_empty() {
            builder = builder.header("Idempotency-Key", request.idempotency_key);
        }
        let builder = builder.header(header::CONTENT_TYPE, "application/json").body(request.body.to_owned());
        let sent = Instant::now();
        let response = builder.send().await?;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?.to_vec();
        Ok(ApiResponse { sent, received: Instant::now(), status, headers, body })
    }

    pub async fn get(&self, path: &str, bearer: &str) -> Result<ApiResponse> {
        self.send(ApiRequest::new(Method::GET, path, bearer)).await
    }

    /// Creates a token with the request body `body`; returns its id and its signed form.
    pub async fn create(&self, bearer: &str, body: &str) -> Result<(String, String)> {
        let response = self.send(ApiRequest { body, ..ApiRequest::new(Method::POST, TOKENS, bearer) }).await?;
        response.created_token().ok_or_else(|| format!("create returned status {}", response.status).into())
    }
}

impl ApiResponse {
    /// Parses the body as JSON; null if it is not JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// Returns id and signed form of the token that this response to a create contains.
    pub fn created_token(&self) -> Option<(String, String)> {
        let item = self.json();
        Some((item["id"].as_str()?.to_owned(), item["token"].as_str()?.to_owned()))
    }
}

pub fn token_path(id: &str) -> String {
    format!("{TOKENS}/{id}")
}

/// Reads a numeric line of `/proc/<process>/status`; memory is in KiB (proc(5)).
pub fn process_status(process: u32, name: &str) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("the process has ended")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?)
}

/// Counts the open files, sockets and pipes of a process (proc(5)).
pub fn open_files(process: u32) -> Result<usize> {
    Ok(fs::read_dir(format!("/proc/{process}/fd"))?.count())
}
