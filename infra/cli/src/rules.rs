//! `latchkey rules`: what the authorizer would make of a file of rules, before it is deployed.

use std::{fs, path::PathBuf};

use clap::Args;
use shared::authorize::{Need, Rule, Rules};

use crate::{
    error::Error,
    output::{columns, print},
};

/// What `--help` says at its end.
pub const EXAMPLES: &str = "Example:
  latchkey rules infra/sample/rules.json

One rule that is not understood keeps the authorizer from starting, and every API that has it waits: check before deploying.";

/// `latchkey rules`.
#[derive(Debug, Args)]
pub struct Command {
    /// The rules: a JSON object from routes to what they need, or a list of such objects
    file: PathBuf,
}

impl Command {
    /// Prints each route and what it needs.
    ///
    /// # Errors
    ///
    /// [`Error::Rules`] for what the authorizer would not start with; [`Error::Io`].
    pub fn run(self) -> Result<(), Error> {
        let name = self.file.display().to_string();
        let text =
            fs::read(&self.file).map_err(|source| Error::Io { what: format!("`{name}` cannot be read"), source })?;
        let rules: Rules =
            serde_json::from_slice(&text).map_err(|error| Error::Rules { file: name, why: error.to_string() })?;
        let row = |(route, rule)| vec![format!("{route}"), needs(rule), besides(rule)];
        print(&columns(&["ROUTE", "NEEDS", "BESIDES"], rules.by_route().into_iter().map(row)))
    }
}

fn needs(rule: &Rule) -> String {
    match &rule.need {
        Need::Nothing => "nothing: open to anybody".to_owned(),
        Need::AnyCaller => "any caller".to_owned(),
        Need::Permission(action, None) => action.to_string(),
        Need::Permission(action, Some(resource)) => format!("{action} on {resource}"),
    }
}

fn besides(rule: &Rule) -> String {
    let own = rule.own_id.iter().map(|name| format!("a token itself by {{{name}}}"));
    let public = rule.public_tokens.then(|| "public tokens".to_owned());
    own.chain(public).collect::<Vec<_>>().join(", ")
}
