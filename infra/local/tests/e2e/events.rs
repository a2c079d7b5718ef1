//! Sends every event of `events/`, and variants of them, to the function's binary and compares the outcome.
//!
//! The files of `events/` can be invoked by hand; `events/expected.json` lists the outcome of each. Events that differ from a
//! file by a few members are derived from it by [`variants`].

mod edit;
mod variants;

use std::{collections::BTreeSet, fs, path::PathBuf};

use local::invoke::InvokeError;
use serde::Deserialize;
use serde_json::{Value, json};

use self::variants::variants;
use crate::harness::SharedStack;

/// The outcome of an event: a response with a status and, if it is a problem, its code; or an error that contains a text.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// `<function>/<case>`: for an event file, its path in `events/` without `.json`.
    event: String,
    status: Option<u64>,
    code: Option<String>,
    error: Option<String>,
}

impl Expected {
    fn function(&self) -> &str {
        self.event.split_once('/').expect("`<function>/<case>`").0
    }

    #[track_caller]
    fn assert_matches(&self, result: Result<Value, InvokeError>) {
        let event = &self.event;
        match result {
            Ok(response) => {
                let text = response["body"].as_str().unwrap();
                // The portal's pages are HTML.
                let body: Value =
                    if text.starts_with(['{', '[']) { serde_json::from_str(text).unwrap() } else { json!({}) };
                let actual = (response["statusCode"].as_u64(), body["code"].as_str());
                assert_eq!(actual, (self.status, self.code.as_deref()), "{event}: {}", body["detail"]);
            }
            Err(InvokeError::Failed { message }) => {
                let is_expected = self.error.as_ref().is_some_and(|text| message.contains(text));
                assert!(is_expected, "{event}: {message}");
            }
            Err(other) => panic!("{event}: {other}"),
        }
    }
}

/// The event file or variant with this name, `<function>/<case>`.
pub fn event(name: &str) -> Value {
    match variants().into_iter().find(|variant| variant.expected.event == name) {
        Some(variant) => variant.event(),
        None => event_file(name),
    }
}

/// The event file with this name, `<function>/<case>`.
pub fn event_file(name: &str) -> Value {
    serde_json::from_slice(&read(name)).unwrap()
}

/// The file `<name>.json` of `events/`.
fn read(name: &str) -> Vec<u8> {
    fs::read(folder().join(format!("{name}.json"))).expect(name)
}

fn folder() -> PathBuf {
    local::build::workspace().join("events")
}

/// The outcome of each event file, in the order in which the files are sent: an event may depend on the token that an earlier
/// one created or revoked.
fn expected_of_files() -> Vec<Expected> {
    serde_json::from_slice(&read("expected")).unwrap()
}

/// The event files, as `<function>/<case>`.
fn event_files() -> BTreeSet<String> {
    let functions = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = functions.flat_map(|function| fs::read_dir(function).unwrap()).map(|entry| entry.unwrap().path());
    files.map(|path| path.strip_prefix(folder()).unwrap().with_extension("").to_str().unwrap().to_owned()).collect()
}

#[test]
fn event_file_or_variant_returns_its_expected_outcome() {
    let stack = SharedStack::get();
    let files = expected_of_files().into_iter().map(|expected| (read(&expected.event), expected));
    let variants = variants().into_iter().map(|variant| (variant.event().to_string().into_bytes(), variant.expected));
    for (event, expected) in files.chain(variants) {
        expected.assert_matches(stack.invoke(expected.function(), event));
    }
}

#[test]
fn event_names_are_unique_and_every_file_has_an_outcome() {
    let of_files: Vec<_> = expected_of_files().into_iter().map(|expected| expected.event).collect();
    assert_eq!(of_files.iter().cloned().collect::<BTreeSet<_>>(), event_files());
    let of_variants = variants().into_iter().map(|variant| variant.expected.event);
    let names: Vec<_> = of_files.into_iter().chain(of_variants).collect();
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len(), "{names:?}");
}

/// The authorizer's valid event has a placeholder in place of a token.
#[test]
fn every_function_has_a_valid_event_file() {
    let stack = SharedStack::get();
    let expected = expected_of_files();
    for function in &stack.template.functions {
        let is_valid = |expected: &Expected| {
            let succeeds = expected.status.is_some_and(|status| status < 300);
            expected.function() == function.name && (succeeds || expected.event == "authorizer/rest-api")
        };
        assert!(expected.iter().any(is_valid), "{}", function.name);
    }
}
