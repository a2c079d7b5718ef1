//! The API's base URL: the option `--url`, or the local service.

use clap::Args;

use crate::{error::Error, http, local_stack::LocalStack};

/// The options that select the service.
#[derive(Debug, Args)]
pub struct EndpointOptions {
    /// Base URL of the API (default: the local service in the current directory)
    #[arg(long, env = "LATCHKEY_URL", value_name = "URL")]
    url: Option<String>,
}

/// The service that receives the requests.
pub struct Endpoint {
    /// The base URL, without a trailing slash.
    pub base_url: String,
    /// The local service, if no URL was given.
    pub local: Option<LocalStack>,
}

impl EndpointOptions {
    /// Returns the service at the given URL, or else the local service.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Usage`] for a URL that would expose a credential, and [`Error::Unreachable`] if no URL is given and no
    /// local service runs.
    pub fn resolve(&self) -> Result<Endpoint, Error> {
        let local = if self.url().is_none() { Some(LocalStack::find()?) } else { None };
        let url = local.as_ref().map(|local| local.url.as_str()).or(self.url()).unwrap_or_default();
        if http::is_secure(url) {
            Ok(Endpoint { base_url: url.trim_end_matches('/').to_owned(), local })
        } else {
            let rule = "`--url` or `LATCHKEY_URL` must be an https URL, or an http URL of this machine";
            Err(Error::Usage(format!("invalid base URL `{url}`: {rule}")))
        }
    }

    /// The given URL. An empty `LATCHKEY_URL` counts as unset.
    fn url(&self) -> Option<&str> {
        self.url.as_deref().filter(|url| !url.is_empty())
    }
}
