mod bootstrap;
#[cfg(target_os = "linux")]
mod orphan;

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    path::Path,
    time::{Duration, Instant},
};

use axum::{extract::Request, response::IntoResponse};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::*;
use crate::{
    aws::wire::Server,
    invoke::Invoke,
    lambda::{Lambda, answers::Answers},
};

const PATIENCE: Duration = Duration::from_mins(1);

/// Away with what the test harness prints in every process.
fn quiet() -> Output {
    Output::File("/dev/null".into())
}

/// A stack of one function, `f`: this test binary, run again as its own test `bootstrap`.
struct Stack {
    lambda: Arc<Lambda>,
    pool: Arc<Pool>,
}

impl Stack {
    fn new(timeout: Duration, environment: &[(&str, &str)], output: Output) -> Self {
        let spec = FunctionSpec {
            name: "f".to_owned(),
            binary: std::env::current_exe().unwrap(),
            timeout,
            memory_mb: 128,
            environment: environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        };
        let arguments = ["--exact", "lambda::pool::tests::bootstrap::bootstrap", "--nocapture", "--test-threads=1"];
        let arguments = arguments.map(str::to_owned).to_vec();
        let pool = Pool::with_arguments(spec, arguments, output, Arc::new(Spawner::start()));
        let pools = HashMap::from([("f".to_owned(), Arc::clone(&pool))]);
        Self { lambda: Arc::new(Lambda { pools, answers: Answers::default() }), pool }
    }

    fn patient() -> Self {
        Self::new(PATIENCE, &[], quiet())
    }

    async fn invoke(&self, event: &Value) -> Result<Value, InvokeError> {
        let answer = self.lambda.invoke("f", event.to_string().into_bytes(), PATIENCE).await?;
        Ok(serde_json::from_slice(&answer).unwrap())
    }

    async fn pid(&self) -> u32 {
        let answer = self.invoke(&json!({ "do": "pid" })).await.unwrap();
        answer.as_u64().unwrap().try_into().unwrap()
    }

    /// Waits until nothing is at work any more.
    async fn idle(&self) {
        let turns = self.pool.turns.acquire_many(u32::try_from(LARGEST_POOL).unwrap()).await;
        drop(turns.unwrap());
    }
}

/// A server that functions call and that answers when it is told to.
struct Gate {
    server: Server,
    arrivals: Arc<Semaphore>,
    releases: Arc<Semaphore>,
}

impl Gate {
    async fn start() -> Self {
        let (arrivals, releases) = (Arc::new(Semaphore::new(0)), Arc::new(Semaphore::new(0)));
        let shared = (Arc::clone(&arrivals), Arc::clone(&releases));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let answer = move |_: Request| {
            let (arrivals, releases) = shared.clone();
            async move {
                arrivals.add_permits(1);
                releases.acquire().await.unwrap().forget();
                Ok("go on".into_response())
            }
        };
        Self { server: Server::start(listener, answer).unwrap(), arrivals, releases }
    }

    fn event(&self) -> Value {
        json!({ "do": "get", "url": self.server.url() })
    }

    /// Waits until `calls` more functions are waiting here.
    async fn arrived(&self, calls: u32) {
        self.arrivals.acquire_many(calls).await.unwrap().forget();
    }
}

fn lives(pid: u32) -> bool {
    let pid = rustix::process::Pid::from_raw(i32::try_from(pid).unwrap()).unwrap();
    rustix::process::test_kill_process(pid).is_ok()
}

async fn text(path: &Path) -> String {
    tokio::fs::read_to_string(path).await.unwrap()
}

#[tokio::test]
async fn the_first_invocation_starts_a_process_and_the_next_reuses_it() {
    let stack = Stack::patient();
    assert!(stack.lambda.processes("f").is_empty());
    let pid = stack.pid().await;
    assert_eq!(stack.pid().await, pid);
    assert_eq!(stack.lambda.processes("f"), [pid]);
}

