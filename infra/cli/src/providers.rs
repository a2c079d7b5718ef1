//! `latchkey providers`: validates a file of identity providers before it is deployed to the authorizer and the token page.

use std::path::PathBuf;

use clap::Args;
use shared::{
    identity_provider::{IdentityProvider, IdentityProviders, Organizations},
    permissions::OrgId,
};

use crate::{
    config_file::{read_json, reject_errors},
    error::Error,
    output::{format_table, print_result},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Examples:
  latchkey providers identity-providers.json

Validate the file before each deployment: the authorizer starts with an invalid entry, but the users of this provider get 503,
or 401 if the issuer cannot be read. Providers with the same name or issuer are all disabled, and if the file is not a JSON array, no user
can sign in.";

/// The arguments of `latchkey providers`.
#[derive(Debug, Args)]
pub struct ProvidersCommand {
    /// Identity providers in JSON: an array of objects, the value of the template parameter `IdentityProviders`
    file: PathBuf,
}

impl ProvidersCommand {
    /// Prints each provider with the tokens that it accepts.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfiguration`] with all errors of the file, and [`Error::Io`] if the file cannot be read.
    pub fn run(self) -> Result<(), Error> {
        let entries = read_json(&self.file)?;
        // Latchkey's own issuer, which no provider may have, is not known here.
        let (providers, errors) = IdentityProviders::new(entries, &[]);
        reject_errors(&self.file, errors.into_iter().map(|error| error.reason))?;
        let headers = ["NAME", "ISSUER", "AUDIENCE", "ORGANIZATIONS", "PAGE"];
        print_result(&format_table(&headers, providers.usable().iter().map(row)))
    }
}

fn row(provider: &IdentityProvider) -> Vec<String> {
    let organizations = match &provider.organizations {
        Organizations::All(_) => "*".to_owned(),
        Organizations::Only(orgs) => orgs.iter().map(OrgId::as_str).collect::<Vec<_>>().join(", "),
    };
    let page = if provider.page.is_some() { "yes" } else { "no" };
    let audience = provider.audience.join(", ");
    vec![provider.name.to_string(), provider.issuer.clone(), audience, organizations, page.to_owned()]
}
