//! TLS endpoints in place of `DynamoDB` and KMS, that answer at once.
//!
//! What it answers is what the local stack's did: the first call of a kind is handed on, and its answer repeated. Reads are of one
//! kind where they ask the same; writes and signatures, of which no two are the same, where they are about one row or one key.

use std::{
    collections::{BTreeMap, HashMap},
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode, body::Incoming, header::CONTENT_TYPE, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use reqwest::Client;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::certificates::Certificates;
use crate::stack::Outcome;

/// The header that names the operation (AWS JSON protocol).
const TARGET: &str = "x-amz-target";

/// How many calls of an operation there were, and how many bytes their bodies had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Calls {
    /// How many.
    pub count: usize,
    /// In the requests' bodies.
    pub sent: usize,
    /// In the answers' bodies.
    pub received: usize,
}

impl Calls {
    /// These as well.
    pub fn add(&mut self, more: Self) {
        self.count += more.count;
        self.sent += more.sent;
        self.received += more.received;
    }
}

/// The calls by their operation, like `dynamodb:GetItem`.
pub type Counted = BTreeMap<String, Calls>;

/// The endpoints. Each has a port of its own, since nobody has one connection to both services.
#[derive(Clone)]
pub struct Endpoint {
    /// Where `DynamoDB` is.
    pub dynamodb: String,
    /// Where KMS is.
    pub kms: String,
    /// The root certificate that vouches for both, in PEM.
    pub root: String,
    shared: Arc<Shared>,
}

struct Shared {
    behind: Client,
    dynamodb: String,
    kms: String,
    answers: Mutex<HashMap<(String, String), (StatusCode, Bytes)>>,
    counted: Mutex<Counted>,
}

impl Endpoint {
    /// Begins to answer, with what the services at these addresses say.
    pub async fn start(dynamodb: String, kms: String) -> Outcome<Self> {
        let Certificates { root, server } = Certificates::make()?;
        let acceptor = TlsAcceptor::from(Arc::new(server));
        let (behind, answers, counted) = (Client::new(), Mutex::default(), Mutex::default());
        let shared = Arc::new(Shared { behind, dynamodb, kms, answers, counted });
        let (dynamodb, kms) = (listen(&acceptor, &shared).await?, listen(&acceptor, &shared).await?);
        Ok(Self { dynamodb, kms, root, shared })
    }

    /// The calls since they were last taken.
    pub fn take(&self) -> Counted {
        std::mem::take(&mut locked(&self.shared.counted))
    }
}

/// A port that is answered on.
async fn listen(acceptor: &TlsAcceptor, shared: &Arc<Shared>) -> Outcome<String> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("https://localhost:{}", listener.local_addr()?.port());
    tokio::spawn(accept(listener, acceptor.clone(), Arc::clone(shared)));
    Ok(url)
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, acceptor.clone(), Arc::clone(&shared)));
    }
}

async fn connection(stream: TcpStream, acceptor: TlsAcceptor, shared: Arc<Shared>) {
    let _ = stream.set_nodelay(true);
    let Ok(stream) = acceptor.accept(stream).await else { return };
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok::<_, Infallible>(shared.serve(request).await.unwrap_or_else(unavailable)) }
    });
    // A process that is killed ends its connection in the middle.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

impl Shared {
    async fn serve(&self, request: Request<Incoming>) -> Outcome<Response<Full<Bytes>>> {
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let target = head.headers.get(TARGET).ok_or("no operation")?.to_str()?.to_owned();
        let kind = (target.clone(), kind(&target, &body));
        let known = locked(&self.answers).get(&kind).cloned();
        let (status, answer) = match known {
            Some(known) => known,
            None => self.ask(&head.headers, body.clone(), kind).await?,
        };
        self.count(&target, body.len(), answer.len());
        let response = Response::builder().status(status).header(CONTENT_TYPE, "application/x-amz-json-1.0");
        Ok(response.header("x-amzn-requestid", "0").body(Full::new(answer))?)
    }

    /// Asks the service behind, and remembers what it answers.
    async fn ask(
        &self,
        headers: &hyper::HeaderMap,
        body: Bytes,
        kind: (String, String),
    ) -> Outcome<(StatusCode, Bytes)> {
        let url = if kind.0.starts_with("Trent") { &self.kms } else { &self.dynamodb };
        let mut request = self.behind.post(url).body(body);
        for name in [TARGET, "content-type", "authorization", "x-amz-date"] {
            request = request.header(name, headers.get(name).ok_or("a header is missing")?);
        }
        let answer = request.send().await?;
        let answer = (answer.status(), answer.bytes().await?);
        locked(&self.answers).insert(kind, answer.clone());
        Ok(answer)
    }

    fn count(&self, target: &str, sent: usize, received: usize) {
        let service = if target.starts_with("Trent") { "kms" } else { "dynamodb" };
        let operation = target.rsplit('.').next().unwrap_or_default();
        let mut counted = locked(&self.counted);
        counted.entry(format!("{service}:{operation}")).or_default().add(Calls { count: 1, sent, received });
    }
}

/// What tells a call from others of its operation.
fn kind(target: &str, body: &[u8]) -> String {
    let member = match target.rsplit('.').next() {
        Some("Sign") => "KeyId",
        Some("UpdateItem") => "Key",
        Some("PutItem") => return String::new(),
        _ => return String::from_utf8_lossy(body).into_owned(),
    };
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    body[member].to_string()
}

fn unavailable(_: Box<dyn std::error::Error + Send + Sync>) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::default());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
