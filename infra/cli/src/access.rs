//! Where the API is, and who asks.

use std::{env, io::Read};

use clap::Args;
use shared::authorize::may_be_fetched;

use crate::{error::Error, local_stack::LocalStack};

/// The environment's variable with the credential.
const CREDENTIAL: &str = "LATCHKEY_TOKEN";

/// Which service is meant.
#[derive(Debug, Args)]
pub struct Address {
    /// The API's base URL; without it, that of the local service below the current folder
    #[arg(long, env = "LATCHKEY_URL", value_name = "URL")]
    url: Option<String>,
}

/// Which service is meant, and who asks it.
#[derive(Debug, Args)]
pub struct Access {
    #[command(flatten)]
    pub address: Address,
    /// Read the credential from standard input, and not from the environment
    #[arg(long)]
    pub token_stdin: bool,
}

impl Address {
    /// The base URL, without a trailing slash.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for an address that no credential may be sent to; [`Error::Unreachable`] where none is given and no
    /// local service runs.
    pub fn base(&self) -> Result<String, Error> {
        let url = match self.given() {
            Some(url) => url.to_owned(),
            None => LocalStack::find()?.url,
        };
        if may_be_fetched(&url) {
            Ok(url.trim_end_matches('/').to_owned())
        } else {
            Err(Error::Usage(format!("`{url}` is no base URL: https, or http to this machine")))
        }
    }

    fn given(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }
}

impl Access {
    /// The credential: from standard input where asked for, else from the environment. Beside the local service, and only
    /// where no other address was given, it may be absent: then it is a token of the owner's.
    ///
    /// # Errors
    ///
    /// [`Error::NoCredential`] where there is none.
    pub fn credential(&self) -> Result<String, Error> {
        if self.token_stdin {
            return standard_input().and_then(bearer);
        }
        match env::var(CREDENTIAL) {
            Ok(token) if !token.trim().is_empty() => bearer(token.trim().to_owned()),
            _ if self.address.given().is_none() => LocalStack::owner_token(),
            _ => Err(Error::NoCredential(format!("nobody asks: set {CREDENTIAL}, or use --token-stdin"))),
        }
    }
}

/// The credential, where it is one (RFC 6750, section 2.1: visible ASCII characters). It is not repeated in the refusal.
fn bearer(token: String) -> Result<String, Error> {
    let fits = token.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then_some(token).ok_or_else(|| Error::NoCredential("the credential has characters that none has".to_owned()))
}

/// The token on standard input, without the white space around it.
///
/// # Errors
///
/// [`Error::NoCredential`] where there is none; [`Error::Io`].
pub fn standard_input() -> Result<String, Error> {
    let mut text = String::new();
    let read = std::io::stdin().read_to_string(&mut text);
    read.map_err(|source| Error::Io { what: "standard input cannot be read".to_owned(), source })?;
    match text.trim() {
        "" => Err(Error::NoCredential("there is no token on standard input".to_owned())),
        token => Ok(token.to_owned()),
    }
}