#[tokio::test]
async fn warm_processes_are_there_before_the_first_event() {
    let stack = Stack::patient();
    stack.lambda.warm().await.unwrap();
    stack.lambda.warm_up("f", 3).await.unwrap();
    stack.lambda.warm_up("f", 2).await.unwrap();
    let warm = stack.lambda.processes("f");
    assert_eq!(warm.len(), 3);
    let pid = stack.pid().await;
    assert!(warm.contains(&pid));
    assert_eq!(stack.pid().await, pid, "the most recently used process comes first");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_named() {
    let lambda = Stack::patient().lambda;
    let answer = lambda.invoke("g", Vec::new(), PATIENCE).await;
    assert_eq!(answer, Err(InvokeError::Unknown("g".to_owned())));
    assert!(lambda.warm_up("g", 1).await.is_err());
    assert!(lambda.processes("g").is_empty());
}

#[tokio::test]
async fn a_process_sees_what_lambda_sets_and_nothing_of_the_machine() {
    let stack = Stack::new(PATIENCE, &[("TABLE_NAME", "tokens")], quiet());
    let answer = stack.invoke(&json!({ "do": "environment" })).await.unwrap();
    let variables: BTreeMap<String, String> = serde_json::from_value(answer).unwrap();
    assert_eq!(variables["TABLE_NAME"], "tokens");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_NAME"], "f");
    assert!(!variables.contains_key("PATH") && !variables.contains_key("HOME"), "{variables:?}");
}

#[tokio::test]
async fn an_event_comes_with_its_headers() {
    let stack = Stack::patient();
    let headers = stack.invoke(&json!({ "do": "headers" })).await.unwrap();
    let deadline: i64 = headers["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let left = deadline - jiff::Timestamp::now().as_millisecond();
    assert!((0..=60_000).contains(&left), "{left}");
    assert_eq!(headers["lambda-runtime-aws-request-id"].as_str().unwrap().len(), 36);
    assert!(headers["lambda-runtime-trace-id"].as_str().unwrap().starts_with("Root=1-"));
    assert_eq!(headers["lambda-runtime-invoked-function-arn"], "arn:aws:lambda:us-east-1:123456789012:function:f");
}

#[tokio::test]
async fn an_error_object_is_a_failure_with_its_message() {
    let stack = Stack::patient();
    let failed = InvokeError::Failed { message: "Unauthorized".to_owned() };
    assert_eq!(stack.invoke(&json!({ "do": "fail" })).await, Err(failed));
    assert_eq!(stack.lambda.processes("f"), [stack.pid().await], "the process goes on");
}

#[tokio::test]
async fn an_answer_with_a_wrong_request_id_is_refused() {
    let stack = Stack::patient();
    assert_eq!(stack.invoke(&json!({ "do": "wrong id" })).await, Ok(json!(400)));
}

#[tokio::test]
async fn an_answer_over_six_megabytes_is_refused() {
    let stack = Stack::patient();
    assert!(matches!(
        stack.invoke(&json!({ "do": "large", "bytes": 6_291_457 })).await,
        Err(InvokeError::Failed { .. })
    ));
    assert_eq!(stack.invoke(&json!({ "do": "last status" })).await, Ok(json!(413)));
    assert!(stack.invoke(&json!({ "do": "large", "bytes": 6_291_456 })).await.is_ok());
}

#[tokio::test]
async fn a_crash_is_told_at_once_and_the_next_invocation_has_a_new_process() {
    let stack = Stack::patient();
    let pid = stack.pid().await;
    assert_eq!(stack.invoke(&json!({ "do": "crash" })).await, Err(InvokeError::Crashed));
    assert_ne!(stack.pid().await, pid);
    assert!(!lives(pid));
}

#[tokio::test]
async fn a_process_that_ended_after_its_answer_costs_the_next_invocation_nothing() {
    let stack = Stack::patient();
    for _ in 0..3 {
        assert!(stack.invoke(&json!({ "do": "answer and end" })).await.is_ok());
    }
}

#[tokio::test]
async fn a_failed_initialization_is_told_at_once() {
    for fault in ["crash", "error"] {
        let stack = Stack::new(PATIENCE, &[("INIT", fault)], quiet());
        let started = Instant::now();
        assert_eq!(stack.invoke(&json!({ "do": "pid" })).await, Err(InvokeError::Crashed), "{fault}");
        assert!(matches!(stack.lambda.warm().await, Err(LambdaError::Init(_))), "{fault}");
        assert!(started.elapsed() < Duration::from_secs(9), "{fault}");
        assert!(stack.lambda.processes("f").is_empty());
    }
}

#[tokio::test]
async fn a_binary_that_is_not_there_is_a_crash() {
    let spec =
        FunctionSpec { binary: "/there/is/no/such".into(), ..FunctionSpec::clone(&Stack::patient().pool.spec()) };
    let lambda = Lambda::new(vec![spec], quiet());
    assert_eq!(lambda.invoke("f", Vec::new(), PATIENCE).await, Err(InvokeError::Crashed));
    assert!(matches!(lambda.warm().await, Err(LambdaError::Start { .. })));
}

#[tokio::test]
async fn a_function_that_hangs_is_killed() {
    let stack = Stack::new(Duration::from_millis(500), &[], quiet());
    let pid = stack.pid().await;
    assert_eq!(stack.invoke(&json!({ "do": "hang" })).await, Err(InvokeError::FunctionTimeout));
    assert!(!lives(pid));
    assert_ne!(stack.pid().await, pid);
}

#[tokio::test]
async fn a_caller_that_leaves_does_not_stop_the_function() {
    let (stack, gate) = (Stack::patient(), Gate::start().await);
    let pid = stack.pid().await;
    let event = gate.event().to_string().into_bytes();
    let impatient = stack.lambda.invoke("f", event, Duration::from_millis(100));
    assert_eq!(impatient.await, Err(InvokeError::CallerTimeout));
    gate.arrived(1).await;
    gate.releases.add_permits(1);
    stack.idle().await;
    assert_eq!(stack.pid().await, pid, "the late answer was thrown away and the process is idle");
}

#[tokio::test]
async fn at_most_32_processes_work_and_the_others_wait_their_turn() {
    let (stack, gate) = (Arc::new(Stack::patient()), Gate::start().await);
    let invoke = |_| {
        let (stack, event) = (Arc::clone(&stack), gate.event());
        tokio::spawn(async move { stack.invoke(&event).await })
    };
    let at_work: Vec<_> = (0..32).map(invoke).collect();
    gate.arrived(32).await;
    let pids: HashSet<_> = stack.lambda.processes("f").into_iter().collect();
    assert_eq!(pids.len(), 32);
    let impatient = stack.lambda.invoke("f", b"{}".to_vec(), Duration::from_millis(100)).await;
    assert_eq!(impatient, Err(InvokeError::CallerTimeout));
    let waiting = invoke(32);
    gate.releases.add_permits(1);
    gate.arrived(1).await;
    gate.releases.add_permits(32);
    for answer in at_work.into_iter().chain([waiting]) {
        assert_eq!(answer.await.unwrap(), Ok(json!("go on")));
    }
    assert!(stack.lambda.processes("f").iter().all(|pid| pids.contains(pid)), "no process was added");
}

#[tokio::test]
async fn a_restarted_function_has_the_new_variables_over_its_own_and_its_former_processes_are_gone() {
    let stack = Stack::new(PATIENCE, &[("TABLE_NAME", "tokens"), ("RING", "old")], quiet());
    stack.lambda.warm_up("f", 3).await.unwrap();
    let former = stack.lambda.processes("f");
    stack.lambda.restart("f", BTreeMap::from([("RING".to_owned(), "new".to_owned())])).await.unwrap();
    assert!(former.len() == 3 && !former.iter().any(|pid| lives(*pid)), "{former:?}");
    let warm = stack.lambda.processes("f");
    assert_eq!(warm, [stack.pid().await], "one waits already");
    let answer = stack.invoke(&json!({ "do": "environment" })).await.unwrap();
    assert_eq!((&answer["RING"], &answer["TABLE_NAME"]), (&json!("new"), &json!("tokens")));
    assert!(matches!(stack.lambda.restart("g", BTreeMap::new()).await, Err(LambdaError::Unknown(_))));
}

#[tokio::test]
async fn an_event_that_is_worked_on_during_a_restart_is_answered_and_its_process_gets_no_other() {
    let (stack, gate) = (Arc::new(Stack::patient()), Gate::start().await);
    let pid = stack.pid().await;
    let (asked, event) = (Arc::clone(&stack), gate.event());
    let at_work = tokio::spawn(async move { asked.invoke(&event).await });
    gate.arrived(1).await;
    let changes = BTreeMap::from([("RING".to_owned(), "new".to_owned())]);
    let restarted = Arc::clone(&stack);
    let restart = tokio::spawn(async move { restarted.lambda.restart("f", changes).await });
    while stack.pool.spec().environment.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_ne!(stack.pid().await, pid, "another process works meanwhile");
    assert!(!restart.is_finished() && lives(pid));
    gate.releases.add_permits(1);
    assert_eq!(at_work.await.unwrap(), Ok(json!("go on")));
    restart.await.unwrap().unwrap();
    assert!(!lives(pid));
}

#[tokio::test]
async fn variables_with_which_a_function_cannot_start_are_told() {
    let stack = Stack::patient();
    let broken = BTreeMap::from([("INIT".to_owned(), "error".to_owned())]);
    assert!(matches!(stack.lambda.restart("f", broken).await, Err(LambdaError::Init(_))));
    assert!(stack.lambda.processes("f").is_empty());
}

#[tokio::test]
async fn everything_that_is_printed_is_collected_before_shutdown_returns() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("functions.log");
    let stack = Stack::new(PATIENCE, &[], Output::File(path.clone()));
    stack.invoke(&json!({ "do": "print", "text": "a line from inside" })).await.unwrap();
    let pid = stack.pid().await;
    stack.lambda.shutdown().await;
    assert!(!lives(pid));
    let printed = text(&path).await;
    assert!(
        printed.contains("out: a line from inside\n") && printed.contains("err: a line from inside\n"),
        "{printed}"
    );
    assert_eq!(stack.invoke(&json!({ "do": "pid" })).await, Err(InvokeError::Crashed));
}

#[tokio::test]
async fn processes_end_with_the_lambda_that_started_them() {
    let stack = Stack::patient();
    let pid = stack.pid().await;
    stack.idle().await;
    drop(stack);
    let gone = async {
        while lives(pid) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}
