//! How large what is deployed is.

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use flate2::{Compression, write::DeflateEncoder};

/// The bytes of files and folders, as they are and deflated as in a zip archive, each file by itself. An archive's own lists are
/// not counted; they are about a hundred bytes a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// As they are.
    pub plain: u64,
    /// Deflated.
    pub zipped: u64,
}

/// Counts what is written to it.
#[derive(Default)]
struct Counter(u64);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Size {
    /// Of a file, or of all files of a folder.
    ///
    /// # Errors
    ///
    /// When something cannot be read.
    pub fn of(path: &Path) -> io::Result<Self> {
        if path.is_file() {
            return Self::of_file(path);
        }
        fs::read_dir(path)?.try_fold(Self::default(), |size, entry| Ok(size.and(Self::of(&entry?.path())?)))
    }

    fn of_file(path: &Path) -> io::Result<Self> {
        let mut deflated = DeflateEncoder::new(Counter::default(), Compression::best());
        let plain = io::copy(&mut fs::File::open(path)?, &mut deflated)?;
        Ok(Self { plain, zipped: deflated.finish()?.0 })
    }

    /// This and the other.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { plain: self.plain + other.plain, zipped: self.zipped + other.zipped }
    }
}
