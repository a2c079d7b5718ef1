//! The sample: a user's own API behind the authorizer, as a REST API and as an HTTP API.

use std::{collections::BTreeMap, fs, io, path::Path};

use super::StackError;
use crate::template::{Template, load};

/// The sample's template, and the authorizer's rules for it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The text of the template.
    pub template: String,
    /// The rules in JSON.
    pub rules: String,
}

impl Sample {
    /// Reads the sample of the repository at `workspace`.
    ///
    /// # Errors
    ///
    /// Returns the operating system's error if a file cannot be read.
    pub fn read(workspace: &Path) -> io::Result<Self> {
        let dir = workspace.join("infra/sample");
        let text = |name: &str| fs::read_to_string(dir.join(name));
        Ok(Self { template: text("template.yaml")?, rules: text("rules.json")? })
    }

    /// Loads the sample's template with the authorizer of `main`.
    pub(super) fn load(&self, main: &Template) -> Result<Template, StackError> {
        let authorizer = main.apis.iter().find_map(|api| api.authorizer.as_ref()).ok_or(StackError::NoAuthorizer)?;
        let pseudo_parameters = &main.pseudo_parameters;
        let name = &authorizer.function;
        let arn = format!("arn:aws:lambda:{}:{}:function:{name}", pseudo_parameters.region, pseudo_parameters.account);
        let parameters = BTreeMap::from([("AuthorizerArn".to_owned(), arn)]);
        load(&self.template, &parameters, pseudo_parameters).map_err(StackError::Sample)
    }
}
