//! A browser that does only what it is told, and the script of the page in it.

use axum::http::HeaderMap;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Method, RequestBuilder, Url, redirect::Policy};
use serde_json::Value;
use tempfile::TempDir;

use super::*;

/// RFC 7636, appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

pub struct Browser {
    pub idp: Idp,
    pub clock: TestClock,
    pub cookie: Option<String>,
    client: Client,
    folder: TempDir,
}

/// What came back.
pub struct Seen {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Browser {
    pub async fn new() -> Self {
        let (folder, clock) = (tempfile::tempdir().unwrap(), TestClock::default());
        let idp = Idp::start(Issuer::open(folder.path(), 0).unwrap(), sign_in(&clock)).await.unwrap();
        let client = Client::builder().redirect(Policy::none()).build().unwrap();
        Self { idp, clock, cookie: None, client, folder }
    }

    /// The same browser after the provider was stopped and started again.
    pub async fn restarted(self) -> Self {
        self.idp.shutdown().await;
        let idp = Idp::start(Issuer::open(self.folder.path(), 0).unwrap(), sign_in(&self.clock)).await.unwrap();
        Self { idp, ..self }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.idp.url));
        match &self.cookie {
            Some(cookie) => request.header("cookie", format!("other=1; {cookie}")),
            None => request,
        }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Seen {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        if let Some(cookie) = headers.get("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap().to_owned();
            self.cookie = Some(pair).filter(|pair| !pair.ends_with('='));
        }
        Seen { status, headers, text: answer.text().await.unwrap() }
    }

    pub async fn get(&mut self, path: &str, parameters: &[(&str, &str)]) -> Seen {
        self.send(self.request(Method::GET, &format!("{path}?{}", encoded(parameters)))).await
    }

    pub async fn post(&mut self, path: &str, parameters: &[(&str, &str)]) -> Seen {
        let form = "application/x-www-form-urlencoded;charset=UTF-8";
        self.send(self.request(Method::POST, path).header("content-type", form).body(encoded(parameters))).await
    }

    /// Asks for a code, with `changes` to a good request; an empty value leaves the parameter out.
    pub async fn authorize(&mut self, changes: &[(&str, &str)]) -> Seen {
        self.get("/authorize", &changed(&ORDER, changes)).await
    }

    /// Chooses the user at `place` on the page `page`.
    pub async fn choose(&mut self, page: &Seen, place: &str) -> Seen {
        let transaction = page.transaction().to_owned();
        self.post("/authorize", &[("transaction", &transaction), ("user", place)]).await
    }

    /// A code for Ada.
    pub async fn code(&mut self) -> String {
        let page = self.authorize(&[("prompt", "login")]).await;
        self.choose(&page, "0").await.led("code")
    }

    pub async fn redeem(&mut self, code: &str, changes: &[(&str, &str)]) -> Seen {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", TOKEN_PAGE_CLIENT_ID),
            ("redirect_uri", URI),
            ("code_verifier", VERIFIER),
            ("code", code),
        ];
        self.post("/token", &changed(&form, changes)).await
    }

    pub async fn renew(&mut self, token: &str) -> Seen {
        self.post(
            "/token",
            &[("grant_type", "refresh_token"), ("client_id", TOKEN_PAGE_CLIENT_ID), ("refresh_token", token)],
        )
        .await
    }
}

const ORDER: [(&str, &str); 8] = [
    ("client_id", TOKEN_PAGE_CLIENT_ID),
    ("redirect_uri", URI),
    ("response_type", "code"),
    ("code_challenge", CHALLENGE),
    ("code_challenge_method", "S256"),
    ("scope", "openid profile offline_access"),
    ("state", "st&te"),
    ("nonce", "n0nce"),
];

impl Seen {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// The parameter `name` of the address of the page, to which this leads.
    pub fn led(&self, name: &str) -> String {
        assert_eq!(self.status, 303, "{}", self.text);
        let location = self.header("location");
        assert!(location.starts_with(&format!("{URI}?")), "{location}");
        let url = Url::parse(location).unwrap();
        url.query_pairs().find(|(found, _)| found == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
    }

    /// The transaction that the form carries.
    pub fn transaction(&self) -> &str {
        let rest = self.text.split_once("name=\"transaction\" value=\"").unwrap().1;
        rest.split_once('"').unwrap().0
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The status and the error of a refusal in the form of RFC 6749, section 5.2.
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

/// The claims of a token, which the provider's own key signed.
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
pub fn is_secret(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}
