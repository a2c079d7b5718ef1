//! Why a template is not understood.

/// What a template, or the parameter values that came with it, has wrong.
///
/// A place is the way to the value, as in `Resources.Api.Properties.StageName`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// The text is not one YAML document.
    #[error("the template is not YAML: {0}")]
    Yaml(String),
    /// A parameter without a default was given no value.
    #[error("the parameter `{0}` needs a value")]
    ParameterMissing(String),
    /// A value was given for a parameter that the template does not have.
    #[error("the template has no parameter `{0}`")]
    ParameterUnknown(String),
    /// A parameter's value is not among its allowed values.
    #[error("the parameter `{name}` cannot be `{value}`, it is one of {allowed}")]
    ParameterNotAllowed {
        /// The parameter.
        name: String,
        /// The value that it was given.
        value: String,
        /// The allowed values, with commas between them.
        allowed: String,
    },
    /// An intrinsic function that the local stack does not know.
    #[error("`{name}` at `{place}` is not understood, only Ref, Sub, GetAtt, If, Equals, Not and Join are")]
    Intrinsic {
        /// The function in its long form, as in `Fn::Select`.
        name: String,
        /// Where it stands.
        place: String,
    },
    /// A reference to something that is not there.
    #[error("`{name}` at `{place}` refers to nothing that the local stack builds")]
    Dangling {
        /// What it refers to.
        name: String,
        /// Where it stands.
        place: String,
    },
    /// Something else is not understood.
    #[error("at `{place}`: {problem}")]
    Refused {
        /// Where it stands.
        place: String,
        /// What is wrong with it.
        problem: String,
    },
}

impl TemplateError {
    /// The refusal of what stands at `place`.
    pub(super) fn refused(place: &str, problem: impl Into<String>) -> Self {
        Self::Refused { place: place.to_owned(), problem: problem.into() }
    }
}
