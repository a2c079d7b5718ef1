//! One process of a function.

mod supervisor;

use std::{
    future::IntoFuture,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{body::Bytes, serve::ListenerExt};
use tokio::{
    net::{TcpListener, TcpStream},
    process::Command,
    sync::{Notify, mpsc, oneshot, watch},
    task::AbortHandle,
    time::{sleep, timeout},
};

use self::supervisor::{ProcessSupervisor, copy_output};
use super::{
    FunctionSpec, Output, environment,
    runtime_api::{Event, InvokeResult, RuntimeApi},
    spawner::Spawner,
};
use crate::invoke::InvokeError;

/// Longest time until a process requests its first event (Lambda Developer Guide, "Init phase").
const INIT_TIMEOUT: Duration = Duration::from_secs(10);

/// A running or ended process.
#[derive(Debug)]
pub(super) struct Process {
    id: u32,
    spec: Arc<FunctionSpec>,
    events: mpsc::Sender<Event>,
    ready: watch::Receiver<bool>,
    ended: watch::Receiver<bool>,
    kill: Arc<Notify>,
    event_count: AtomicUsize,
}

/// The process ended before it received the event, so another process can handle it.
#[derive(Debug)]
pub(super) struct NotDelivered;

impl Process {
    /// Starts a process of `spec` and its Runtime API.
    ///
    /// # Errors
    ///
    /// Returns an error if no port is free, the output cannot be opened, or the binary cannot be executed.
    pub(super) async fn start(
        spec: Arc<FunctionSpec>,
        arguments: &[String],
        output: &Output,
        spawner: &Spawner,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = Command::new(&spec.binary);
        command.args(arguments).env_clear().envs(environment::variables(&spec, listener.local_addr()?));
        let outputs = [output.open().await?, output.open().await?];
        let mut child = spawner.spawn(command).await?;
        let copy_output = copy_output(&mut child, outputs);
        let kill = Arc::new(Notify::new());
        let (events, receiver) = mpsc::channel(1);
        let (set_ready, ready) = watch::channel(false);
        let (set_ended, ended) = watch::channel(false);
        let api = serve(listener, runtime_api(&spec, receiver, set_ready, Arc::clone(&kill)));
        let id = child.id().unwrap_or_default();
        let supervisor = ProcessSupervisor { function: spec.name.clone(), child, kill: Arc::clone(&kill), api };
        tokio::spawn(supervisor.run(copy_output, set_ended));
        Ok(Self { id, spec, events, ready, ended, kill, event_count: AtomicUsize::new(0) })
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// The number of events that the process has received.
    pub(super) fn event_count(&self) -> usize {
        self.event_count.load(Ordering::Relaxed)
    }

    /// Whether the process was started with this very configuration, not an earlier one.
    pub(super) fn has_spec(&self, spec: &Arc<FunctionSpec>) -> bool {
        Arc::ptr_eq(&self.spec, spec)
    }

    /// Requests the end of the process.
    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Waits until the process has ended and its output is written.
    pub(super) async fn wait_until_ended(&self) {
        // The only error is a dropped sender: the supervisor has ended, and with it the process.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    async fn kill_and_wait(&self) {
        self.kill();
        self.wait_until_ended().await;
    }

    /// Waits until the process requests an event, and kills it if it does not. Returns whether it did.
    pub(super) async fn wait_until_initialized(&self) -> bool {
        let mut ready = self.ready.clone();
        let initialized = tokio::select! {
            ready = ready.wait_for(|ready| *ready) => ready.is_ok(),
            () = self.wait_until_ended() => false,
            () = sleep(INIT_TIMEOUT) => false,
        };
        if !initialized {
            self.kill_and_wait().await;
        }
        initialized
    }

    /// Sends an event to the process and waits for its result. A process that exceeds the function's timeout is killed.
    pub(super) async fn invoke(&self, body: Bytes) -> Result<InvokeResult, NotDelivered> {
        let (received, is_received) = oneshot::channel();
        let (result, mut has_result) = oneshot::channel();
        self.events.send(Event { body, received, result }).await.map_err(|_| NotDelivered)?;
        self.wait_until_received(is_received).await?;
        self.event_count.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            biased;
            result = &mut has_result => Ok(result.unwrap_or(Err(InvokeError::Crashed))),
            () = self.wait_until_ended() => Ok(Err(InvokeError::Crashed)),
            () = sleep(self.spec.timeout) => {
                self.kill_and_wait().await;
                Ok(Err(InvokeError::FunctionTimeout))
            }
        }
    }

    /// Waits until the process received the event, and kills it if it does not within [`INIT_TIMEOUT`].
    async fn wait_until_received(&self, is_received: oneshot::Receiver<()>) -> Result<(), NotDelivered> {
        let received = tokio::select! {
            biased;
            received = timeout(INIT_TIMEOUT, is_received) => matches!(received, Ok(Ok(()))),
            () = self.wait_until_ended() => false,
        };
        if received {
            return Ok(());
        }
        self.kill_and_wait().await;
        Err(NotDelivered)
    }
}

/// A dropped process cannot receive another event.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn runtime_api(
    spec: &FunctionSpec,
    events: mpsc::Receiver<Event>,
    ready: watch::Sender<bool>,
    kill: Arc<Notify>,
) -> RuntimeApi {
    RuntimeApi {
        function: spec.name.clone(),
        function_arn: environment::function_arn(spec),
        timeout: spec.timeout,
        events: tokio::sync::Mutex::new(events),
        ready,
        kill,
        current: Mutex::new(None),
    }
}

fn serve(listener: TcpListener, api: RuntimeApi) -> AbortHandle {
    // Nagle's algorithm (RFC 896) delays a short response until the previous one is acknowledged.
    let listener = listener.tap_io(|stream: &mut TcpStream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "cannot disable Nagle's algorithm");
        }
    });
    tokio::spawn(axum::serve(listener, api.router()).into_future()).abort_handle()
}
