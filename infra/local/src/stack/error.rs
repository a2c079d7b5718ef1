//! The errors of a start.

use std::io;

use crate::{aws::AwsError, idp::IdpError, lambda::LambdaError, seed::SeedError, template::TemplateError};

/// Why a stack does not start.
#[derive(Debug, thiserror::Error)]
pub enum StackError {
    /// Another process listens on the port.
    #[error("port {0} is in use: choose another with `--port`, or 0 for a free one")]
    PortTaken(u16),
    /// The port cannot be bound.
    #[error("the gateway cannot listen: {0}")]
    Listen(io::Error),
    /// The data directory cannot be read or written.
    #[error("cannot use the data directory `{path}`: {source}")]
    DataDir {
        /// The directory.
        path: String,
        /// The operating system's or the JSON parser's error.
        source: io::Error,
    },
    /// Another stack uses the data directory.
    #[error("another stack uses the data directory `{0}`: stop it, or choose another with `--data`")]
    InUse(String),
    /// The template is invalid.
    #[error("template.yaml: {0}")]
    Template(#[from] TemplateError),
    /// The sample's template is invalid.
    #[error("infra/sample/template.yaml: {0}")]
    Sample(TemplateError),
    /// The template has no authorizer, which the sample uses.
    #[error("template.yaml: no API has an authorizer")]
    NoAuthorizer,
    /// The template has no table.
    #[error("template.yaml: no table is defined")]
    NoTable,
    /// A function of the template is not in this workspace.
    #[error("template.yaml: function `{0}` has no binary in this workspace")]
    NoBinary(String),
    /// The embedded KMS does not support the key spec.
    #[error("template.yaml: key spec `{0}` is not supported by the local stack")]
    KeySpec(String),
    /// `DynamoDB` or KMS does not start.
    #[error(transparent)]
    Aws(#[from] AwsError),
    /// The identity provider does not start.
    #[error(transparent)]
    Idp(#[from] IdpError),
    /// The seed cannot be written.
    #[error(transparent)]
    Seed(#[from] SeedError),
    /// A function does not start.
    #[error(transparent)]
    Lambda(#[from] LambdaError),
}
