//! The process of a function, from start to end.

use std::{
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use axum::body::Bytes;
use rustix::process::{Pid, Signal, kill_process};

use super::{
    candidate::Candidate,
    clock::{Elapsed, Reading},
    runtime_api::RuntimeApi,
};
use crate::stack::{Result, process_status};

/// Variables that Lambda sets and runtimes read (Lambda Developer Guide, "Defined runtime environment variables").
const LAMBDA_VARIABLES: [(&str, &str); 7] = [
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "[$LATEST]"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
];

pub struct Process {
    child: Child,
    runtime_api: RuntimeApi,
    ready: Reading,
}

impl Process {
    /// Starts the process and waits until it asks for its first event. The time includes loading the program.
    pub async fn start(candidate: &Candidate) -> Result<(Self, Elapsed)> {
        let mut runtime_api = RuntimeApi::start().await?;
        let mut command = command(candidate)?;
        command.env("AWS_LAMBDA_RUNTIME_API", runtime_api.address.to_string());
        let before = Reading { wall: Instant::now(), cpu: Duration::ZERO };
        let child = command.spawn()?;
        runtime_api.watch(child.id());
        let ready = runtime_api.ready().await;
        let mut process = Self { child, runtime_api, ready: before };
        process.ready = ready.map_err(|error| format!("{} did not start: {error}", candidate.label()))?;
        let elapsed = process.ready.since(before);
        Ok((process, elapsed))
    }

    /// Sends the candidate's event and waits for a successful response. Returns the time until the response, and until the process
    /// asks for the next event.
    pub async fn invoke(&mut self, candidate: &Candidate) -> Result<(Elapsed, Elapsed)> {
        let before = Reading { wall: Instant::now(), cpu: self.ready.cpu };
        let (responded, response) = self.runtime_api.invoke(candidate.event.clone()).await?;
        if !candidate.is_success(&response) {
            return Err(format!("{} returned {}", candidate.label(), String::from_utf8_lossy(&response)).into());
        }
        self.ready = self.runtime_api.ready().await?;
        Ok((responded.since(before), self.ready.since(before)))
    }

    pub async fn respond(&mut self, event: Bytes) -> Result<Bytes> {
        let (_, response) = self.runtime_api.invoke(event).await?;
        self.ready = self.runtime_api.ready().await?;
        Ok(response)
    }

    pub fn terminate(mut self) -> Result<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// The peak of resident memory in KiB.
    pub fn peak_memory(&self) -> Result<u64> {
        process_status(self.child.id(), "VmHWM")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(candidate: &Candidate) -> Result<Command> {
    let (program, arguments) = candidate.command.split_first().ok_or("a candidate has no program")?;
    let mut command = Command::new(program);
    // Output is discarded, so that no process waits for a reader.
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.env_clear().envs(LAMBDA_VARIABLES).envs(&candidate.environment);
    Ok(command)
}
