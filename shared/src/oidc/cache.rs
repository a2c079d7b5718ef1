//! Cache of the signing keys of identity providers.

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, OnceCell};

use super::fetch;
use crate::{
    https::{Client, TlsError},
    identity_provider::IdentityProvider,
    jwt::KeySet,
    ports::{PortError, PortErrorKind, ProviderKeys, Service},
    telemetry,
    token::ProviderName,
};

/// Age at which cached keys are fetched again, so that a key that the provider withdrew stops working.
const KEY_REFRESH_INTERVAL: Duration = Duration::from_mins(10);
/// Age up to which cached keys are used while their provider is unavailable.
const KEY_CACHE_TTL: Duration = Duration::from_hours(24);
/// Minimum time between two fetches from one provider, so that tokens with unknown `kid`s cannot cause more.
const MIN_FETCH_INTERVAL: Duration = Duration::from_mins(1);
/// Minimum time after the first failed fetch from a provider without cached keys. It doubles with each further failure,
/// up to [`MIN_FETCH_INTERVAL`], because any token that names the provider causes a fetch, even without a valid
/// signature.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// The keys of identity providers. They are fetched when they are first needed, and again, at most once a minute, when
/// they are old or a token names an unknown `kid`.
#[derive(Default)]
pub struct OidcKeys {
    client: OnceCell<Client>,
    providers: Mutex<HashMap<ProviderName, Arc<Mutex<CachedKeys>>>>,
}

/// The cached keys of one provider.
#[derive(Default)]
struct CachedKeys {
    key_set: Arc<KeySet>,
    fetched: Option<Instant>,
    attempted: Option<Instant>,
    /// Number of failed fetches since the last successful one.
    failures: u32,
}

impl CachedKeys {
    fn is_within(since: Option<Instant>, span: Duration) -> bool {
        since.is_some_and(|since| since.elapsed() < span)
    }

    /// Whether the keys must be fetched for a token that names `kid`.
    fn is_due(&self, kid: &str) -> bool {
        let is_fresh = Self::is_within(self.fetched, KEY_REFRESH_INTERVAL) && self.key_set.find(kid).is_some();
        !is_fresh && !Self::is_within(self.attempted, self.retry_interval())
    }

    /// Minimum time between the last fetch and the next one.
    fn retry_interval(&self) -> Duration {
        let doubled = INITIAL_BACKOFF.saturating_mul(1 << self.failures.saturating_sub(1).min(6));
        if self.fetched.is_some() { MIN_FETCH_INTERVAL } else { doubled.min(MIN_FETCH_INTERVAL) }
    }
}

impl OidcKeys {
    /// The cache entry of a provider. Each entry has its own lock, so that a slow provider delays only its own users.
    async fn entry(&self, provider: &IdentityProvider) -> Arc<Mutex<CachedKeys>> {
        self.providers.lock().await.entry(provider.name.clone()).or_default().clone()
    }
}

fn client_error(error: &TlsError) -> PortError {
    PortError::new(Service::IdentityProvider, "Connect", PortErrorKind::Configuration).with_detail(error.to_string())
}

fn provider_error(provider: &IdentityProvider, kind: PortErrorKind, cause: impl fmt::Display) -> PortError {
    let detail = format!("{}: {cause}", provider.name);
    PortError::new(Service::IdentityProvider, "GetKeys", kind).with_detail(detail)
}

impl ProviderKeys for OidcKeys {
    async fn key_set(&self, provider: &IdentityProvider, kid: &str) -> Result<Arc<KeySet>, PortError> {
        let entry = self.entry(provider).await;
        let mut cached = entry.lock().await;
        if cached.is_due(kid) {
            let client =
                self.client.get_or_try_init(|| async { fetch::client().map_err(|error| client_error(&error)) }).await?;
            let fetched = fetch::fetch_keys(client, &provider.issuer).await;
            let fetched = fetched.map_err(|error| provider_error(provider, error.kind(), error.to_string()));
            // Counted from the end of the fetch, so that a slow provider is not called again at once.
            cached.attempted = Some(Instant::now());
            match fetched {
                Ok(key_set) => {
                    cached.key_set = Arc::new(key_set);
                    cached.fetched = Some(Instant::now());
                    cached.failures = 0;
                }
                Err(error) => {
                    cached.failures = cached.failures.saturating_add(1);
                    if !CachedKeys::is_within(cached.fetched, KEY_CACHE_TTL) {
                        return Err(error);
                    }
                    telemetry::port_error(&error);
                }
            }
        }
        if CachedKeys::is_within(cached.fetched, KEY_CACHE_TTL) {
            Ok(cached.key_set.clone())
        } else {
            Err(provider_error(
                provider,
                PortErrorKind::Unreachable,
                "no keys are cached and the next fetch is not due yet",
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The wait after a failed fetch doubles up to one minute.
    #[test]
    fn provider_without_cached_keys_is_retried_with_backoff() {
        let seconds = |failures| CachedKeys { failures, ..CachedKeys::default() }.retry_interval().as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 100, u32::MAX].map(seconds), [1, 1, 2, 4, 32, 60, 60, 60]);
        let cached = CachedKeys { fetched: Some(Instant::now()), ..CachedKeys::default() };
        assert_eq!(cached.retry_interval(), MIN_FETCH_INTERVAL);
    }
}
