//! An HTTP client of the API.

use reqwest::{Client, Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::process::with_timeout;

pub const TOKENS: &str = "/v1/access-tokens";
pub const OWN_TOKEN: &str = "/v1/access-tokens/self";
pub const JWK_SET: &str = "/v1/access-tokens/.well-known/jwks.json";

/// A client of the API at a base URL.
#[derive(Debug, Clone)]
pub struct Api {
    pub url: String,
    client: Client,
}

/// A response with its body.
#[derive(Debug)]
pub struct ApiResponse {
    pub status: u16,
    pub content_type: String,
    pub text: String,
}

impl Api {
    pub fn new(url: &str) -> Self {
        Self { url: url.to_owned(), client: Client::new() }
    }

    /// Sends a request; a create request has a body. Fails if the API cannot be reached.
    pub async fn try_send(&self, method: Method, path: &str, credential: &str) -> reqwest::Result<ApiResponse> {
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.url)).bearer_auth(credential);
        if method == Method::POST {
            request = request.header(CONTENT_TYPE, "application/json").body(json!({"name": "A token"}).to_string());
        }
        let response = request.send().await?;
        let content_type = response.headers()[CONTENT_TYPE].to_str().unwrap().to_owned();
        Ok(ApiResponse { status: response.status().as_u16(), content_type, text: response.text().await? })
    }

    pub async fn send(&self, method: Method, path: &str, credential: &str) -> ApiResponse {
        with_timeout(self.try_send(method, path, credential)).await.unwrap()
    }

    pub async fn get(&self, path: &str, credential: &str) -> ApiResponse {
        self.send(Method::GET, path, credential).await
    }

    /// Creates a token and returns it.
    pub async fn create_token(&self, credential: &str) -> String {
        let response = self.send(Method::POST, TOKENS, credential).await;
        assert_eq!(response.status, 201, "{response:?}");
        response.token()
    }

    /// The status of a request with which a token reads itself.
    pub async fn status_of(&self, token: &str) -> u16 {
        self.get(OWN_TOKEN, token).await.status
    }
}

impl ApiResponse {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    /// The token in the response to a create request.
    pub fn token(&self) -> String {
        self.json()["token"].as_str().unwrap().to_owned()
    }

    /// Status and code of an error in the contract's form.
    pub fn problem(&self) -> (u16, String) {
        assert_eq!(self.content_type, "application/problem+json", "{self:?}");
        (self.status, self.json()["code"].as_str().unwrap().to_owned())
    }
}
