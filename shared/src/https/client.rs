//! HTTP client that reads a URL.

use std::{error::Error, sync::OnceLock, time::Duration};

use aws_smithy_http_client::{Connector, proxy::ProxyConfig, tls::TlsContext};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorSettings},
    orchestrator::HttpRequest,
};
use aws_smithy_types::byte_stream::ByteStream;
use url::Url;

use super::root_store::{RootStore, TlsError, no_roots, tls};

/// Settings of a client.
#[derive(Debug, Clone, Copy)]
pub struct ClientConfig {
    /// Time limit for opening a connection, including the TLS handshake.
    pub connect: Duration,
    /// Uses the proxy of the environment variables `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`, also in
    /// lower case.
    pub proxied: bool,
    /// The `User-Agent` header (RFC 9110, section 10.1.5).
    pub agent: Option<&'static str>,
}

/// Client for `GET` requests. It trusts the root certificates of the operating system and does not follow redirects. It
/// limits only the time to connect: callers limit the time of the whole request.
pub struct Client {
    plain: Connector,
    /// Created with the first HTTPS request: reading the operating system's root certificates is slow, and a machine
    /// may have none.
    secure: OnceLock<Connector>,
    system: TlsContext,
    config: ClientConfig,
}

/// A response whose body is read in parts.
pub(crate) struct HttpResponse {
    /// The HTTP status.
    pub status: u16,
    /// Whether the body has a content coding other than `identity` (RFC 9110, section 8.4), which is not decoded.
    pub is_encoded: bool,
    body: ByteStream,
}

/// The URL is invalid, the server is unreachable, or the response is incomplete. Contains the innermost cause: an error of
/// the operating system, of TLS or of HTTP.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct RequestError(String);

impl RequestError {
    fn of(error: impl Error) -> Self {
        let mut innermost: &dyn Error = &error;
        while let Some(source) = innermost.source() {
            innermost = source;
        }
        Self(innermost.to_string())
    }
}

impl ClientConfig {
    /// A connector that trusts the root certificates in `trusted`.
    fn connector(self, trusted: TlsContext) -> Connector {
        let settings = HttpConnectorSettings::builder().connect_timeout(self.connect).build();
        let proxy = if self.proxied { ProxyConfig::from_env() } else { ProxyConfig::disabled() };
        let builder = Connector::builder().connector_settings(settings).proxy_config(proxy);
        builder.tls_provider(tls()).tls_context(trusted).build()
    }
}

impl Client {
    /// A client with its own connection pool.
    ///
    /// # Errors
    ///
    /// Returns [`TlsError`] if TLS cannot be configured.
    pub fn new(config: ClientConfig) -> Result<Self, TlsError> {
        let plain = config.connector(no_roots()?);
        let system = RootStore::System.context()?;
        Ok(Self { plain, secure: OnceLock::new(), system, config })
    }

    fn connector(&self, url: &Url) -> &Connector {
        let secure = || self.config.connector(self.system.clone());
        if url.scheme() == "http" { &self.plain } else { self.secure.get_or_init(secure) }
    }

    /// Sends `GET address`, over HTTPS or HTTP as its scheme says, and requests a response without compression.
    ///
    /// # Errors
    ///
    /// Returns [`RequestError`] if `address` is not a URL or no response arrives.
    pub(crate) async fn get(&self, address: &str) -> Result<HttpResponse, RequestError> {
        // The parsed URL is requested, because the rules on addresses were applied to it.
        let url = Url::parse(address).map_err(RequestError::of)?;
        let mut request = HttpRequest::get(&url).map_err(RequestError::of)?;
        let agent = self.config.agent.map(|agent| ("user-agent", agent));
        let headers = [("accept", "*/*"), ("accept-encoding", "identity")];
        for (name, value) in headers.into_iter().chain(agent) {
            request.headers_mut().try_insert(name, value).map_err(RequestError::of)?;
        }
        let response = self.connector(&url).call(request).await.map_err(RequestError::of)?;
        let coding = response.headers().get("content-encoding");
        let is_encoded = coding.is_some_and(|coding| !coding.trim().eq_ignore_ascii_case("identity"));
        let status = response.status().as_u16();
        Ok(HttpResponse { status, is_encoded, body: ByteStream::new(response.into_body()) })
    }
}

impl HttpResponse {
    /// Appends the next chunk of the body to `read`. Returns `false` at the end of the body.
    ///
    /// # Errors
    ///
    /// Returns [`RequestError`] if the connection ends before the body does.
    pub async fn read_on(&mut self, read: &mut Vec<u8>) -> Result<bool, RequestError> {
        let next = self.body.next().await.transpose().map_err(RequestError::of)?;
        Ok(next.map(|bytes| read.extend_from_slice(&bytes)).is_some())
    }
}
