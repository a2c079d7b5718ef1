//! Errors of the identity provider.

use std::io;

/// The identity provider cannot start, or cannot issue a token.
#[derive(Debug, thiserror::Error)]
pub enum IdpError {
    /// The issuer's file cannot be accessed, or no port is available.
    #[error("the identity provider cannot use its file or port: {0}")]
    Io(#[from] io::Error),
    /// The issuer's file is invalid.
    #[error("the identity provider's file `identity.json` is invalid: {0}")]
    Json(#[from] serde_json::Error),
    /// A signing key cannot be generated, read or used.
    #[error("a signing key of the identity provider cannot be used")]
    Key,
    /// The address of a token page is not a URL.
    #[error("the token page's address `{0}` is not a URL")]
    InvalidTokenPageUrl(String),
}
