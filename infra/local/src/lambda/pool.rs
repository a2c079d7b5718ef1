//! The processes of one function, and who gets the next one.

#[cfg(test)]
mod tests;

use std::{
    collections::BTreeMap,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::body::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{FunctionSpec, LambdaError, Output, process::Process, runtime_api::Outcome, spawner::Spawner};
use crate::invoke::InvokeError;

/// How many processes a function has at most.
pub const LARGEST_POOL: usize = 32;

/// The processes of a function.
///
/// Who uses or starts a process holds one of [`LARGEST_POOL`] turns. A process is started only when none is idle, and is
/// put back before its turn is, so there are never more processes than turns.
#[derive(Debug)]
pub(super) struct Pool {
    arguments: Vec<String>,
    output: Output,
    spawner: Arc<Spawner>,
    turns: Arc<Semaphore>,
    members: Mutex<Members>,
}

#[derive(Debug)]
struct Members {
    /// How processes are started from now on. One of an earlier spec gets no event any more.
    spec: Arc<FunctionSpec>,
    /// Every process that may still live.
    all: Vec<Arc<Process>>,
    /// Those that wait for an event, the most recently used one last.
    idle: Vec<Arc<Process>>,
}

impl Pool {
    /// An empty pool.
    pub(super) fn new(spec: FunctionSpec, output: Output, spawner: Arc<Spawner>) -> Arc<Self> {
        Self::with_arguments(spec, Vec::new(), output, spawner)
    }

    /// An empty pool whose processes get arguments, which on Lambda none does.
    fn with_arguments(spec: FunctionSpec, arguments: Vec<String>, output: Output, spawner: Arc<Spawner>) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(LARGEST_POOL));
        let members = Members { spec: Arc::new(spec), all: Vec::new(), idle: Vec::new() };
        Arc::new(Self { arguments, output, spawner, turns, members: Mutex::new(members) })
    }

    /// The processes that live.
    pub(super) fn processes(&self) -> Vec<Arc<Process>> {
        let mut members = self.members();
        members.all.retain(|process| !process.has_ended());
        members.all.clone()
    }

    /// Waits for a turn, then has `event` worked on. Once that has begun it goes on even if nobody waits any more.
    ///
    /// # Errors
    ///
    /// See [`InvokeError`].
    pub(super) async fn invoke(self: &Arc<Self>, event: Bytes) -> Outcome {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| InvokeError::Crashed)?;
        let work = tokio::spawn(Arc::clone(self).work(event, turn));
        work.await.unwrap_or(Err(InvokeError::Crashed))
    }

    /// Starts one more process, if there may be one more, and puts it to the idle ones.
    ///
    /// # Errors
    ///
    /// See [`LambdaError`].
    pub(super) async fn add_idle(&self) -> Result<(), LambdaError> {
        let _turn = self.turns.acquire().await.map_err(|_| LambdaError::Init(self.spec().name.clone()))?;
        if self.processes().len() < LARGEST_POOL {
            let process = self.start().await?;
            self.put_back(process);
        }
        Ok(())
    }

    /// Puts `changes` over the function's own variables. Processes with the former ones finish the event that they work on and
    /// get no other. Gives back when they are gone and a new one waits for an event.
    ///
    /// # Errors
    ///
    /// When the new one does not get there; then too the change stays.
    pub(super) async fn restart(&self, changes: BTreeMap<String, String>) -> Result<(), LambdaError> {
        let former = self.members().renew(changes);
        for process in former {
            process.ended().await;
        }
        self.add_idle().await
    }

    /// Kills every process. Nobody gets a turn any more.
    pub(super) fn close(&self) {
        self.turns.close();
        for process in self.processes() {
            process.kill();
        }
    }

    /// Waits until every process has ended.
    pub(super) async fn closed(&self) {
        for process in self.processes() {
            process.ended().await;
        }
    }

    /// The turn ends with this, after the process is back.
    async fn work(self: Arc<Self>, event: Bytes, _turn: OwnedSemaphorePermit) -> Outcome {
        loop {
            let process = self.process().await?;
            // A process may have ended while it was idle; then the event is still whole and another takes it.
            if let Ok(outcome) = process.work(event.clone()).await {
                if outcome == Err(InvokeError::FunctionTimeout) {
                    tracing::error!(function = self.spec().name, "the function did not answer within its time-out");
                }
                self.put_back(process);
                return outcome;
            }
        }
    }

    async fn process(&self) -> Result<Arc<Process>, InvokeError> {
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
        if !process.is_of(&members.spec) {
            process.kill();
        } else if !process.has_ended() {
            members.idle.push(process);
        }
    }

    /// Starts a process and waits until it is initialized.
    async fn start(&self) -> Result<Arc<Process>, LambdaError> {
        let spec = self.spec();
        let started = Process::start(Arc::clone(&spec), &self.arguments, &self.output, &self.spawner).await;
        let failed = |source| LambdaError::Start { function: spec.name.clone(), source };
        let process = Arc::new(started.map_err(failed)?);
        self.members().all.push(Arc::clone(&process));
        // A pool that was closed meanwhile has not seen this process.
        if self.turns.is_closed() {
            process.kill();
        }
        if process.initialized().await { Ok(process) } else { Err(LambdaError::Init(spec.name.clone())) }
    }

    pub(super) fn spec(&self) -> Arc<FunctionSpec> {
        Arc::clone(&self.members().spec)
    }

    fn members(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Members {
    /// Has processes started with `changes` over the variables that they had so far. Gives those that are there, of which the
    /// idle ones are killed.
    fn renew(&mut self, changes: BTreeMap<String, String>) -> Vec<Arc<Process>> {
        let mut spec = FunctionSpec::clone(&self.spec);
        spec.environment.extend(changes);
        self.spec = Arc::new(spec);
        for process in mem::take(&mut self.idle) {
            process.kill();
        }
        self.all.clone()
    }
}
