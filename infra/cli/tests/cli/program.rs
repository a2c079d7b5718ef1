//! The program under test, beside a stack or alone.

use std::{
    collections::BTreeMap,
    fs,
    io::{PipeWriter, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::LazyLock,
    time::Duration,
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
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The functions' binaries. Building them may replace the program's own, so they are built before it is run.
static BINARIES: LazyLock<BTreeMap<String, PathBuf>> =
    LazyLock::new(|| build::binaries(&build::workspace(), false).expect("the functions are built"));

/// One stack for all tests; each minds that there are others.
pub static SHARED: LazyLock<World> = LazyLock::new(World::new);

/// A folder with a service in `.local`, where the program runs.
pub struct World {
    pub stack: Stack,
    pub folder: TempDir,
    _runtime: Runtime,
}

/// How the program ended, and what it printed.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl World {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let stack = runtime.block_on(Stack::start(options(folder.path()))).expect("the stack starts");
        Self { stack, folder, _runtime: runtime }
    }

    /// The program with these arguments, its words separated by blanks, beside the service and as its owner.
    pub fn run(&self, words: &str) -> Ended {
        self.program(words).run()
    }

    pub fn program(&self, words: &str) -> Program {
        Program::new(self.folder.path(), words)
    }

    /// The token of a person who has the roles that the ledger says.
    pub fn person(&self, org: &str, user: &str) -> String {
        let ttl = Duration::from_hours(1);
        let claims = PersonClaims { org: org.to_owned(), user: user.to_owned(), roles: None, ttl };
        self.stack.idp.identity().token(&claims, Timestamp::now()).unwrap()
    }

    /// A token made with these further words: its id and the token.
    pub fn token(&self, words: &str) -> (String, String) {
        let made = self.run(&format!("token create --name Test --output json {words}")).ok().json();
        (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
    }

    /// A file in the world's folder.
    pub fn file(&self, name: &str, text: &str) -> String {
        let path = self.folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// The program with its arguments, environment and input, not yet run.
pub struct Program {
    command: Command,
    input: String,
}

impl Program {
    /// In `folder`, with an environment of its own.
    pub fn new(folder: &Path, words: &str) -> Self {
        LazyLock::force(&BINARIES);
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        command.args(words.split_whitespace()).env_clear().current_dir(folder);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, input: String::new() }
    }

    pub fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    pub fn input(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    /// Writes what it prints there.
    pub fn output(mut self, pipe: PipeWriter) -> Self {
        self.command.stdout(pipe);
        self
    }

    pub fn run(mut self) -> Ended {
        let mut child = self.command.spawn().unwrap();
        // A program that does not want its input may be gone before it is written.
        let _ = child.stdin.take().unwrap().write_all(self.input.as_bytes());
        let output = child.wait_with_output().unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Ended { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }
}

impl Ended {
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!(self.code, 0, "{self:?}");
        self
    }

    /// What was said when it failed with this exit code. Nothing was printed then.
    #[track_caller]
    pub fn failed(self, code: i32) -> String {
        assert_eq!((self.code, self.out.as_str()), (code, ""), "{self:?}");
        self.err
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// What is printed, with ids, times and tokens replaced, and with one blank for each run of them.
pub fn settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(api|app|assume|journey|portal)_[A-Za-z0-9_-]{21}", "${1}_ID");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME");
    settings.add_filter(r"\d{4}-\d\d-\d\d", "DAY");
    settings.add_filter(r"http://127\.0\.0\.1:\d+", "URL");
    settings.add_filter(r" {2,}", "  ");
    settings
}

/// An empty folder, where no service runs.
pub fn elsewhere() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

fn options(folder: &Path) -> StackOptions {
    let workspace = build::workspace();
    StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml")).unwrap(),
        binaries: BINARIES.clone(),
        port: 0,
        data: folder.join(".local"),
        seed: Seed::read(&workspace.join("infra/local/seed.json")).unwrap(),
        seed_always: false,
        stage_in_path: true,
        parameters: BTreeMap::new(),
        upstreams: Upstreams::default(),
        sample: None,
        output: Output::File(folder.join("output.log")),
    }
}
