//! The test harness: a shared local stack, and the `latchkey` binary with its arguments, environment and output.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{PipeWriter, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::LazyLock,
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use local::{
    aws::upstream::Upstreams,
    build,
    idp::issuer::UserClaims,
    lambda,
    seed::Seed,
    stack::{Stack, StackOptions},
};
#[cfg(target_os = "linux")]
use rustix::pty::{self, OpenptFlags};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// The functions' binaries. The build may replace the binary under test, so it happens before any run.
static FUNCTION_BINARIES: LazyLock<BTreeMap<String, PathBuf>> =
    LazyLock::new(|| build::binaries(&build::workspace(), false).expect("the functions are built"));

/// The stack that all tests share. Each test uses its own organization or tokens.
pub static STACK: LazyLock<TestStack> = LazyLock::new(TestStack::new);

/// A running stack with its data in `.local` below `directory`, which is the working directory of the CLI.
pub struct TestStack {
    pub stack: Stack,
    pub directory: TempDir,
    runtime: Runtime,
}

/// The exit code and the output of a finished run.
#[derive(Debug)]
pub struct CommandOutput {
    pub exit_code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl TestStack {
    fn new() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let directory = empty_dir();
        let stack = runtime.block_on(Stack::start(stack_options(directory.path()))).expect("the stack starts");
        Self { stack, directory, runtime }
    }

    /// Waits for `future` on the runtime of the stack.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs the CLI with blank-separated `arguments` as the seeded owner.
    pub fn run(&self, arguments: &str) -> CommandOutput {
        self.command(arguments).run()
    }

    pub fn command(&self, arguments: &str) -> CliCommand {
        CliCommand::new(self.directory.path(), arguments)
    }

    /// The end of the message of an error that the API returned: the code and the service.
    pub fn error_end(&self, code: &str) -> String {
        format!(" ({code} from `{}`)\n", self.stack.addresses.url)
    }

    /// Returns an identity provider's token for `user`. The ledger decides the user's roles.
    pub fn user_token(&self, org: &str, user: &str) -> String {
        let ttl = Duration::from_hours(1);
        let claims = UserClaims { org: org.to_owned(), user: user.to_owned(), roles: None, ttl };
        self.stack.idp.issuer().token(&claims, Timestamp::now()).unwrap()
    }

    /// Creates a token with additional `arguments`, and returns its id and the token.
    pub fn create_token(&self, arguments: &str) -> (String, String) {
        id_and_token(self.command(&format!("token create --name Test --output json {arguments}")))
    }

    /// Creates a token with `credential`, and returns its id and the token.
    pub fn create_token_as(&self, credential: &str) -> (String, String) {
        id_and_token(self.command("token create --name Test --output json").env("LATCHKEY_TOKEN", credential))
    }

    /// Writes a file to the stack's directory, and returns its path.
    pub fn write_file(&self, name: &str, text: &str) -> String {
        let path = self.directory.path().join(name);
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

fn id_and_token(create: CliCommand) -> (String, String) {
    let created = create.run().expect_success().json();
    (created["id"].as_str().unwrap().to_owned(), created["token"].as_str().unwrap().to_owned())
}

/// A run of the CLI that is being prepared.
pub struct CliCommand {
    command: Command,
    input: String,
}

impl CliCommand {
    /// Prepares a run in `directory` with an empty environment.
    pub fn new(directory: &Path, arguments: &str) -> Self {
        LazyLock::force(&FUNCTION_BINARIES);
        let mut command = Command::new(env!("CARGO_BIN_EXE_latchkey"));
        command.args(arguments.split_whitespace()).env_clear().current_dir(directory);
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

    pub fn stdin(mut self, text: &str) -> Self {
        text.clone_into(&mut self.input);
        self
    }

    pub fn stdout(mut self, pipe: PipeWriter) -> Self {
        self.command.stdout(pipe);
        self
    }

    /// Starts the run without input.
    pub fn spawn(mut self) -> Child {
        self.command.stdin(Stdio::null()).spawn().unwrap()
    }

    pub fn run(mut self) -> CommandOutput {
        let mut child = self.command.spawn().unwrap();
        // The process may exit before it reads its input.
        let _ = child.stdin.take().unwrap().write_all(self.input.as_bytes());
        CommandOutput::of(child.wait_with_output().unwrap())
    }

    /// Runs with a terminal as standard input and standard error, on which `typed` is typed in advance. The returned standard
    /// error is what the terminal displays, the typed text included.
    #[cfg(target_os = "linux")]
    pub fn run_on_terminal(mut self, typed: &str) -> CommandOutput {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        let controller = pty::openpt(flags).unwrap();
        pty::grantpt(&controller).unwrap();
        pty::unlockpt(&controller).unwrap();
        let terminal = pty::ioctl_tiocgptpeer(&controller, flags).unwrap();
        let child = self.command.stdin(terminal.try_clone().unwrap()).stderr(terminal).spawn().unwrap();
        // Closes the terminal in this process, so that its end can be read.
        drop(self);
        let mut controller = File::from(controller);
        controller.write_all(typed.as_bytes()).unwrap();
        let mut output = child.wait_with_output().unwrap();
        // Linux reports the end as an error (EIO).
        let _ = controller.read_to_end(&mut output.stderr);
        CommandOutput::of(output)
    }
}

impl CommandOutput {
    fn of(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        Self { exit_code: output.status.code().unwrap(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }

    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert_eq!(self.exit_code, 0, "{self:?}");
        self
    }

    /// Checks the exit code of a failed run with empty standard output, and returns standard error.
    #[track_caller]
    pub fn expect_failure(self, exit_code: i32) -> String {
        assert_eq!((self.exit_code, self.stdout.as_str()), (exit_code, ""), "{self:?}");
        self.stderr
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Snapshot settings that replace ids, times and URLs, and shorten runs of blanks to two.
pub fn snapshot_settings() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter(r"(api|app|assume|journey|portal)_[A-Za-z0-9_-]{21}", "${1}_ID");
    settings.add_filter(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME");
    settings.add_filter(r"\d{4}-\d\d-\d\d", "DAY");
    settings.add_filter(r"http://127\.0\.0\.1:\d+", "URL");
    settings.add_filter(r" {2,}", "  ");
    settings
}

/// Formats a token that claims `issuer` and has no valid signature.
pub fn unsigned_token(issuer: &str) -> String {
    let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}.AA", part(json!({"alg": "RS256"})), part(json!({"iss": issuer})))
}

/// Creates an empty directory outside of the workspace, which may have a stack of its own.
pub fn empty_dir() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn stack_options(directory: &Path) -> StackOptions {
    let workspace = build::workspace();
    StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml")).unwrap(),
        binaries: FUNCTION_BINARIES.clone(),
        port: 0,
        data_dir: directory.join(".local"),
        seed: Seed::read(&workspace.join("infra/local/seed.json")).unwrap(),
        seed_always: false,
        stage_in_path: true,
        parameters: BTreeMap::new(),
        upstreams: Upstreams::default(),
        sample: None,
        output: lambda::Output::File(directory.join("output.log")),
        accept_any_host: false,
    }
}
