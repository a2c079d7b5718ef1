//! Keeping a provider's keys.

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

/// After how long keys are fetched anew, so that a withdrawn one goes.
const KEY_REFRESH_INTERVAL: Duration = Duration::from_mins(10);
/// For how long cached keys go on working while their provider gives no answer.
const KEY_CACHE_TTL: Duration = Duration::from_hours(24);
/// How often a provider is asked at most, whatever `kid`s tokens name.
const MIN_FETCH_INTERVAL: Duration = Duration::from_mins(1);
/// The same after the first failure while nothing at all is cached of it; twice as long after each further one. Whoever sends a
/// token that names the provider makes it be asked, signed or not.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);

/// The keys of identity providers: fetched when first needed, anew when old or when a token names an unknown `kid`, at most
/// once a minute.
#[derive(Default)]
pub struct OidcKeys {
    client: OnceCell<Client>,
    providers: Mutex<HashMap<ProviderName, Arc<Mutex<CachedKeys>>>>,
}

/// What is cached of one provider.
#[derive(Default)]
struct CachedKeys {
    key_set: Arc<KeySet>,
    fetched: Option<Instant>,
    asked: Option<Instant>,
    /// How often it gave no answer since it last gave one.
    failures: u32,
}

impl CachedKeys {
    fn is_within(since: Option<Instant>, span: Duration) -> bool {
        since.is_some_and(|since| since.elapsed() < span)
    }

    /// Whether the provider should be asked, for a token that names `kid`.
    fn is_due(&self, kid: &str) -> bool {
        let fresh = Self::is_within(self.fetched, KEY_REFRESH_INTERVAL) && self.key_set.find(kid).is_some();
        !fresh && !Self::is_within(self.asked, self.pause())
    }

    /// For how long it is not asked again.
    fn pause(&self) -> Duration {
        let doubled = INITIAL_BACKOFF.saturating_mul(1 << self.failures.saturating_sub(1).min(6));
        if self.fetched.is_some() { MIN_FETCH_INTERVAL } else { doubled.min(MIN_FETCH_INTERVAL) }
    }
}

impl OidcKeys {
    /// The one slot of a provider. Each has its own lock, so that a slow one holds up its own people alone.
    async fn slot(&self, provider: &IdentityProvider) -> Arc<Mutex<CachedKeys>> {
        self.providers.lock().await.entry(provider.name.clone()).or_default().clone()
    }
}

fn no_client(error: TlsError) -> PortError {
    PortError::new(Service::IdentityProvider, "Connect", PortErrorKind::Configuration).with_detail(error.to_string())
}

fn provider_error(provider: &IdentityProvider, kind: PortErrorKind, cause: impl fmt::Display) -> PortError {
    let detail = format!("{}: {cause}", provider.name);
    PortError::new(Service::IdentityProvider, "GetKeys", kind).with_detail(detail)
}

impl ProviderKeys for OidcKeys {
    async fn key_set(&self, provider: &IdentityProvider, kid: &str) -> Result<Arc<KeySet>, PortError> {
        let slot = self.slot(provider).await;
        let mut cached = slot.lock().await;
        if cached.is_due(kid) {
            let client = self.client.get_or_try_init(|| async { fetch::client().map_err(no_client) }).await?;
            let fetched = fetch::fetch_keys(client, &provider.issuer).await;
            let fetched = fetched.map_err(|error| provider_error(provider, error.kind(), error.to_string()));
            // From the end: a slow one is not asked again at once.
            cached.asked = Some(Instant::now());
            match fetched {
                Ok(key_set) => {
                    (cached.key_set, cached.fetched, cached.failures) = (Arc::new(key_set), Some(Instant::now()), 0);
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
            Err(provider_error(provider, PortErrorKind::Unreachable, "not retried yet"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_provider_of_which_nothing_is_known_is_asked_ever_more_rarely_and_once_a_minute_in_the_end() {
        let pause = |failures| CachedKeys { failures, ..CachedKeys::default() }.pause().as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 100, u32::MAX].map(pause), [1, 1, 2, 4, 32, 60, 60, 60]);
        let cached = CachedKeys { fetched: Some(Instant::now()), ..CachedKeys::default() };
        assert_eq!(cached.pause(), MIN_FETCH_INTERVAL);
    }
}
