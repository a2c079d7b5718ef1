//! Lambda's Runtime API, played for one process (Lambda Developer Guide, "Using the Lambda runtime API").

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::clock::Moment;
use crate::stack::Outcome;

/// How long a process may take for anything: an interpreter starts slowly on a fourteenth of a processor.
const PATIENCE: Duration = Duration::from_mins(1);

/// What the process asked for or gave.
enum Asked {
    /// The next event, which is to be sent there.
    Next(Moment, oneshot::Sender<Bytes>),
    /// Its answer to the event before.
    Answer(Moment, Bytes),
}

/// A Runtime API on a port of its own.
pub struct Player {
    /// What `AWS_LAMBDA_RUNTIME_API` is to be.
    pub address: SocketAddr,
    process: Arc<AtomicU32>,
    asked: mpsc::UnboundedReceiver<Asked>,
    waiting: Option<oneshot::Sender<Bytes>>,
    server: JoinHandle<()>,
}

impl Player {
    /// Waits on a free port.
    pub async fn start() -> Outcome<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, process, (sender, asked)) =
            (listener.local_addr()?, Arc::new(AtomicU32::new(0)), mpsc::unbounded_channel());
        let server = tokio::spawn(accept(listener, Arc::clone(&process), sender));
        Ok(Self { address, process, asked, waiting: None, server })
    }

    /// The process with this id is the one that asks.
    pub fn watch(&self, process: u32) {
        self.process.store(process, Ordering::Relaxed);
    }

    /// When the process asked for an event.
    pub async fn next(&mut self) -> Outcome<Moment> {
        match timeout(PATIENCE, self.asked.recv()).await?.ok_or("the Runtime API has ended")? {
            Asked::Next(moment, waiting) => {
                self.waiting = Some(waiting);
                Ok(moment)
            }
            Asked::Answer(_, error) => Err(String::from_utf8_lossy(&error).into()),
        }
    }

    /// When the process answered the event that it is given now, and what.
    pub async fn answer(&mut self, event: Bytes) -> Outcome<(Moment, Bytes)> {
        let waiting = self.waiting.take().ok_or("the process has not asked for an event")?;
        waiting.send(event).map_err(|_| "the process waits no more")?;
        match timeout(PATIENCE, self.asked.recv()).await?.ok_or("the Runtime API has ended")? {
            Asked::Answer(moment, answer) => Ok((moment, answer)),
            Asked::Next(..) => Err("the process asked for an event without having answered".into()),
        }
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn accept(listener: TcpListener, process: Arc<AtomicU32>, asked: mpsc::UnboundedSender<Asked>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(connection(stream, Arc::clone(&process), asked.clone()));
    }
}

async fn connection(stream: TcpStream, process: Arc<AtomicU32>, asked: mpsc::UnboundedSender<Asked>) {
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let (process, asked) = (process.load(Ordering::Relaxed), asked.clone());
        async move { Ok::<_, Infallible>(serve(request, process, &asked).await.unwrap_or_else(refusal)) }
    });
    // A process that is killed ends its connection in the middle.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn serve(
    request: Request<Incoming>,
    process: u32,
    asked: &mpsc::UnboundedSender<Asked>,
) -> Outcome<Response<Full<Bytes>>> {
    if request.uri().path().ends_with("/invocation/next") {
        let (sender, event) = oneshot::channel();
        asked.send(Asked::Next(Moment::now(process)?, sender))?;
        let deadline = Timestamp::now().as_millisecond() + 10_000;
        let event = Response::builder()
            .header("Lambda-Runtime-Aws-Request-Id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef")
            .header("Lambda-Runtime-Deadline-Ms", deadline)
            .header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:measured")
            .header("Lambda-Runtime-Trace-Id", format!("Root=1-{deadline:x}-0123456789abcdef01234567;Sampled=0"))
            .body(Full::new(event.await?))?;
        return Ok(event);
    }
    let answer = request.into_body().collect().await?.to_bytes();
    asked.send(Asked::Answer(Moment::now(process)?, answer))?;
    Ok(Response::builder().status(StatusCode::ACCEPTED).body(Full::default())?)
}

#[expect(clippy::needless_pass_by_value, reason = "it is handed on as a function")]
fn refusal(error: Box<dyn std::error::Error + Send + Sync>) -> Response<Full<Bytes>> {
    let mut refusal = Response::new(Full::from(error.to_string()));
    *refusal.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    refusal
}
