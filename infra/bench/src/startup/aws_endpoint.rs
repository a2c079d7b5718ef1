//! TLS endpoints in place of `DynamoDB` and KMS that respond without delay.
//!
//! The first call of a kind is forwarded to the local stack, and its response is replayed for later calls. Reads are of one kind
//! if their bodies are equal; writes and signatures, whose bodies always differ, if they concern one item or key.

use std::{
    collections::{BTreeMap, HashMap},
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
    serve::Listener,
};
use reqwest::Client;
use serde_json::Value;
use tokio::{
    io,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};

use super::certificates::Certificates;
use crate::stack::Result;

/// The header that names the operation (AWS JSON protocol).
const TARGET: &str = "x-amz-target";

/// The number of calls of each operation, such as `dynamodb:GetItem`.
pub type CallCounts = BTreeMap<String, usize>;

/// The endpoints. Each service has a port of its own, because no client shares one connection between services.
#[derive(Clone)]
pub struct AwsEndpoint {
    pub dynamodb: String,
    pub kms: String,
    /// The root certificate of both in PEM.
    pub root_certificate: String,
    replay: Arc<Replay>,
}

struct Replay {
    client: Client,
    dynamodb: String,
    kms: String,
    responses: Mutex<HashMap<(String, String), (StatusCode, Bytes)>>,
    calls: Mutex<CallCounts>,
}

impl AwsEndpoint {
    /// Starts the endpoints in front of the services at these URLs.
    pub async fn start(dynamodb: String, kms: String) -> Result<Self> {
        let Certificates { root, server } = Certificates::generate()?;
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let replay =
            Replay { client: Client::new(), dynamodb, kms, responses: Mutex::default(), calls: Mutex::default() };
        let replay = Arc::new(replay);
        Ok(Self {
            dynamodb: listen(&acceptor, &replay).await?,
            kms: listen(&acceptor, &replay).await?,
            root_certificate: root,
            replay,
        })
    }

    /// Returns the calls since the last time and resets the counts.
    pub fn take_calls(&self) -> CallCounts {
        std::mem::take(&mut lock(&self.replay.calls))
    }
}

struct TlsListener {
    tcp: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            let Ok((stream, address)) = self.tcp.accept().await else { continue };
            let _ = stream.set_nodelay(true);
            if let Ok(stream) = self.acceptor.accept(stream).await {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.tcp.local_addr()
    }
}

async fn listen(acceptor: &TlsAcceptor, replay: &Arc<Replay>) -> Result<String> {
    let listener = TlsListener { tcp: TcpListener::bind("127.0.0.1:0").await?, acceptor: acceptor.clone() };
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    let router = Router::new().fallback(respond).with_state(Arc::clone(replay));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(url)
}

async fn respond(State(replay): State<Arc<Replay>>, headers: HeaderMap, body: Bytes) -> Response {
    match replay.respond(&headers, body).await {
        Ok((status, body)) => (status, [(CONTENT_TYPE, "application/x-amz-json-1.0")], body).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}

impl Replay {
    async fn respond(&self, headers: &HeaderMap, body: Bytes) -> Result<(StatusCode, Bytes)> {
        let target = headers.get(TARGET).ok_or("`x-amz-target` is missing")?.to_str()?.to_owned();
        let is_kms = target.starts_with("Trent");
        let operation = target.rsplit('.').next().unwrap_or_default();
        let name = format!("{}:{operation}", if is_kms { "kms" } else { "dynamodb" });
        *lock(&self.calls).entry(name).or_default() += 1;
        let kind = (target.clone(), call_kind(operation, &body));
        let known = lock(&self.responses).get(&kind).cloned();
        if let Some(response) = known {
            return Ok(response);
        }
        let mut request = self.client.post(if is_kms { &self.kms } else { &self.dynamodb }).body(body);
        for name in [TARGET, "content-type", "authorization", "x-amz-date"] {
            request = request.header(name, headers.get(name).ok_or_else(|| format!("`{name}` is missing"))?);
        }
        let response = request.send().await?;
        let response = (response.status(), response.bytes().await?);
        lock(&self.responses).insert(kind, response.clone());
        Ok(response)
    }
}

/// What distinguishes a call from others of the same operation.
fn call_kind(operation: &str, body: &[u8]) -> String {
    let member = match operation {
        "Sign" => "KeyId",
        "UpdateItem" => "Key",
        "PutItem" => return String::new(),
        _ => return String::from_utf8_lossy(body).into_owned(),
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body[member].to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
