//! Fetches the keys that an issuer publishes: its discovery document, then its JWK set. A URL in a token is never
//! requested.

use std::time::Duration;

use jsonwebtoken::jwk::Jwk;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    https::{Client, ClientConfig, HttpResponse, RequestError, TlsError},
    identity_provider::may_be_fetched,
    jwt::{KeySet, ProviderKeySet, VerifyingKey},
    ports::PortErrorKind,
};

/// Time limit for both documents together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// Maximum size of a document, far above what providers publish.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;
/// Maximum length of an address and of a cause in an error, in characters.
const MAX_SHOWN_CHARS: usize = 255;

/// The members of a discovery document that are read (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// A JWK set (RFC 7517, section 5) whose keys may be of unsupported types.
#[derive(Deserialize)]
struct UncheckedJwkSet {
    keys: Vec<Value>,
}

/// Why the keys of an issuer cannot be fetched. Each variant contains the address that was requested.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// The server is unreachable, or the response is incomplete or late, with the cause.
    #[error("{0} cannot be reached: {1}")]
    Unreachable(String, String),
    /// The response has an error status.
    #[error("{0} responded with status {1}")]
    Status(String, u16),
    /// The response exceeds 256 KiB.
    #[error("the response of {0} exceeds 256 KiB")]
    TooLarge(String),
    /// The response has a content coding (RFC 9110, section 8.4), although none was requested.
    #[error("the response of {0} is compressed")]
    Encoded(String),
    /// The response is not a discovery document or a JWK set.
    #[error("{0} is not a discovery document or a JWK set")]
    Malformed(String),
    /// The discovery document names another issuer.
    #[error("{0} is the discovery document of another issuer")]
    OtherIssuer(String),
    /// The `jwks_uri` of the discovery document is not an HTTPS URL, nor an HTTP URL that an issuer on this machine may
    /// name.
    #[error("`jwks_uri` in {0} must be an HTTPS URL (HTTP only between addresses of this machine)")]
    Elsewhere(String),
}

/// The HTTP client for identity providers. It connects within one second.
///
/// # Errors
///
/// Returns [`TlsError`] if TLS cannot be configured.
pub(super) fn client() -> Result<Client, TlsError> {
    Client::new(ClientConfig { connect: Duration::from_secs(1), proxied: true, agent: None })
}

impl DiscoveryError {
    pub(super) fn kind(&self) -> PortErrorKind {
        match self {
            Self::Unreachable(..) => PortErrorKind::Unreachable,
            _ => PortErrorKind::UnusableDocument,
        }
    }
}

/// The keys that an issuer of Latchkey publishes, by `kid`. Keys without `kid` and of unsupported types are left out.
///
/// # Errors
///
/// Returns [`DiscoveryError`] if one of the two documents cannot be fetched or is invalid.
pub async fn fetch_keys(client: &Client, issuer: &str) -> Result<KeySet, DiscoveryError> {
    let jwks = fetch_jwks(client, issuer).await?;
    let supported = jwks.into_iter().filter_map(|jwk| serde_json::from_value::<Jwk>(jwk).ok());
    Ok(KeySet::new(supported.filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok())))
}

/// The keys that the identity provider with this issuer publishes.
///
/// # Errors
///
/// Returns [`DiscoveryError`] if one of the two documents cannot be fetched or is invalid.
pub(super) async fn fetch_provider_keys(client: &Client, issuer: &str) -> Result<ProviderKeySet, DiscoveryError> {
    fetch_jwks(client, issuer).await.map(ProviderKeySet::new)
}

/// The JWKs that `issuer` publishes, of any type.
async fn fetch_jwks(client: &Client, issuer: &str) -> Result<Vec<Value>, DiscoveryError> {
    let fetched = tokio::time::timeout(FETCH_TIMEOUT, fetch(client, issuer)).await;
    let late = || format!("no complete response within {} seconds", FETCH_TIMEOUT.as_secs());
    fetched.unwrap_or_else(|_| Err(DiscoveryError::Unreachable(shown(issuer), late())))
}

async fn fetch(client: &Client, issuer: &str) -> Result<Vec<Value>, DiscoveryError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = document(client, &address).await?;
    if discovery.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer(address));
    }
    if !may_name_keys_at(issuer, &discovery.jwks_uri) {
        return Err(DiscoveryError::Elsewhere(address));
    }
    let set: UncheckedJwkSet = document(client, &discovery.jwks_uri).await?;
    Ok(set.keys)
}

/// Whether `address` is allowed as the `jwks_uri` of `issuer`. Only an issuer on this machine may name an HTTP address
/// on this machine; a remote one could otherwise send requests to local services (SSRF). The scheme is read from the
/// parsed URL, because `HTTP:` and ` http:` are equivalent.
fn may_name_keys_at(issuer: &str, address: &str) -> bool {
    let is_http = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "http");
    may_be_fetched(address) && (is_http(issuer) || !is_http(address))
}

