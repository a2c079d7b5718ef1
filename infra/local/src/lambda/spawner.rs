//! The thread that starts every process, and the promise that processes end with their parent.

use std::{io, process::Stdio, sync::mpsc, thread};

use tokio::{
    process::{Child, Command},
    runtime::Handle,
    sync::oneshot,
};

/// A thread that starts processes.
///
/// Linux sends the parent-death signal when the *thread* that forked ends (prctl(2), `PR_SET_PDEATHSIG`), and a runtime's
/// threads end earlier than the processes may. This one ends when its `Spawner` is dropped.
#[derive(Debug)]
pub(super) struct Spawner {
    orders: mpsc::Sender<Order>,
}

struct Order {
    command: Command,
    runtime: Handle,
    started: oneshot::Sender<io::Result<Child>>,
}

impl Spawner {
    /// Starts the thread.
    pub(super) fn start() -> Self {
        let (orders, inbox) = mpsc::channel();
        thread::spawn(move || serve(&inbox));
        Self { orders }
    }

    /// Starts `command` as a process that ends with this one, without an input, with its outputs in pipes.
    ///
    /// # Errors
    ///
    /// When the process cannot be started.
    pub(super) async fn spawn(&self, mut command: Command) -> io::Result<Child> {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        // Ctrl-C goes to a whole process group: in one of their own, processes end when they are told to and not before.
        #[cfg(unix)]
        command.process_group(0);
        die_with_parent(&mut command);
        let (started, start) = oneshot::channel();
        let order = Order { command, runtime: Handle::current(), started };
        self.orders.send(order).map_err(io::Error::other)?;
        start.await.map_err(io::Error::other)?
    }
}

fn serve(inbox: &mpsc::Receiver<Order>) {
    while let Ok(Order { mut command, runtime, started }) = inbox.recv() {
        let _guard = runtime.enter();
        // If nobody waits for the process any more it is dropped here, and killed by that.
        let _ = started.send(command.spawn());
    }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "only between fork and exec can a process ask for its parent-death signal")]
fn die_with_parent(command: &mut Command) {
    let parent = rustix::process::getpid();
    let ask = move || {
        rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
        // A parent that ended before the line above sends no signal any more.
        if rustix::process::getppid() == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH.into()) }
    };
    // SAFETY: between fork and exec only async-signal-safe work is allowed. The closure makes two system calls, takes no
    // lock and allocates nothing, not even for its error, which is a number.
    unsafe {
        command.pre_exec(ask);
    }
}

#[cfg(not(target_os = "linux"))]
fn die_with_parent(_command: &mut Command) {}
