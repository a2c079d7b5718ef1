//! Test harness: starts local stacks, and sends requests as a client does.

mod http;
mod table;

use std::{
    collections::{BTreeMap, HashSet},
    env, fs,
    future::Future,
    ops::Deref,
    path::{Path, PathBuf},
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use data_dir::{SampleUrls, StackAddresses};
use jiff::Timestamp;
use local::{
    aws::{call_log::CallLog, faults::Faults, upstream::Upstreams},
    build,
    idp::{Idp, issuer::UserClaims},
    invoke::{Invoke, InvokeError},
    lambda::{Lambda, Output},
    seed::Seed,
    stack::{Sample, Stack, StackOptions},
    template::Template,
};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;

pub use self::http::HttpResponse;

/// A time long ago, in seconds since 1970 (August 2019).
pub const LONG_AGO: u32 = 1_566_656_122;

/// Time limit of a direct invocation.
const INVOKE_TIMEOUT: Duration = Duration::from_secs(30);

/// Time limit of [`eventually`].
const EVENTUALLY_TIMEOUT: Duration = Duration::from_secs(30);

static SHARED_STACK: LazyLock<TestStack> = LazyLock::new(TestStack::new);

static BINARIES: LazyLock<BTreeMap<String, PathBuf>> =
    LazyLock::new(|| build::binaries(&build::workspace(), false).expect("the functions are built"));

/// Endpoints that replace the embedded `DynamoDB` and KMS, so that the suite can run on other implementations:
/// `LATCHKEY_DYNAMODB_URL=http://… LATCHKEY_KMS_URL=http://… cargo test --test e2e`.
static UPSTREAMS: LazyLock<Upstreams> = LazyLock::new(|| {
    let endpoint = |name| env::var(name).ok().map(|url| url.parse().expect(name));
    Upstreams { dynamodb: endpoint("LATCHKEY_DYNAMODB_URL"), kms: endpoint("LATCHKEY_KMS_URL") }
});

/// A running local stack with a data folder of its own. Its invariants are checked when it is dropped.
pub struct TestStack {
    /// `None` after [`TestStack::stop`].
    stack: Option<Stack>,
    pub folder: TempDir,
    /// The functions. Their record of invocations remains readable after the stack has stopped.
    pub lambda: Arc<Lambda>,
    /// The calls to `DynamoDB` and KMS.
    pub calls: CallLog,
    pub template: Template,
    /// The credentials that must not be logged.
    pub secrets: Mutex<Vec<String>>,
    /// The request ids that the gateway has assigned.
    pub request_ids: Mutex<HashSet<String>>,
    runtime: Runtime,
    client: Client,
}

/// The stack that tests without special requirements share. Such a test uses an organization of its own, or allows for the
/// requests of others. Because the stack is never dropped, its invariants are checked after each test.
pub struct SharedStack(&'static TestStack);

impl SharedStack {
    pub fn get() -> Self {
        Self(&SHARED_STACK)
    }
}

impl Deref for SharedStack {
    type Target = TestStack;

    fn deref(&self) -> &TestStack {
        self.0
    }
}

impl Drop for SharedStack {
    fn drop(&mut self) {
        if !thread::panicking() {
            self.check_invariants();
        }
    }
}

impl TestStack {
    pub fn new() -> Self {
        Self::with_parameters(&[])
    }

    /// A stack with these values of template parameters.
    pub fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        Self::configured(|options| {
            let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            options.parameters.extend(parameters);
        })
    }

    /// A stack that also serves the sample API.
    pub fn with_sample() -> Self {
        Self::configured(|options| options.sample = Some(Sample::read(&build::workspace()).unwrap()))
    }

    /// A stack with changes to the default options.
    pub fn configured(change: impl FnOnce(&mut StackOptions)) -> Self {
        let runtime = runtime();
        let folder = temporary_folder();
        let mut options = options(folder.path());
        change(&mut options);
        let stack = runtime.block_on(Stack::start(options)).expect("the stack starts");
        Self {
            lambda: Arc::clone(&stack.lambda),
            calls: stack.aws.calls.clone(),
            template: stack.template.clone(),
            stack: Some(stack),
            folder,
            secrets: Mutex::default(),
            request_ids: Mutex::default(),
            runtime,
            client: Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
        }
    }

    fn running(&self) -> &Stack {
        self.stack.as_ref().expect("the stack runs")
    }

    pub fn is_running(&self) -> bool {
        self.stack.is_some()
    }

    pub fn stop(&mut self) {
        if let Some(stack) = self.stack.take() {
            self.run(stack.shutdown());
        }
    }

    /// The addresses of the stack's services.
    pub fn addresses(&self) -> &StackAddresses {
        &self.running().addresses
    }

    /// The addresses of the sample API.
    pub fn sample(&self) -> &SampleUrls {
        self.addresses().sample.as_ref().expect("the sample is served")
    }

    pub fn faults(&self) -> &Faults {
        &self.running().aws.faults
    }

    pub fn idp(&self) -> &Idp {
        &self.running().idp
    }

    pub fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Runs a task on the stack's runtime.
    pub fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.runtime.spawn(task);
    }

    /// Invokes a function directly. On AWS this requires the permission `lambda:InvokeFunction`.
    pub fn invoke(&self, function: &str, event: impl Into<Vec<u8>>) -> Result<Value, InvokeError> {
        let response = self.run(self.lambda.invoke(function, event.into(), INVOKE_TIMEOUT))?;
        Ok(serde_json::from_slice(&response).unwrap())
    }

    /// Restarts a function with changes to its environment variables.
    pub fn restart(&self, function: &str, variables: BTreeMap<String, String>) {
        self.run(self.lambda.restart(function, variables)).unwrap();
    }

    /// A token of a user whose roles are assigned in the table.
    pub fn user_token(&self, org: &str, user: &str) -> String {
        self.issue_user_token(org, user, None)
    }

    /// A token of a user whose roles are in a claim.
    pub fn user_token_with_roles(&self, org: &str, user: &str, roles: &[&str]) -> String {
        self.issue_user_token(org, user, Some(roles.iter().map(|role| (*role).to_owned()).collect()))
    }

    fn issue_user_token(&self, org: &str, user: &str, roles: Option<Vec<String>>) -> String {
        let ttl = Duration::from_hours(1);
        let claims = UserClaims { org: org.to_owned(), user: user.to_owned(), roles, ttl };
        self.remember_secret(self.idp().issuer().token(&claims, Timestamp::now()).unwrap())
    }

    /// A token of the seeded owner of the organization 123.
    pub fn owner_token(&self) -> String {
        self.user_token("123", "1001")
    }

    /// Everything that the functions have logged so far.
    pub fn output(&self) -> String {
        fs::read_to_string(output(self.folder.path())).unwrap_or_default()
    }

    /// Registers a credential that must not be logged, and returns it.
    pub fn remember_secret(&self, token: String) -> String {
        self.secrets.lock().unwrap().push(token.clone());
        token
    }
}

