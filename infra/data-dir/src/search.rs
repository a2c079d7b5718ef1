//! The search for a data directory: upwards from a directory, and among the temporary ones of ephemeral stacks.

use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use crate::{DIR_NAME, DataDirError, IDENTITY_FILE, LOCK_FILE, StackAddresses};

/// The beginning of the names of ephemeral stacks' data directories, which are in the system's temporary directory.
pub const EPHEMERAL_PREFIX: &str = "latchkey-ephemeral-";

/// Returns the nearest data directory named `.local` in `start` or above. A `.local` without a stack's files, such as the one
/// of the XDG base directories, does not count.
///
/// # Errors
///
/// Returns [`DataDirError::OtherOwner`] if the nearest one belongs to another user, who could otherwise choose the service that
/// receives a credential.
pub fn find_upwards(start: &Path) -> Result<Option<PathBuf>, DataDirError> {
    let mut candidates = start.ancestors().map(|dir| dir.join(DIR_NAME));
    match candidates.find(|dir| dir.join(IDENTITY_FILE).is_file()) {
        Some(dir) if is_own(&dir)? => Ok(Some(dir)),
        Some(dir) => Err(DataDirError::OtherOwner(dir.display().to_string())),
        None => Ok(None),
    }
}

/// Returns the data directory of the only ephemeral stack of this user that runs in `temp_dir`. A stack that was killed leaves
/// its directory behind; its lock shows that it does not run.
///
/// # Errors
///
/// Returns [`DataDirError::NoEphemeral`] or [`DataDirError::SeveralEphemeral`].
pub fn find_ephemeral(temp_dir: &Path) -> Result<PathBuf, DataDirError> {
    let mut running = Vec::new();
    for entry in fs::read_dir(temp_dir).map_err(unreadable(temp_dir))? {
        let dir = entry.map_err(unreadable(temp_dir))?.path();
        let has_prefix = dir.file_name().is_some_and(|name| name.to_string_lossy().starts_with(EPHEMERAL_PREFIX));
        if has_prefix && dir.join(StackAddresses::FILE).is_file() && is_own(&dir)? && is_locked(&dir) {
            running.push(dir);
        }
    }
    match running.len() {
        0 => Err(DataDirError::NoEphemeral),
        1 => Ok(running.remove(0)),
        _ => {
            let names: Vec<_> = running.iter().map(|dir| format!("`{}`", dir.display())).collect();
            Err(DataDirError::SeveralEphemeral(names.join(", ")))
        }
    }
}

/// Returns whether `dir` belongs to the user of this process.
fn is_own(dir: &Path) -> Result<bool, DataDirError> {
    let metadata = fs::symlink_metadata(dir).map_err(unreadable(dir))?;
    Ok(metadata.uid() == rustix::process::geteuid().as_raw())
}

/// Returns whether a stack holds the lock of its data directory. A directory of this user is expected.
fn is_locked(dir: &Path) -> bool {
    let Ok(lock) = fs::File::open(dir.join(LOCK_FILE)) else { return false };
    matches!(lock.try_lock_shared(), Err(fs::TryLockError::WouldBlock))
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> DataDirError {
    move |source| DataDirError::Unreadable { path: path.display().to_string(), source }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn data_dir(parent: &Path, name: &str) -> PathBuf {
        let dir = parent.join(name);
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join(IDENTITY_FILE), "{}").unwrap();
        dir
    }

    /// Creates the directory of an ephemeral stack, and returns its lock.
    fn ephemeral(parent: &TempDir, name: &str) -> (PathBuf, fs::File) {
        let dir = data_dir(parent.path(), &format!("{EPHEMERAL_PREFIX}{name}"));
        fs::write(dir.join(StackAddresses::FILE), "{}").unwrap();
        let lock = fs::File::create(dir.join(LOCK_FILE)).unwrap();
        lock.try_lock().unwrap();
        (dir, lock)
    }

    #[test]
    fn search_upwards_returns_nearest_data_dir() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("a/b/c");
        fs::create_dir_all(&deep).unwrap();
        assert_eq!(find_upwards(&deep).unwrap(), None);
        let outer = data_dir(root.path(), DIR_NAME);
        assert_eq!(find_upwards(&deep).unwrap(), Some(outer));
        let inner = data_dir(&root.path().join("a"), DIR_NAME);
        assert_eq!(find_upwards(&deep).unwrap(), Some(inner));
    }

    /// `~/.local` of the XDG base directories exists on most machines.
    #[test]
    fn search_upwards_skips_directory_without_identity() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("home");
        fs::create_dir_all(deep.join(".local/share")).unwrap();
        let outer = data_dir(root.path(), DIR_NAME);
        assert_eq!(find_upwards(&deep).unwrap(), Some(outer));
    }

    #[test]
    fn search_ephemeral_returns_only_running_stack() {
        let temp = tempfile::tempdir().unwrap();
        assert!(matches!(find_ephemeral(temp.path()), Err(DataDirError::NoEphemeral)));
        let (first, first_lock) = ephemeral(&temp, "one");
        assert_eq!(find_ephemeral(temp.path()).unwrap(), first);
        let (second, _second_lock) = ephemeral(&temp, "two");
        let error = find_ephemeral(temp.path()).unwrap_err();
        assert!(matches!(&error, DataDirError::SeveralEphemeral(_)), "{error}");
        drop(first_lock);
        assert_eq!(find_ephemeral(temp.path()).unwrap(), second);
    }
}
