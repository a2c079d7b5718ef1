//! The job of `docs/integrate.md` that rotates its own token, killed at each of its steps.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::{Command, Output},
};

use aws_sdk_dynamodb::types::AttributeValue;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use local::{build, stack::operator};
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{STACK, empty_dir};

/// The steps at which the job is killed, in their order. `store` is killed between writing the new file and replacing the old
/// one.
const STEPS: [&str; 7] = ["read", "rotate", "rotated", "store", "stored", "get", "got"];

/// The number of the first step after which the new token is stored.
const FIRST_STEP_AFTER_STORE: usize = 4;

/// What the recipe expects of its environment: a secret store, here a file, and `latchkey`. Each kills the job at its step, and the
/// store may fail, or succeed without storing.
const ENVIRONMENT: &str = r#"
kill_at() { if [ "$KILL_AT" = "$1" ]; then kill -KILL $$ "$BASHPID"; fi; }
read_secret() { kill_at read; cat secret; }
store_secret() {
  case "$STORE" in fails) return 1 ;; forgets) cat > /dev/null; return 0 ;; esac
  cat > secret.new && kill_at store && mv secret.new secret && kill_at stored
}
latchkey() {
  kill_at "$2"
  "$LATCHKEY" "$@" || return
  case "$2" in rotate) kill_at rotated ;; get) kill_at got ;; esac
}
"#;

const SIGKILL: i32 = 9;

/// A job with its secret store.
struct Job {
    directory: TempDir,
    first_token_id: String,
}

impl Job {
    /// Stores a token of a user.
    fn new() -> Self {
        let (first_token_id, token) = STACK.create_token("--role 123:viewer --expires-in 30d --renewable");
        let job = Self { directory: empty_dir(), first_token_id };
        job.store(&token);
        job
    }

    fn secret_file(&self) -> PathBuf {
        self.directory.path().join("secret")
    }

    fn store(&self, token: &str) {
        fs::write(self.secret_file(), token).unwrap();
    }

    fn stored(&self) -> String {
        fs::read_to_string(self.secret_file()).unwrap()
    }

