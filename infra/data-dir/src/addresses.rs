//! The addresses of a running stack, in the file `local.json` of its data directory.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::DataDirError;

/// The addresses of a running stack. The stack removes the file when it stops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackAddresses {
    /// The API's base URL.
    pub url: String,
    /// The issuer of the access tokens.
    pub issuer: String,
    /// The table of tokens, roles and assignments.
    pub table: String,
    /// The endpoint of `DynamoDB`.
    pub dynamodb_url: String,
    /// The endpoint of KMS.
    pub kms_url: String,
    /// The issuer of the users' tokens.
    pub idp_url: String,
    /// The sample's APIs, if they are served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<SampleUrls>,
    /// The function binaries by their names.
    pub functions: BTreeMap<String, PathBuf>,
}

/// The addresses of the sample's APIs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleUrls {
    /// The REST API.
    pub rest: String,
    /// The HTTP API.
    pub http: String,
}

impl StackAddresses {
    /// The file's name in the data directory.
    pub const FILE: &str = "local.json";

    /// Reads the addresses of the stack that runs in `data_dir`.
    ///
    /// # Errors
    ///
    /// Returns [`DataDirError::NotRunning`] if the file does not exist, and [`DataDirError::Unreadable`] if it cannot be read or
    /// parsed.
    pub fn read(data_dir: &Path) -> Result<Self, DataDirError> {
        let path = data_dir.join(Self::FILE);
        let unreadable = |source| DataDirError::Unreadable { path: path.display().to_string(), source };
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| unreadable(error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(DataDirError::NotRunning(data_dir.display().to_string()))
            }
            Err(error) => Err(unreadable(error)),
        }
    }
}
