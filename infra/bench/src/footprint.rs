//! How much memory the functions take, and how long the local stack takes to be ready.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use local::build;
use reqwest::Method;

use crate::{
    figures,
    stack::{Ask, Outcome, Running, TOKENS, heading, mib, status},
};

/// How many starts are timed.
const STARTS: usize = 5;

/// Measures, prints and keeps the figures.
pub fn measure(requests: usize) -> Outcome<()> {
    let workspace = build::workspace();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let memory = runtime.block_on(memory(&workspace, requests))?;
    let ready = (0..STARTS).map(|_| time_to_ready(&workspace)).collect::<Outcome<Vec<_>>>()?;
    let body = table(requests, &memory, &ready);
    figures::tell(&body);
    figures::keep(&workspace, "Footprint", &body)?;
    Ok(())
}

/// The resident memory of each process of each function after it answered `requests` requests, in KiB: at the end, and at
/// most.
async fn memory(workspace: &Path, requests: usize) -> Outcome<Vec<(String, u64, u64)>> {
    let running = Running::start(workspace, true).await?;
    ask(&running, requests).await?;
    let mut memory = Vec::new();
    for function in running.stack.local.functions.keys() {
        for process in running.stack.lambda.processes(function) {
            memory.push((function.clone(), status(process, "VmRSS")?, status(process, "VmHWM")?));
        }
    }
    running.stop().await?;
    Ok(memory)
}

/// Asks each function `requests` times, one after the other, as Lambda does with one process.
async fn ask(running: &Running, requests: usize) -> Outcome<()> {
    let (owner, caller) = (running.owner("123")?, running.caller());
    let bearer = owner.as_str();
    for (method, path, body) in [
        (Method::GET, "/v1/access-tokens/.well-known/jwks.json", ""),
        (Method::GET, TOKENS, ""),
        (Method::POST, TOKENS, "{\"name\":\"Footprint\",\"token_type\":\"app\"}"),
        (Method::GET, "/v1/access-tokens/api_AAAAAAAAAAAAAAAAAAAAA", ""),
        (Method::DELETE, "/v1/access-tokens/api_AAAAAAAAAAAAAAAAAAAAA", ""),
    ] {
        for _ in 0..requests {
            let answer = caller.ask(method.clone(), Ask { path, bearer, body, ..Ask::default() }).await?;
            if answer.status >= 500 {
                return Err(format!("{method} {path}: {}", answer.status).into());
            }
        }
    }
    Ok(())
}

/// From `cargo local` to its last line, with everything built and a folder of its own.
fn time_to_ready(workspace: &Path) -> Outcome<Duration> {
    let started = Instant::now();
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut child = Command::new(cargo)
        .args(["local", "--port", "0", "--ephemeral", "--release"])
        .current_dir(workspace)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
    let ready = lines.map_while(Result::ok).any(|line| line.starts_with("ready "));
    let took = started.elapsed();
    // Cargo makes itself the program that it runs, so that this is the stack, which takes its folder with it.
    rustix::process::kill_process(rustix::process::Pid::from_child(&child), rustix::process::Signal::TERM)?;
    child.wait()?;
    if ready { Ok(took) } else { Err("the stack did not become ready".into()) }
}

fn table(requests: usize, memory: &[(String, u64, u64)], ready: &[Duration]) -> String {
    let mut text = heading(&format!("footprint --requests {requests}"), true);
    text.push_str("| function | resident, MiB | at most, MiB |\n|---|---|---|\n");
    for (function, resident, most) in memory {
        let _ = writeln!(text, "| {function} | {} | {} |", mib(*resident), mib(*most));
    }
    let mut ready: Vec<_> = ready.iter().map(Duration::as_millis).collect();
    ready.sort_unstable();
    let _ = writeln!(
        text,
        "\n`cargo local --release` to `ready`, everything built, {STARTS} starts: {} ms (median), {} to {} ms.",
        ready[ready.len() / 2],
        ready.first().unwrap_or(&0),
        ready.last().unwrap_or(&0),
    );
    text
}
