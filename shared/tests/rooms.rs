//! The rooms keep their words: what the design says each may not name.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fs, path::Path};

/// The sources below `room`, each with its path.
fn sources_of(room: &str) -> Vec<(String, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut folders = vec![src.join(room)];
    let file = src.join(format!("{room}.rs"));
    if file.is_file() {
        found.push((file.display().to_string(), fs::read_to_string(&file).unwrap()));
    }
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
            }
        }
    }
    found
}

fn assert_silent(room: &str, words: &[&str], except: &[&str]) {
    let sources = sources_of(room);
    assert!(!sources.is_empty(), "the room {room} is gone");
    for (path, text) in sources {
        if except.iter().any(|room| path.contains(&format!("/src/{room}"))) {
            continue;
        }
        for word in words {
            assert!(!text.contains(word), "{path} names {word}");
        }
    }
}

#[test]
fn the_pure_core_does_no_io_reads_no_clock_draws_nothing_and_knows_no_http() {
    for room in ["token", "jwt", "rights"] {
        let words = [
            "std::env",
            "std::fs",
            "std::net",
            "SystemTime",
            "Instant",
            "nanoid::",
            "tokio",
            "async ",
            "reqwest",
            "http::",
            "lambda",
            "tracing",
            "aws_sdk",
            "crate::aws",
            "crate::web",
            "crate::ports",
        ];
        assert_silent(room, &words, &["jwt/samples.rs", "jwt/der.rs", "jwt/unverified/tests.rs"]);
    }
}

#[test]
fn only_the_room_for_aws_names_the_sdks() {
    assert_silent("", &["aws_sdk_", "aws_config", "serde_dynamo"], &["aws"]);
}

#[test]
fn only_the_room_for_http_names_status_codes_and_the_gateway() {
    assert_silent("", &["StatusCode", "lambda_http", "lambda_runtime", "aws_lambda_events"], &["web"]);
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
