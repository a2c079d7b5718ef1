//! A stack that the program runs.

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
    process::{all_gone, program, started_by, within},
};

/// A place for the data of a stack, and for what the program says on standard error.
pub struct Place(TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The folder to name with `--data`. It is not there until the program makes it.
    pub fn data(&self) -> String {
        self.path().join("data").to_str().unwrap().to_owned()
    }

    /// What the programs have said on standard error so far.
    pub fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap()
    }

    /// `local.json`.
    pub fn local(&self) -> Value {
        serde_json::from_slice(&fs::read(self.local_path()).unwrap()).unwrap()
    }

    pub fn local_path(&self) -> PathBuf {
        self.path().join("data/local.json")
    }

    /// The function binaries by their names.
    pub fn functions(&self) -> BTreeMap<String, PathBuf> {
        serde_json::from_value(self.local()["functions"].clone()).unwrap()
    }

    /// Starts a stack that keeps its data here.
    pub async fn start(&self, port: u16) -> Running {
        self.start_with(&["--port", &port.to_string(), "--data", &self.data()]).await
    }

    /// Starts the program with these arguments and waits until it says that it is ready.
    pub async fn start_with(&self, arguments: &[&str]) -> Running {
        let log = OpenOptions::new().create(true).append(true).open(self.path().join("log")).unwrap();
        let mut child = program(arguments).env("TMPDIR", self.path()).stderr(log).spawn().unwrap();
        let pid = pid(&child);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut greeting = Vec::new();
        let ready = loop {
            let Some(line) = within(lines.next_line()).await.unwrap() else { panic!("not ready: {}", self.log()) };
            greeting.push(line.clone());
            if let Some(url) = line.strip_prefix("ready ") {
                break Api::new(url);
            }
        };
        Running { api: ready, greeting, pid, child, lines }
    }

    /// What `cargo local token` prints for these arguments: a JWT, alone on its line.
    pub async fn person(&self, arguments: &[&str]) -> String {
        let data = self.data();
        let arguments = [&["token", "--data", &data], arguments].concat();
        let output = within(program(&arguments).output()).await.unwrap();
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let printed = String::from_utf8(output.stdout).unwrap();
        let token = printed.strip_suffix('\n').unwrap();
        assert!(token.split('.').count() == 3 && !token.contains(char::is_whitespace), "{token}");
        token.to_owned()
    }

    /// The owner of the organization 123.
    pub async fn owner(&self) -> String {
        self.person(&["--org", "123", "--user", "1001"]).await
    }
}

/// A program that is ready. It is killed when this is dropped.
pub struct Running {
    pub api: Api,
    /// The lines that it printed, the one that says that it is ready included.
    pub greeting: Vec<String>,
    pub pid: Pid,
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Sends `signal` as a terminal does, to the whole process group, and waits until everything is gone. That it was ready
    /// is the last that it has said.
    pub async fn end(mut self, signal: Signal) -> ExitStatus {
        kill_process_group(self.pid, signal).unwrap();
        let status = within(self.child.wait()).await.unwrap();
        assert_eq!(within(self.lines.next_line()).await.unwrap(), None);
        all_gone(self.pid).await;
        status
    }

    /// The processes of the function with this binary.
    pub fn processes(&self, binary: &Path) -> Vec<Pid> {
        let runs = |pid: &Pid| {
            let words = fs::read_to_string(format!("/proc/{}/cmdline", pid.as_raw_pid())).unwrap_or_default();
            words.split('\0').next().is_some_and(|program| Path::new(program) == binary)
        };
        started_by(self.pid).into_iter().filter(runs).collect()
    }
}

/// The process id of a program that nobody has waited for yet.
pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap()
}