    /// Runs the job, and kills it at `step`. `store` is the fault of the secret store.
    fn run(&self, step: &str, store: &str) -> Output {
        // The first token is due, and its successor is not.
        let age = if token_id(&self.stored()) == self.first_token_id { "0s" } else { "1h" };
        let script = format!("set -euo pipefail\n{ENVIRONMENT}{}\nrotate_token {age}", recipe());
        Command::new("bash")
            .args(["-c", &script])
            .current_dir(self.directory.path())
            .env_remove("LATCHKEY_TOKEN")
            .env("LATCHKEY", env!("CARGO_BIN_EXE_latchkey"))
            .env("LATCHKEY_URL", &STACK.stack.addresses.url)
            .env("KILL_AT", step)
            .env("STORE", store)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn run_and_kill(&self, step: &str) {
        let output = self.run(step, "");
        assert_eq!(output.status.signal(), Some(SIGKILL), "{step} {output:?}");
    }

    #[track_caller]
    fn run_to_end(&self) {
        let output = self.run("", "");
        assert!(output.status.success(), "{output:?}");
    }

    /// The ids of the tokens that are valid now, in the order of their rotations. No token is used to find out.
    fn valid_ids(&self) -> Vec<String> {
        let mut valid = Vec::new();
        let mut current = item(&self.first_token_id);
        loop {
            let successor = current["successor"].as_str().map(item);
            let is_overlap = |successor: &Value| {
                let first_use = successor["first_used_at"].as_str().map(|time| time.parse::<Timestamp>().unwrap());
                let grace_end = first_use.map(|time| time + SignedDuration::from_mins(1));
                let ends_at = current["ends_at"].as_str().unwrap().parse::<Timestamp>().unwrap();
                Timestamp::now() < grace_end.map_or(ends_at, |end| end.min(ends_at))
            };
            if successor.as_ref().is_none_or(is_overlap) {
                valid.push(current["id"].as_str().unwrap().to_owned());
            }
            match successor {
                Some(successor) => current = successor,
                None => return valid,
            }
        }
    }

    /// Checks that the stored token is valid and at most one other is.
    #[track_caller]
    fn check(&self, context: &str) {
        let valid = self.valid_ids();
        assert!(valid.len() <= 2 && valid.contains(&token_id(&self.stored())), "{context} {valid:?}");
    }
}

/// The shell function of the document.
fn recipe() -> String {
    let page = fs::read_to_string(build::workspace().join("docs/integrate.md")).unwrap();
    let (_, rest) = page.split_once("```bash run\nrotate_token() {").unwrap();
    format!("rotate_token() {{{}", rest.split_once("```").unwrap().0)
}

/// The item of a token, as the organization's owner sees it.
fn item(id: &str) -> Value {
    STACK.run(&format!("token get {id} --output json")).expect_success().json()
}

/// The id in the claims of `token`.
fn token_id(token: &str) -> String {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    serde_json::from_slice::<Value>(&claims).unwrap()["token_id"].as_str().unwrap().to_owned()
}

/// Moves the first use of a token to two minutes ago, so that the token before it ends without a wait.
fn move_first_use_back(id: &str) {
    let stack = &STACK.stack;
    let client = operator(&stack.aws.dynamodb_url, &stack.template.pseudo_parameters);
    let first_use = (Timestamp::now() - SignedDuration::from_mins(2)).as_second().to_string();
    let update = client
        .update_item()
        .table_name(&stack.addresses.table)
        .key("pk", AttributeValue::S(format!("TOKEN#{}", id.split_once('_').unwrap().1)))
        .key("sk", AttributeValue::S("TOKEN".to_owned()))
        .update_expression("SET first_used_at = :time")
        .condition_expression("attribute_exists(first_used_at)")
        .expression_attribute_values(":time", AttributeValue::N(first_use));
    STACK.block_on(update.send()).unwrap();
}

#[test]
fn recipe_survives_being_killed_at_each_step() {
    for (number, step) in STEPS.into_iter().enumerate() {
        let job = Job::new();
        let first_token = job.stored();
        job.run_and_kill(step);
        job.check(step);
        let is_stored = number >= FIRST_STEP_AFTER_STORE;
        assert_eq!(job.stored() != first_token, is_stored, "{step}");
        // The next run has nothing to store.
        if step != "stored" {
            job.run_and_kill(step);
            job.check(step);
        }
        job.run_to_end();
        job.check(step);
        assert_eq!(job.valid_ids(), [job.first_token_id.clone(), token_id(&job.stored())], "{step}");
    }
}

#[test]
fn recipe_leaves_one_working_token() {
    let job = Job::new();
    let old = job.stored();
    job.run_to_end();
    let new = job.stored();
    let conflict = STACK.command("token rotate self --overlap 3d").env("LATCHKEY_TOKEN", &old).run().expect_failure(5);
    assert!(conflict.contains("already_rotated"), "{conflict}");
    move_first_use_back(&token_id(&new));
    let ended = STACK.command("token get self").env("LATCHKEY_TOKEN", &old).run().expect_failure(3);
    assert!(ended.contains("unauthenticated"), "{ended}");
    assert_eq!(job.valid_ids(), [token_id(&new)]);
    job.run_to_end();
    assert_eq!(job.stored(), new, "it is not due");
}

/// The old token stays in the store, and the next run receives the same successor.
#[test]
fn recipe_with_failing_store_can_be_repeated() {
    let job = Job::new();
    let old = job.stored();
    for fault in ["fails", "forgets"] {
        assert!(!job.run("", fault).status.success(), "{fault}");
        assert_eq!(job.stored(), old);
        job.check(fault);
    }
    job.run_to_end();
    job.check("repeated");
    assert_ne!(job.stored(), old);
}
