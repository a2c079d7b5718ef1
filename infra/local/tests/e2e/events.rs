//! Each file in `events` goes through the binary of its function and gives what is documented here.

use std::{collections::BTreeSet, fs, time::Duration};

use local::invoke::{Invoke, InvokeError};
use serde_json::Value;

use crate::harness::SHARED;

/// What a function answers.
enum Expected {
    /// A response with this status.
    Status(u16),
    /// An error with this text in it.
    Error(&'static str),
}

use Expected::{Error, Status};

const EVENTS: [(&str, &str, Expected); 15] = [
    ("authorizer", "authorizer", Error("Unauthorized")),
    ("authorizer-http-api", "authorizer", Error("Unauthorized")),
    ("authorizer-http-api-no-credential", "authorizer", Error("Unauthorized")),
    ("authorizer-http-api-two-credentials", "authorizer", Error("Unauthorized")),
    ("authorizer-no-credential", "authorizer", Error("Unauthorized")),
    ("authorizer-organization", "authorizer", Error("Unauthorized")),
    ("authorizer-payload-1.0", "authorizer", Error("payload 2.0 with simple responses")),
    ("authorizer-token-event", "authorizer", Error("make this authorizer one of the type REQUEST")),
    ("authorizer-two-credentials", "authorizer", Error("Unauthorized")),
    ("authorizer-unknown-route", "authorizer", Error("Unauthorized")),
    ("create-token", "create-token", Status(201)),
    ("get-token", "get-token", Status(404)),
    ("list-tokens", "list-tokens", Status(200)),
    ("revoke-token", "revoke-token", Status(404)),
    ("well-known", "well-known", Status(200)),
];

#[test]
fn each_event_gives_its_documented_answer() {
    let folder = local::build::workspace().join("events");
    let there: BTreeSet<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().file_name()).collect();
    let named: BTreeSet<_> = EVENTS.iter().map(|(name, ..)| format!("{name}.json").into()).collect();
    assert_eq!(there, named, "no event without an answer, and none without its file");
    for (name, function, expected) in &EVENTS {
        let event = fs::read(folder.join(format!("{name}.json"))).unwrap();
        let answer = SHARED.run(SHARED.stack().lambda.invoke(function, event, Duration::from_secs(30)));
        match (expected, answer) {
            (Status(status), Ok(answer)) => {
                let answer: Value = serde_json::from_slice(&answer).unwrap();
                assert_eq!(answer["statusCode"], *status, "{name}: {answer}");
            }
            (Error(words), Err(InvokeError::Failed { message })) => {
                assert!(message.contains(words), "{name}: {message}");
            }
            (_, answer) => panic!("{name}: {answer:?}"),
        }
    }
}
