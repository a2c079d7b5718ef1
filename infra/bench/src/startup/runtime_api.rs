//! Lambda's Runtime API for one process (Lambda Developer Guide, "Using the Lambda runtime API").

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{StatusCode, Uri},
    response::{IntoResponse, Response},
    serve::ListenerExt,
};
use jiff::Timestamp;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
    time::timeout,
};

use super::clock::Reading;
use crate::stack::Result;

/// Limit of one start or response, on a machine with other load.
const RESPONSE_TIMEOUT: Duration = Duration::from_mins(1);

/// A call of the process, with the clocks at its arrival.
enum Message {
    /// The process asks for the next event, which is to be sent to the channel.
    Next(Reading, oneshot::Sender<Bytes>),
    /// The process responds to the event, or reports an error.
    Response(Reading, Bytes),
}

/// A Runtime API on a port of its own.
pub struct RuntimeApi {
    pub address: SocketAddr,
    process: Arc<AtomicU32>,
    messages: mpsc::UnboundedReceiver<Message>,
    next_event: Option<oneshot::Sender<Bytes>>,
    server: JoinHandle<()>,
}

impl RuntimeApi {
    pub async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let process = Arc::new(AtomicU32::new(0));
        let (sender, messages) = mpsc::unbounded_channel();
        let router = Router::new().fallback(serve).with_state((Arc::clone(&process), sender));
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let server = tokio::spawn(async move { drop(axum::serve(listener, router).await) });
        Ok(Self { address, process, messages, next_event: None, server })
    }

    /// Sets the process whose CPU clock is read at each call.
    pub fn watch(&self, process: u32) {
        self.process.store(process, Ordering::Relaxed);
    }

    /// Waits until the process asks for an event.
    pub async fn ready(&mut self) -> Result<Reading> {
        match self.message().await? {
            Message::Next(reading, event) => {
                self.next_event = Some(event);
                Ok(reading)
            }
            Message::Response(_, error) => Err(String::from_utf8_lossy(&error).into()),
        }
    }

    /// Sends the event and waits for the response or error.
    pub async fn invoke(&mut self, event: Bytes) -> Result<(Reading, Bytes)> {
        let next_event = self.next_event.take().ok_or("the process has not asked for an event")?;
        next_event.send(event).map_err(|_| "the process has closed its connection")?;
        match self.message().await? {
            Message::Response(reading, response) => Ok((reading, response)),
            Message::Next(..) => Err("the process asked for the next event without a response".into()),
        }
    }

    async fn message(&mut self) -> Result<Message> {
        Ok(timeout(RESPONSE_TIMEOUT, self.messages.recv()).await?.ok_or("the Runtime API has stopped")?)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

type Shared = (Arc<AtomicU32>, mpsc::UnboundedSender<Message>);

async fn serve(State((process, messages)): State<Shared>, uri: Uri, body: Bytes) -> Response {
    let Ok(reading) = Reading::now(process.load(Ordering::Relaxed)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if !uri.path().ends_with("/invocation/next") {
        let _ = messages.send(Message::Response(reading, body));
        return StatusCode::ACCEPTED.into_response();
    }
    let (sender, event) = oneshot::channel();
    let _ = messages.send(Message::Next(reading, sender));
    let deadline = Timestamp::now().as_millisecond() + 10_000;
    let headers = [
        ("Lambda-Runtime-Aws-Request-Id", "c6af9ac6-7b61-11e6-9a41-93e8deadbeef".to_owned()),
        ("Lambda-Runtime-Deadline-Ms", deadline.to_string()),
        ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:measured".to_owned()),
        ("Lambda-Runtime-Trace-Id", format!("Root=1-{deadline:x}-0123456789abcdef01234567;Sampled=0")),
    ];
    event.await.map_or(StatusCode::INTERNAL_SERVER_ERROR.into_response(), |event| (headers, event).into_response())
}
