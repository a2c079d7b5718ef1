//! Starts processes that end with this one.

use std::{io, process::Stdio, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// A thread that starts processes, until the `Spawner` is dropped.
///
/// Linux sends the parent-death signal when the *thread* that forked ends (prctl(2), `PR_SET_PDEATHSIG`). Threads of the
/// Tokio runtime may end before the processes.
#[derive(Debug)]
pub(super) struct Spawner {
    requests: mpsc::Sender<SpawnRequest>,
}

struct SpawnRequest {
    command: Command,
    runtime: Handle,
    started: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread.
    pub(super) fn start() -> Self {
        let (requests, receiver) = mpsc::channel();
        thread::spawn(move || serve(&receiver));
        Self { requests }
    }

    /// Starts `command` without standard input, with its outputs in pipes.
    ///
    /// # Errors
    ///
    /// Returns an error if the process cannot be started.
    pub(super) async fn spawn(&self, mut command: Command) -> io::Result<Child> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C signals the whole process group of the terminal; the functions end only after the gateway.
        #[cfg(unix)]
        command.process_group(0);
        kill_with_parent(&mut command);
        let (started, result) = oneshot::channel();
        let request = SpawnRequest { command, runtime: Handle::current(), started };
        self.requests.send(request).map_err(io::Error::other)?;
        result.await.map_err(io::Error::other)?
    }
}

fn serve(requests: &mpsc::Receiver<SpawnRequest>) {
    while let Ok(SpawnRequest { mut command, runtime, started }) = requests.recv() {
        let _guard = runtime.enter();
        // If the caller no longer waits, the process is dropped here and thereby killed.
        let _ = started.send(command.spawn());
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "a process can request its parent-death signal only between fork and exec")]
fn kill_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let request_signal = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        // A parent that ended before the call above sends no signal.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe functions may be called. The closure makes two system calls,
    // takes no lock and does not allocate; its error is a number.
    unsafe {
        command.pre_exec(request_signal);
    }
}

#[cfg(not(target_os = "linux"))]
fn kill_with_parent(_command: &mut Command) {}
