//! The process of `cargo local`, and the processes that it starts.

use std::{
    fs,
    future::Future,
    process::Stdio,
    sync::{
        LazyLock,
        atomic::{AtomicU16, Ordering},
    },
    time::Duration,
};

use local::build;
use rustix::process::Pid;
use tokio::process::{Child, Command};

/// Longest time of any step. The command runs cargo, which may wait for another cargo.
const STEP_TIMEOUT: Duration = Duration::from_mins(2);

/// The functions are built once, so that cargo has nothing to do when the command runs it.
static FUNCTIONS_BUILT: LazyLock<()> = LazyLock::new(|| {
    build::binaries(&build::workspace(), false).unwrap();
});

/// Returns the command with these arguments, in a session of its own (setsid(1)). Its cargo prints nothing.
pub fn local_command(arguments: &[&str]) -> Command {
    LazyLock::force(&FUNCTIONS_BUILT);
    let mut command = Command::new("setsid");
    command.arg(env!("CARGO_BIN_EXE_local")).args(arguments).env("CARGO_TERM_QUIET", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// Returns the output of `future`. Panics if it takes too long.
pub async fn with_timeout<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(STEP_TIMEOUT, future).await.unwrap()
}

/// Returns the first value of `attempt`. Panics if it takes too long.
pub async fn eventually<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    with_timeout(async {
        loop {
            if let Some(found) = attempt() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

/// The id of a process that has not been waited for.
pub fn pid(child: &Child) -> Pid {
    Pid::from_raw(child.id().unwrap().try_into().unwrap()).unwrap()
}

/// Returns the running processes that `leader`, the leader of a session, started, even if another process has adopted them.
pub fn started_by(leader: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let is_started = |pid: &i32| *pid != leader.as_raw_pid() && session(*pid) == Some(leader.as_raw_pid());
    processes.filter(is_started).filter_map(Pid::from_raw).collect()
}

/// The session of a running process. One that has ended may still wait for its parent (state `Z`, proc(5)).
fn session(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") { None } else { fields.nth(2)?.parse().ok() }
}

/// Waits until no process that `leader` started is running.
pub async fn all_gone(leader: Pid) {
    eventually(|| started_by(leader).is_empty().then_some(())).await;
}

/// Returns a free port that is followed by three free ones, for the identity provider and the sample. It is below the ports that
/// the system assigns (ip(7)).
pub fn free_port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let offset = u16::try_from(std::process::id() % 5_000).unwrap();
        AtomicU16::new(10_000 + 4 * offset)
    });
    let is_free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let port = NEXT.fetch_add(4, Ordering::SeqCst);
        if (port..port + 4).all(is_free) {
            return port;
        }
    }
}
