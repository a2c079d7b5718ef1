//! The parameters of a request to the identity provider, from its query or from its form body.

use std::collections::BTreeMap;

use axum::extract::{RawForm, rejection::RawFormRejection};

/// Largest query or form body.
pub(super) const MAX_PARAMETERS_BYTES: usize = 8 * 1024;

/// The query of a `GET` request, or the form body of another one.
pub(super) type ExtractedForm = Result<RawForm, RawFormRejection>;

/// Parameters by name. Deserializing them would not detect repetitions, and an empty value counts as absent (RFC 6749,
/// section 3.1). It has no `Debug`, because it may contain credentials.
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    /// Name of a repeated parameter.
    pub(super) repeated: Option<String>,
}

/// The parameters cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParametersError {
    /// The query or body exceeds [`MAX_PARAMETERS_BYTES`].
    #[error("the parameters exceed 8 KiB")]
    TooLarge,
    /// The body has another content type.
    #[error("the body must be application/x-www-form-urlencoded")]
    NotAForm,
}

impl Parameters {
    /// Parses the query or form body that axum extracted.
    pub(super) fn parse(form: ExtractedForm) -> Result<Self, ParametersError> {
        let text = match form {
            Ok(RawForm(text)) if text.len() <= MAX_PARAMETERS_BYTES => text,
            Err(RawFormRejection::InvalidFormContentType(_)) => return Err(ParametersError::NotAForm),
            Ok(_) | Err(_) => return Err(ParametersError::TooLarge),
        };
        let mut values = BTreeMap::new();
        let mut repeated = None;
        for (name, value) in form_urlencoded::parse(&text).filter(|(_, value)| !value.is_empty()) {
            if values.insert(name.to_string(), value.into_owned()).is_some() {
                repeated = Some(name.into_owned());
            }
        }
        Ok(Self { values, repeated })
    }

    /// The value of the parameter `name`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}
