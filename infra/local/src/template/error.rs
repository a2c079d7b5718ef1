//! Why a template cannot be loaded.

/// An error in a template or in its parameter values.
///
/// A path locates a value in the template, as in `Resources.Api.Properties.StageName`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not one YAML document.
    #[error("template is not valid YAML: {0}")]
    Yaml(String),
    /// A parameter has neither a value nor a default.
    #[error("parameter `{0}` requires a value")]
    ParameterMissing(String),
    /// A value was given for a parameter that the template does not define.
    #[error("template has no parameter `{0}`")]
    ParameterUnknown(String),
    /// A parameter's value is not in its `AllowedValues`.
    #[error("parameter `{name}` must be one of {allowed}, not `{value}`")]
    ParameterNotAllowed {
        /// The parameter.
        name: String,
        /// The value.
        value: String,
        /// The allowed values, separated by commas.
        allowed: String,
    },
    /// An intrinsic function that the local stack does not resolve.
    #[error("at `{path}`: `{name}` is not supported, only Ref, Sub, GetAtt, If, Equals, Not and Join")]
    UnsupportedFunction {
        /// The full name of the function, as in `Fn::Select`.
        name: String,
        /// The path of the call.
        path: String,
    },
    /// A name that is not defined, or that belongs to a resource that the local stack does not build.
    #[error("at `{path}`: unknown name `{name}`")]
    UnknownName {
        /// The name.
        name: String,
        /// The path of the reference.
        path: String,
    },
    /// A value that is invalid or not supported.
    #[error("at `{path}`: {problem}")]
    Invalid {
        /// The path of the value.
        path: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl TemplateError {
    /// The error for the value at `path`.
    pub(super) fn invalid(path: &str, problem: impl Into<String>) -> Self {
        Self::Invalid { path: path.to_owned(), problem: problem.into() }
    }
}
