//! What becomes of the processes when their parent is killed.

use std::process::Stdio;

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::Command,
};

use super::*;

/// Makes the test below start this binary once more as a stack to be killed.
const PARENT: &str = "LATCHKEY_TEST_PARENT";

/// Starts a function and waits to be killed when this binary is started as a parent, and is no test otherwise.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "by this the test learns the process id")]
async fn parent() {
    if std::env::var_os(PARENT).is_none() {
        return;
    }
    let stack = Stack::patient();
    let pid = stack.pid().await;
    // At work on this it does not notice that the Runtime API is gone.
    let hang = br#"{ "do": "hang" }"#.to_vec();
    stack.lambda.invoke("f", hang, Duration::from_millis(100)).await.unwrap_err();
    println!("\nfunction {pid}");
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn functions_are_killed_with_a_parent_that_is_killed() {
    let mut parent = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "lambda::pool::tests::orphan::parent", "--nocapture"])
        .env(PARENT, "")
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
    assert!(is_running(pid));
    parent.kill().await.unwrap();
    let gone = async {
        while is_running(pid) {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(PATIENCE, gone).await.unwrap();
}

/// One that has ended may still wait for whoever is in its parent's place to take its exit status (state `Z`).
fn is_running(pid: u32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
