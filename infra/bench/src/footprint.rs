//! How much memory the functions take, and how long the local stack takes to be ready.

use std::{
    error::Error,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use jiff::Timestamp;
use local::{
    aws::upstream::Upstreams,
    build,
    idp::identity::PersonClaims,
    lambda::Output,
    seed::Seed,
    stack::{Stack, StackOptions},
};
use reqwest::{Client, Method, header};

use crate::figures;

type Outcome<T> = Result<T, Box<dyn Error>>;

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
    let folder = tempfile::tempdir()?;
    let stack = Stack::start(StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml"))?,
        binaries: build::binaries(workspace, true)?,
        port: 0,
        data: folder.path().join("data"),
        seed: Seed::read(&workspace.join("infra/local/seed.json"))?,
        seed_always: false,
        stage_in_path: false,
        parameters: std::collections::BTreeMap::new(),
        upstreams: Upstreams::default(),
        sample: None,
        output: Output::File(folder.path().join("output.log")),
    })
    .await?;
    ask(&stack, requests).await?;
    let mut memory = Vec::new();
    for function in stack.local.functions.keys() {
        for process in stack.lambda.processes(function) {
            memory.push((function.clone(), status(process, "VmRSS")?, status(process, "VmHWM")?));
        }
    }
    stack.shutdown().await;
    Ok(memory)
}

/// Asks each function `requests` times, one after the other, as Lambda does with one process.
async fn ask(stack: &Stack, requests: usize) -> Outcome<()> {
    let ttl = Duration::from_hours(12);
    let owner =
        PersonClaims { org: "123".to_owned(), user: "1001".to_owned(), roles: Some(vec!["owner".to_owned()]), ttl };
    let bearer = format!("Bearer {}", stack.idp.identity().token(&owner, Timestamp::now())?);
    let client = Client::new();
    for (method, path, body) in [
        (Method::GET, "/v1/access-tokens/.well-known/jwks.json", ""),
        (Method::GET, "/v1/access-tokens", ""),
        (Method::POST, "/v1/access-tokens", "{\"name\":\"Footprint\",\"token_type\":\"app\"}"),
        (Method::GET, "/v1/access-tokens/api_AAAAAAAAAAAAAAAAAAAAA", ""),
        (Method::DELETE, "/v1/access-tokens/api_AAAAAAAAAAAAAAAAAAAAA", ""),
    ] {
        for _ in 0..requests {
            let request = client.request(method.clone(), format!("{}{path}", stack.local.url)).body(body);
            let request =
                request.header(header::AUTHORIZATION, &bearer).header(header::CONTENT_TYPE, "application/json");
            let answer = request.send().await?;
            if answer.status().is_server_error() {
                return Err(format!("{method} {path}: {}", answer.status()).into());
            }
            answer.bytes().await?;
        }
    }
    Ok(())
}

/// A line of `/proc/<process>/status`, in KiB (proc(5)).
fn status(process: u32, name: &str) -> Outcome<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("the process is gone")?;
    Ok(line.trim_start_matches(':').trim().trim_end_matches(" kB").parse()?)
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
    let mut text = format!(
        "`cargo run -p bench -- footprint --requests {requests}`, release build, {}, {} processors, {}\n\n",
        std::env::consts::ARCH,
        std::thread::available_parallelism().map_or(0, usize::from),
        Timestamp::now().strftime("%Y-%m-%d"),
    );
    text.push_str("| function | resident, MiB | at most, MiB |\n|---|---|---|\n");
    let mib = |kib: u64| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024);
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
