//! Processes end if their parent is killed.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::*;

/// The variable that makes this binary the parent process of the test.
const PARENT_VARIABLE: &str = "LATCHKEY_TEST_PARENT";

/// Starts a function and waits to be killed, if the test below started this binary. Otherwise there is nothing to test.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "prints the process id for the test")]
async fn parent() {
    if std::env::var_os(PARENT_VARIABLE).is_none() {
        return;
    }
    let functions = TestLambda::start();
    let pid = functions.pid().await;
    // While it handles this event, the function does not notice that the Runtime API is gone.
    let hang = br#"{ "do": "hang" }"#.to_vec();
    functions.lambda.invoke("f", hang, Duration::from_millis(100)).await.unwrap_err();
    println!("\nfunction {pid}");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn killing_the_parent_kills_its_functions() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::pool::tests::parent_death::parent", "--nocapture"])
        .env(PARENT_VARIABLE, "")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(parent.stdout.take().unwrap()).lines();
    let pid = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some(pid) = line.strip_prefix("function ") {
            break pid.parse().unwrap();
        }
    };
    assert!(is_alive(pid));
    parent.kill().await.unwrap();
    let gone = async {
        while is_alive(pid) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(TEST_TIMEOUT, gone).await.unwrap();
}

/// Whether the process runs. An ended process may remain as a zombie (state `Z`) until its new parent reaps it.
fn is_alive(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
