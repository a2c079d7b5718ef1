//! A client for the endpoints of the API.

pub mod access;
mod link_header;
pub mod list_tokens;
pub mod revoke_tokens;

use std::{collections::HashSet, io, time::Duration};

use clap::Args;
use reqwest::{
    Client, Method, Request, RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, LINK, RETRY_AFTER},
};
use serde::de::{DeserializeOwned, IgnoredAny};
use shared::permissions::OrgId;

use crate::{
    credential::{Credential, CredentialOptions},
    endpoint::EndpointOptions,
    error::Error,
    http,
    slow_response::report_if_slow,
    token_family::ACCESS_TOKENS_PATH,
};

/// The options of every command that calls the API.
#[derive(Debug, Args)]
pub struct ApiOptions {
    #[command(flatten)]
    pub endpoint: EndpointOptions,
    #[command(flatten)]
    credential: CredentialOptions,
}

/// A client for one service and one credential.
pub struct ApiClient {
    http: Client,
    base_url: String,
    credential: Option<Credential>,
    /// The organization in which requests act; `None` means that of the credential.
    org: Option<OrgId>,
}

/// A successful response.
pub struct ApiResponse {
    /// The body.
    pub body: String,
    /// The values of the header `Link`.
    link: Option<String>,
    /// The header `Retry-After`, if it is a number of seconds (RFC 9110, section 10.2.3).
    retry_after: Option<Duration>,
    /// The base URL of the service that sent it.
    service: String,
}

/// The result of sending a request, with at most one retry.
struct Attempt {
    /// Whether the first connection failed.
    was_retried: bool,
    /// The status and the response of the last connection.
    result: reqwest::Result<(u16, ApiResponse)>,
}

impl ApiResponse {
    /// Parses the body, which is `expected` unless the service is not Latchkey.
    ///
    /// # Errors
    ///
    /// Returns [`Error::NotLatchkey`] if the body is not a `T`.
    pub fn parse<T: DeserializeOwned>(&self, expected: &str) -> Result<T, Error> {
        serde_json::from_str(&self.body).map_err(|_| self.unexpected(expected))
    }

    /// The error of a body that is not `expected`.
    #[must_use]
    pub fn unexpected(&self, expected: &str) -> Error {
        Error::NotLatchkey(format!(
            "`{}` returned a response that is not {expected}: check that it is the base URL of Latchkey",
            self.service
        ))
    }

    /// Returns the URL of the page that follows the one at `url`.
    fn next_page(&self, url: &Url) -> Result<Option<Url>, Error> {
        self.link.as_ref().map_or(Ok(None), |header| link_header::next_page(header, url))
    }
}

impl ApiClient {
    /// Creates a client without a credential, for public endpoints.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`EndpointOptions::resolve`].
    pub fn anonymous(options: &EndpointOptions) -> Result<Self, Error> {
        Self::new(options.resolve()?.base_url, None)
    }

    /// Creates a client with the credential that `options` select.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`EndpointOptions::resolve`] and [`CredentialOptions::read`].
    pub fn authenticated(options: &ApiOptions) -> Result<Self, Error> {
        let endpoint = options.endpoint.resolve()?;
        let credential = options.credential.read(&endpoint)?;
        Self::new(endpoint.base_url, Some(credential))
    }

    fn new(base_url: String, credential: Option<Credential>) -> Result<Self, Error> {
        Ok(Self { http: http::build_client(&base_url)?, base_url, credential, org: None })
    }

    /// Makes all requests act in `org`, if it is given.
    #[must_use]
    pub fn in_org(self, org: Option<OrgId>) -> Self {
        Self { org, ..self }
    }