async fn document<T: DeserializeOwned>(client: &Client, address: &str) -> Result<T, DiscoveryError> {
    let response = client.get(address).await.map_err(|error| unreachable(address, &error))?;
    if !(200..300).contains(&response.status) {
        return Err(DiscoveryError::Status(shown(address), response.status));
    }
    if response.is_encoded {
        return Err(DiscoveryError::Encoded(shown(address)));
    }
    let body = body(response, address).await?;
    serde_json::from_slice(&body).map_err(|_| DiscoveryError::Malformed(shown(address)))
}

/// The body of the response of `address`. Reading stops at the first chunk beyond [`MAX_DOCUMENT_BYTES`].
async fn body(mut response: HttpResponse, address: &str) -> Result<Vec<u8>, DiscoveryError> {
    let mut body = Vec::new();
    while response.read_on(&mut body).await.map_err(|error| unreachable(address, &error))? {
        if body.len() > MAX_DOCUMENT_BYTES {
            return Err(DiscoveryError::TooLarge(shown(address)));
        }
    }
    Ok(body)
}

fn unreachable(address: &str, error: &RequestError) -> DiscoveryError {
    DiscoveryError::Unreachable(shown(address), shown(&error.to_string()))
}

/// The part of a text from outside that an error repeats, such as the address that a provider names for its keys.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(MAX_SHOWN_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener},
        thread,
        time::Instant,
    };

    use super::*;

    /// Fetches the keys of an issuer on this machine that responds with these bytes. Returns the request and the error.
    async fn fetch_from(client: &Client, response: &'static [u8]) -> (String, DiscoveryError) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let server = thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let _ = stream.write_all(response);
            (stream, String::from_utf8(head).unwrap())
        });
        let error = fetch_keys(client, &issuer).await.err().unwrap();
        // The server keeps the connection open until the fetch has ended.
        let (_stream, request) = server.join().unwrap();
        (request.replace(issuer.trim_start_matches("http://"), "HOST"), error)
    }

    #[tokio::test]
    async fn discovery_request_has_only_the_required_headers() {
        let (request, error) =
            fetch_from(&client().unwrap(), b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        let expected = "GET /.well-known/openid-configuration HTTP/1.1\r\naccept: */*\r\naccept-encoding: identity\r\n\
                        host: HOST\r\n\r\n";
        assert_eq!(request, expected);
        assert!(matches!(error, DiscoveryError::Status(_, 404)), "{error}");
    }

    #[tokio::test]
    async fn fetch_from_stalled_issuer_ends_after_two_seconds() {
        let client = client().unwrap();
        let incomplete = b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{";
        let started = Instant::now();
        let fetch = |response| fetch_from(&client, response);
        for (_, error) in <[_; 3]>::from(tokio::join!(fetch(b""), fetch(b"HTTP/1.1 200 OK\r\n"), fetch(incomplete))) {
            assert!(
                error.to_string().ends_with(" cannot be reached: no complete response within 2 seconds"),
                "{error}"
            );
        }
        assert!((FETCH_TIMEOUT..FETCH_TIMEOUT.mul_f32(1.5)).contains(&started.elapsed()), "{:?}", started.elapsed());
    }

    #[tokio::test]
    async fn unreachable_issuer_error_names_address_and_cause() {
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap();
        let issuer = format!("http://{closed}/{}", "tenant/".repeat(12));
        let error = fetch_keys(&client().unwrap(), &issuer).await.err().unwrap().to_string();
        assert!(error.starts_with(&format!("{issuer}.well-known/openid-configuration cannot be reached: ")), "{error}");
        assert!(error.contains("Connection refused"), "{error}");
    }

    #[tokio::test]
    async fn discovery_redirect_is_not_followed() {
        let (_, error) =
            fetch_from(&client().unwrap(), b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(error, DiscoveryError::Status(_, 302)), "{error}");
    }

    #[tokio::test]
    async fn compressed_document_is_rejected() {
        let gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n\x1f\x8b";
        let (_, error) = fetch_from(&client().unwrap(), gzip).await;
        assert!(matches!(error, DiscoveryError::Encoded(_)), "{error}");
    }

    #[tokio::test]
    async fn oversized_document_is_rejected_before_its_end() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec();
        let (_, error) =
            fetch_from(&client().unwrap(), [head, vec![b' '; MAX_DOCUMENT_BYTES + 1]].concat().leak()).await;
        assert!(matches!(error, DiscoveryError::TooLarge(_)), "{error}");
    }

    #[test]
    fn remote_issuer_with_local_jwks_uri_is_rejected() {
        for address in
            ["http://127.0.0.1:1/", "HTTP://127.0.0.1:1/", " http://localhost/", "ht\ttp://[::1]/", "http:/127.1"]
        {
            assert!(!may_name_keys_at("https://id.example", address), "{address:?}");
            assert!(may_name_keys_at("http://127.0.0.1:2", address), "{address:?}");
        }
        assert!(may_name_keys_at("https://id.example", "https://keys.example"));
        assert!(!may_name_keys_at("http://127.0.0.1:2", "http://keys.example"));
    }
}
