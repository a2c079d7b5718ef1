//! How many instructions things take, by callgrind: counts do not depend on what else the machine does, so that a change that
//! makes something dearer is seen at once.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use local::build;
use tempfile::TempDir;

use crate::{
    figures::{keep, tell},
    speed::{Process, Stage, Subject},
    stack::{Outcome, heading},
};

/// How many later requests are counted.
const REQUESTS: u64 = 50;

/// How many verifications are counted.
const VERIFICATIONS: u64 = 50;

/// How far a count may lie above the one that is kept, in percent, before somebody must say that this is as it should be: random
/// numbers and the order of what arrives move it a little.
const ROOM: u64 = 10;

/// How far that of a start may, in which connections are opened side by side: one more of them is a fifth.
const ROOM_OF_A_START: u64 = 30;

/// The counts by what they are of, in instructions.
type Counts = BTreeMap<String, u64>;

/// Counts, and compares with `counts.json`; or writes that file.
///
/// # Errors
///
/// When something cannot be built, started or asked; or where a count is further above the one that is kept than it may be.
pub fn measure(update: bool) -> Outcome<()> {
    let workspace = build::workspace();
    let stage = Stage::prepare(&workspace)?;
    let counts = stage.run(count(&stage))?;
    stage.stop()?;
    let file = workspace.join("infra/bench/counts.json");
    if update {
        fs::write(&file, serde_json::to_string_pretty(&counts)? + "\n")?;
    }
    let limits: Counts = serde_json::from_slice(&fs::read(&file)?)?;
    let (text, beyond) = compare(&counts, &limits);
    tell(&text);
    if update {
        keep(&workspace, "Instructions", &format!("{}{text}", heading("counts --update", true)))?;
    }
    if beyond.is_empty() { Ok(()) } else { Err(format!("more instructions than before: {}", beyond.join(", ")).into()) }
}

async fn count(stage: &Stage) -> Outcome<Counts> {
    let mut counts = Counts::new();
    for subject in &stage.subjects {
        let callgrind = Callgrind::new()?;
        let start = callgrind.of(subject, 0).await?;
        let first = callgrind.of(subject, 1).await?;
        let later = callgrind.of(subject, 1 + REQUESTS).await?;
        counts.insert(format!("{}, start", subject.name), start);
        // Of what a start does in parallel some may be left for the first request, so that it is not looked at by itself.
        counts.insert(format!("{}, until the first answer", subject.name), first);
        counts.insert(format!("{}, later request", subject.name), later.saturating_sub(first) / REQUESTS);
    }
    let (program, work) = stage.baseline("verify")?;
    let verified = |times: u64| Callgrind::new()?.of_program(program, &times.to_string(), &work);
    let each = (verified(2 * VERIFICATIONS)?.saturating_sub(verified(VERIFICATIONS)?)) / VERIFICATIONS;
    counts.insert("a signature, verified".to_owned(), each);
    Ok(counts)
}

/// The tool, and where it writes what it counted.
struct Callgrind {
    folder: TempDir,
}

impl Callgrind {
    fn new() -> Outcome<Self> {
        Ok(Self { folder: tempfile::tempdir()? })
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    fn command(&self) -> Vec<PathBuf> {
        let out = format!("--callgrind-out-file={}", self.out().display());
        ["/usr/bin/valgrind", "--tool=callgrind", &out].map(PathBuf::from).into()
    }

    /// The instructions of a process from its start until it has answered so many events; the least of three, since a connection
    /// that is slow to come makes another be opened beside it.
    async fn of(&self, subject: &Subject, events: u64) -> Outcome<u64> {
        let mut least = u64::MAX;
        for _ in 0..3 {
            least = least.min(self.once(subject, events).await?);
        }
        Ok(least)
    }

    async fn once(&self, subject: &Subject, events: u64) -> Outcome<u64> {
        let command = [self.command(), subject.command.clone()].concat();
        let subject = Subject { command, ..subject.clone() };
        let (mut process, _) = Process::start(&subject, None).await?;
        for _ in 0..events {
            process.invoke(&subject).await?;
        }
        process.end()?;
        self.counted()
    }

    fn of_program(&self, program: &Path, argument: &str, variables: &BTreeMap<String, String>) -> Outcome<u64> {
        let tool = self.command();
        let mut command = Command::new(&tool[0]);
        command.args(&tool[1..]).arg(program).arg(argument).env_clear().envs(variables);
        let ended = command.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if ended.success() { self.counted() } else { Err(format!("{} failed", program.display()).into()) }
    }

    fn counted(&self) -> Outcome<u64> {
        let text = fs::read_to_string(self.out())?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
        Ok(total.ok_or("callgrind counted nothing")?.trim().parse()?)
    }
}

/// The table, and what is beyond its limit.
fn compare(counts: &Counts, limits: &Counts) -> (String, Vec<String>) {
    let mut text = "| | instructions | kept | difference |\n|---|---|---|---|\n".to_owned();
    let mut beyond = Vec::new();
    for (what, count) in counts {
        let kept = limits.get(what).copied().unwrap_or_default();
        if *count > kept + kept * room(what) / 100 {
            beyond.push(format!("{what}: {count}, and {kept} are kept"));
        }
        let tenths = (i128::from(*count) - i128::from(kept)) * 1_000 / i128::from(kept.max(1));
        let (sign, whole, tenth) = (sign(tenths), (tenths / 10).abs(), (tenths % 10).abs());
        let _ = writeln!(text, "| {what} | {count} | {kept} | {sign}{whole}.{tenth} % |");
    }
    (text, beyond)
}

fn room(what: &str) -> u64 {
    if what.ends_with("start") || what.ends_with("until the first answer") { ROOM_OF_A_START } else { ROOM }
}

fn sign(value: i128) -> &'static str {
    if value < 0 { "-" } else { "+" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(count: u64) -> Counts {
        Counts::from([("a".to_owned(), count)])
    }

    #[test]
    fn a_tenth_more_is_let_pass_and_an_instruction_more_is_not() {
        assert!(compare(&of(1_100), &of(1_000)).1.is_empty());
        assert_eq!(compare(&of(1_101), &of(1_000)).1, ["a: 1101, and 1000 are kept"]);
        assert!(compare(&of(1), &of(1_000)).0.contains("| a | 1 | 1000 | -99.9 % |"));
    }

    #[test]
    fn a_start_may_have_one_connection_more() {
        let start = |count| Counts::from([("a, start".to_owned(), count)]);
        assert!(compare(&start(1_300), &start(1_000)).1.is_empty());
        assert_eq!(compare(&start(1_301), &start(1_000)).1.len(), 1);
    }

    #[test]
    fn what_has_no_limit_is_beyond_it() {
        assert_eq!(compare(&of(1), &Counts::new()).1.len(), 1);
    }
}
