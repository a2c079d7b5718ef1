//! Fetching the keys that an issuer publishes. Never from an address that a token names.

use std::time::Duration;

use jsonwebtoken::jwk::{Jwk, JwkSet};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use url::Url;

use crate::{
    https::{Client, ClientConfig, HttpResponse, TlsError},
    identity_provider::may_be_fetched,
    json::excerpt,
    jwt::{KeySet, VerifyingKey},
    ports::PortErrorKind,
    telemetry,
};

/// How long both documents may take together.
const FETCH_TIMEOUT: Duration = Duration::from_secs(2);
/// The most bytes of a document: far above what providers publish.
const MAX_DOCUMENT_BYTES: usize = 256 * 1024;

/// The members of a discovery document that are read (OpenID Connect Discovery 1.0, section 3).
#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

/// A JWK set in which each key may be of a kind that is not cached here (RFC 7517, section 5).
#[derive(Deserialize)]
struct AnyKeys {
    keys: Vec<Value>,
}

/// Why the keys of an issuer could not be had, each with the address that was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DiscoveryError {
    /// Nobody answers there, or not to the end, or not in time.
    #[error("{0} cannot be reached")]
    Silent(String),
    /// It answers with a failure.
    #[error("{0} answers {1}")]
    Status(String, u16),
    /// Its answer is far above what issuers publish.
    #[error("{0} answers too much")]
    TooLarge(String),
    /// Its answer has not the form of one.
    #[error("{0} is no document of an issuer")]
    Malformed(String),
    /// Its discovery document speaks of another issuer.
    #[error("{0} is the document of another issuer")]
    OtherIssuer(String),
    /// Its discovery document names keys over neither HTTPS nor this machine, or at a host that is not in ASCII.
    #[error("{0} names keys that lie where nothing is fetched from")]
    Elsewhere(String),
}

/// The HTTP client for identity providers: one second to connect.
///
/// # Errors
///
/// [`TlsError`] if TLS cannot be configured.
pub(super) fn client() -> Result<Client, TlsError> {
    Client::new(ClientConfig { connect: Duration::from_secs(1), proxied: true, agent: None })
}

impl DiscoveryError {
    pub(super) fn kind(&self) -> PortErrorKind {
        match self {
            Self::Silent(_) => PortErrorKind::Unreachable,
            _ => PortErrorKind::UnusableDocument,
        }
    }
}

/// The keys that `issuer` publishes now and that are of use here.
///
/// # Errors
///
/// [`DiscoveryError`].
pub async fn fetch_keys(client: &Client, issuer: &str) -> Result<KeySet, DiscoveryError> {
    let both = tokio::time::timeout(FETCH_TIMEOUT, fetch(client, issuer)).await;
    both.unwrap_or_else(|_| Err(DiscoveryError::Silent(issuer.to_owned())))
}

async fn fetch(client: &Client, issuer: &str) -> Result<KeySet, DiscoveryError> {
    let address = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let discovery: Discovery = document(client, &address).await?;
    if discovery.issuer != issuer {
        return Err(DiscoveryError::OtherIssuer(address));
    }
    if !may_lead_to(issuer, &discovery.jwks_uri) {
        return Err(DiscoveryError::Elsewhere(address));
    }
    let set: AnyKeys = document(client, &discovery.jwks_uri).await?;
    let cached = set.keys.into_iter().filter_map(|key| serde_json::from_value::<Jwk>(key).ok());
    let set = JwkSet { keys: cached.collect() };
    Ok(KeySet::new(set.keys.into_iter().filter_map(|jwk| VerifyingKey::from_jwk(jwk).ok())))
}

/// Whether `issuer` may say that its keys lie at `address`. By HTTP only an issuer on this machine may name keys on it: another could
/// have us ask whatever listens here. The scheme is that of the parsed address, since `HTTP:` and ` http:` mean the same.
fn may_lead_to(issuer: &str, address: &str) -> bool {
    let is_http = |text: &str| Url::parse(text).is_ok_and(|url| url.scheme() == "http");
    may_be_fetched(address) && (is_http(issuer) || !is_http(address))
}

