#[cfg(target_os = "linux")]
mod parent_death;
mod test_function;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::{Duration, Instant},
};

use axum::{extract::Request, response::IntoResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::{
    http_server::HttpServer,
    invoke::Invoke,
    lambda::{Lambda, handled_events::HandledEvents},
};

const TEST_TIMEOUT: Duration = Duration::from_mins(1);

/// Discards the output of the test harness in every process.
fn discard() -> Output {
    Output::File("/dev/null".into())
}

/// Lambda with one function `f`: this test binary, run with its test `test_function`.
struct TestLambda {
    lambda: Arc<Lambda>,
    pool: Arc<Pool>,
}

impl TestLambda {
    fn new(timeout: Duration, environment: &[(&str, &str)], output: Output) -> Self {
        let spec = FunctionSpec {
            name: "f".to_owned(),
            binary: std::env::current_exe().unwrap(),
            timeout,
            memory_mb: 128,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let arguments =
            ["--exact", "lambda::pool::tests::test_function::test_function", "--nocapture", "--test-threads=1"];
        let arguments = arguments.map(str::to_owned).to_vec();
        let pool = Pool::with_arguments(spec, arguments, output, Arc::new(Spawner::start()));
        let pools = HashMap::from([("f".to_owned(), Arc::clone(&pool))]);
        Self { lambda: Arc::new(Lambda { pools, handled_events: HandledEvents::default() }), pool }
    }

    fn start() -> Self {
        Self::new(TEST_TIMEOUT, &[], discard())
    }

    async fn invoke(&self, event: &Value) -> Result<Value, InvokeError> {
        let result = self.lambda.invoke("f", event.to_string().into_bytes(), TEST_TIMEOUT).await?;
        Ok(serde_json::from_slice(&result).unwrap())
    }

    async fn pid(&self) -> u32 {
        let pid = self.invoke(&json!({ "do": "pid" })).await.unwrap();
        pid.as_u64().unwrap().try_into().unwrap()
    }

    /// Waits until no invocation is in progress.
    async fn wait_until_idle(&self) {
        let permits = self.pool.permits.acquire_many(u32::try_from(MAX_PROCESSES).unwrap()).await;
        drop(permits.unwrap());
    }
}

/// A server that functions call, whose responses the test releases.
struct Barrier {
    server: HttpServer,
    arrivals: Arc<Semaphore>,
    releases: Arc<Semaphore>,
}

impl Barrier {
    async fn start() -> Self {
        let arrivals = Arc::new(Semaphore::new(0));
        let releases = Arc::new(Semaphore::new(0));
        let shared = (Arc::clone(&arrivals), Arc::clone(&releases));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let handler = move |_: Request| {
            let (arrivals, releases) = shared.clone();
            async move {
                arrivals.add_permits(1);
                releases.acquire().await.unwrap().forget();
                Ok("released".into_response())
            }
        };
        Self { server: HttpServer::start(listener, handler).unwrap(), arrivals, releases }
    }

    fn event(&self) -> Value {
        json!({ "do": "get", "url": self.server.url() })
    }

    /// Waits until `calls` more functions wait for a response.
    async fn arrived(&self, calls: u32) {
        self.arrivals.acquire_many(calls).await.unwrap().forget();
    }
}

fn is_running(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

#[tokio::test]
async fn second_invocation_reuses_the_process_of_the_first() {
    let functions = TestLambda::start();
    assert!(functions.lambda.processes("f").is_empty());
    let pid = functions.pid().await;
    assert_eq!(functions.pid().await, pid);
    assert_eq!(functions.lambda.processes("f"), [pid]);
}

#[tokio::test]
async fn warm_up_starts_processes_before_the_first_event() {
    let functions = TestLambda::start();
    functions.lambda.warm().await.unwrap();
    functions.lambda.warm_up("f", 3).await.unwrap();
    functions.lambda.warm_up("f", 2).await.unwrap();
    let warm = functions.lambda.processes("f");
    assert_eq!(warm.len(), 3);
    let pid = functions.pid().await;
    assert!(warm.contains(&pid));
    assert_eq!(functions.pid().await, pid, "the most recently used process comes first");
}

#[tokio::test]
async fn invoke_unknown_function_is_an_error() {
    let lambda = TestLambda::start().lambda;
    let result = lambda.invoke("g", Vec::new(), TEST_TIMEOUT).await;
    assert_eq!(result, Err(InvokeError::UnknownFunction("g".to_owned())));
    assert!(lambda.warm_up("g", 1).await.is_err());
    assert!(lambda.processes("g").is_empty());
}

#[tokio::test]
async fn process_has_the_variables_of_lambda_only() {
    let functions = TestLambda::new(TEST_TIMEOUT, &[("TABLE_NAME", "tokens")], discard());
    let variables = functions.invoke(&json!({ "do": "environment" })).await.unwrap();
    let variables: BTreeMap<String, String> = serde_json::from_value(variables).unwrap();
    assert_eq!(variables["TABLE_NAME"], "tokens");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_NAME"], "f");
    assert!(!variables.contains_key("PATH") && !variables.contains_key("HOME"), "{variables:?}");
}

#[tokio::test]
async fn event_has_the_headers_of_the_runtime_api() {
    let functions = TestLambda::start();
    let headers = functions.invoke(&json!({ "do": "headers" })).await.unwrap();
    let deadline: i64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let left = deadline - jiff::Timestamp::now().as_millisecond();
    assert!((0..=60_000).contains(&left), "{left}");
    assert_eq!(headers["lambda-runtime-aws-request-id"].as_str().unwrap().len(), 36);
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    assert_eq!(headers["lambda-runtime-invoked-function-arn"], "arn:aws:lambda:us-east-1:123456789012:function:f");
}

#[tokio::test]
async fn runtime_api_rejects_requests_for_other_hosts() {
    let functions = TestLambda::start();
    let variables = functions.invoke(&json!({ "do": "environment" })).await.unwrap();
    let address = variables["AWS_LAMBDA_RUNTIME_API"].as_str().unwrap();
    let next = reqwest::Client::new().get(format!("http://{address}/2018-06-01/runtime/invocation/next"));
    assert_eq!(next.header("Host", "attacker.example").send().await.unwrap().status(), 421);
}

#[tokio::test]
async fn error_object_is_a_failure_with_its_message() {
    let functions = TestLambda::start();
    let failed = InvokeError::Failed { message: "Unauthorized".to_owned() };
    assert_eq!(functions.invoke(&json!({ "do": "fail" })).await, Err(failed));
    assert_eq!(functions.lambda.processes("f"), [functions.pid().await], "the process continues");
}

#[tokio::test]
async fn result_for_another_request_id_is_rejected() {
    let functions = TestLambda::start();
    assert_eq!(functions.invoke(&json!({ "do": "wrong id" })).await, Ok(json!(400)));
}

#[tokio::test]
async fn result_above_the_limit_of_lambda_is_rejected() {
    let functions = TestLambda::start();
    assert!(matches!(
        functions.invoke(&json!({ "do": "large", "bytes": 6_291_557 })).await,
        Err(InvokeError::Failed { .. })
    ));
    assert_eq!(functions.invoke(&json!({ "do": "last status" })).await, Ok(json!(413)));
    assert!(functions.invoke(&json!({ "do": "large", "bytes": 6_291_556 })).await.is_ok());
}

#[tokio::test]
async fn next_invocation_after_crash_has_a_new_process() {
    let functions = TestLambda::start();
    let pid = functions.pid().await;
    assert_eq!(functions.invoke(&json!({ "do": "crash" })).await, Err(InvokeError::Crashed));
    assert_ne!(functions.pid().await, pid);
    assert!(!is_running(pid));
}

#[tokio::test]
async fn invocation_after_process_ended_idle_succeeds() {
    let functions = TestLambda::start();
    for _ in 0..3 {
        assert!(functions.invoke(&json!({ "do": "respond and exit" })).await.is_ok());
    }
}

#[tokio::test]
async fn failed_initialization_is_reported_immediately() {
    for fault in ["crash", "error"] {
        let functions = TestLambda::new(TEST_TIMEOUT, &[("INIT", fault)], discard());
        let started = Instant::now();
        assert_eq!(functions.invoke(&json!({ "do": "pid" })).await, Err(InvokeError::Crashed), "{fault}");
        assert!(matches!(functions.lambda.warm().await, Err(LambdaError::Init(_))), "{fault}");
        assert!(started.elapsed() < Duration::from_secs(9), "{fault}");
        assert!(functions.lambda.processes("f").is_empty());
    }
}

#[tokio::test]
async fn missing_binary_is_a_crash() {
    let spec =
        FunctionSpec { binary: "/no/such/binary".into(), ..FunctionSpec::clone(&TestLambda::start().pool.spec()) };
    let lambda = Lambda::new(vec![spec], discard());
    assert_eq!(lambda.invoke("f", Vec::new(), TEST_TIMEOUT).await, Err(InvokeError::Crashed));
    assert!(matches!(lambda.warm().await, Err(LambdaError::Start { .. })));
}

#[tokio::test]
async fn function_that_times_out_is_killed() {
    let functions = TestLambda::new(Duration::from_millis(500), &[], discard());
    let pid = functions.pid().await;
    assert_eq!(functions.invoke(&json!({ "do": "hang" })).await, Err(InvokeError::FunctionTimeout));
    assert!(!is_running(pid));
    assert_ne!(functions.pid().await, pid);
}

#[tokio::test]
async fn function_continues_after_caller_timeout() {
    let functions = TestLambda::start();
    let barrier = Barrier::start().await;
    let pid = functions.pid().await;
    let event = barrier.event().to_string().into_bytes();
    let impatient = functions.lambda.invoke("f", event, Duration::from_millis(100));
    assert_eq!(impatient.await, Err(InvokeError::CallerTimeout));
    barrier.arrived(1).await;
    barrier.releases.add_permits(1);
    functions.wait_until_idle().await;
    assert_eq!(functions.pid().await, pid, "the late result was dropped and the process is idle");
}

#[tokio::test]
async fn invocation_above_32_processes_waits() {
    let functions = Arc::new(TestLambda::start());
    let barrier = Barrier::start().await;
    let invoke = |_| {
        let functions = Arc::clone(&functions);
        let event = barrier.event();
        tokio::spawn(async move { functions.invoke(&event).await })
    };
    let in_progress: Vec<_> = (0..32).map(invoke).collect();
    barrier.arrived(32).await;
    let pids: HashSet<_> = functions.lambda.processes("f").into_iter().collect();
    assert_eq!(pids.len(), 32);
    let impatient = functions.lambda.invoke("f", b"{}".to_vec(), Duration::from_millis(100)).await;
    assert_eq!(impatient, Err(InvokeError::CallerTimeout));
    let waiting = invoke(32);
    barrier.releases.add_permits(1);
    barrier.arrived(1).await;
    barrier.releases.add_permits(32);
    for result in in_progress.into_iter().chain([waiting]) {
        assert_eq!(result.await.unwrap(), Ok(json!("released")));
    }
    assert!(functions.lambda.processes("f").iter().all(|pid| pids.contains(pid)), "no process was added");
}

#[tokio::test]
async fn restart_changes_variables_and_ends_old_processes() {
    let functions = TestLambda::new(TEST_TIMEOUT, &[("TABLE_NAME", "tokens"), ("VARIABLE", "old")], discard());
    functions.lambda.warm_up("f", 3).await.unwrap();
    let old = functions.lambda.processes("f");
    functions.lambda.restart("f", BTreeMap::from([("VARIABLE".to_owned(), "new".to_owned())])).await.unwrap();
    assert!(old.len() == 3 && !old.iter().any(|pid| is_running(*pid)), "{old:?}");
    let warm = functions.lambda.processes("f");
    assert_eq!(warm, [functions.pid().await], "one process is idle");
    let variables = functions.invoke(&json!({ "do": "environment" })).await.unwrap();
    assert_eq!((&variables["VARIABLE"], &variables["TABLE_NAME"]), (&json!("new"), &json!("tokens")));
    assert!(matches!(functions.lambda.restart("g", BTreeMap::new()).await, Err(LambdaError::UnknownFunction(_))));
}

#[tokio::test]
async fn restart_completes_the_current_event_of_old_processes() {
    let functions = Arc::new(TestLambda::start());
    let barrier = Barrier::start().await;
    let pid = functions.pid().await;
    let caller = Arc::clone(&functions);
    let event = barrier.event();
    let in_progress = tokio::spawn(async move { caller.invoke(&event).await });
    barrier.arrived(1).await;
    let changes = BTreeMap::from([("VARIABLE".to_owned(), "new".to_owned())]);
    let restarted = Arc::clone(&functions);
    let restart = tokio::spawn(async move { restarted.lambda.restart("f", changes).await });
    while functions.pool.spec().environment.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_ne!(functions.pid().await, pid, "another process handles it");
    assert!(!restart.is_finished() && is_running(pid));
    barrier.releases.add_permits(1);
    assert_eq!(in_progress.await.unwrap(), Ok(json!("released")));
    restart.await.unwrap().unwrap();
    assert!(!is_running(pid));
}

#[tokio::test]
async fn restart_with_failing_variables_is_an_error() {
    let functions = TestLambda::start();
    let broken = BTreeMap::from([("INIT".to_owned(), "error".to_owned())]);
    assert!(matches!(functions.lambda.restart("f", broken).await, Err(LambdaError::Init(_))));
    assert!(functions.lambda.processes("f").is_empty());
}

#[tokio::test]
async fn shutdown_waits_for_the_output_of_processes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("functions.log");
    let functions = TestLambda::new(TEST_TIMEOUT, &[], Output::File(path.clone()));
    functions.invoke(&json!({ "do": "print", "text": "a line" })).await.unwrap();
    let pid = functions.pid().await;
    functions.lambda.shutdown().await;
    assert!(!is_running(pid));
    let printed = tokio::fs::read_to_string(&path).await.unwrap();
    assert!(printed.contains("out: a line\n") && printed.contains("err: a line\n"), "{printed}");
    assert_eq!(functions.invoke(&json!({ "do": "pid" })).await, Err(InvokeError::Crashed));
}

#[tokio::test]
async fn dropping_lambda_ends_its_processes() {
    let functions = TestLambda::start();
    let pid = functions.pid().await;
    functions.wait_until_idle().await;
    drop(functions);
    let gone = async {
        while is_running(pid) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, gone).await.unwrap();
}
