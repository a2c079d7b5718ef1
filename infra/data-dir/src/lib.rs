//! The data directory of a local stack: how `cargo local` and `latchkey` find it, and the addresses that are written to it.

mod addresses;
mod search;

use std::{
    io,
    path::{Path, PathBuf},
};

use clap::Args;

pub use self::{
    addresses::{SampleUrls, StackAddresses},
    search::{EPHEMERAL_PREFIX, find_ephemeral, find_upwards},
};

/// The name of a data directory, unless another one is given.
pub const DIR_NAME: &str = ".local";

/// The file with the identity provider's keys. A directory that contains it is the data directory of a stack.
pub const IDENTITY_FILE: &str = "identity.json";

/// The file that a running stack keeps locked.
pub const LOCK_FILE: &str = "lock";

/// The options that select a local stack.
#[derive(Debug, Clone, Default, Args)]
pub struct StackSelection {
    /// Data directory of the local stack (default: the nearest `.local` in this directory or above)
    #[arg(long, global = true, value_name = "DIR", conflicts_with = "ephemeral")]
    data: Option<PathBuf>,
    /// Use the local stack that was started with `--ephemeral`
    #[arg(long, global = true)]
    ephemeral: bool,
}

/// Why no local stack can be used.
#[derive(Debug, thiserror::Error)]
pub enum DataDirError {
    /// Neither the current directory nor one above it has a data directory.
    #[error("no local stack found: start one with `cargo local`, or pass its data directory with `--data`")]
    NotFound,
    /// The given directory is not a stack's data directory.
    #[error("`{0}` is not the data directory of a local stack: start one with `cargo local --data {0}`")]
    NotADataDir(String),
    /// No stack with `--ephemeral` runs.
    #[error("no ephemeral stack is running: start one with `cargo local --ephemeral`")]
    NoEphemeral,
    /// Several stacks with `--ephemeral` run.
    #[error("several ephemeral stacks are running: select one with `--data`: {0}")]
    SeveralEphemeral(String),
    /// The directory may contain addresses that another user chose.
    #[error("`{0}` belongs to another user: pass it with `--data` to use it")]
    OtherOwner(String),
    /// The directory has no addresses.
    #[error("the local stack in `{dir}` is not running: start it with `cargo local --data {dir}`", dir = .0)]
    NotRunning(String),
    /// A file or directory cannot be read.
    #[error("cannot read `{path}`: {source}")]
    Unreadable {
        /// The file or directory.
        path: String,
        /// The operating system's or the JSON parser's error.
        source: io::Error,
    },
}

impl StackSelection {
    /// Returns whether a stack is selected explicitly.
    #[must_use]
    pub const fn is_given(&self) -> bool {
        self.data.is_some() || self.ephemeral
    }

    /// Returns the data directory of the selected stack, which may not be running.
    ///
    /// # Errors
    ///
    /// Returns [`DataDirError`] if no directory matches. Creates nothing.
    pub fn find(&self) -> Result<PathBuf, DataDirError> {
        if self.ephemeral {
            return find_ephemeral(&std::env::temp_dir());
        }
        match &self.data {
            Some(dir) if dir.join(IDENTITY_FILE).is_file() => Ok(dir.clone()),
            Some(dir) => Err(DataDirError::NotADataDir(dir.display().to_string())),
            None => find_upwards(&current_dir()?)?.ok_or(DataDirError::NotFound),
        }
    }
}

/// Returns the data directory for a stack that is about to start: the nearest one, or else `.local` in `workspace`.
///
/// # Errors
///
/// Returns [`DataDirError::OtherOwner`] or [`DataDirError::Unreadable`].
pub fn default_for_start(workspace: &Path) -> Result<PathBuf, DataDirError> {
    Ok(find_upwards(&current_dir()?)?.unwrap_or_else(|| workspace.join(DIR_NAME)))
}

fn current_dir() -> Result<PathBuf, DataDirError> {
    std::env::current_dir().map_err(|source| DataDirError::Unreadable { path: ".".to_owned(), source })
}
