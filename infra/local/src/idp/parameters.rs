//! The parameters of a request to the provider: of its query or of its form.

use std::collections::BTreeMap;

use axum::{
    body::{Body, to_bytes},
    http::{HeaderMap, header},
};

/// The most bytes of all parameters.
const MOST: usize = 8 * 1024;

/// Parameters by their names. It has no `Debug`, since there may be credentials among them.
pub(super) struct Parameters {
    values: BTreeMap<String, String>,
    /// One that is there twice (RFC 6749, section 3.1).
    pub repeated: Option<String>,
}

/// Why there are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum ParametersError {
    /// There are too many, or too long ones.
    #[error("the parameters have 8 KiB at most")]
    TooLong,
    /// The body is of another kind.
    #[error("the body is application/x-www-form-urlencoded")]
    NoForm,
}

impl Parameters {
    /// Reads `text` in the form of a query. A parameter without a value counts as absent (RFC 6749, section 3.1).
    ///
    /// # Errors
    ///
    /// [`ParametersError::TooLong`].
    pub(super) fn read(text: &[u8]) -> Result<Self, ParametersError> {
        if text.len() > MOST {
            return Err(ParametersError::TooLong);
        }
        let (mut values, mut repeated) = (BTreeMap::new(), None);
        for (name, value) in form_urlencoded::parse(text).filter(|(_, value)| !value.is_empty()) {
            if values.insert(name.to_string(), value.to_string()).is_some() {
                repeated = Some(name.into_owned());
            }
        }
        Ok(Self { values, repeated })
    }

    /// Reads the form that is the body of a request.
    ///
    /// # Errors
    ///
    /// See [`ParametersError`].
    pub(super) async fn of_form(headers: &HeaderMap, body: Body) -> Result<Self, ParametersError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            return Err(ParametersError::NoForm);
        }
        Self::read(&to_bytes(body, MOST).await.map_err(|_| ParametersError::TooLong)?)
    }

    /// The value of the parameter `name`.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}
