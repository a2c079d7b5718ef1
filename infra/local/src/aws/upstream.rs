//! Upstream services that replace the embedded ones, such as another emulator.
//!
//! The endpoints in front of them are unchanged, so permissions, call log and faults are the same. The upstream service
//! stores the data, and an upstream KMS chooses the ids of its keys.

mod keys;
mod table;

use std::str::FromStr;

use reqwest::Url;

pub(super) use self::{keys::UpstreamKms, table::ensure_table};
use super::{AwsError, error::ServiceError, service_client::ServiceClient};

/// The upstream services; `None` selects the embedded service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstreams {
    /// The upstream `DynamoDB`.
    pub dynamodb: Option<UpstreamUrl>,
    /// The upstream KMS.
    pub kms: Option<UpstreamUrl>,
}

/// The URL of an upstream service: `http://<host>:<port>` or `https://…`, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamUrl(String);

/// The text is not an [`UpstreamUrl`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be `http://HOST:PORT` or `https://HOST:PORT`, without user, path, query or fragment")]
pub struct UpstreamUrlError;

impl UpstreamUrl {
    /// The URL as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for UpstreamUrl {
    type Err = UpstreamUrlError;

    fn from_str(text: &str) -> Result<Self, UpstreamUrlError> {
        let url = Url::parse(text).map_err(|_| UpstreamUrlError)?;
        let has_user = !url.username().is_empty() || url.password().is_some();
        let has_path = url.path() != "/" || url.query().is_some() || url.fragment().is_some();
        if !matches!(url.scheme(), "http" | "https") || has_user || has_path {
            return Err(UpstreamUrlError);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// The start error for an error response of the service behind `client`.
fn upstream_error(client: &ServiceClient, error: &ServiceError) -> AwsError {
    AwsError::Upstream { url: client.url().to_owned(), reason: format!("{}: {}", error.name, error.message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn upstream_url_has_scheme_host_and_port_only() {
        for (text, url) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
            ("https://emulator.example", "https://emulator.example"),
        ] {
            assert_eq!(text.parse::<UpstreamUrl>().unwrap().as_str(), url);
        }
        for invalid in [
            "",
            "127.0.0.1:4566",
            "localhost:4566",
            "file:///etc/passwd",
            "http://user:secret@127.0.0.1",
            "http://127.0.0.1/path",
            "http://127.0.0.1?query",
            "http://127.0.0.1#fragment",
        ] {
            assert_eq!(invalid.parse::<UpstreamUrl>(), Err(UpstreamUrlError), "{invalid}");
        }
    }
}
