//! The folder in which a stack keeps its state. One stack at a time has it.

use std::{
    collections::BTreeMap,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{Local, StackError};
use crate::{
    aws::private_file,
    lambda::{FunctionSpec, ids},
};

/// The most former base URLs that are remembered.
const MOST_FORMER: usize = 20;

/// A folder that this process has for itself.
pub(super) struct Folder {
    path: PathBuf,
    known: Known,
    /// Locked as long as it is open, so until this process ends, however it ends.
    lock: File,
}

/// What is remembered from run to run.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct Known {
    /// The base URLs under which tokens of this folder were issued, the newest first.
    urls: Vec<String>,
    /// What tells the tables of this folder from others' in a database that is not its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    suffix: Option<String>,
}

/// Makes the folder at `path` where it is not there, for its owner alone: in it are keys, and who has which tokens.
///
/// # Errors
///
/// When it is no folder and cannot be made one.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    let mut folder = fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.recursive(true).create(path)
}

impl Folder {
    /// Takes the folder, and makes it where it is not there, readable by its owner alone.
    pub(super) fn open(path: &Path) -> Result<Self, StackError> {
        let unusable = |source| StackError::Folder { folder: path.display().to_string(), source };
        make(path).map_err(unusable)?;
        let lock = File::create(path.join("lock")).map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StackError::InUse(path.display().to_string())),
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        let known = private_file::read(&path.join("stack.json")).map_err(unusable)?;
        let known = known.map(|text| serde_json::from_slice(&text)).transpose();
        let known = known.map_err(|error| unusable(io::Error::other(error)))?;
        Ok(Self { path: path.to_owned(), known: known.unwrap_or_default(), lock })
    }

    /// Whether no stack ever became ready here.
    pub(super) fn is_new(&self) -> bool {
        self.known.urls.is_empty()
    }

    /// The base URLs of earlier runs, but for `url`.
    pub(super) fn former_urls(&self, url: &str) -> Vec<String> {
        self.known.urls.iter().filter(|former| *former != url).cloned().collect()
    }

    /// Remembers that a stack was ready here under `url`.
    pub(super) fn settle(&self, url: &str) -> Result<(), StackError> {
        let mut urls = self.former_urls(url);
        urls.insert(0, url.to_owned());
        urls.truncate(MOST_FORMER);
        self.write("stack.json", &Known { urls, suffix: self.known.suffix.clone() })
    }

    /// What no other folder has, the same at each start. It is kept before anything is made under it.
    pub(super) fn suffix(&mut self) -> Result<&str, StackError> {
        if self.known.suffix.is_none() {
            self.known.suffix = Some(ids::uuid());
            self.write("stack.json", &self.known)?;
        }
        Ok(self.known.suffix.as_deref().unwrap_or_default())
    }

    /// Says where everything is.
    pub(super) fn write_local(&self, local: &Local) -> Result<(), StackError> {
        self.write("local.json", local)
    }

    /// Says with which environment the functions run, as `cargo lambda watch --env-file` reads it: theirs in one, but for the
    /// access key id by which each is known.
    pub(super) fn write_environment(&self, functions: &[FunctionSpec]) -> Result<(), StackError> {
        let all: BTreeMap<_, _> = functions.iter().flat_map(|function| &function.environment).collect();
        let common = all.iter().filter(|(name, value)| **name != "AWS_ACCESS_KEY_ID" && !value.is_empty());
        // In single quotes nothing is replaced. What has one itself is JSON, where it may be written so.
        let line = |(name, value): (&&String, &&String)| format!("{name}='{}'\n", value.replace('\'', "\\u0027"));
        self.write_text("environment", common.map(line).collect::<String>().as_bytes())
    }

    /// Leaves the folder. That nothing runs any more is told by the files that are gone.
    pub(super) fn close(self) {
        for name in ["local.json", "environment"] {
            let _ = fs::remove_file(self.path.join(name));
        }
    }

    fn write(&self, name: &str, contents: &impl Serialize) -> Result<(), StackError> {
        let text = serde_json::to_vec_pretty(contents).map_err(io::Error::other);
        text.map_err(|source| self.unwritten(source)).and_then(|text| self.write_text(name, &text))
    }

    fn write_text(&self, name: &str, text: &[u8]) -> Result<(), StackError> {
        private_file::write(&self.path.join(name), text).map_err(|source| self.unwritten(source))
    }

    fn unwritten(&self, source: io::Error) -> StackError {
        StackError::Folder { folder: self.path.display().to_string(), source }
    }
}

impl Drop for Folder {
    /// Closing alone would not do: a process that is being started meanwhile has the file as well, until it runs its own program.
    fn drop(&mut self) {
        let _ = self.lock.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_keeps_what_tells_it_from_others_and_stays_new_until_a_stack_was_ready_in_it() {
        let place = tempfile::tempdir().unwrap();
        let mut folder = Folder::open(place.path()).unwrap();
        let suffix = folder.suffix().unwrap().to_owned();
        drop(folder);
        let mut folder = Folder::open(place.path()).unwrap();
        assert_eq!((folder.is_new(), folder.suffix().unwrap()), (true, suffix.as_str()));
        folder.settle("http://127.0.0.1:1").unwrap();
        drop(folder);
        let mut folder = Folder::open(place.path()).unwrap();
        assert_eq!((folder.is_new(), folder.suffix().unwrap()), (false, suffix.as_str()));
        let elsewhere = tempfile::tempdir().unwrap();
        assert_ne!(Folder::open(elsewhere.path()).unwrap().suffix().unwrap(), suffix);
    }
}
