//! Why a stack does not start: one clear sentence each.

use std::io;

use crate::{aws::AwsError, idp::IdpError, lambda::LambdaError, seed::SeedError, template::TemplateError};

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Another program has the port.
    #[error("the port {0} is taken: choose another with --port, or 0 for a free one")]
    PortTaken(u16),
    /// The port cannot be listened on.
    #[error("the gateway cannot listen: {0}")]
    Listen(io::Error),
    /// The folder cannot be written to.
    #[error("the folder `{folder}` cannot be used: {source}")]
    Folder {
        /// Which.
        folder: String,
        /// What the system says.
        source: io::Error,
    },
    /// Another stack has the folder.
    #[error("another stack runs on the folder `{0}`: stop it, or choose another with --data")]
    InUse(String),
    /// The template is not understood.
    #[error("template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// The sample's template is not understood.
    #[error("infra/sample/template.yaml: {0}")]
    Sample(TemplateError),
    /// The template has no authorizer that the sample could have.
    #[error("template.yaml: there is no authorizer")]
    NoAuthorizer,
    /// The template has no table.
    #[error("template.yaml: there is no table")]
    NoTable,
    /// A function whose binary was not built.
    #[error("template.yaml: the function `{0}` has no binary in this workspace")]
    NoBinary(String),
    /// A kind of key that is not played.
    #[error("template.yaml: keys of the kind `{0}` are not known here")]
    KeySpec(String),
    /// `DynamoDB` or KMS.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The identity provider.
    #[error(transparent)]
    Idp(#[from] IdpError),
    /// The seed.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A function.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
}
