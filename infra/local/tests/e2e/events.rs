//! Each file in `events` goes through the binary of its function and gives what `events/expected.json` says of it.

use std::{collections::BTreeSet, fs, path::PathBuf, time::Duration};

use local::invoke::{Invoke, InvokeError};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::harness::Shared;

/// What is no event there: what is expected of them, and the environment for `sam local invoke`.
const NO_EVENTS: [&str; 2] = ["environment", "expected"];

/// What the function answers to the event `event`.json: a response with a status and, if it is a problem, a code; or an error
/// that has this text in it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    event: String,
    function: String,
    status: Option<u64>,
    code: Option<String>,
    error: Option<String>,
}

fn folder() -> PathBuf {
    local::build::workspace().join("events")
}

/// In the order in which the events are to be sent: some are about what others have made.
fn expected() -> Vec<Expected> {
    serde_json::from_slice(&fs::read(folder().join("expected.json")).unwrap()).unwrap()
}

impl Expected {
    fn check(&self, answer: Result<Vec<u8>, InvokeError>) {
        let event = &self.event;
        match answer {
            Ok(answer) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                let text = answer["body"].as_str().unwrap();
                // A page is no JSON.
                let body: Value =
                    if text.starts_with(['{', '[']) { serde_json::from_str(text).unwrap() } else { json!({}) };
                let given = (answer["statusCode"].as_u64(), body["code"].as_str());
                assert_eq!(given, (self.status, self.code.as_deref()), "{event}: {}", body["detail"]);
            }
            Err(InvokeError::Failed { message }) => {
                let meant = self.error.as_ref().is_some_and(|words| message.contains(words));
                assert!(meant, "{event}: {message}");
            }
            Err(other) => panic!("{event}: {other}"),
        }
    }
}

#[test]
fn each_event_gives_its_documented_answer() {
    let shared = Shared::lend();
    for expected in expected() {
        let event = fs::read(folder().join(format!("{}.json", expected.event))).unwrap();
        let lambda = &shared.stack().lambda;
        expected.check(shared.run(lambda.invoke(&expected.function, event, Duration::from_secs(30))));
    }
}

#[test]
fn every_event_has_one_answer_and_every_function_a_good_event() {
    let shared = Shared::lend();
    let stem = |path: PathBuf| path.file_stem().unwrap().to_str().unwrap().to_owned();
    let files = fs::read_dir(folder()).unwrap().map(|file| stem(file.unwrap().path()));
    let expected = expected();
    let named: BTreeSet<_> = expected.iter().map(|expected| expected.event.clone()).collect();
    assert_eq!(named.len(), expected.len(), "one answer each");
    assert_eq!(named, files.filter(|name| !NO_EVENTS.contains(&name.as_str())).collect());
    for function in &shared.stack().template.functions {
        assert!(named.contains(&function.name), "{}", function.name);
    }
}
