//! The program, started so that everything it starts can be found again.

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
use tokio::process::Command;

/// How long anything may take. The program runs cargo, which may wait for another cargo.
const LIMIT: Duration = Duration::from_mins(2);

/// The functions are built once, so that cargo finds nothing to do when the programs run it.
static BUILT: LazyLock<()> = LazyLock::new(|| {
    build::binaries(&build::workspace(), false).unwrap();
});

/// The program with these arguments, in a session of its own (setsid(1)). Cargo, as the program runs it, is quiet.
pub fn program(arguments: &[&str]) -> Command {
    LazyLock::force(&BUILT);
    let mut command = Command::new("setsid");
    command.arg(env!("CARGO_BIN_EXE_local")).args(arguments).env("CARGO_TERM_QUIET", "true");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// What `work` gives, which is soon.
pub async fn within<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, work).await.unwrap()
}

/// What `attempt` gives once it gives something, which is soon.
pub async fn eventually<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    within(async {
        loop {
            if let Some(found) = attempt() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    })
    .await
}

/// What the program with the process id `program` has started and still runs, whoever is in the parent's place by now.
pub fn started_by(program: Pid) -> Vec<Pid> {
    let processes = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    let of_session = |pid: &i32| *pid != program.as_raw_pid() && session(*pid) == Some(program.as_raw_pid());
    processes.filter(of_session).filter_map(Pid::from_raw).collect()
}

/// The session of a process that runs. One that has ended may still wait for its parent (state `Z`, proc(5)).
fn session(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    if matches!(fields.next()?, "Z" | "X") { None } else { fields.nth(2)?.parse().ok() }
}

/// Waits until nothing runs any more that the program with this process id has started.
pub async fn all_gone(program: Pid) {
    eventually(|| started_by(program).is_empty().then_some(())).await;
}

/// A free port with three free ones after it, which are the identity provider's and those of the sample's two APIs, below those
/// that the system gives to whoever asks for any (ip(7)).
pub fn port() -> u16 {
    static NEXT: LazyLock<AtomicU16> = LazyLock::new(|| {
        let spread = u16::try_from(std::process::id() % 5_000).unwrap();
        AtomicU16::new(10_000 + 4 * spread)
    });
    let is_free = |port| std::net::TcpListener::bind(("127.0.0.1", port)).is_ok();
    loop {
        let port = NEXT.fetch_add(4, Ordering::SeqCst);
        if (port..port + 4).all(is_free) {
            return port;
        }
    }
}