    /// Reads the resource at `path`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn get(&self, path: &str) -> Result<ApiResponse, Error> {
        self.send(self.request(Method::GET, self.url(path)?)).await
    }

    /// Reads all pages of the list whose first page is at `url`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`], and [`Error::Other`] for a link to the next page that leaves the list or
    /// repeats a page.
    async fn get_pages(&self, url: Url) -> Result<Vec<ApiResponse>, Error> {
        let mut pages = Vec::new();
        let mut seen_cursors = HashSet::from([link_header::cursor(&url)]);
        let mut next_page = Some(url);
        while let Some(url) = next_page {
            let response = self.send(self.request(Method::GET, url.clone())).await?;
            next_page = response.next_page(&url)?;
            if next_page.as_ref().is_some_and(|next| !seen_cursors.insert(link_header::cursor(next))) {
                return Err(Error::Other("the link to the next page repeats a page".to_owned()));
            }
            pages.push(response);
        }
        Ok(pages)
    }

    /// Reads the token `id`, which may be `self`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn get_token(&self, id: &str) -> Result<ApiResponse, Error> {
        self.get(&format!("{ACCESS_TOKENS_PATH}/{id}")).await
    }

    /// Changes the token `id` with the JSON `body`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn update_token(&self, id: &str, body: &str) -> Result<ApiResponse, Error> {
        let request = self.request(Method::PATCH, self.url(&format!("{ACCESS_TOKENS_PATH}/{id}"))?);
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_owned())).await
    }

    /// Rotates the token `id`, which may be `self`, with the JSON `body`. A repeated request returns the same successor.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn rotate_token(&self, id: &str, body: &str) -> Result<ApiResponse, Error> {
        let request = self.request(Method::POST, self.url(&format!("{ACCESS_TOKENS_PATH}/{id}/rotate"))?);
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_owned())).await
    }

    /// Revokes the token `id`, which may be `self`, and with `family` all tokens of its chain of rotations.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn revoke_token(&self, id: &str, family: bool) -> Result<ApiResponse, Error> {
        let query = if family { "?family=true" } else { "" };
        self.send(self.request(Method::DELETE, self.url(&format!("{ACCESS_TOKENS_PATH}/{id}{query}"))?)).await
    }

    /// Requests the decision on an action of the caller.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn decide_permission(&self, action: &str, resource: Option<&str>) -> Result<ApiResponse, Error> {
        let mut url = self.url("/v1/permissions/me")?;
        let resource = resource.map(|resource| ("resource", resource));
        url.query_pairs_mut().extend_pairs([("action", action)].into_iter().chain(resource));
        self.send(self.request(Method::GET, url)).await
    }

    /// Requests the decision on an action of a token that does not exist, with the JSON `body`.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`] or [`Error::Unreachable`].
    pub async fn simulate_permission(&self, body: &str) -> Result<ApiResponse, Error> {
        let request = self.request(Method::POST, self.url("/v1/permissions/simulate")?);
        self.send(request.header(CONTENT_TYPE, "application/json").body(body.to_owned())).await
    }

    /// Creates a token from the JSON `body`. A repeated request with the same `idempotency_key` returns the same token.
    ///
    /// # Errors
    ///
    /// Returns [`Error::Api`], or [`Error::OutcomeUnknown`] if the token may exist despite the failure.
    pub async fn create_token(&self, body: &str, idempotency_key: &str) -> Result<ApiResponse, Error> {
        let request = self
            .request(Method::POST, self.url(ACCESS_TOKENS_PATH)?)
            .header(CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", idempotency_key)
            .body(body.to_owned());
        let attempt = self.send_with_retry(request).await?;
        let was_retried = attempt.was_retried;
        self.check_status(attempt).map_err(|error| {
            let outcome_is_unknown = was_retried || error.leaves_outcome_unknown();
            if outcome_is_unknown { error.with_unknown_outcome(idempotency_key) } else { error }
        })
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        let url = format!("{}{path}", self.base_url);
        url.parse().map_err(|_| Error::Usage(format!("`{url}` is not a URL")))
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let mut request = self.http.request(method, url);
        if let Some(org) = &self.org {
            request = request.header("x-epilot-org-id", org.as_str());
        }
        match &self.credential {
            Some(credential) => request.bearer_auth(&credential.token),
            None => request,
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<ApiResponse, Error> {
        self.check_status(self.send_with_retry(request).await?)
    }

    /// Sends `request`, and retries once if the connection fails. Every request of this client is idempotent.
    async fn send_with_retry(&self, request: RequestBuilder) -> Result<Attempt, Error> {
        let invalid = || Error::Usage(format!("the request to `{}` has an invalid URL or header", self.base_url));
        let request = request.build().map_err(|_| invalid())?;
        let retry = request.try_clone().ok_or_else(invalid)?;
        Ok(match self.execute(request).await {
            Err(_) => Attempt { was_retried: true, result: self.execute(retry).await },
            result => Attempt { was_retried: false, result },
        })
    }

    async fn execute(&self, request: Request) -> reqwest::Result<(u16, ApiResponse)> {
        report_if_slow(&self.base_url, self.receive(request)).await
    }

    async fn receive(&self, request: Request) -> reqwest::Result<(u16, ApiResponse)> {
        let response = self.http.execute(request).await?;
        let status = response.status().as_u16();
        let link = join_link_headers(&response);
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
        let retry_after = retry_after.map(Duration::from_secs);
        Ok((status, ApiResponse { body: response.text().await?, link, retry_after, service: self.base_url.clone() }))
    }

    fn check_status(&self, attempt: Attempt) -> Result<ApiResponse, Error> {
        let (status, response) = attempt.result.map_err(|error| self.unreachable(&error))?;
        if (200..300).contains(&status) {
            response.parse::<IgnoredAny>("JSON")?;
            return Ok(response);
        }
        let error = Error::from_response(&self.base_url, status, &response.body);
        Err(match &self.credential {
            Some(credential) => error.with_credential_source(credential.source),
            None => error,
        })
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        Error::Unreachable(format!("Latchkey at `{}` {}", self.base_url, connection_problem(error)))
    }
}

/// What prevents a response, as the end of a sentence.
fn connection_problem(error: &reqwest::Error) -> String {
    let causes: Vec<&(dyn std::error::Error + 'static)> =
        std::iter::successors(std::error::Error::source(error), |cause| cause.source()).collect();
    let io_errors: Vec<&io::Error> = causes.iter().filter_map(|cause| cause.downcast_ref()).collect();
    let innermost = causes.last().map(ToString::to_string).unwrap_or_default();
    if error.is_timeout() {
        "did not respond in time".to_owned()
    } else if io_errors.iter().any(|error| error.kind() == io::ErrorKind::ConnectionRefused) {
        "refuses connections: check that the service is running".to_owned()
    } else if causes.iter().any(|cause| cause.to_string() == "dns error") {
        format!("has a host name that cannot be resolved: {innermost}")
    } else if io_errors.into_iter().any(is_tls_error) {
        format!("has no trusted TLS connection: {innermost}")
    } else if error.is_connect() {
        format!("cannot be connected to: {innermost}")
    } else {
        format!("closed the connection without a complete response: {innermost}")
    }
}

/// Whether TLS caused `error`. The errors of the connection wrap each other.
fn is_tls_error(error: &io::Error) -> bool {
    error
        .get_ref()
        .is_some_and(|inner| inner.is::<rustls::Error>() || inner.downcast_ref::<io::Error>().is_some_and(is_tls_error))
}

/// Joins all `Link` lines: several lines form one list (RFC 9110, section 5.3).
fn join_link_headers(response: &Response) -> Option<String> {
    let values = response.headers().get_all(LINK).iter();
    let values: Vec<_> = values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    (!values.is_empty()).then(|| values.join(", "))
}
