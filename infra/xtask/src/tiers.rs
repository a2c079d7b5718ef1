//! Runs the steps of a tier one after the other, and reports how long each step and the slowest tests took.

use std::{
    ffi::OsString,
    io::{BufRead, BufReader, Write},
    process::{Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use crate::{
    Error, cargo, print,
    steps::{CHECK, CI, FULL, Step},
    test_runner, workspace,
};

/// The slowest tests that are listed.
const LISTED_TESTS: usize = 10;

/// The options of a tier.
#[derive(Default)]
struct Options {
    list: bool,
    keep_going: bool,
    only: Option<String>,
    from: Option<String>,
}

/// The result of a step.
struct StepResult {
    name: &'static str,
    duration: Duration,
    succeeded: bool,
}

/// A test and how long it took.
struct TestDuration {
    name: String,
    seconds: f64,
}

/// Runs the tier `name`.
///
/// # Errors
///
/// Returns an error for invalid options, and if a step cannot be started.
pub fn run(name: &str, arguments: &[OsString]) -> Result<ExitCode, Error> {
    let options = Options::parse(arguments)?;
    let steps = options.select(tier(name))?;
    if options.list {
        for step in steps {
            print(&format!("{:26} {}\n", step.name, step.command.join(" ")));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let mut results = Vec::new();
    let mut tests = Vec::new();
    for step in steps {
        print(&format!("\n== {}: {}\n", step.name, step.command.join(" ")));
        let started = Instant::now();
        let succeeded = run_step(step, &mut tests)?;
        results.push(StepResult { name: step.name, duration: started.elapsed(), succeeded });
        if !succeeded && !options.keep_going {
            break;
        }
    }
    print(&report(&results, &mut tests));
    let all_succeeded = results.iter().all(|result| result.succeeded);
    Ok(if all_succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tier(name: &str) -> Vec<&'static Step> {
    let parts: &[&[Step]] = match name {
        "check" => &[CHECK],
        "ci" => &[CHECK, CI],
        _ => &[CHECK, CI, FULL],
    };
    parts.iter().flat_map(|steps| steps.iter()).collect()
}

impl Options {
    fn parse(arguments: &[OsString]) -> Result<Self, Error> {
        let mut options = Self::default();
        let mut words = arguments.iter().map(|word| word.to_string_lossy().into_owned());
        while let Some(word) = words.next() {
            match word.as_str() {
                "--list" => options.list = true,
                "--keep-going" => options.keep_going = true,
                "--only" => options.only = Some(words.next().ok_or("`--only` requires the name of a step")?),
                "--from" => options.from = Some(words.next().ok_or("`--from` requires the name of a step")?),
                other => return Err(format!("unknown option `{other}`: see `cargo xtask help`").into()),
            }
        }
        Ok(options)
    }

    fn select(&self, steps: Vec<&'static Step>) -> Result<Vec<&'static Step>, Error> {
        let Some(name) = self.only.as_ref().or(self.from.as_ref()) else { return Ok(steps) };
        let position = steps.iter().position(|step| step.name == name);
        let position = position.ok_or_else(|| format!("the tier has no step `{name}`: see `--list`"))?;
        let end = if self.only.is_some() { position + 1 } else { steps.len() };
        Ok(steps[position..end].to_vec())
    }
}

/// Runs a step and returns whether it succeeded. Output of tests is printed as it comes, and their durations are added to `tests`.
fn run_step(step: &Step, tests: &mut Vec<TestDuration>) -> Result<bool, Error> {
    let [program, arguments @ ..] = step.command else { return Err("a step without a command".into()) };
    let is_test = *program == "cargo" && arguments.first() == Some(&"test");
    let mut command = if *program == "cargo" { Command::new(cargo()) } else { Command::new(workspace().join(program)) };
    command.current_dir(workspace());
    if !is_test {
        let status = command.args(arguments).status();
        return Ok(status.map_err(|error| format!("cannot start `{program}`: {error}"))?.success());
    }
    let xtask = std::env::current_exe()?;
    let runner = format!("target.'cfg(all())'.runner=['{}', '{}']", xtask.display(), test_runner::COMMAND);
    command.args(["--config", &runner]).args(arguments).stdout(Stdio::piped());
    let mut child = command.spawn()?;
    let output = child.stdout.take().ok_or("no output of cargo")?;
    // A test may print any bytes.
    for line in BufReader::new(output).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        writeln!(std::io::stdout(), "{line}")?;
        tests.extend(parse_duration(&line));
    }
    Ok(child.wait()?.success())
}

/// Parses a line like `test jwt::tests::name ... ok <1.234s>`.
fn parse_duration(line: &str) -> Option<TestDuration> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (_, duration) = rest.rsplit_once('<')?;
    Some(TestDuration { name: name.to_owned(), seconds: duration.strip_suffix("s>")?.parse().ok()? })
}

fn report(results: &[StepResult], tests: &mut [TestDuration]) -> String {
    let mut lines = Vec::new();
    if !tests.is_empty() {
        tests.sort_by(|a, b| b.seconds.total_cmp(&a.seconds));
        lines.push("\nSlowest tests:".to_owned());
        lines.extend(tests.iter().take(LISTED_TESTS).map(|test| format!("{:8.1} s  {}", test.seconds, test.name)));
    }
    lines.push("\nSteps:".to_owned());
    for result in results {
        let outcome = if result.succeeded { "" } else { "  FAILED" };
        lines.push(format!("{:8.1} s  {}{outcome}", result.duration.as_secs_f64(), result.name));
    }
    let total: Duration = results.iter().map(|result| result.duration).sum();
    lines.push(format!("{:8.1} s  in total\n", total.as_secs_f64()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn test_line_has_name_and_duration() {
        let test = parse_duration("test jwt::tests::name ... ok <1.234s>").map(|test| (test.name, test.seconds));
        assert_eq!(test, Some(("jwt::tests::name".to_owned(), 1.234)));
        for line in ["test jwt::tests::name ... ok", "running 3 tests", "test result: ok. 3 passed; finished in 1.00s"]
        {
            assert!(parse_duration(line).is_none(), "{line}");
        }
    }

    #[test]
    fn step_names_are_unique() {
        let mut names: Vec<_> = tier("full").iter().map(|step| step.name).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
