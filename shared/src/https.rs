//! HTTPS, spoken by the client that the AWS SDKs bring: another would be a second one in each function.

mod client;
mod root_store;

pub(crate) use client::HttpResponse;
pub use client::{Client, ClientConfig};
pub use root_store::{RootCertificates, RootCertificatesError, RootStore, TlsError};
