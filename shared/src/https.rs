//! HTTP client for requests to other servers than AWS. It uses the HTTP stack of the AWS SDKs, so that a function links
//! only one.

mod client;
mod root_store;

pub use client::{Client, ClientConfig};
pub(crate) use client::{HttpResponse, RequestError};
pub use root_store::{RootCertificates, RootCertificatesError, RootStore, TlsError};
