//! The API, as a client speaks to it.

mod link;
mod list;

use std::time::Duration;

use reqwest::{
    Client, Method, Request, RequestBuilder, Response, Url,
    header::{CONTENT_TYPE, LINK},
    redirect::Policy,
};

pub use list::{Filter, Listed};

use crate::{
    access::{Access, Address},
    error::Error,
};

/// The path of the tokens below the base URL.
pub const TOKENS: &str = "/v1/access-tokens";

/// The service at a base URL, asked by somebody or by nobody.
pub struct Api {
    client: Client,
    base: String,
    credential: Option<String>,
}

/// An answer that is no refusal.
pub struct Answer {
    /// The body.
    pub text: String,
    /// The header `Link`.
    link: Option<String>,
}

/// What came of a request that was sent, twice where the connection broke.
struct Outcome {
    /// Whether it broke.
    broke: bool,
    /// The last answer.
    answered: reqwest::Result<(u16, Answer)>,
}

/// How long a connection may take to be there.
pub const CONNECT: Duration = Duration::from_secs(5);
/// What the command line calls itself.
pub const AGENT: &str = concat!("latchkey/", env!("CARGO_PKG_VERSION"));

/// Whether addresses below `base` are asked through the proxy of the environment. Plain HTTP goes to this machine alone: a proxy
/// would take it, and the credential readable with it, to another.
#[must_use]
pub fn is_proxied(base: &str) -> bool {
    !Url::parse(base).is_ok_and(|url| url.scheme() == "http")
}

/// A client for the addresses below `base` that follows no redirect, so that a credential goes where it was meant to go and
/// nowhere else.
///
/// # Errors
///
/// Where it cannot be made.
pub fn client(base: &str) -> Result<Client, Error> {
    let builder = Client::builder()
        .connect_timeout(CONNECT)
        .timeout(Duration::from_secs(35))
        .redirect(Policy::none())
        .user_agent(AGENT);
    let builder = if is_proxied(base) { builder } else { builder.no_proxy() };
    builder.build().map_err(|error| Error::Other(format!("the HTTP client cannot be made: {error}")))
}

impl Api {
    /// The service, asked by nobody: enough for what is public.
    ///
    /// # Errors
    ///
    /// Those of [`Address::base`].
    pub fn public(address: &Address) -> Result<Self, Error> {
        Self::of(address.base()?, None)
    }

    /// The service, asked by whom `access` says.
    ///
    /// # Errors
    ///
    /// Those of [`Address::service`] and [`Access::credential`].
    pub fn open(access: &Access) -> Result<Self, Error> {
        let service = access.address.service()?;
        let credential = access.credential(&service)?;
        Self::of(service.base, Some(credential))
    }

    fn of(base: String, credential: Option<String>) -> Result<Self, Error> {
        Ok(Self { client: client(&base)?, base, credential })
    }

    /// Reads what lies at `path`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn get(&self, path: &str) -> Result<Answer, Error> {
        self.ask(self.request(Method::GET, self.url(path)?)).await
    }

    /// Reads the token `id`, which may be `self`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn token(&self, id: &str) -> Result<Answer, Error> {
        self.get(&format!("{TOKENS}/{id}")).await
    }

    /// Revokes the token `id`, which may be `self`.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`], [`Error::Unreachable`].
    pub async fn revoke(&self, id: &str) -> Result<Answer, Error> {
        self.ask(self.request(Method::DELETE, self.url(&format!("{TOKENS}/{id}"))?)).await
    }

    /// Makes a token by `body`, JSON. By the same `key` the same token comes again.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`]; [`Error::Unsure`] where the token may have been made all the same.
    pub async fn create(&self, body: &str, key: &str) -> Result<Answer, Error> {
        let request = self.request(Method::POST, self.url(TOKENS)?).header(CONTENT_TYPE, "application/json");
        let outcome = self.send(request.header("Idempotency-Key", key).body(body.to_owned())).await?;
        let broke = outcome.broke;
        self.judge(outcome).map_err(|error| if broke || error.is_unsure() { error.unsure(key) } else { error })
    }

    fn url(&self, path: &str) -> Result<Url, Error> {
        let url = format!("{}{path}", self.base);
        url.parse().map_err(|_| Error::Usage(format!("`{url}` is no URL")))
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        let request = self.client.request(method, url);
        match &self.credential {
            Some(credential) => request.bearer_auth(credential),
            None => request,
        }
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Answer, Error> {
        self.judge(self.send(request).await?)
    }

    /// Sends, and once more where the connection broke: to ask twice does no more than to ask once, for every request here.
    async fn send(&self, request: RequestBuilder) -> Result<Outcome, Error> {
        let unusable = || Error::Usage(format!("the request to {} has characters that none has", self.base));
        let request = request.build().map_err(|_| unusable())?;
        let again = request.try_clone().ok_or_else(unusable)?;
        Ok(match self.answered(request).await {
            Err(_) => Outcome { broke: true, answered: self.answered(again).await },
            answered => Outcome { broke: false, answered },
        })
    }

    fn judge(&self, outcome: Outcome) -> Result<Answer, Error> {
        let (status, answer) = outcome.answered.map_err(|error| self.unreachable(&error))?;
        if (200..300).contains(&status) { Ok(answer) } else { Err(Error::refused(status, &answer.text)) }
    }

    async fn answered(&self, request: Request) -> reqwest::Result<(u16, Answer)> {
        let answer = self.client.execute(request).await?;
        let (status, link) = (answer.status().as_u16(), header(&answer));
        Ok((status, Answer { text: answer.text().await?, link }))
    }

    fn unreachable(&self, error: &reqwest::Error) -> Error {
        let why = if error.is_timeout() { "gives no answer in time" } else { "cannot be reached" };
        Error::Unreachable(format!("{} {why}", self.base))
    }
}

/// All links of an answer: several header lines are one list (RFC 9110, section 5.3).
fn header(answer: &Response) -> Option<String> {
    let lines: Vec<_> =
        answer.headers().get_all(LINK).iter().map(|line| String::from_utf8_lossy(line.as_bytes())).collect();
    (!lines.is_empty()).then(|| lines.join(", "))
}
