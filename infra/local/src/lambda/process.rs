//! One process of a function, from its start to its end.

mod keeper;

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

use self::keeper::{Keeper, copy_output};
use super::{
    FunctionSpec, Output, environment,
    runtime_api::{Event, Outcome, RuntimeApi},
    spawner::Spawner,
};
use crate::invoke::InvokeError;

/// How long a process has until it asks for its first event (Lambda Developer Guide, "Init phase").
const INIT_LIMIT: Duration = Duration::from_secs(10);

/// A process that lives or lived.
#[derive(Debug)]
pub(super) struct Process {
    id: u32,
    spec: Arc<FunctionSpec>,
    events: mpsc::Sender<Event>,
    ready: watch::Receiver<bool>,
    ended: watch::Receiver<bool>,
    kill: Arc<Notify>,
    taken: AtomicUsize,
}

/// The process ended before it took the event; another may have it.
#[derive(Debug)]
pub(super) struct Untouched;

impl Process {
    /// Starts a process of `spec` and its Runtime API.
    ///
    /// # Errors
    ///
    /// When there is no port, the output cannot be opened or the binary cannot be run.
    pub(super) async fn start(
        spec: Arc<FunctionSpec>,
        arguments: &[String],
        output: &Output,
        spawner: &Spawner,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let mut command = Command::new(&spec.binary);
        command.args(arguments).env_clear().envs(environment::of(&spec, listener.local_addr()?));
        let outputs = [output.open().await?, output.open().await?];
        let mut child = spawner.spawn(command).await?;
        let printed = copy_output(&mut child, outputs);
        let kill = Arc::new(Notify::new());
        let (events, inbox) = mpsc::channel(1);
        let (ready, is_ready) = watch::channel(false);
        let (has_ended, ended) = watch::channel(false);
        let api = serve(listener, runtime_api(&spec, inbox, ready, Arc::clone(&kill)));
        let id = child.id().unwrap_or_default();
        let keeper = Keeper { function: spec.name.clone(), child, kill: Arc::clone(&kill), api };
        tokio::spawn(keeper.until_end(printed, has_ended));
        Ok(Self { id, spec, events, ready: is_ready, ended, kill, taken: AtomicUsize::new(0) })
    }

    /// The process id.
    pub(super) fn id(&self) -> u32 {
        self.id
    }

    /// How many events it has taken.
    pub(super) fn taken(&self) -> usize {
        self.taken.load(Ordering::Relaxed)
    }

    /// Whether it was started as `spec` says and not as an earlier one.
    pub(super) fn is_of(&self, spec: &Arc<FunctionSpec>) -> bool {
        Arc::ptr_eq(&self.spec, spec)
    }

    /// Asks for the process's end.
    pub(super) fn kill(&self) {
        self.kill.notify_one();
    }

    pub(super) fn has_ended(&self) -> bool {
        *self.ended.borrow()
    }

    /// Waits until the process has ended and all that it printed is written.
    pub(super) async fn ended(&self) {
        // An error means that the watching task is gone, and with it the process.
        let _ = self.ended.clone().wait_for(|ended| *ended).await;
    }

    /// Waits until the process asks for an event; one that does not get there is killed. Gives whether it did.
    pub(super) async fn initialized(&self) -> bool {
        let mut ready = self.ready.clone();
        let ready = tokio::select! {
            ready = ready.wait_for(|ready| *ready) => ready.is_ok(),
            () = self.ended() => false,
            () = sleep(INIT_LIMIT) => false,
        };
        if !ready {
            self.kill();
            self.ended().await;
        }
        ready
    }

    /// Gives the process `event` and waits for what comes of it, for the function's time-out at most; a process that
    /// takes longer is killed.
    pub(super) async fn work(&self, body: Bytes) -> Result<Outcome, Untouched> {
        let (taken, is_taken) = oneshot::channel();
        let (outcome, mut has_outcome) = oneshot::channel();
        let event = Event { body, taken, outcome };
        self.events.send(event).await.map_err(|_| Untouched)?;
        self.hand_over(is_taken).await?;
        self.taken.fetch_add(1, Ordering::Relaxed);
        tokio::select! {
            biased;
            outcome = &mut has_outcome => Ok(outcome.unwrap_or(Err(InvokeError::Crashed))),
            () = self.ended() => Ok(Err(InvokeError::Crashed)),
            () = sleep(self.spec.timeout) => {
                self.kill();
                self.ended().await;
                Ok(Err(InvokeError::FunctionTimeout))
            }
        }
    }

    /// Waits until the process took the event. One that stays away for longer than an initialization takes is killed.
    async fn hand_over(&self, is_taken: oneshot::Receiver<()>) -> Result<(), Untouched> {
        let taken = tokio::select! {
            biased;
            taken = timeout(INIT_LIMIT, is_taken) => matches!(taken, Ok(Ok(()))),
            () = self.ended() => false,
        };
        if taken {
            return Ok(());
        }
        self.kill();
        self.ended().await;
        Err(Untouched)
    }
}

/// A process that nobody can reach any more is of no use.
impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

fn runtime_api(
    spec: &FunctionSpec,
    inbox: mpsc::Receiver<Event>,
    ready: watch::Sender<bool>,
    kill: Arc<Notify>,
) -> RuntimeApi {
    RuntimeApi {
        function: spec.name.clone(),
        function_arn: environment::function_arn(spec),
        timeout: spec.timeout,
        events: tokio::sync::Mutex::new(inbox),
        ready,
        kill,
        current: Mutex::new(None),
    }
}

fn serve(listener: TcpListener, api: RuntimeApi) -> AbortHandle {
    // A small answer must not wait for the acknowledgement of the one before (RFC 896).
    let listener = listener.tap_io(|stream: &mut TcpStream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection stays slow");
        }
    });
    tokio::spawn(axum::serve(listener, api.router()).into_future()).abort_handle()
}
