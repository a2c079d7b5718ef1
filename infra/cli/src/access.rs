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

/// A service, and how it was found.
pub struct Service {
    /// The base URL, without a trailing slash.
    pub base: String,
    /// The local service, where no address was given.
    local: Option<LocalStack>,
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
    /// Those of [`Address::service`].
    pub fn base(&self) -> Result<String, Error> {
        self.service().map(|service| service.base)
    }

    /// The service at the given address, else the local one.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for an address that no credential may be sent to; [`Error::Unreachable`] where none is given and no
    /// local service runs.
    pub fn service(&self) -> Result<Service, Error> {
        let local = if self.given().is_none() { Some(LocalStack::find()?) } else { None };
        let url = local.as_ref().map(|local| local.url.as_str()).or(self.given()).unwrap_or_default();
        if may_be_fetched(url) {
            Ok(Service { base: url.trim_end_matches('/').to_owned(), local })
        } else {
            Err(Error::Usage(format!("`{url}` is no base URL: https, or http to this machine")))
        }
    }

    fn given(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }
}

impl Access {
    /// The credential for `service`: from standard input where asked for, else from the environment. For the local service
    /// it may be absent: then it is a token of the owner's.
    ///
    /// # Errors
    ///
    /// [`Error::NoCredential`] where there is none; [`Error::Usage`] for one that the local service does not know, where no
    /// address was given.
    pub fn credential(&self, service: &Service) -> Result<String, Error> {
        match (self.given()?, &service.local) {
            (Some(token), None) => Ok(token),
            (Some(token), Some(local)) if local.knows(&token) => Ok(token),
            (Some(_), Some(local)) => Err(foreign(local)),
            (None, Some(_)) => LocalStack::owner_token(),
            (None, None) => Err(Error::NoCredential(format!("nobody asks: set {CREDENTIAL}, or use --token-stdin"))),
        }
    }

    fn given(&self) -> Result<Option<String>, Error> {
        if self.token_stdin {
            return standard_input().and_then(bearer).map(Some);
        }
        let token = env::var(CREDENTIAL).unwrap_or_default();
        Some(token.trim()).filter(|token| !token.is_empty()).map(|token| bearer(token.to_owned())).transpose()
    }
}

/// The refusal to send a credential to whatever answers where a file in the current folder says.
fn foreign(local: &LocalStack) -> Error {
    let other = format!("the credential is not of the local service at `{}`", local.url);
    Error::Usage(format!("{other}: name the service that it is for with --url or LATCHKEY_URL"))
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
