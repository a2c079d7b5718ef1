//! AWS Lambda: runs the function binaries as processes, each with its own Runtime API.
//!
//! A process handles one invocation at a time. An invocation goes to the most recently used idle process, otherwise to a
//! new process, or waits if the function has [`MAX_PROCESSES`].

mod environment;
mod handled_events;
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

pub use self::{handled_events::HandledEvent, output::Output, pool::MAX_PROCESSES};
use self::{handled_events::HandledEvents, pool::Pool, spawner::Spawner};
use crate::invoke::{Invocation, Invoke, InvokeError};

/// The configuration of a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionSpec {
    /// The name by which the function is invoked.
    pub name: String,
    /// The binary, which implements the Runtime API.
    pub binary: PathBuf,
    /// Longest time for one event.
    pub timeout: Duration,
    /// The value of `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`, in MiB. The memory of the process is not limited.
    pub memory_mb: u32,
    /// The environment variables. They override those that Lambda sets.
    pub environment: BTreeMap<String, String>,
}

/// Why a function has no initialized process.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// No function has this name.
    #[error("unknown function `{0}`")]
    UnknownFunction(String),
    /// The process could not be started or its output could not be opened.
    #[error("cannot start function `{function}`: {source}")]
    Start {
        /// The function's name.
        function: String,
        /// The operating system's error.
        source: io::Error,
    },
    /// The process ended, reported an error, or did not request an event within the 10 s of the init phase.
    #[error("function `{0}` failed to initialize")]
    Init(String),
}

/// The functions and their processes.
///
/// On Linux the processes end with this process, even if it is killed. Elsewhere they end when a request to their Runtime
/// API fails.
#[derive(Debug)]
pub struct Lambda {
    pools: HashMap<String, Arc<Pool>>,
    handled_events: HandledEvents,
}

impl Lambda {
    /// Creates the functions without starting a process. Their output goes to `output`.
    #[must_use]
    pub fn new(specs: Vec<FunctionSpec>, output: Output) -> Arc<Self> {
        let spawner = Arc::new(Spawner::start());
        let pool = move |spec: FunctionSpec| (spec.name.clone(), Pool::new(spec, output.clone(), Arc::clone(&spawner)));
        Arc::new(Self { pools: specs.into_iter().map(pool).collect(), handled_events: HandledEvents::default() })
    }

    /// Starts an initialized process of each function that has none, in parallel.
    ///
    /// # Errors
    ///
    /// Returns [`LambdaError`] if a process does not initialize.
    pub async fn warm(&self) -> Result<(), LambdaError> {
        warm_pools(self.pools.values().map(|pool| (pool, 1))).await
    }

    /// Starts processes of `function` until it has `processes`.
    ///
    /// # Errors
    ///
    /// Returns [`LambdaError`] if a process does not initialize.
    pub async fn warm_up(&self, function: &str, processes: usize) -> Result<(), LambdaError> {
        warm_pools([(self.pool(function)?, processes)]).await
    }

    /// Adds `changes` to the environment variables of `function`, as a deployment does. Its processes finish their current
    /// event and end; invocations that start after this returns use the new variables.
    ///
    /// # Errors
    ///
    /// Returns [`LambdaError`] if a process with the new variables does not initialize.
    pub async fn restart(&self, function: &str, changes: BTreeMap<String, String>) -> Result<(), LambdaError> {
        self.pool(function)?.restart(changes).await
    }

    /// The ids of the running processes of `function`; none for an unknown function.
    #[must_use]
    pub fn processes(&self, function: &str) -> Vec<u32> {
        self.event_counts(function).into_keys().collect()
    }

    /// The configuration of `function` for its next process.
    #[must_use]
    pub fn spec(&self, function: &str) -> Option<Arc<FunctionSpec>> {
        self.pools.get(function).map(|pool| pool.spec())
    }

    /// The number of events that each running process of `function` has received, by process id.
    #[must_use]
    pub fn event_counts(&self, function: &str) -> BTreeMap<u32, usize> {
        let processes = self.pools.get(function).map(|pool| pool.processes()).unwrap_or_default();
        processes.iter().map(|process| (process.id(), process.event_count())).collect()
    }

    /// The events for which a function returned a result or an error object, in the order of completion.
    #[must_use]
    pub fn handled_events(&self) -> Vec<HandledEvent> {
        self.handled_events.all()
    }

    /// Kills every process and waits until they have ended and their output is written. Later invocations fail.
    pub async fn shutdown(&self) {
        for pool in self.pools.values() {
            pool.close();
        }
        for pool in self.pools.values() {
            pool.wait_until_closed().await;
        }
    }

    fn pool(&self, function: &str) -> Result<&Arc<Pool>, LambdaError> {
        self.pools.get(function).ok_or_else(|| LambdaError::UnknownFunction(function.to_owned()))
    }

    async fn run(&self, function: &str, event: Vec<u8>, timeout: Duration) -> Result<Vec<u8>, InvokeError> {
        let pool = self.pools.get(function).ok_or_else(|| InvokeError::UnknownFunction(function.to_owned()))?;
        let request_id = handled_events::request_id(&event);
        let result = tokio::time::timeout(timeout, pool.invoke(event.into())).await;
        let result = result.unwrap_or(Err(InvokeError::CallerTimeout));
        if matches!(result, Ok(_) | Err(InvokeError::Failed { .. })) {
            self.handled_events.record(function, request_id);
        }
        result
    }
}

impl Invoke for Lambda {
    fn invoke<'a>(&'a self, function: &'a str, event: Vec<u8>, timeout: Duration) -> Invocation<'a> {
        Box::pin(self.run(function, event, timeout))
    }
}

async fn warm_pools<'a>(pools: impl IntoIterator<Item = (&'a Arc<Pool>, usize)>) -> Result<(), LambdaError> {
    let mut starts = JoinSet::new();
    for (pool, processes) in pools {
        for _ in pool.processes().len()..processes.min(MAX_PROCESSES) {
            let pool = Arc::clone(pool);
            starts.spawn(async move { pool.add_idle().await });
        }
    }
    starts.join_all().await.into_iter().collect()
}
