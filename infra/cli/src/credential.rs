//! The bearer token that authenticates requests: from `LATCHKEY_TOKEN`, from standard input, or issued for the local service.

use std::{env, io::Read};

use clap::Args;

use crate::{endpoint::Endpoint, error::Error, local_stack::LocalStack};

/// The environment variable that contains the credential.
const TOKEN_VARIABLE: &str = "LATCHKEY_TOKEN";

/// The options that select the credential.
#[derive(Debug, Args)]
pub struct CredentialOptions {
    /// Read the credential from standard input instead of `LATCHKEY_TOKEN`
    #[arg(long)]
    token_stdin: bool,
}

/// A credential, and where it comes from.
pub struct Credential {
    /// The bearer token.
    pub token: String,
    /// The source, for an error of the service that rejects it.
    pub source: &'static str,
}

impl CredentialOptions {
    /// Returns the credential for `endpoint`. The local service needs none: the default is a token of its seeded owner.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NoCredential`] without a usable credential, and [`Error::Usage`] if no URL was given and another service
    /// issued the credential: a file in the current directory must not decide which host receives it.
    pub fn read(&self, endpoint: &Endpoint) -> Result<Credential, Error> {
        let source = if self.token_stdin { "standard input" } else { "`LATCHKEY_TOKEN`" };
        match (self.given()?, &endpoint.local) {
            (Some(token), None) => Ok(Credential { token, source }),
            (Some(token), Some(local)) if local.is_issuer_of(&token) => Ok(Credential { token, source }),
            (Some(_), Some(local)) => Err(issued_elsewhere(local)),
            (None, Some(local)) => Ok(Credential { token: local.owner_token()?, source: "the local stack" }),
            (None, None) => {
                let action = format!("set `{TOKEN_VARIABLE}` or pass `--token-stdin`");
                Err(Error::NoCredential(format!("no credentials: {action}")))
            }
        }
    }

    fn given(&self) -> Result<Option<String>, Error> {
        if self.token_stdin {
            return read_token_from_stdin().and_then(check_characters).map(Some);
        }
        let token = env::var(TOKEN_VARIABLE).unwrap_or_default();
        match token.trim() {
            "" => Ok(None),
            token => check_characters(token.to_owned()).map(Some),
        }
    }
}

fn issued_elsewhere(local: &LocalStack) -> Error {
    let problem = format!("the local service at `{}` did not issue the credential", local.addresses.url);
    Error::Usage(format!("{problem}: select its service with `--url` or `LATCHKEY_URL`"))
}

/// Accepts visible ASCII characters (RFC 6750, section 2.1). The error does not repeat the credential.
fn check_characters(token: String) -> Result<String, Error> {
    if token.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(token)
    } else {
        Err(Error::NoCredential("the credential must consist of visible ASCII characters".to_owned()))
    }
}

/// Reads a token from standard input and trims white space.
///
/// # Errors
///
/// Returns [`Error::NoCredential`] for empty input, and [`Error::Io`] if standard input cannot be read.
pub fn read_token_from_stdin() -> Result<String, Error> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|source| Error::Io { what: "cannot read standard input".to_owned(), source })?;
    match text.trim() {
        "" => Err(Error::NoCredential("standard input is empty: write the token to it".to_owned())),
        token => Ok(token.to_owned()),
    }
}
