//! Reading what lies at an address outside of AWS.

use std::{sync::OnceLock, time::Duration};

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls::TlsContext};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::byte_stream::ByteStream;
use url::Url;

use super::root_store::{RootStore, TlsError, no_roots, tls};

/// How a client goes out.
#[derive(Debug, Clone, Copy)]
pub struct ClientConfig {
    /// How long a connection may take to be there, with its TLS.
    pub connect: Duration,
    /// Whether it goes through the proxy of the environment (`HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`, `NO_PROXY`, in small
    /// letters too), where there is one.
    pub proxied: bool,
    /// What it calls itself (RFC 9110, section 10.1.5).
    pub agent: Option<&'static str>,
}

/// A client that reads and does nothing else. It trusts whom the operating system trusts, follows no redirect, and limits no
/// time but that of connecting: whoever calls it does.
pub struct Client {
    plain: Connector,
    /// Made when HTTPS is first spoken: the operating system's roots are slow to read, and a machine may have none.
    secure: OnceLock<Connector>,
    system: TlsContext,
    config: ClientConfig,
}

/// An answer whose body is still on its way.
pub(crate) struct HttpResponse {
    /// Its status.
    pub status: u16,
    body: ByteStream,
}

/// Nobody answers, or not to the end.
#[derive(Debug)]
pub(crate) struct RequestError;

impl ClientConfig {
    /// Connections to those whom `trusted` knows.
    fn connector(self, trusted: TlsContext) -> Connector {
        let settings = HttpConnectorSettings::builder().connect_timeout(self.connect).build();
        let proxy = if self.proxied { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
        let builder = Connector::builder().connector_settings(settings).proxy_config(proxy);
        builder.tls_provider(tls()).tls_context(trusted).build()
    }
}

impl Client {
    /// A client with connections of its own.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if TLS cannot be configured.
    pub fn new(config: ClientConfig) -> Result<Self, TlsError> {
        let (plain, system) = (config.connector(no_roots()?), RootStore::System.context()?);
        Ok(Self { plain, secure: OnceLock::new(), system, config })
    }

    fn connector(&self, url: &Url) -> &Connector {
        let secure = || self.config.connector(self.system.clone());
        if url.scheme() == "http" { &self.plain } else { self.secure.get_or_init(secure) }
    }

    /// What lies at `address`, by HTTPS or HTTP as it says.
    ///
    /// # Errors
    ///
    /// [`RequestError`], for an address that is none too.
    pub(crate) async fn get(&self, address: &str) -> Result<HttpResponse, RequestError> {
        // The parsed one: it is what the rules on addresses were applied to.
        let url = Url::parse(address).map_err(|_| RequestError)?;
        let mut request = HttpRequest::get(&url).map_err(|_| RequestError)?;
        let agent = self.config.agent.map(|agent| ("user-agent", agent));
        for (name, value) in [("accept", "*/*")].into_iter().chain(agent) {
            request.headers_mut().try_insert(name, value).map_err(|_| RequestError)?;
        }
        let answer = self.connector(&url).call(request).await.map_err(|_| RequestError)?;
        Ok(HttpResponse { status: answer.status().as_u16(), body: ByteStream::new(answer.into_body()) })
    }
}

impl HttpResponse {
    /// Adds the next bytes of the body to `read`, as they come. False at its end.
    ///
    /// # Errors
    ///
    /// [`RequestError`].
    pub async fn read_on(&mut self, read: &mut Vec<u8>) -> Result<bool, RequestError> {
        let next = self.body.next().await.transpose().map_err(|_| RequestError)?;
        Ok(next.map(|bytes| read.extend_from_slice(&bytes)).is_some())
    }
}