impl Drop for TestStack {
    fn drop(&mut self) {
        self.stop();
        if !thread::panicking() {
            self.check_invariants();
        }
    }
}

/// Runs both at once.
pub fn join<A: Send, B: Send>(first: impl FnOnce() -> A + Send, second: impl FnOnce() -> B + Send) -> (A, B) {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        (first.join().unwrap(), second)
    })
}

/// The member `id` of a token's item.
#[track_caller]
pub fn token_id(item: &Value) -> &str {
    item["id"].as_str().unwrap()
}

/// The path of a token.
#[track_caller]
pub fn token_path(item: &Value) -> String {
    format!("/v1/access-tokens/{}", token_id(item))
}

/// The header of a JWT.
pub fn header_of(token: &str) -> Value {
    decode_part(token, 0)
}

/// The claims of a JWT.
pub fn claims_of(token: &str) -> Value {
    decode_part(token, 1)
}

fn decode_part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The same token with a `kid` that matches no key.
pub fn with_unknown_kid(token: &str) -> String {
    let (_, rest) = token.split_once('.').unwrap();
    let mut header = header_of(token);
    header["kid"] = json!("unknown key");
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header.to_string()))
}

/// Repeats `attempt` until it returns a value.
///
/// # Panics
///
/// Panics after [`EVENTUALLY_TIMEOUT`].
pub fn eventually<T>(mut attempt: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(value) = attempt() {
            return value;
        }
        assert!(started.elapsed() < EVENTUALLY_TIMEOUT, "the condition was not met in time");
        thread::sleep(Duration::from_millis(20));
    }
}

pub fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A temporary folder on the disk of the target folder.
pub fn temporary_folder() -> TempDir {
    tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap()
}

/// The options of a stack that keeps its data and logs in `folder`.
pub fn options(folder: &Path) -> StackOptions {
    let workspace = build::workspace();
    StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml")).unwrap(),
        binaries: BINARIES.clone(),
        port: 0,
        data_dir: folder.join("data"),
        seed: Seed::read(&workspace.join("infra/local/seed.json")).unwrap(),
        seed_always: false,
        stage_in_path: false,
        parameters: BTreeMap::new(),
        upstreams: UPSTREAMS.clone(),
        sample: None,
        output: Output::File(output(folder)),
        accept_any_host: false,
    }
}

fn output(folder: &Path) -> PathBuf {
    folder.join("output.log")
}
