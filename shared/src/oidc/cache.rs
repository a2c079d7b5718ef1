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
    authorize::Provider,
    https::{Client, TlsError},
    jwt::Ring,
    ports::{PortError, PortErrorKind, ProviderKeys, Service},
    telemetry,
    token::ProviderName,
};

/// After how long keys are fetched anew, so that a withdrawn one goes.
const FRESH: Duration = Duration::from_mins(10);
/// For how long known keys go on working while their provider gives no answer.
const KEPT: Duration = Duration::from_hours(24);
/// How often a provider is asked at most, whatever `kid`s tokens name.
const AT_MOST_EVERY: Duration = Duration::from_mins(1);
/// The same after the first failure while nothing at all is known of it; twice as long after each further one. Whoever sends a
/// token that names the provider makes it be asked, signed or not.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The keys of identity providers: fetched when first needed, anew when old or when a token names an unknown `kid`, at most
/// once a minute.
#[derive(Default)]
pub struct OidcKeys {
    client: OnceCell<Client>,
    providers: Mutex<HashMap<ProviderName, Arc<Mutex<Known>>>>,
}

/// What is known of one provider.
#[derive(Default)]
struct Known {
    ring: Arc<Ring>,
    fetched: Option<Instant>,
    asked: Option<Instant>,
    /// How often it gave no answer since it last gave one.
    failures: u32,
}

impl Known {
    fn is_within(since: Option<Instant>, span: Duration) -> bool {
        since.is_some_and(|since| since.elapsed() < span)
    }

    /// Whether the provider should be asked, for a token that names `kid`.
    fn is_due(&self, kid: &str) -> bool {
        let fresh = Self::is_within(self.fetched, FRESH) && self.ring.find(kid).is_some();
        !fresh && !Self::is_within(self.asked, self.pause())
    }

    /// For how long it is not asked again.
    fn pause(&self) -> Duration {
        let doubled = FIRST_PAUSE.saturating_mul(1 << self.failures.saturating_sub(1).min(6));
        if self.fetched.is_some() { AT_MOST_EVERY } else { doubled.min(AT_MOST_EVERY) }
    }
}

impl OidcKeys {
    /// The one place of a provider. Each has its own lock, so that a slow one holds up its own people alone.
    async fn place(&self, provider: &Provider) -> Arc<Mutex<Known>> {
        self.providers.lock().await.entry(provider.name.clone()).or_default().clone()
    }
}

fn no_client(error: TlsError) -> PortError {
    PortError::new(Service::IdentityProvider, "Connect", PortErrorKind::Configuration).with_detail(error.to_string())
}

fn provider_error(provider: &Provider, kind: PortErrorKind, cause: impl fmt::Display) -> PortError {
    let detail = format!("{}: {cause}", provider.name);
    PortError::new(Service::IdentityProvider, "GetKeys", kind).with_detail(detail)
}

impl ProviderKeys for OidcKeys {
    async fn ring(&self, provider: &Provider, kid: &str) -> Result<Arc<Ring>, PortError> {
        let place = self.place(provider).await;
        let mut known = place.lock().await;
        if known.is_due(kid) {
            let client = self.client.get_or_try_init(|| async { fetch::client().map_err(no_client) }).await?;
            let fetched = fetch::ring(client, &provider.issuer).await;
            let fetched = fetched.map_err(|error| provider_error(provider, error.kind(), error.to_string()));
            // From the end: a slow one is not asked again at once.
            known.asked = Some(Instant::now());
            match fetched {
                Ok(ring) => {
                    (known.ring, known.fetched, known.failures) = (Arc::new(ring), Some(Instant::now()), 0);
                }
                Err(error) => {
                    known.failures = known.failures.saturating_add(1);
                    if !Known::is_within(known.fetched, KEPT) {
                        return Err(error);
                    }
                    telemetry::port_error(&error);
                }
            }
        }
        if Known::is_within(known.fetched, KEPT) {
            Ok(known.ring.clone())
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
        let pause = |failures| Known { failures, ..Known::default() }.pause().as_secs();
        assert_eq!([0, 1, 2, 3, 6, 7, 100, u32::MAX].map(pause), [1, 1, 2, 4, 32, 60, 60, 60]);
        let known = Known { fetched: Some(Instant::now()), ..Known::default() };
        assert_eq!(known.pause(), AT_MOST_EVERY);
    }
}
