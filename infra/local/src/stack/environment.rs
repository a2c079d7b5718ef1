//! The binary, the environment variables and the IAM policy of each function.

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
};

use aws_sdk_dynamodb::{
    Client,
    config::{BehaviorVersion, Credentials, Region},
};

use super::StackError;
use crate::{
    aws::{Aws, OPERATOR, Principal},
    lambda::FunctionSpec,
    template::{Function, PseudoParameters, Template},
};

/// The functions of all templates, each with its binary.
pub(super) struct Environment {
    functions: Vec<(Function, PathBuf)>,
}

impl Environment {
    pub(super) fn new<'a>(
        templates: impl Iterator<Item = &'a Template>,
        binaries: &BTreeMap<String, PathBuf>,
    ) -> Result<Self, StackError> {
        let with_binary = |function: &Function| {
            let binary = binaries.get(&function.name).ok_or_else(|| StackError::NoBinary(function.name.clone()))?;
            Ok((function.clone(), binary.clone()))
        };
        let functions = templates.flat_map(|template| &template.functions);
        Ok(Self { functions: functions.map(with_binary).collect::<Result<_, StackError>>()? })
    }

    /// Returns the binaries by the functions' names.
    pub(super) fn binaries(&self) -> BTreeMap<String, PathBuf> {
        self.functions.iter().map(|(function, binary)| (function.name.clone(), binary.clone())).collect()
    }

    /// Returns the IAM principals. A function's access key id, which identifies it, is its name.
    pub(super) fn principals(&self) -> HashMap<String, Principal> {
        let principal = |(function, _): &(Function, PathBuf)| {
            (function.name.clone(), Principal { name: function.name.clone(), statements: function.statements.clone() })
        };
        self.functions.iter().map(principal).collect()
    }

    /// Returns the functions with their environment on Lambda. Only the endpoints of the two services differ from AWS.
    pub(super) fn functions(self, aws: &Aws, template: &Template) -> Vec<FunctionSpec> {
        let spec = |(function, binary): (Function, PathBuf)| {
            let mut environment = function.environment;
            let own = [
                ("AWS_ACCESS_KEY_ID", function.name.clone()),
                ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
                ("AWS_REGION", template.pseudo_parameters.region.clone()),
                ("AWS_ENDPOINT_URL_DYNAMODB", aws.dynamodb_url.clone()),
                ("AWS_ENDPOINT_URL_KMS", aws.kms_url.clone()),
            ];
            environment.extend(own.map(|(name, value)| (name.to_owned(), value)));
            FunctionSpec {
                name: function.name,
                binary,
                timeout: function.timeout,
                memory_mb: function.memory_mb,
                environment,
            }
        };
        self.functions.into_iter().map(spec).collect()
    }
}

/// Returns a client of the `DynamoDB` at `url` with the operator's permissions.
#[must_use]
pub fn operator(url: &str, pseudo_parameters: &PseudoParameters) -> Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(pseudo_parameters.region.clone()))
        .credentials_provider(Credentials::new(OPERATOR, "local", None, None, "local"))
        .endpoint_url(url);
    Client::from_conf(config.build())
}
