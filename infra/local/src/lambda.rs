//! AWS Lambda around the real function binaries: processes of their own, each behind a Runtime API of its own.
//!
//! A process takes one invocation at a time. An invocation goes to an idle process, the most recently used one first; else
//! to a new one; else, when the function has [`LARGEST_POOL`] processes, it waits its turn.

pub(crate) mod ids;

mod answers;
mod environment;
mod output;
mod pool;
mod process;
mod runtime_api;
mod spawner;

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use tokio::task::JoinSet;

pub use self::{answers::Answered, output::Output, pool::LARGEST_POOL};
use self::{answers::Answers, pool::Pool, spawner::Spawner};
use crate::invoke::{Invocation, Invoke, InvokeError};

/// A function and how it is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The name by which it is invoked.
    pub name: String,
    /// Its binary, which speaks the Runtime API.
    pub binary: PathBuf,
    /// How long it may work on one event.
    pub timeout: Duration,
    /// The memory that it is told to have, in MiB; nothing enforces it here.
    pub memory_mb: u32,
    /// Its environment variables, beside those that Lambda itself sets; these win.
    pub environment: BTreeMap<String, String>,
}

/// Why a function could not be made ready.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// There is no such function.
    #[error("there is no function `{0}`")]
    Unknown(String),
    /// Its process could not be started, or its output not be opened.
    #[error("the function `{function}` cannot be started: {source}")]
    Start {
        /// The function's name.
        function: String,
        /// What the system says.
        source: io::Error,
    },
    /// Its process ended, reported an error or did nothing within the 10 s that it has before it asks for an event.
    #[error("the function `{0}` did not get through its initialization")]
    Init(String),
}

/// The functions and their processes.
///
/// On Linux the processes end with it, even when this process is killed; elsewhere they end by themselves when their
/// Runtime API is gone.
#[derive(Debug)]
pub struct Lambda {
    pools: HashMap<String, Arc<Pool>>,
    answers: Answers,
}

impl Lambda {
    /// Takes the functions; their processes are started when they are needed. What they print goes to `output`.
    #[must_use]
    pub fn new(specs: Vec<FunctionSpec>, output: Output) -> Arc<Self> {
        let spawner = Arc::new(Spawner::start());
        let pool = move |spec: FunctionSpec| (spec.name.clone(), Pool::new(spec, output.clone(), Arc::clone(&spawner)));
        Arc::new(Self { pools: specs.into_iter().map(pool).collect(), answers: Answers::default() })
    }

    /// Makes sure that each function has a process that waits for an event. They start in parallel.
    ///
    /// # Errors
    ///
    /// When a process does not get there; see [`LambdaError`].
    pub async fn warm(&self) -> Result<(), LambdaError> {
        warm_pools(self.pools.values().map(|pool| (pool, 1))).await
    }

    /// Makes sure that `function` has `processes` processes that wait for an event or work on one.
    ///
    /// # Errors
    ///
    /// When a process does not get there; see [`LambdaError`].
    pub async fn warm_up(&self, function: &str, processes: usize) -> Result<(), LambdaError> {
        let pool = self.pools.get(function).ok_or_else(|| LambdaError::Unknown(function.to_owned()))?;
        warm_pools([(pool, processes)]).await
    }

    /// Gives `function` the variables `changes` over those that it has, as a deployment does: its processes finish the event
    /// that they work on and end, and whatever begins after this has given back is worked on with the new variables. Others'
    /// processes go on.
    ///
    /// # Errors
    ///
    /// When no process gets through its initialization with them; see [`LambdaError`].
    pub async fn restart(&self, function: &str, changes: BTreeMap<String, String>) -> Result<(), LambdaError> {
        let pool = self.pools.get(function).ok_or_else(|| LambdaError::Unknown(function.to_owned()))?;
        pool.restart(changes).await
    }

    /// The ids of the processes of `function` that live; none for a function that is not there.
    #[must_use]
    pub fn processes(&self, function: &str) -> Vec<u32> {
        let processes = self.pools.get(function).map(|pool| pool.processes()).unwrap_or_default();
        processes.iter().map(|process| process.id()).collect()
    }

    /// The function `function`, as its next process is started.
    #[must_use]
    pub fn spec(&self, function: &str) -> Option<Arc<FunctionSpec>> {
        self.pools.get(function).map(|pool| pool.spec())
    }

    /// How many events each process of `function` that lives has taken, by its id.
    #[must_use]
    pub fn taken(&self, function: &str) -> BTreeMap<u32, usize> {
        let processes = self.pools.get(function).map(|pool| pool.processes()).unwrap_or_default();
        processes.iter().map(|process| (process.id(), process.taken())).collect()
    }

    /// Every event that a function has answered, be it with an error object, in the order of the answers.
    #[must_use]
    pub fn answered(&self) -> Vec<Answered> {
        self.answers.all()
    }

    /// Kills every process and returns when they are gone and all that they printed is written. Invocations fail from
    /// then on.
    pub async fn shutdown(&self) {
        for pool in self.pools.values() {
            pool.close();
        }
        for pool in self.pools.values() {
            pool.closed().await;
        }
    }

    async fn answer(&self, function: &str, event: Vec<u8>, patience: Duration) -> Result<Vec<u8>, InvokeError> {
        let pool = self.pools.get(function).ok_or_else(|| InvokeError::Unknown(function.to_owned()))?;
        let request_id = answers::request_id(&event);
        let answer = tokio::time::timeout(patience, pool.invoke(event.into()));
        let answer = answer.await.unwrap_or(Err(InvokeError::CallerTimeout));
        if matches!(answer, Ok(_) | Err(InvokeError::Failed { .. })) {
            self.answers.record(function, request_id);
        }
        answer
    }
}

impl Invoke for Lambda {
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, patience: Duration) -> Invocation<'a> {
        Box::pin(self.answer(function, event, patience))
    }
}

async fn warm_pools<'a>(pools: impl IntoIterator<Item = (&'a Arc<Pool>, usize)>) -> Result<(), LambdaError> {
    let mut starts = JoinSet::new();
    for (pool, processes) in pools {
        for _ in pool.processes().len()..processes.min(LARGEST_POOL) {
            let pool = Arc::clone(pool);
            starts.spawn(async move { pool.add_idle().await });
        }
    }
    starts.join_all().await.into_iter().collect()
}
