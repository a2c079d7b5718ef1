//! The size of a deployed package.

use std::{fs, io, path::Path};

use flate2::{Compression, write::DeflateEncoder};

use crate::percentiles::float;

/// The size of files and folders, uncompressed and deflated file by file as in a zip archive. The archive's directory, about 100
/// bytes per file, is not counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct PackageSize {
    pub plain_mb: f64,
    pub zipped_mb: f64,
}

impl PackageSize {
    /// Adds a file, or all files of a folder.
    pub fn add(&mut self, path: &Path) -> io::Result<()> {
        if path.is_dir() {
            return fs::read_dir(path)?.try_for_each(|entry| self.add(&entry?.path()));
        }
        let content = fs::read(path)?;
        let mut encoder = DeflateEncoder::new(io::sink(), Compression::best());
        io::copy(&mut content.as_slice(), &mut encoder)?;
        encoder.try_finish()?;
        self.plain_mb += float(content.len()) / 1e6;
        self.zipped_mb += float(usize::try_from(encoder.total_out()).unwrap_or(usize::MAX)) / 1e6;
        Ok(())
    }
}
