//! The dependency rules between the modules of this crate, as ARCHITECTURE.md states them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Files that contain test code only.
const TEST_FILES: [&str; 4] = ["tests.rs", "delegation_chain.rs", "samples.rs", "memory.rs"];

/// Lines of an entry point: it wires adapters to one operation.
const MAX_MAIN_LINES: usize = 40;

/// The source files of a module, by their paths below `src`, without test code.
fn sources(module: &str) -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    let mut pending = vec![root.join(module), root.join(format!("{module}.rs"))];
    while let Some(path) = pending.pop() {
        if path.is_dir() {
            pending.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if let Ok(text) = fs::read_to_string(&path) {
            let test_module =
                ["#[cfg(test)]\n#[expect", "#[cfg(test)]\nmod tests"].iter().filter_map(|start| text.find(start));
            let product_code = text[..test_module.min().unwrap_or(text.len())].to_owned();
            found.push((path.strip_prefix(&root).unwrap().to_owned(), product_code));
        }
    }
    found.retain(|(path, _)| !TEST_FILES.iter().any(|name| path.ends_with(name)));
    assert!(!found.is_empty(), "the module {module} does not exist");
    found
}

/// The source files of all modules but `module`.
fn sources_outside(module: &str) -> Vec<(PathBuf, String)> {
    let mut all = sources("");
    all.retain(|(path, _)| !path.starts_with(module) && *path != Path::new(&format!("{module}.rs")));
    assert!(all.len() > 20);
    all
}

fn assert_absent(sources: &[(PathBuf, String)], words: &[&str]) {
    for (path, text) in sources {
        for word in words {
            assert!(!text.contains(word), "{} contains {word}", path.display());
        }
    }
}

/// *(pure core)*
#[test]
fn pure_modules_have_no_io_clock_randomness_or_http() {
    let io = ["std::env", "std::fs", "std::io", "std::net", "std::process", "tokio", "async ", "tracing"];
    let clock = ["SystemTime", "Instant", "Timestamp::now", "Zoned::now"];
    let randomness = ["nanoid::", "rand::", "SystemRandom", "getrandom"];
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
    for module in ["json", "jwt", "permissions", "token"] {
        for words in [&io[..], &clock, &randomness, &outside] {
            assert_absent(&sources(module), words);
        }
    }
}

#[test]
fn only_aws_module_names_the_sdks() {
    assert_absent(&sources_outside("aws"), &["aws_sdk_", "aws_config", "aws_types", "serde_dynamo"]);
}

#[test]
fn only_aws_and_https_name_the_http_client() {
    let mut sources = sources_outside("aws");
    sources.retain(|(path, _)| !path.starts_with("https") && path != Path::new("https.rs"));
    assert_absent(&sources, &["aws_smithy", "rustls"]);
}

#[test]
fn only_web_module_names_status_codes_and_lambda() {
    assert_absent(&sources_outside("web"), &["StatusCode", "lambda_runtime", "aws_lambda_events"]);
}

/// *(recorded before released)* The proof of a stored token has one implementation.
#[test]
fn release_proof_is_implemented_once() {
    let implementations =
        sources("").iter().map(|(_, text)| text.matches("impl ReleaseProof for").count()).sum::<usize>();
    assert_eq!(implementations, 1);
}

#[test]
fn entry_points_are_short_and_branch_free() {
    let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let mut entry_points = 0;
    for entry in fs::read_dir(functions).unwrap() {
        let main = fs::read_to_string(entry.unwrap().path().join("src/main.rs")).unwrap();
        entry_points += 1;
        assert!(main.lines().count() <= MAX_MAIN_LINES, "{main}");
        assert!(!main.contains(" if ") && !main.contains("match "), "{main}");
    }
    assert!(entry_points >= 6);
}
