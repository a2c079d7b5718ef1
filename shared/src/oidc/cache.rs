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
    jwt::{DroppedKey, ProviderKeySet},
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

/// Most dropped keys that one log line names.
const MAX_LOGGED_KEYS: usize = 10;

/// The keys of identity providers. They are fetched when they are first needed, and again, at most once a minute, when
/// they are old or do not verify a token.
#[derive(Default)]
pub struct OidcKeys {
    client: OnceCell<Client>,
    providers: Mutex<HashMap<ProviderName, Arc<Mutex<CachedKeys>>>>,
}

/// The cached keys of one provider.
#[derive(Default)]
struct CachedKeys {
    key_set: Arc<ProviderKeySet>,
    fetched: Option<Instant>,
    attempted: Option<Instant>,
    /// Number of failed fetches since the last successful one.
    failures: u32,
}

impl CachedKeys {
    fn is_within(since: Option<Instant>, span: Duration) -> bool {
        since.is_some_and(|since| since.elapsed() < span)
    }

    /// Whether the keys are missing or old.
    fn is_stale(&self) -> bool {
        !Self::is_within(self.fetched, KEY_REFRESH_INTERVAL)
    }

    /// Whether enough time has passed since the last fetch.
    fn may_fetch(&self) -> bool {
        !Self::is_within(self.attempted, self.retry_interval())
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

impl OidcKeys {
    /// Fetches the keys of `provider` into `cached`. A failure is an error only if no cached keys can be used.
    async fn fetch(&self, provider: &IdentityProvider, cached: &mut CachedKeys) -> Result<(), PortError> {
        let client =
            self.client.get_or_try_init(|| async { fetch::client().map_err(|error| client_error(&error)) }).await?;
        let fetched = fetch::fetch_provider_keys(client, &provider.issuer).await;
        let fetched = fetched.map_err(|error| provider_error(provider, error.kind(), error.to_string()));
        // Counted from the end of the fetch, so that a slow provider is not called again at once.
        cached.attempted = Some(Instant::now());
        match fetched {
            Ok(key_set) => {
                if key_set.dropped() != cached.key_set.dropped() {
                    telemetry::warning(&dropped_keys_message(provider, key_set.dropped()));
                }
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
        Ok(())
    }
}

/// The keys in `cached`, if they are not too old.
fn usable(provider: &IdentityProvider, cached: &CachedKeys) -> Result<Arc<ProviderKeySet>, PortError> {
    if CachedKeys::is_within(cached.fetched, KEY_CACHE_TTL) {
        return Ok(cached.key_set.clone());
    }
    let cause = "no keys are cached and the next fetch is not due yet";
    Err(provider_error(provider, PortErrorKind::Unreachable, cause))
}

/// The message about keys of a JWK set that are not used. It contains nothing that a caller sent.
fn dropped_keys_message(provider: &IdentityProvider, dropped: &[DroppedKey]) -> String {
    let shown: Vec<_> = dropped.iter().take(MAX_LOGGED_KEYS).map(ToString::to_string).collect();
    let count = dropped.len();
    let end = if count > shown.len() { "; and more" } else { "" };
    let keys = if shown.is_empty() { String::new() } else { format!(": {}", shown.join("; ")) };
    format!("unused keys in the JWK set of the identity provider `{}`: {count}{keys}{end}", provider.name)
}

impl ProviderKeys for OidcKeys {
    async fn key_set(&self, provider: &IdentityProvider) -> Result<Arc<ProviderKeySet>, PortError> {
        let entry = self.entry(provider).await;
        let mut cached = entry.lock().await;
        if cached.is_stale() && cached.may_fetch() {
            self.fetch(provider, &mut cached).await?;
        }
        usable(provider, &cached)
    }

    async fn newer_key_set(
        &self,
        provider: &IdentityProvider,
        outdated: &Arc<ProviderKeySet>,
    ) -> Result<Arc<ProviderKeySet>, PortError> {
        let entry = self.entry(provider).await;
        let mut cached = entry.lock().await;
        if Arc::ptr_eq(&cached.key_set, outdated) && cached.may_fetch() {
            self.fetch(provider, &mut cached).await?;
        }
        usable(provider, &cached)
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

    /// The limit applies to every fetch, for whichever reason.
    #[tokio::test]
    async fn keys_are_fetched_again_at_most_once_a_minute() {
        let provider: IdentityProvider = serde_json::from_value(serde_json::json!({
            "name": "local", "issuer": "http://127.0.0.1:1", "audience": "a", "organizations": "*",
        }))
        .unwrap();
        let keys = OidcKeys::default();
        let entry = keys.entry(&provider).await;
        let minutes_ago = |minutes| Instant::now().checked_sub(Duration::from_mins(minutes)).unwrap();
        let set = |fetched, attempted| CachedKeys {
            fetched: Some(minutes_ago(fetched)),
            attempted: Some(minutes_ago(attempted)),
            ..CachedKeys::default()
        };
        *entry.lock().await = set(0, 0);
        let cached = keys.key_set(&provider).await.unwrap();
        assert!(Arc::ptr_eq(&keys.newer_key_set(&provider, &cached).await.unwrap(), &cached));
        assert_eq!(entry.lock().await.failures, 0, "not fetched within a minute");
        *entry.lock().await = set(2, 2);
        let cached = keys.key_set(&provider).await.unwrap();
        assert_eq!(entry.lock().await.failures, 0, "the cached keys are fresh");
        let other = Arc::new(ProviderKeySet::default());
        assert!(Arc::ptr_eq(&keys.newer_key_set(&provider, &other).await.unwrap(), &cached));
        assert_eq!(entry.lock().await.failures, 0, "the keys were replaced since");
        assert!(Arc::ptr_eq(&keys.newer_key_set(&provider, &cached).await.unwrap(), &cached));
        assert_eq!(entry.lock().await.failures, 1, "fetched once");
        assert!(keys.newer_key_set(&provider, &cached).await.is_ok());
        assert_eq!(entry.lock().await.failures, 1, "not fetched again");
    }

    #[test]
    fn message_about_dropped_keys_is_bounded() {
        let provider = serde_json::from_value(serde_json::json!({
            "name": "local", "issuer": "http://127.0.0.1:1", "audience": "a", "organizations": "*",
        }))
        .unwrap();
        let one = ProviderKeySet::new([serde_json::json!({"kty": "oct", "kid": "k1"})]);
        let expected = "unused keys in the JWK set of the identity provider `local`: 1: key `k1`: key type must be RSA, or \
                        EC with the curve P-256";
        assert_eq!(dropped_keys_message(&provider, one.dropped()), expected);
        let many = ProviderKeySet::new((0..10_000).map(|_| serde_json::json!({"kid": "k".repeat(1_000)})));
        let message = dropped_keys_message(&provider, many.dropped());
        assert!(message.len() < 2_000 && message.ends_with("; and more"), "{message}");
        assert!(dropped_keys_message(&provider, &[]).ends_with(": 0"));
    }
}
