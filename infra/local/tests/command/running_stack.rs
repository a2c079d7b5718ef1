//! A stack that the command runs, and the directory with its data.

use std::{
    collections::BTreeMap,
    fs::{self, OpenOptions},
    path::{Path, PathBuf},
    process::ExitStatus,
};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout},
};

use crate::{
    api::Api,
    process::{all_gone, local_command, pid, started_by, with_timeout},
};

/// A temporary directory for a stack's data and for the commands' standard error.
pub struct TestDirectory(TempDir);

impl TestDirectory {
    pub fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The data directory, which the command creates.
    pub fn data(&self) -> String {
        self.path().join("data").to_str().unwrap().to_owned()
    }

    /// What the commands have written to standard error so far.
    pub fn stderr(&self) -> String {
        fs::read_to_string(self.path().join("stderr")).unwrap()
    }

    /// What the functions have written since the last start.
    pub fn functions_log(&self) -> String {
        fs::read_to_string(self.path().join("data/functions.log")).unwrap()
    }

    /// The contents of `local.json`.
    pub fn addresses(&self) -> Value {
        serde_json::from_slice(&fs::read(self.addresses_path()).unwrap()).unwrap()
    }

    pub fn addresses_path(&self) -> PathBuf {
        self.path().join("data/local.json")
    }

    /// The function binaries by their names.
    pub fn functions(&self) -> BTreeMap<String, PathBuf> {
        serde_json::from_value(self.addresses()["functions"].clone()).unwrap()
    }

    /// Starts a stack with the data directory.
    pub async fn start(&self, port: u16) -> RunningStack {
        self.start_with(&["--port", &port.to_string(), "--data", &self.data()]).await
    }

    /// Starts the command with these arguments and waits until it prints that the stack is ready.
    pub async fn start_with(&self, arguments: &[&str]) -> RunningStack {
        let stderr = OpenOptions::new().create(true).append(true).open(self.path().join("stderr")).unwrap();
        let mut child = local_command(arguments).env("TMPDIR", self.path()).stderr(stderr).spawn().unwrap();
        let pid = pid(&child);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        let api = loop {
            let line = with_timeout(lines.next_line()).await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the stack did not start: {}", self.stderr()));
            greeting.push(line.clone());
            if let Some(url) = line.strip_prefix("ready ") {
                break Api::new(url);
            }
        };
        RunningStack { api, greeting, pid, child, lines }
    }

    /// Returns the token that `cargo local token` prints, on a line of its own, for these arguments.
    pub async fn user_token(&self, arguments: &[&str]) -> String {
        let data = self.data();
        let arguments = [&["token", "--data", &data], arguments].concat();
        let output = with_timeout(local_command(&arguments).output()).await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let stdout = String::from_utf8(output.stdout).unwrap();
        let token = stdout.strip_suffix('\n').unwrap();
        assert!(token.split('.').count() == 3 && !token.contains(char::is_whitespace), "{token}");
        token.to_owned()
    }

    /// Returns a token of the owner of organization 123.
    pub async fn owner_token(&self) -> String {
        self.user_token(&["--org", "123", "--user", "1001"]).await
    }
}

/// A stack that is ready. Its process is killed when this is dropped.
pub struct RunningStack {
    pub api: Api,
    /// The lines on standard output, including the one that reports that the stack is ready.
    pub greeting: Vec<String>,
    pub pid: Pid,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl RunningStack {
    /// Sends `signal` to the whole process group, as a terminal does, and waits until all processes have ended. The stack must
    /// not print anything after the greeting.
    pub async fn stop(mut self, signal: Signal) -> ExitStatus {
        kill_process_group(self.pid, signal).unwrap();
        let status = with_timeout(self.child.wait()).await.unwrap();
        assert_eq!(with_timeout(self.lines.next_line()).await.unwrap(), None);
        all_gone(self.pid).await;
        status
    }

    /// The processes of the function with this binary.
    pub fn processes(&self, binary: &Path) -> Vec<Pid> {
        let runs_binary = |pid: &Pid| {
            let words = fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_pid())).unwrap_or_default();
            words.split('\0').next().is_some_and(|executable| Path::new(executable) == binary)
        };
        started_by(self.pid).into_iter().filter(runs_binary).collect()
    }
}
