//! The rules for names and prose that can be checked by reading lines.

use std::{
    fs,
    path::Path,
    process::{Command, ExitCode},
};

use crate::{Error, print, workspace};

/// Longest name of a test, in characters.
const MAX_TEST_NAME_CHARS: usize = 60;

/// Words of speech that plain technical English replaces, in lower case.
const AVOIDED_WORDS: [&str; 4] = ["anybody", "nobody", "somebody", "whoever"];

/// The ends of the names of files that are checked for words.
const TEXT_FILES: [&str; 9] = [".css", ".html", ".md", ".mjs", ".py", ".rs", ".toml", ".ts", ".yaml"];

/// Files with words of others, or with the words themselves.
const EXCLUDED: [&str; 3] = ["docs/style.md", "functions/portal/assets/", "infra/xtask/src/style.rs"];

/// Prints each violation in the files that git tracks.
///
/// # Errors
///
/// Returns an error if the files cannot be listed or read.
pub fn check() -> Result<ExitCode, Error> {
    let mut violations = Vec::new();
    for path in tracked_files()? {
        let checked =
            TEXT_FILES.iter().any(|end| path.ends_with(end)) && !EXCLUDED.iter().any(|start| path.starts_with(start));
        let file = workspace().join(&path);
        // A file that is deleted and not yet committed is still listed.
        if !checked || !file.exists() {
            continue;
        }
        let text = fs::read_to_string(&file).map_err(|error| format!("cannot read `{path}`: {error}"))?;
        violations.extend(check_text(&path, &text));
    }
    for violation in &violations {
        print(&format!("{violation}\n"));
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tracked_files() -> Result<Vec<String>, Error> {
    let output = Command::new("git").args(["ls-files"]).current_dir(workspace()).output()?;
    if !output.status.success() {
        return Err("git cannot list the files".into());
    }
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

fn check_text(path: &str, text: &str) -> Vec<String> {
    let mut violations = Vec::new();
    let is_rust = Path::new(path).extension().is_some_and(|extension| extension == "rs");
    let mut is_test = false;
    for (index, line) in text.lines().enumerate() {
        let mut report = |problem: String| violations.push(format!("{path}:{}: {problem}", index + 1));
        for word in words(line).filter(|word| AVOIDED_WORDS.contains(&word.as_str())) {
            // A value in quotes is data.
            if !line.contains(&format!("\"{word}\"")) {
                report(format!("`{word}`: name the role, or write in the passive"));
            }
        }
        if !is_rust {
            continue;
        }
        let code = line.trim_start();
        if binds_tuple_of_values(code) {
            report("one statement per binding".to_owned());
        }
        if code.starts_with("#[test]") || code.starts_with("#[tokio::test") {
            is_test = true;
        } else if let Some(name) = function_name(code).filter(|_| is_test) {
            is_test = false;
            if name.chars().count() > MAX_TEST_NAME_CHARS {
                report(format!("test name `{name}` is longer than {MAX_TEST_NAME_CHARS} characters"));
            }
        }
    }
    violations
}

/// The words of a line in lower case.
fn words(line: &str) -> impl Iterator<Item = String> {
    line.split(|character: char| !character.is_ascii_alphabetic()).map(str::to_ascii_lowercase)
}

/// The name of the function that is declared in a line.
fn function_name(code: &str) -> Option<&str> {
    let code = code.strip_prefix("async ").unwrap_or(code);
    let (name, _) = code.strip_prefix("fn ")?.split_once('(')?;
    Some(name)
}

/// Returns whether a line binds several names to a tuple that is written out, like `let (a, b) = (x, y);`.
fn binds_tuple_of_values(code: &str) -> bool {
    let Some((_, value)) = code.strip_prefix("let (").and_then(|rest| rest.split_once(") = ")) else { return false };
    value.starts_with('(') && value.ends_with(");") && value.contains(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_test_name_is_reported_with_its_line() {
        let name = "a".repeat(MAX_TEST_NAME_CHARS);
        let test = |name: &str| format!("#[test]\nfn {name}() {{}}\n");
        assert!(check_text("a.rs", &test(&name)).is_empty());
        let violations = check_text("a.rs", &test(&format!("{name}a")));
        assert!(violations.len() == 1 && violations[0].starts_with("a.rs:2: test name "), "{violations:?}");
        assert!(check_text("a.rs", &format!("fn {name}a() {{}}\n")).is_empty());
    }

    #[test]
    fn tuple_of_values_is_reported_and_destructuring_is_not() {
        for (line, expected) in [
            ("let (a, b) = (x, y);", 1),
            ("let (a, b) = pair();", 0),
            ("let (a, b) = (x)(y);", 0),
            ("for (a, b) in pairs {}", 0),
        ] {
            assert_eq!(check_text("a.rs", line).len(), expected, "{line}");
        }
    }

    #[test]
    fn avoided_word_is_reported_in_every_kind_of_text() {
        assert_eq!(check_text("a.md", &format!("{} may.", AVOIDED_WORDS[0])).len(), 1);
        assert!(check_text("a.md", "No caller may.").is_empty());
    }
}
