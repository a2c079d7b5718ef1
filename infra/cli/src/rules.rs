//! `latchkey rules`: validates a file of route rules before it is deployed to the authorizer.

use std::path::PathBuf;

use clap::Args;
use shared::{
    permissions::Scope,
    routes::{RequiredPermission, RouteAccess, Rule, RuleSource, Rules},
};

use crate::{
    config_file::{read_json, reject_errors},
    error::Error,
    output::{format_table, print_result},
};

/// The end of the command's `--help`.
pub const HELP_EXAMPLES: &str = "Example:
  latchkey rules infra/sample/rules.json

Validate the file before each deployment: the authorizer starts with an invalid rule, but denies every request of its route.
If a key is not a route or occurs twice, it denies all routes of the file, and if the file is not JSON, all routes except
Latchkey's own.";

/// The arguments of `latchkey rules`.
#[derive(Debug, Args)]
pub struct RulesCommand {
    /// Rules in JSON: an object with one rule per route, or a list of such objects
    file: PathBuf,
}

impl RulesCommand {
    /// Prints each route with the access that it requires.
    ///
    /// # Errors
    ///
    /// Returns [`Error::InvalidConfiguration`] with all errors of the file, and [`Error::Io`] if the file cannot be read.
    pub fn run(self) -> Result<(), Error> {
        let entries = read_json(&self.file)?;
        let (rules, errors) = Rules::of_operator([RuleSource { name: "the file", entries }]);
        reject_errors(&self.file, errors.into_iter().map(|error| error.reason))?;
        let row = |(route, rule)| vec![format!("{route}"), required_access(rule), additional_access(rule)];
        print_result(&format_table(&["ROUTE", "REQUIRES", "ALSO ALLOWED"], rules.by_route().into_iter().map(row)))
    }
}

fn required_access(rule: &Rule) -> String {
    match &rule.access {
        RouteAccess::Public => "no credential".to_owned(),
        RouteAccess::Authenticated { without_role: false } => "any authenticated caller".to_owned(),
        RouteAccess::Authenticated { without_role: true } => "any authenticated caller, also without a role".to_owned(),
        RouteAccess::Permission(required) => required.iter().map(required_permission).collect::<Vec<_>>().join(" or "),
    }
}

fn required_permission(permission: &RequiredPermission) -> String {
    let resource = permission.resource.iter().map(|resource| format!(" on {resource}"));
    let scope = (permission.scope != Scope::Organization).then(|| format!(" (scope {})", permission.scope));
    resource.chain(scope).fold(permission.action.to_string(), |text, part| text + &part)
}

fn additional_access(rule: &Rule) -> String {
    let own_id = rule.own_id.iter().map(|parameter| format!("a token on its own id in {{{parameter}}}"));
    let public_tokens = rule.public_tokens.then(|| "public tokens".to_owned());
    own_id.chain(public_tokens).collect::<Vec<_>>().join(", ")
}
