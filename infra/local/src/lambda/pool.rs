//! The processes of one function.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{FunctionSpec, LambdaError, Output, process::Process, runtime_api::InvokeResult, spawner::Spawner};
use crate::invoke::InvokeError;

/// The largest number of processes of a function.
pub const MAX_PROCESSES: usize = 32;

/// The processes of a function.
///
/// A task holds one of [`MAX_PROCESSES`] permits while it uses or starts a process. It starts one only if none is idle, and
/// returns it before the permit, so the number of processes never exceeds the number of permits.
#[derive(Debug)]
pub(super) struct Pool {
    arguments: Vec<String>,
    output: Output,
    spawner: Arc<Spawner>,
    permits: Arc<Semaphore>,
    members: Mutex<Members>,
}

#[derive(Debug)]
struct Members {
    /// The configuration of new processes. A process with an earlier one receives no further event.
    spec: Arc<FunctionSpec>,
    /// Every process that may be running.
    all: Vec<Arc<Process>>,
    /// The processes that wait for an event, the most recently used one last.
    idle: Vec<Arc<Process>>,
}

impl Pool {
    pub(super) fn new(spec: FunctionSpec, output: Output, spawner: Arc<Spawner>) -> Arc<Self> {
        Self::with_arguments(spec, Vec::new(), output, spawner)
    }

    /// A pool whose processes have command-line arguments, which tests use.
    fn with_arguments(spec: FunctionSpec, arguments: Vec<String>, output: Output, spawner: Arc<Spawner>) -> Arc<Self> {
        let permits = Arc::new(Semaphore::new(MAX_PROCESSES));
        let members = Members { spec: Arc::new(spec), all: Vec::new(), idle: Vec::new() };
        Arc::new(Self { arguments, output, spawner, permits, members: Mutex::new(members) })
    }

    /// The running processes.
    pub(super) fn processes(&self) -> Vec<Arc<Process>> {
        let mut members = self.members();
        members.all.retain(|process| !process.has_ended());
        members.all.clone()
    }

    /// Waits for a permit and has a process handle `event`, which continues if the caller stops waiting.
    ///
    /// # Errors
    ///
    /// See [`InvokeError`].
    pub(super) async fn invoke(self: &Arc<Self>, event: Bytes) -> InvokeResult {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| InvokeError::Crashed)?;
        let handling = tokio::spawn(Arc::clone(self).handle(event, permit));
        handling.await.unwrap_or(Err(InvokeError::Crashed))
    }

    /// Starts an idle process unless there are [`MAX_PROCESSES`].
    ///
    /// # Errors
    ///
    /// See [`LambdaError`].
    pub(super) async fn add_idle(&self) -> Result<(), LambdaError> {
        let _permit = self.permits.acquire().await.map_err(|_| LambdaError::Init(self.spec().name.clone()))?;
        if self.processes().len() < MAX_PROCESSES {
            let process = self.start().await?;
            self.put_back(process);
        }
        Ok(())
    }

    /// Adds `changes` to the function's variables. Waits until the processes with the previous ones have finished their
    /// event and ended, and a new process is idle.
    ///
    /// # Errors
    ///
    /// See [`LambdaError`]; the variables are changed nevertheless.
    pub(super) async fn restart(&self, changes: BTreeMap<String, String>) -> Result<(), LambdaError> {
        let previous = self.members().replace_spec(changes);
        for process in previous {
            process.wait_until_ended().await;
        }
        self.add_idle().await
    }

    /// Kills every process. Later invocations fail.
    pub(super) fn close(&self) {
        self.permits.close();
        for process in self.processes() {
            process.kill();
        }
    }

    /// Waits until every process has ended.
    pub(super) async fn wait_until_closed(&self) {
        for process in self.processes() {
            process.wait_until_ended().await;
        }
    }

    /// The permit is released when this returns, after the process is back in the pool.
    async fn handle(self: Arc<Self>, event: Bytes, _permit: OwnedSemaphorePermit) -> InvokeResult {
        loop {
            let process = self.take_or_start().await?;
            // A process that ended while idle has not received the event; the next one handles it.
            if let Ok(result) = process.invoke(event.clone()).await {
                if result == Err(InvokeError::FunctionTimeout) {
                    tracing::error!(function = self.spec().name, "the function timed out");
                }
                self.put_back(process);
                return result;
            }
        }
    }

    async fn take_or_start(&self) -> Result<Arc<Process>, InvokeError> {
        let idle = self.members().idle.pop();
        match idle {
            Some(process) => Ok(process),
            None => self.start().await.map_err(|error| {
                tracing::error!(%error, "a process could not be started");
                InvokeError::Crashed
            }),
        }
    }

    fn put_back(&self, process: Arc<Process>) {
        let mut members = self.members();
        if !process.has_spec(&members.spec) {
            process.kill();
        } else if !process.has_ended() {
            members.idle.push(process);
        }
    }

    /// Starts a process and waits until it is initialized.
    async fn start(&self) -> Result<Arc<Process>, LambdaError> {
        let spec = self.spec();
        let started = Process::start(Arc::clone(&spec), &self.arguments, &self.output, &self.spawner).await;
        let start_error = |source| LambdaError::Start { function: spec.name.clone(), source };
        let process = Arc::new(started.map_err(start_error)?);
        self.members().all.push(Arc::clone(&process));
        // `close` has not seen this process if it ran before the line above.
        if self.permits.is_closed() {
            process.kill();
        }
        if process.wait_until_initialized().await { Ok(process) } else { Err(LambdaError::Init(spec.name.clone())) }
    }

    pub(super) fn spec(&self) -> Arc<FunctionSpec> {
        Arc::clone(&self.members().spec)
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Adds `changes` to the variables of new processes and kills the idle processes. Returns all processes.
    fn replace_spec(&mut self, changes: BTreeMap<String, String>) -> Vec<Arc<Process>> {
        let mut spec = FunctionSpec::clone(&self.spec);
        spec.environment.extend(changes);
        self.spec = Arc::new(spec);
        for process in mem::take(&mut self.idle) {
            process.kill();
        }
        self.all.clone()
    }
}
