//! A function's process, from its start to its end.

use std::{
    io::Write,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

use super::{clock::Moment, player::Player, quota::Quota, subject::Subject};
use crate::stack::{Outcome, status};

/// Joins a group, waits for a line, and becomes the program: what comes before it is not held to the quota.
const JOIN: &str = r#"echo $$ >"$0" && read -r _ && exec "$@""#;

/// What Lambda itself sets, as far as a runtime asks for it (Lambda Developer Guide, "Defined runtime environment variables").
const LAMBDA: [(&str, &str); 7] = [
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_NAME", "measured"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/measured"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "[$LATEST]"),
    ("TZ", ":UTC"),
    ("_HANDLER", "bootstrap"),
];

/// A process that runs, and that asks a Runtime API of its own for events.
pub struct Process {
    child: Child,
    player: Player,
    /// When it last asked for an event.
    asked: Moment,
}

/// How long something took.
#[derive(Debug, Clone, Copy)]
pub struct Took {
    /// By the clock on the wall.
    pub wall: Duration,
    /// Of processor time.
    pub cpu: Duration,
}

/// What an event took.
#[derive(Debug, Clone, Copy)]
pub struct Invoked {
    /// From the event to its answer.
    pub until_answer: Took,
    /// From the event until the process asks for the next.
    pub until_next: Took,
}

impl Moment {
    /// What passed since an earlier one of the same process.
    fn since(self, earlier: Self) -> Took {
        Took { wall: self.at - earlier.at, cpu: self.cpu.saturating_sub(earlier.cpu) }
    }
}

impl Process {
    /// Starts it, under a quota where there is one, and waits until it asks for its first event: how long that took, beginning
    /// before the program was loaded.
    pub async fn start(subject: &Subject, quota: Option<&Quota>) -> Outcome<(Self, Took)> {
        let mut player = Player::start().await?;
        let mut command = command(subject, quota)?;
        command.env("AWS_LAMBDA_RUNTIME_API", player.address.to_string());
        let mut begun = Instant::now();
        let mut child = command.spawn()?;
        player.watch(child.id());
        if let Some(mut go) = child.stdin.take() {
            settle(child.id());
            begun = Instant::now();
            go.write_all(b"\n")?;
        }
        let asked = player.next().await;
        let before = Moment { at: begun, cpu: Duration::ZERO };
        let mut process = Self { child, player, asked: before };
        process.asked = asked.map_err(|error| format!("{} did not start: {error}", subject.name))?;
        let took = process.asked.since(before);
        Ok((process, took))
    }

    /// Gives it the event, and waits for its answer and for that it asks for the next.
    pub async fn invoke(&mut self, subject: &Subject) -> Outcome<Invoked> {
        let before = Moment { at: Instant::now(), cpu: self.asked.cpu };
        let (moment, answer) = self.player.answer(subject.event.clone()).await?;
        if !subject.is_content(&answer) {
            return Err(format!("{} ({:?}): {}", subject.name, subject.family, String::from_utf8_lossy(&answer)).into());
        }
        self.asked = self.player.next().await?;
        Ok(Invoked { until_answer: moment.since(before), until_next: self.asked.since(before) })
    }

    /// Asks it to end, and waits until it has.
    pub fn end(mut self) -> Outcome<()> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        self.child.wait()?;
        Ok(())
    }

    /// The most memory that it ever had resident, in KiB.
    pub fn peak(&self) -> Outcome<u64> {
        status(self.child.id(), "VmHWM")
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // One that has ended by itself is reaped all the same.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn command(subject: &Subject, quota: Option<&Quota>) -> Outcome<Command> {
    let (program, arguments) = subject.command.split_first().ok_or("a subject without a program")?;
    let mut command = match quota {
        None => Command::new(program),
        Some(quota) => {
            let mut shell = Command::new("/bin/sh");
            shell.arg("-c").arg(JOIN).arg(quota.door()).arg(program).stdin(Stdio::piped());
            shell
        }
    };
    if quota.is_none() {
        command.stdin(Stdio::null());
    }
    // What it prints is not looked at, and may not be waited for.
    command
        .args(arguments)
        .env_clear()
        .envs(LAMBDA)
        .envs(&subject.environment)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    Ok(command)
}

/// Waits until the process has joined its group: its shell then sleeps, waiting for a line.
fn settle(process: u32) {
    let joined = |(): &()| status(process, "voluntary_ctxt_switches").is_ok_and(|switches| switches > 0);
    let mut tries = std::iter::repeat_n((), 1_000);
    while !tries.next().as_ref().is_none_or(joined) {
        std::thread::sleep(Duration::from_millis(1));
    }
}
