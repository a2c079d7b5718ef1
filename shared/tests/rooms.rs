//! The rooms keep their words: what the design says each may not name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The files of the room `room`, by their paths below `src`, as they are built for use: without their tests.
fn sources(room: &str) -> Vec<(PathBuf, String)> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut found, mut left) = (Vec::new(), vec![source.join(room), source.join(format!("{room}.rs"))]);
    while let Some(path) = left.pop() {
        if path.is_dir() {
            left.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let used = text.split("#[cfg(test)]\n#[expect").next().unwrap().to_owned();
            found.push((path.strip_prefix(&source).unwrap().to_owned(), used));
        }
    }
    let for_tests = ["tests.rs", "chain.rs", "samples.rs", "memory.rs"];
    found.retain(|(path, _)| !for_tests.iter().any(|name| path.ends_with(name)));
    assert!(!found.is_empty(), "the room {room} is gone");
    found
}

fn assert_silent(sources: &[(PathBuf, String)], words: &[&str]) {
    for (path, text) in sources {
        for word in words {
            assert!(!text.contains(word), "{} names {word}", path.display());
        }
    }
}

/// All files but those of one room.
fn outside(room: &str) -> Vec<(PathBuf, String)> {
    let mut all = sources("");
    all.retain(|(path, _)| !path.starts_with(room) && *path != Path::new(&format!("{room}.rs")));
    assert!(all.len() > 20);
    all
}

#[test]
fn the_pure_core_does_no_io_reads_no_clock_draws_nothing_and_knows_no_http() {
    let io = ["std::env", "std::fs", "std::io", "std::net", "std::process", "tokio", "async ", "tracing"];
    let clock = ["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];
    let chance = ["nanoid::", "rand::", "SystemRandom", "getrandom"];
    let outside = [
        "http::",
        "crate::https",
        "lambda",
        "aws_sdk",
        "aws_smithy",
        "crate::aws",
        "crate::web",
        "crate::ports",
        "crate::telemetry",
    ];
    for room in ["token", "jwt", "rights"] {
        for words in [&io[..], &clock, &chance, &outside] {
            assert_silent(&sources(room), words);
        }
    }
}

#[test]
fn only_the_room_for_aws_names_the_sdks() {
    assert_silent(&outside("aws"), &["aws_sdk_", "aws_config", "aws_types", "serde_dynamo"]);
}

#[test]
fn only_the_rooms_for_aws_and_for_https_name_the_client_of_the_sdks() {
    let mut sources = outside("aws");
    sources.retain(|(path, _)| !path.starts_with("https") && path != Path::new("https.rs"));
    assert_silent(&sources, &["aws_smithy", "rustls"]);
}

#[test]
fn only_the_room_for_http_names_status_codes_and_the_gateway() {
    assert_silent(&outside("web"), &["StatusCode", "lambda_http", "lambda_runtime", "aws_lambda_events"]);
}

#[test]
fn a_door_decides_nothing() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut doors = 0;
    for entry in fs::read_dir(functions).unwrap() {
        let door = fs::read_to_string(entry.unwrap().path().join("src/main.rs")).unwrap();
        doors += 1;
        assert!(door.lines().count() <= 40, "{door}");
        assert!(!door.contains(" if ") && !door.contains("match "), "{door}");
    }
    assert!(doors >= 6);
}
