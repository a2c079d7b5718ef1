//! A test client that acts as the browser and as the token page's script.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Method, RequestBuilder, Url, redirect::Policy};
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// Key of the first user of the seed.
pub const ADA: &str = "123|1001";

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Browser {
    pub idp: Idp,
    pub clock: TestClock,
    pub cookie: Option<String>,
    client: Client,
    data: TempDir,
}

/// A response.
pub struct Page {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Browser {
    pub async fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let clock = TestClock::default();
        let idp = Idp::start(Issuer::open(data.path(), 0).unwrap(), options(&clock)).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { idp, clock, cookie: None, client, data }
    }

    /// Restarts the provider; the browser keeps its cookies.
    pub async fn with_restarted_provider(self) -> Self {
        self.idp.shutdown().await;
        let idp = Idp::start(Issuer::open(self.data.path(), 0).unwrap(), options(&self.clock)).await.unwrap();
        Self { idp, ..self }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.idp.url));
        match &self.cookie {
            Some(cookie) => request.header("cookie", format!("other=1; {cookie}")),
            None => request,
        }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Page {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        if let Some(cookie) = headers.get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.cookie = Some(pair).filter(|pair| !pair.ends_with('='));
        }
        Page { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&mut self, path: &str, parameters: &[(&str, &str)]) -> Page {
        self.send(self.request(Method::GET, &format!("{path}?{}", encoded(parameters)))).await
    }

    pub async fn post(&mut self, path: &str, parameters: &[(&str, &str)]) -> Page {
        let form = "application/x-www-form-urlencoded;charset=UTF-8";
        self.send(self.request(Method::POST, path).header("content-type", form).body(encoded(parameters))).await
    }

    /// Sends an authorization request: a valid one with `changes`, in which an empty value removes the parameter.
    pub async fn authorize(&mut self, changes: &[(&str, &str)]) -> Page {
        self.get("/authorize", &changed(&AUTHORIZATION_REQUEST, changes)).await
    }

    /// Chooses the user with this key on the sign-in page `page`.
    pub async fn choose(&mut self, page: &Page, user: &str) -> Page {
        let transaction = page.transaction().to_owned();
        self.post("/authorize", &[("transaction", &transaction), ("user", user)]).await
    }

    /// Signs Ada in, and returns a code.
    pub async fn code(&mut self) -> String {
        let page = self.authorize(&[("prompt", "login")]).await;
        self.choose(&page, ADA).await.redirect_parameter("code")
    }

    pub async fn redeem(&mut self, code: &str, changes: &[(&str, &str)]) -> Page {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", TOKEN_PAGE_CLIENT_ID),
            ("redirect_uri", TOKEN_PAGE_URL),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        self.post("/token", &changed(&form, changes)).await
    }

    pub async fn refresh(&mut self, token: &str) -> Page {
        self.post(
            "/token",
            &[("grant_type", "refresh_token"), ("client_id", TOKEN_PAGE_CLIENT_ID), ("refresh_token", token)],
        )
        .await
    }
}

const AUTHORIZATION_REQUEST: [(&str, &str); 8] = [
    ("client_id", TOKEN_PAGE_CLIENT_ID),
    ("redirect_uri", TOKEN_PAGE_URL),
    ("response_type", "code"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
    ("scope", "openid profile offline_access"),
    ("state", "st&te"),
    ("nonce", "n0nce"),
];

impl Page {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The query parameter `name` of the redirect to the token page.
    pub fn redirect_parameter(&self, name: &str) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        let location = self.header("location");
        assert!(location.starts_with(&format!("{TOKEN_PAGE_URL}?")), "{location}");
        let url = Url::parse(location).unwrap();
        url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The transaction in the sign-in form.
    pub fn transaction(&self) -> &str {
        let rest = self.text.split_once("name=\"transaction\" value=\"").unwrap().1;
        rest.split_once('"').unwrap().0
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// Status and `error` of an error response (RFC 6749, section 5.2).
    pub fn error(&self) -> (u16, String) {
        let json = self.json();
        assert!(json["error_description"].is_string() && json.get("access_token").is_none(), "{json}");
        assert_eq!(self.header("cache-control"), "no-store");
        (self.status, json["error"].as_str().unwrap().to_owned())
    }

    pub fn refresh_token(&self) -> String {
        self.json()["refresh_token"].as_str().unwrap().to_owned()
    }
}

/// Verifies a token with the provider's keys, and returns its claims.
pub fn claims(idp: &Idp, token: &str, audience: &str) -> Value {
    let header = jsonwebtoken::decode_header(token).unwrap();
    let jwks = idp.issuer().jwks();
    let key = jsonwebtoken::DecodingKey::from_jwk(jwks.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = jsonwebtoken::Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[&idp.url]);
    jsonwebtoken::decode::<Value>(token, &key, &validation).unwrap().claims
}

fn encoded(parameters: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish()
}

fn changed<'a>(parameters: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = parameters.iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes).filter(|(_, value)| !value.is_empty()).copied().collect()
}

/// Whether `text` is 32 bytes in base64url.
pub fn is_random_key(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}
