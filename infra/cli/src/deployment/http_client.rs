//! The HTTP client of all calls to AWS: uses the proxy of the environment, reports slow responses, and records why a request
//! got no response.

use std::{
    error::Error as StdError,
    io, iter,
    sync::{Arc, Mutex, PoisonError},
};

use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    dns::{DnsFuture, ResolveDns, ResolveDnsError},
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
    },
    orchestrator::HttpRequest,
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use reqwest::Url;

use super::error::{ConnectionFailure, DeploymentError};
use crate::slow_response::report_if_slow;

/// The last request to AWS, with its failure if it got no response.
#[derive(Debug, Clone, Default)]
pub(super) struct ConnectionLog(Arc<Mutex<Option<LastRequest>>>);

#[derive(Debug, Clone)]
struct LastRequest {
    endpoint: String,
    failure: Option<ConnectionFailure>,
}

impl ConnectionLog {
    fn record(&self, endpoint: &str, failure: Option<ConnectionFailure>) {
        let last = LastRequest { endpoint: endpoint.to_owned(), failure };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    /// The error of the last request; `timed_out` if its time limit ended before a connection failed.
    pub(super) fn failure(&self, timed_out: bool) -> Option<DeploymentError> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()?;
        let failure = last.failure.or_else(|| timed_out.then_some(ConnectionFailure::ResponseTimedOut))?;
        Some(DeploymentError::Unreachable { endpoint: last.endpoint, failure })
    }
}

/// Sends HTTPS requests through the proxy of the environment. Plain HTTP stays without a proxy: it goes to this machine or to
/// the metadata service of an instance.
#[derive(Debug, Clone)]
pub(super) struct ReportingClient {
    plain: SharedHttpClient,
    secure: SharedHttpClient,
    log: ConnectionLog,
}

impl ReportingClient {
    pub(super) fn new(log: ConnectionLog) -> Self {
        Self { plain: client(ProxyConfig::disabled), secure: client(ProxyConfig::from_env), log }
    }
}

/// A client that trusts the root certificates of the operating system.
fn client(proxy: fn() -> ProxyConfig) -> SharedHttpClient {
    Builder::new().build_with_connector_fn(move |settings, _| {
        let mut builder = Connector::builder().proxy_config(proxy());
        builder.set_connector_settings(settings.cloned());
        builder.tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_with_resolver(SystemResolver)
    })
}

impl HttpClient for ReportingClient {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        let client = self.clone();
        SharedHttpConnector::new(ReportingConnector {
            client,
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

#[derive(Debug)]
struct ReportingConnector {
    client: ReportingClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for ReportingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let url = Url::parse(request.uri()).ok();
        let client = match &url {
            Some(url) if url.scheme() == "http" => &self.client.plain,
            _ => &self.client.secure,
        };
        let response = client.http_connector(&self.settings, &self.components).call(request);
        let endpoint = url.map(|url| url.origin().ascii_serialization()).unwrap_or_default();
        let log = self.client.log.clone();
        log.record(&endpoint, None);
        HttpConnectorFuture::new(async move {
            let response = report_if_slow(&endpoint, response).await;
            log.record(&endpoint, response.as_ref().err().map(ConnectionFailure::of));
            response
        })
    }
}

/// The resolver of the operating system. Its error has a type of its own, unlike that of the HTTP client's resolver.
#[derive(Debug, Clone)]
struct SystemResolver;

impl ResolveDns for SystemResolver {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        DnsFuture::new(async move {
            let addresses = tokio::net::lookup_host((name, 0)).await.map_err(ResolveDnsError::new)?;
            Ok(addresses.map(|address| address.ip()).collect())
        })
    }
}

impl ConnectionFailure {
    fn of(error: &ConnectorError) -> Self {
        if error.is_timeout() {
            return Self::ConnectTimedOut;
        }
        causes(error)
            .find_map(Self::of_cause)
            .unwrap_or_else(|| Self::Other(causes(error).last().map(ToString::to_string).unwrap_or_default()))
    }

    fn of_cause(cause: &(dyn StdError + 'static)) -> Option<Self> {
        if cause.is::<ResolveDnsError>() {
            return Some(Self::NameNotResolved);
        }
        if let Some(error) = cause.downcast_ref::<rustls::Error>() {
            return Some(Self::Tls(error.to_string()));
        }
        let error = cause.downcast_ref::<io::Error>()?;
        match (tls_error(error), error.kind()) {
            (Some(error), _) => Some(Self::Tls(error.to_string())),
            (None, io::ErrorKind::ConnectionRefused) => Some(Self::Refused),
            (None, io::ErrorKind::TimedOut) => Some(Self::ConnectTimedOut),
            _ => None,
        }
    }
}

/// The TLS error that an I/O error wraps, possibly in another I/O error. `source` of an I/O error skips the error that it wraps.
fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let wrapped = error.get_ref()?;
    wrapped.downcast_ref().or_else(|| tls_error(wrapped.downcast_ref()?))
}

/// The error and its sources, the outermost first.
pub(super) fn causes<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    iter::successors(Some(error), |&error| error.source())
}
