//! The data directory of a stack, which one stack uses at a time.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use ::data_dir::{LOCK_FILE, StackAddresses};
use serde::{Deserialize, Serialize};

use super::StackError;
use crate::{ids, lambda::FunctionSpec, private_file};

/// Most base URLs of earlier runs that are recorded.
const MAX_PREVIOUS_URLS: usize = 20;

/// The file with the environment of the functions.
const ENVIRONMENT_FILE: &str = "environment";
/// The file with the functions' log lines.
const LOG_FILE: &str = "functions.log";
/// The file with the log lines of the run before.
const PREVIOUS_LOG_FILE: &str = "functions.previous.log";
/// The file with the state that outlasts a run.
const STATE_FILE: &str = "stack.json";

/// A data directory that this process has locked.
pub(super) struct DataDir {
    path: PathBuf,
    state: State,
    /// The operating system releases the lock when the process ends, however it ends.
    lock: File,
}

/// The state that outlasts a run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct State {
    /// The base URLs with which tokens were issued, the newest first.
    urls: Vec<String>,
    /// Distinguishes the tables of this directory from those of others in a shared database.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
}

/// The path of the functions' log in the data directory at `path`.
pub(crate) fn log_path(path: &Path) -> PathBuf {
    path.join(LOG_FILE)
}

/// Creates the directory at `path`, if it does not exist, with access for its owner only: it contains keys.
fn create(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.recursive(true).create(path)
}

fn keep_previous_log(path: &Path) -> io::Result<()> {
    match fs::rename(log_path(path), path.join(PREVIOUS_LOG_FILE)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

impl DataDir {
    /// Opens the directory at `path`, which is created if it does not exist, and locks it. The log of the run before is kept
    /// under another name.
    pub(super) fn open(path: &Path) -> Result<Self, StackError> {
        let unusable = |source| StackError::DataDir { path: path.display().to_string(), source };
        create(path).map_err(unusable)?;
        let lock = File::create(path.join(LOCK_FILE)).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StackError::InUse(path.display().to_string())),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        keep_previous_log(path).map_err(unusable)?;
        let state = private_file::read(&path.join(STATE_FILE)).map_err(unusable)?;
        let state = state.map(|text| serde_json::from_slice(&text)).transpose();
        let state = state.map_err(|error| unusable(io::Error::other(error)))?;
        Ok(Self { path: path.to_owned(), state: state.unwrap_or_default(), lock })
    }

    /// Returns whether no stack has become ready with this directory.
    pub(super) fn is_new(&self) -> bool {
        self.state.urls.is_empty()
    }

    /// Returns the base URLs of earlier runs, except `url`.
    pub(super) fn previous_urls(&self, url: &str) -> Vec<String> {
        self.state.urls.iter().filter(|previous| *previous != url).cloned().collect()
    }

    /// Records that a stack became ready with the base URL `url`.
    pub(super) fn record_base_url(&self, url: &str) -> Result<(), StackError> {
        let mut urls = self.previous_urls(url);
        urls.insert(0, url.to_owned());
        urls.truncate(MAX_PREVIOUS_URLS);
        self.write(STATE_FILE, &State { urls, suffix: self.state.suffix.clone() })
    }

    /// Returns a text that is unique to this directory, and the same at each start. It is stored before anything is named by it.
    pub(super) fn suffix(&mut self) -> Result<&str, StackError> {
        if self.state.suffix.is_none() {
            self.state.suffix = Some(ids::uuid());
            self.write(STATE_FILE, &self.state)?;
        }
        Ok(self.state.suffix.as_deref().unwrap_or_default())
    }

    /// Writes the addresses of the running stack.
    pub(super) fn write_addresses(&self, addresses: &StackAddresses) -> Result<(), StackError> {
        self.write(StackAddresses::FILE, addresses)
    }

    /// Writes the environment of all functions in the form of `cargo lambda watch --env-file`, without the access key id, which
    /// differs between functions.
    pub(super) fn write_environment(&self, functions: &[FunctionSpec]) -> Result<(), StackError> {
        let all: BTreeMap<_, _> = functions.iter().flat_map(|function| &function.environment).collect();
        let common = all.iter().filter(|(name, value)| **name != "AWS_ACCESS_KEY_ID" && !value.is_empty());
        // Single quotes prevent expansion. Only JSON values contain single quotes, and JSON has an escape for them.
        let line = |(name, value): (&&String, &&String)| format!("{name}='{}'\n", value.replace('\'', "\\u0027"));
        self.write_text(ENVIRONMENT_FILE, common.map(line).collect::<String>().as_bytes())
    }

    /// Removes the files that show that a stack is running.
    pub(super) fn close(self) {
        for name in [StackAddresses::FILE, ENVIRONMENT_FILE] {
            let _ = fs::remove_file(self.path.join(name));
        }
    }

    fn write(&self, name: &str, contents: &impl Serialize) -> Result<(), StackError> {
        let text = serde_json::to_vec_pretty(contents).map_err(io::Error::other);
        text.map_err(|source| self.unusable(source)).and_then(|text| self.write_text(name, &text))
    }

    fn write_text(&self, name: &str, text: &[u8]) -> Result<(), StackError> {
        private_file::write(&self.path.join(name), text).map_err(|source| self.unusable(source))
    }

    fn unusable(&self, source: io::Error) -> StackError {
        StackError::DataDir { path: self.path.display().to_string(), source }
    }
}

impl Drop for DataDir {
    /// Closing the file is not enough: a child process that is being started shares it until it executes its own program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_dir_is_new_until_a_stack_became_ready() {
        let parent = tempfile::tempdir().unwrap();
        assert!(DataDir::open(parent.path()).unwrap().is_new());
        let data_dir = DataDir::open(parent.path()).unwrap();
        assert!(data_dir.is_new());
        data_dir.record_base_url("http://127.0.0.1:1").unwrap();
        drop(data_dir);
        assert!(!DataDir::open(parent.path()).unwrap().is_new());
    }

    #[test]
    fn suffix_is_stable_and_unique_to_data_dir() {
        let parent = tempfile::tempdir().unwrap();
        let suffix = DataDir::open(parent.path()).unwrap().suffix().unwrap().to_owned();
        let mut data_dir = DataDir::open(parent.path()).unwrap();
        assert_eq!(data_dir.suffix().unwrap(), suffix);
        data_dir.record_base_url("http://127.0.0.1:1").unwrap();
        drop(data_dir);
        assert_eq!(DataDir::open(parent.path()).unwrap().suffix().unwrap(), suffix);
        let other = tempfile::tempdir().unwrap();
        assert_ne!(DataDir::open(other.path()).unwrap().suffix().unwrap(), suffix);
    }

    #[test]
    fn open_keeps_the_log_of_the_run_before() {
        let parent = tempfile::tempdir().unwrap();
        fs::write(log_path(parent.path()), "first").unwrap();
        let _data_dir = DataDir::open(parent.path()).unwrap();
        assert!(!log_path(parent.path()).exists());
        assert_eq!(fs::read(parent.path().join(PREVIOUS_LOG_FILE)).unwrap(), b"first");
    }

    #[test]
    fn open_of_locked_data_dir_keeps_its_log() {
        let parent = tempfile::tempdir().unwrap();
        let _data_dir = DataDir::open(parent.path()).unwrap();
        fs::write(log_path(parent.path()), "running").unwrap();
        assert!(matches!(DataDir::open(parent.path()), Err(StackError::InUse(_))));
        assert_eq!(fs::read(log_path(parent.path())).unwrap(), b"running");
    }
}
