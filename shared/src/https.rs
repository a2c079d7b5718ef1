//! HTTPS, spoken by the client that the AWS SDKs bring: another would be a second one in each function.

mod client;
mod trust;

pub(crate) use client::Answer;
pub use client::{Client, Manner};
pub use trust::{Roots, RootsError, TlsError, Trust};
