//! Somebody who speaks HTTP to the service.

use reqwest::{Client, Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::process::within;

pub const TOKENS: &str = "/v1/access-tokens";
pub const MYSELF: &str = "/v1/access-tokens/self";
pub const KEYS: &str = "/v1/access-tokens/.well-known/jwks.json";

/// The service at a base URL.
#[derive(Debug, Clone)]
pub struct Api {
    pub url: String,
    client: Client,
}

/// An answer as it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl Api {
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: Client::new() }
    }

    /// Sends a request; a create has a body. The error says that the service cannot be reached.
    pub async fn try_send(&self, method: Method, path: &str, credential: &str) -> reqwest::Result<Answer> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).bearer_auth(credential);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(json!({"name": "A token"}).to_string());
        }
        let answer = request.send().await?;
        let content_type = answer.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        Ok(Answer { status: answer.status().as_u16(), content_type, text: answer.text().await? })
    }

    pub async fn send(&self, method: Method, path: &str, credential: &str) -> Answer {
        within(self.try_send(method, path, credential)).await.unwrap()
    }

    pub async fn get(&self, path: &str, credential: &str) -> Answer {
        self.send(Method::GET, path, credential).await
    }

    /// Makes a token.
    pub async fn token(&self, credential: &str) -> String {
        let answer = self.send(Method::POST, TOKENS, credential).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.token()
    }

    /// What the service says to a token that asks about itself.
    pub async fn status_of(&self, token: &str) -> u16 {
        self.get(MYSELF, token).await.status
    }
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The token in the answer to a create.
    pub fn token(&self) -> String {
        self.json()["token"].as_str().unwrap().to_owned()
    }

    /// Status and code of a refusal in the contract's form.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}
