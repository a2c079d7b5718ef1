//! `cargo local` itself: builds the functions, starts the stack and stops it at a signal.

use std::{error::Error, fs, io::Write, path::PathBuf};

use data_dir::EPHEMERAL_PREFIX;
use tempfile::TempDir;
use tokio::signal::unix::{SignalKind, signal};

use super::{RunArgs, block_on, greeting::Greeting};
use crate::{
    aws::upstream::Upstreams,
    build,
    lambda::Output,
    seed::Seed,
    stack::{Sample, Stack, StackOptions, data_dir::log_path},
    terminal::{self, LogFormat},
};

/// The data directory of the stack.
struct Location {
    path: PathBuf,
    /// The option that selects the stack in other commands, if it is needed.
    option: String,
    /// Removes the directory at the end.
    _temporary: Option<TempDir>,
}

/// Builds, starts, prints the greeting and waits for the signal to stop.
pub(super) fn run(arguments: RunArgs) -> Result<(), Box<dyn Error>> {
    terminal::init(arguments.log);
    let workspace = build::workspace();
    let seed_file = arguments.seed.clone().unwrap_or_else(|| workspace.join("infra/local/seed.json"));
    let seed = Seed::read(&seed_file)?;
    let binaries = build::binaries(&workspace, arguments.release)?;
    // After the build, which a signal interrupts without removing a temporary directory.
    let location = Location::new(&arguments)?;
    let options = StackOptions {
        template: fs::read_to_string(workspace.join("template.yaml"))?,
        seed,
        binaries,
        port: arguments.port,
        data_dir: location.path.clone(),
        seed_always: arguments.seed.is_some(),
        stage_in_path: arguments.stage,
        parameters: arguments.set.into_iter().collect(),
        upstreams: Upstreams { dynamodb: arguments.dynamodb_url, kms: arguments.kms_url },
        sample: Some(Sample::read(&workspace)?),
        output: match arguments.log {
            LogFormat::Text => Output::File(log_path(&location.path)),
            LogFormat::Json => Output::Inherit,
        },
        accept_any_host: false,
    };
    block_on(run_until_signal(options, &location))
}

async fn run_until_signal(options: StackOptions, location: &Location) -> Result<(), Box<dyn Error>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stack = tokio::select! {
        started = Stack::start(options) => started?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    let users = stack.idp.users().await;
    let greeting = Greeting {
        addresses: &stack.addresses,
        users: &users,
        data_dir: &location.path,
        stack_option: &location.option,
    };
    write!(std::io::stdout(), "{greeting}")?;
    std::io::stdout().flush()?;
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    stack.shutdown().await;
    Ok(())
}

impl Location {
    fn new(arguments: &RunArgs) -> Result<Self, Box<dyn Error>> {
        if arguments.ephemeral {
            let temporary = tempfile::Builder::new().prefix(EPHEMERAL_PREFIX).tempdir()?;
            let path = temporary.path().to_owned();
            return Ok(Self { path, option: "--ephemeral ".to_owned(), _temporary: Some(temporary) });
        }
        let Some(path) = &arguments.data else {
            let path = data_dir::default_for_start(&build::workspace())?;
            return Ok(Self { path, option: String::new(), _temporary: None });
        };
        let option = format!("--data {} ", shell_quoted(&std::path::absolute(path)?.display().to_string()));
        Ok(Self { path: path.clone(), option, _temporary: None })
    }
}

/// Returns `text` as one word of a POSIX shell.
fn shell_quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
    if text.chars().all(is_plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::shell_quoted;

    #[test]
    fn shell_quoted_text_is_one_word() {
        assert_eq!(shell_quoted("/tmp/data-1.d"), "/tmp/data-1.d");
        assert_eq!(shell_quoted("/tmp/my data"), "'/tmp/my data'");
        assert_eq!(shell_quoted("it's"), r"'it'\''s'");
    }
}
