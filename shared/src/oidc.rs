//! The keys of identity providers, fetched over HTTP and cached.

mod cache;
mod fetch;

pub use cache::OidcKeys;
pub use fetch::{DiscoveryError, fetch_keys};