async fn document<T: DeserializeOwned>(client: &Client, address: &str) -> Result<T, DiscoveryError> {
    telemetry::count_aws_call();
    let shown = || excerpt(address);
    let answer = client.get(address).await.map_err(|_| DiscoveryError::Silent(shown()))?;
    if !(200..300).contains(&answer.status) {
        return Err(DiscoveryError::Status(shown(), answer.status));
    }
    let body = body(answer, &shown).await?;
    serde_json::from_slice(&body).map_err(|_| DiscoveryError::Malformed(shown()))
}

/// What an answer from the address that `shown` shows holds. Nothing is read beyond what is too much.
async fn body(mut answer: HttpResponse, shown: &impl Fn() -> String) -> Result<Vec<u8>, DiscoveryError> {
    let mut body = Vec::new();
    while answer.read_on(&mut body).await.map_err(|_| DiscoveryError::Silent(shown()))? {
        if body.len() > MAX_DOCUMENT_BYTES {
            return Err(DiscoveryError::TooLarge(shown()));
        }
    }
    Ok(body)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::{
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener},
        thread,
        time::Instant,
    };

    use super::*;

    /// What somebody on this machine is asked first, and what comes of it where these bytes are the answer.
    async fn asked(client: &Client, answer: &'static [u8]) -> (String, DiscoveryError) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let asked = thread::spawn(move || {
            let (mut stream, mut head) = (listener.accept().unwrap().0, Vec::new());
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                stream.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            let _ = stream.write_all(answer);
            (stream, String::from_utf8(head).unwrap())
        });
        let why = fetch_keys(client, &issuer).await.err().unwrap();
        // Which has kept the connection open until now.
        let (_stream, asked) = asked.join().unwrap();
        (asked.replace(issuer.trim_start_matches("http://"), "HOST"), why)
    }

    #[tokio::test]
    async fn an_issuer_is_asked_for_no_more_than_its_document() {
        let (asked, why) = asked(&client().unwrap(), b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").await;
        assert_eq!(asked, "GET /.well-known/openid-configuration HTTP/1.1\r\naccept: */*\r\nhost: HOST\r\n\r\n");
        assert!(matches!(why, DiscoveryError::Status(_, 404)), "{why}");
    }

    #[tokio::test]
    async fn an_issuer_that_says_nothing_or_not_all_is_left_after_two_seconds() {
        let (client, rest) = (client().unwrap(), b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n{");
        let begun = Instant::now();
        let asked = |answer| asked(&client, answer);
        for (_, why) in <[_; 3]>::from(tokio::join!(asked(b""), asked(b"HTTP/1.1 200 OK\r\n"), asked(rest))) {
            assert!(matches!(why, DiscoveryError::Silent(_)), "{why}");
        }
        assert!((FETCH_TIMEOUT..FETCH_TIMEOUT.mul_f32(1.5)).contains(&begun.elapsed()), "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn an_issuer_that_sends_its_askers_elsewhere_has_failed() {
        let (_, why) =
            asked(&client().unwrap(), b"HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n").await;
        assert!(matches!(why, DiscoveryError::Status(_, 302)), "{why}");
    }

    #[tokio::test]
    async fn no_more_is_read_of_a_document_than_fits_though_its_end_is_far() {
        let head = b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n".to_vec();
        let (_, why) = asked(&client().unwrap(), [head, vec![b' '; MAX_DOCUMENT_BYTES + 1]].concat().leak()).await;
        assert!(matches!(why, DiscoveryError::TooLarge(_)), "{why}");
    }

    #[test]
    fn an_issuer_elsewhere_names_no_keys_on_this_machine_however_the_address_is_written() {
        for address in
            ["http://127.0.0.1:1/", "HTTP://127.0.0.1:1/", " http://localhost/", "ht\ttp://[::1]/", "http:/127.1"]
        {
            assert!(!may_lead_to("https://id.example", address), "{address:?}");
            assert!(may_lead_to("http://127.0.0.1:2", address), "{address:?}");
        }
        assert!(may_lead_to("https://id.example", "https://keys.example"));
        assert!(!may_lead_to("http://127.0.0.1:2", "http://keys.example"));
    }
}
