//! Files with parts of the authorizer's configuration, which are validated before they are deployed.

use std::{fs, path::Path};

use serde::de::DeserializeOwned;

use crate::{error::Error, terminal::escape_line};

/// Reads a JSON file. The inner result has the message of the JSON parser.
///
/// # Errors
///
/// Returns [`Error::Io`] if the file cannot be read.
pub fn read_json<T: DeserializeOwned>(file: &Path) -> Result<Result<T, String>, Error> {
    let text =
        fs::read(file).map_err(|source| Error::Io { what: format!("cannot read `{}`", file.display()), source })?;
    Ok(serde_json::from_slice(&text).map_err(|error| error.to_string()))
}

/// Checks that the file has no errors.
///
/// # Errors
///
/// Returns [`Error::InvalidConfiguration`] with all `reasons` if there are any.
pub fn reject_errors(file: &Path, reasons: impl Iterator<Item = String>) -> Result<(), Error> {
    // Reasons repeat parts of the file, which could otherwise write lines of their own.
    let reasons: Vec<_> = reasons.map(|reason| escape_line(&reason)).collect();
    if reasons.is_empty() {
        return Ok(());
    }
    Err(Error::InvalidConfiguration { file: file.display().to_string(), reason: reasons.join("; ") })
}
