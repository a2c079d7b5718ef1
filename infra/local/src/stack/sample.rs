//! The sample: an API of somebody's own behind the authorizer, as a REST API and as an HTTP API.

use std::{collections::BTreeMap, fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::StackError;
use crate::template::{Api, ApiKind, Template, load};

/// The sample's template and the rules that the authorizer has for it.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The template's text.
    pub template: String,
    /// The rules, JSON.
    pub rules: String,
}

/// Where the sample's APIs are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleUrls {
    /// The REST API.
    pub rest: String,
    /// The HTTP API.
    pub http: String,
}

impl Sample {
    /// The sample of this repository.
    ///
    /// # Errors
    ///
    /// Where a file of it cannot be read.
    pub fn read(workspace: &Path) -> io::Result<Self> {
        let folder = workspace.join("infra/sample");
        let text = |name: &str| fs::read_to_string(folder.join(name));
        Ok(Self { template: text("template.yaml")?, rules: text("rules.json")? })
    }

    /// The sample's template beside `main`, whose authorizer it has.
    pub(super) fn load(&self, main: &Template) -> Result<Template, StackError> {
        let authorizer = main.apis.iter().find_map(|api| api.authorizer.as_ref()).ok_or(StackError::NoAuthorizer)?;
        let (world, name) = (&main.world, &authorizer.function);
        let arn = format!("arn:aws:lambda:{}:{}:function:{name}", world.region, world.account);
        let parameters = BTreeMap::from([("AuthorizerArn".to_owned(), arn)]);
        load(&self.template, &parameters, world).map_err(StackError::Sample)
    }
}

impl SampleUrls {
    /// The addresses of these APIs, each with its own.
    pub(super) fn of(apis: &[(Api, String)]) -> Option<Self> {
        let url = |kind| apis.iter().find(|(api, _)| api.kind == kind).map(|(_, url)| url.clone());
        Some(Self { rest: url(ApiKind::Rest)?, http: url(ApiKind::Http)? })
    }
}
