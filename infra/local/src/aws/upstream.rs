//! Services of somebody else's in place of the embedded ones.
//!
//! The fronts stay before them, so permissions, counts and faults are the same. What differs is who keeps the data, and that
//! KMS chooses the ids of its keys.

mod keys;
mod table;

use std::str::FromStr;

use reqwest::Url;

pub(super) use self::{keys::UpstreamKms, table::ensure_table};
use super::{AwsError, error::ServiceError, forward::Forward};

/// Which services stand in place of the embedded ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Upstreams {
    /// In place of `DynamoDB`.
    pub dynamodb: Option<Endpoint>,
    /// In place of KMS.
    pub kms: Option<Endpoint>,
}

/// The address of a service: `http://<host>:<port>` or `https://…`, without a trailing slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint(String);

/// Why a text is no [`Endpoint`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address is written http://HOST:PORT, with nothing behind")]
pub struct EndpointError;

impl Endpoint {
    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Endpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, EndpointError> {
        let url = Url::parse(text).map_err(|_| EndpointError)?;
        let bare = url.username().is_empty() && url.password().is_none() && url.path() == "/";
        let nothing_behind = url.query().is_none() && url.fragment().is_none();
        if !matches!(url.scheme(), "http" | "https") || !bare || !nothing_behind {
            return Err(EndpointError);
        }
        Ok(Self(url.as_str().trim_end_matches('/').to_owned()))
    }
}

/// That the service behind `forward` cannot be used, since it answered `error`.
fn unusable(forward: &Forward, error: &ServiceError) -> AwsError {
    AwsError::Upstream { url: forward.url().to_owned(), why: format!("{}: {}", error.name, error.message) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_a_host_and_a_port_and_nothing_else() {
        for (text, address) in [
            ("http://127.0.0.1:4566", "http://127.0.0.1:4566"),
            ("http://127.0.0.1:4566/", "http://127.0.0.1:4566"),
            ("https://emulator.example", "https://emulator.example"),
        ] {
            assert_eq!(text.parse::<Endpoint>().unwrap().as_str(), address);
        }
        for wrong in [
            "",
            "127.0.0.1:4566",
            "localhost:4566",
            "file:///etc/passwd",
            "http://user:secret@127.0.0.1",
            "http://127.0.0.1/path",
            "http://127.0.0.1?query",
            "http://127.0.0.1#fragment",
        ] {
            assert_eq!(wrong.parse::<Endpoint>(), Err(EndpointError), "{wrong}");
        }
    }
}
