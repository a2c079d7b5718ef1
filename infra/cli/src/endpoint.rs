//! The service that receives the requests: the URL of `--url` or `LATCHKEY_URL`, or a local stack.

use std::env;

use clap::Args;
use data_dir::StackSelection;

use crate::{error::Error, http, local_stack::LocalStack};

/// The environment variable that contains the base URL.
const URL_VARIABLE: &str = "LATCHKEY_URL";

/// The options that select the service.
#[derive(Debug, Args)]
pub struct EndpointOptions {
    /// Base URL of the API (default: `LATCHKEY_URL`, or else the local stack)
    #[arg(long, value_name = "URL", conflicts_with_all = ["data", "ephemeral"])]
    url: Option<String>,
    #[command(flatten)]
    stack: StackSelection,
}

/// The service that receives the requests.
pub struct Endpoint {
    /// The base URL, without a trailing slash.
    pub base_url: String,
    /// The local service, if no URL was given.
    pub local: Option<LocalStack>,
}

impl EndpointOptions {
    /// Returns the service at the given URL, or else the selected local stack. An explicit selection of a local stack overrides
    /// `LATCHKEY_URL`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Usage`] for a URL that would expose a credential, and [`Error::Unreachable`] if no URL is given and no
    /// local stack is running.
    pub fn resolve(&self) -> Result<Endpoint, Error> {
        let given = self.given_url();
        let local = if given.is_none() { Some(LocalStack::find(&self.stack)?) } else { None };
        let url = given.or_else(|| local.as_ref().map(|local| local.addresses.url.clone())).unwrap_or_default();
        if http::is_secure(&url) {
            Ok(Endpoint { base_url: url.trim_end_matches('/').to_owned(), local })
        } else {
            let rule = "`--url` or `LATCHKEY_URL` must be an https URL, or an http URL of this machine";
            Err(Error::Usage(format!("invalid base URL `{url}`: {rule}")))
        }
    }

    /// The URL of the option or the environment. An empty one counts as unset.
    fn given_url(&self) -> Option<String> {
        let from_environment = if self.stack.is_given() { None } else { env::var(URL_VARIABLE).ok() };
        self.url.clone().or(from_environment).filter(|url| !url.is_empty())
    }
}
