//! The destination of the functions' standard output and standard error.

use std::{io, path::PathBuf};

use tokio::{
    fs::OpenOptions,
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
};

/// Where the lines of every process go, unchanged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// To the standard error of this process.
    Inherit,
    /// To the end of a file, which is created if it does not exist.
    File(PathBuf),
}

/// An opened [`Output`].
pub(super) type Writer = Box<dyn AsyncWrite + Send + Unpin>;

impl Output {
    /// Opens a writer. A file is opened for appending, so that lines of several writers do not mix.
    ///
    /// # Errors
    ///
    /// Returns an error if the file cannot be opened.
    pub(super) async fn open(&self) -> io::Result<Writer> {
        Ok(match self {
            Self::Inherit => Box::new(tokio::io::stderr()),
            Self::File(path) => Box::new(OpenOptions::new().create(true).append(true).open(path).await?),
        })
    }
}

/// Copies `pipe` line by line until its end, and terminates an unterminated last line.
///
/// # Errors
///
/// Returns an error if the pipe cannot be read or the output cannot be written.
pub(super) async fn copy_lines(pipe: impl AsyncRead + Unpin, mut output: Writer) -> io::Result<()> {
    let mut pipe = BufReader::new(pipe);
    let mut line = Vec::new();
    while pipe.read_until(b'\n', &mut line).await? > 0 {
        if !line.ends_with(b"\n") {
            line.push(b'\n');
        }
        output.write_all(&line).await?;
        output.flush().await?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_of_several_writers_are_appended_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let output = Output::File(path.clone());
        copy_lines(&b"one\n\xfftwo"[..], output.open().await.unwrap()).await.unwrap();
        copy_lines(&b"three\n"[..], output.open().await.unwrap()).await.unwrap();
        assert_eq!(std::fs::read(path).unwrap(), b"one\n\xfftwo\nthree\n");
    }
}
