//! A stack to measure: started with a folder of its own, spoken to, and looked at from outside.

use std::{
    collections::BTreeMap,
    error::Error,
    fs,
    path::{Path, PathBuf},
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

/// What comes of a measurement.
pub type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// A running stack, and the folder that is its own.
pub struct Running {
    /// The stack.
    pub stack: Stack,
    folder: TempDir,
}

impl Running {
    /// Builds the functions of `workspace` and starts a stack of them; with `release` they are what is deployed.
    pub async fn start(workspace: &Path, release: bool) -> Outcome<Self> {
        let folder = tempfile::tempdir()?;
        let stack = Stack::start(StackOptions {
            template: fs::read_to_string(workspace.join("template.yaml"))?,
            binaries: build::binaries(workspace, release)?,
            port: 0,
            data: folder.path().join("data"),
            seed: Seed::read(&workspace.join("infra/local/seed.json"))?,
            seed_always: false,
            stage_in_path: false,
            parameters: BTreeMap::new(),
            upstreams: Upstreams::default(),
            sample: None,
            output: Output::File(folder.path().join("output.log")),
        })
        .await?;
        Ok(Self { stack, folder })
    }

    /// The folder in which the stack keeps its state.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The token of an owner of the organization `org`, for twelve hours.
    pub fn owner(&self, org: &str) -> Outcome<String> {
        let (ttl, roles) = (Duration::from_hours(12), Some(vec!["owner".to_owned()]));
        let owner = UserClaims { org: org.to_owned(), user: "1001".to_owned(), roles, ttl };
        Ok(self.stack.idp.issuer().token(&owner, Timestamp::now())?)
    }

    /// Somebody who speaks to it over connections of their own.
    pub fn caller(&self) -> Caller {
        Caller { client: Client::new(), url: self.stack.local.url.clone() }
    }

    /// Stops it and takes its folder away.
    pub async fn stop(self) -> Outcome<()> {
        self.stack.shutdown().await;
        Ok(self.folder.close()?)
    }
}

/// Somebody who speaks to the API.
#[derive(Debug, Clone)]
pub struct Caller {
    client: Client,
    url: String,
}

/// A request with a JSON body or none.
#[derive(Debug, Clone, Copy, Default)]
pub struct Ask<'a> {
    /// The path and query.
    pub path: &'a str,
    /// The bearer token, where there is one.
    pub bearer: &'a str,
    /// The value of `Idempotency-Key`, where there is one.
    pub key: &'a str,
    /// The body.
    pub body: &'a str,
}

/// A complete answer.
#[derive(Debug)]
pub struct Answer {
    /// When the request was begun: before its first byte was sent.
    pub begun: Instant,
    /// When the answer's last byte was there.
    pub answered: Instant,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Caller {
    /// Sends a request and waits for the whole answer.
    pub async fn ask(&self, method: Method, ask: Ask<'_>) -> Outcome<Answer> {
        let mut request = self.client.request(method, format!("{}{}", self.url, ask.path));
        if !ask.bearer.is_empty() {
            request = request.bearer_auth(ask.bearer);
        }
        if !ask.key.is_empty() {
            request = request.header("Idempotency-Key", ask.key);
        }
        let request = request.header(header::CONTENT_TYPE, "application/json").body(ask.body.to_owned());
        let begun = Instant::now();
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.bytes().await?.to_vec();
        Ok(Answer { begun, answered: Instant::now(), status, headers, body })
    }

    /// A new token with these members, by the holder of `bearer`: its id and the token.
    pub async fn create(&self, bearer: &str, body: &str) -> Outcome<(String, String)> {
        let answer = self.ask(Method::POST, Ask { path: TOKENS, bearer, body, ..Ask::default() }).await?;
        answer.created().ok_or_else(|| format!("a token was not made: {}", answer.status).into())
    }
}

/// The path of the tokens.
pub const TOKENS: &str = "/v1/access-tokens";

impl Answer {
    /// The body as JSON, null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The id and the token of a create's answer.
    pub fn created(&self) -> Option<(String, String)> {
        let item = self.json();
        Some((item["id"].as_str()?.to_owned(), item["token"].as_str()?.to_owned()))
    }
}

/// The path of one token.
pub fn path(id: &str) -> String {
    format!("{TOKENS}/{id}")
}

/// A line of `/proc/<process>/status`, in KiB (proc(5)).
pub fn status(process: u32, name: &str) -> Outcome<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("the process is gone")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?)
}

/// How many files, sockets and pipes the process has open (proc(5)).
pub fn handles(process: u32) -> Outcome<usize> {
    Ok(fs::read_dir(format!("/proc/{process}/fd"))?.count())
}

/// KiB in MiB, with one digit after the point.
pub fn mib(kib: u64) -> String {
    format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)
}

/// Under what a table was made: the command, the build, the machine, the day.
pub fn heading(command: &str, release: bool) -> String {
    let (build, day) = (if release { "release" } else { "dev" }, Timestamp::now().strftime("%Y-%m-%d"));
    format!("`cargo run -p bench -- {command}`, {build} build, {}, {day}\n\n", machine())
}

/// The machine, in a few words.
pub fn machine() -> String {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{}, {processors} processors", std::env::consts::ARCH)
}
