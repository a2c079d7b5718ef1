//! Fetches the signing keys of identity providers (OpenID Connect Discovery 1.0) and caches them.

mod cache;
mod fetch;

pub use cache::OidcKeys;
pub use fetch::{DiscoveryError, fetch_keys};
