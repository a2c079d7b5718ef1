//! HTTP requests to a stack, and assertions on responses.

use std::{collections::BTreeMap, net::IpAddr};

use contract_tests::ReceivedResponse;
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::TestStack;

/// A received response.
#[derive(Debug, Clone)]
pub struct HttpResponse {
    pub status: u16,
    /// The headers, with lowercase names.
    pub headers: BTreeMap<String, String>,
    pub body: String,
}

impl TestStack {
    /// Sends a request and checks that the response conforms to the contract. Each header is a name and a value.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> HttpResponse {
        let response = self.send_to(&self.addresses().url, method, path, headers, body);
        let status = response.status;
        let checked = ReceivedResponse { method, path, status, headers: &response.headers, body: &response.body };
        checked.check().unwrap_or_else(|deviation| panic!("{deviation}"));
        for (name, value) in [("x-content-type-options", "nosniff"), ("strict-transport-security", "max-age=31536000")]
        {
            assert_eq!(response.header(name), value, "{method} {path}: {status} without {name}");
        }
        response
    }

    /// Sends a request to the API at `base`. Each header is a name and a value.
    pub fn send_to(
        &self,
        base: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> HttpResponse {
        self.send_with(&self.client, base, method, path, headers, body)
    }

    /// Sends a request with a bearer token from this loopback address, which the gateway reports as the source address.
    pub fn request_from(&self, source: &str, method: &str, path: &str, credential: &str) -> HttpResponse {
        let source: IpAddr = source.parse().unwrap();
        let client = Client::builder().local_address(source).build().unwrap();
        let bearer = format!("Bearer {credential}");
        self.send_with(&client, &self.addresses().url, method, path, &[("Authorization", &bearer)], "")
    }

    fn send_with(
        &self,
        client: &Client,
        base: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> HttpResponse {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = client.request(method, format!("{base}{path}")).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.run(async {
            let response = request.send().await.expect("the gateway responds");
            HttpResponse::read(response).await
        });
        self.request_ids.lock().unwrap().insert(response.header("x-amzn-requestid").to_owned());
        response
    }

    /// Sends a request with a bearer token and without a body.
    pub fn request(&self, method: &str, path: &str, credential: &str) -> HttpResponse {
        self.send(method, path, &[("Authorization", &format!("Bearer {credential}"))], "")
    }

    /// Sends a JSON body with a bearer token.
    pub fn send_json(&self, method: &str, path: &str, credential: &str, body: &Value) -> HttpResponse {
        let bearer = format!("Bearer {credential}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        self.send(method, path, &headers, body.to_string())
    }

    /// Requests a page or an asset, which are not part of the contract. The credential must be ignored.
    pub fn get_page(&self, path: &str) -> HttpResponse {
        self.send_to(&self.addresses().url, "GET", path, &[("Authorization", "Bearer expired")], "")
    }

    /// Lists the tokens of type `api` of the caller's organization.
    pub fn list(&self, credential: &str) -> HttpResponse {
        self.request("GET", "/v1/access-tokens", credential)
    }

    /// Reads the item of the token itself.
    pub fn get_self(&self, token: &str) -> HttpResponse {
        self.request("GET", "/v1/access-tokens/self", token)
    }

    /// Revokes the token with this id, which must succeed.
    #[track_caller]
    pub fn revoke(&self, credential: &str, id: &str) -> HttpResponse {
        let response = self.request("DELETE", &format!("/v1/access-tokens/{id}"), credential);
        assert_eq!(response.status, 200, "{}", response.body);
        response
    }

    /// Sends a request to revoke many tokens with this body.
    pub fn revoke_many(&self, credential: &str, body: &Value) -> HttpResponse {
        self.send_json("POST", "/v1/access-tokens/revoke", credential, body)
    }

    /// Sends a request to change the token `id`.
    pub fn update(&self, credential: &str, id: &str, body: &Value) -> HttpResponse {
        self.send_json("PATCH", &format!("/v1/access-tokens/{id}"), credential, body)
    }

    /// Sends a create request with this body.
    pub fn create(&self, credential: &str, body: &Value) -> HttpResponse {
        self.create_with_headers(credential, &[], body)
    }

    /// Sends a create request with this idempotency key and body.
    pub fn create_with_key(&self, credential: &str, key: &str, body: &Value) -> HttpResponse {
        self.create_with_headers(credential, &[("Idempotency-Key", key)], body)
    }

    fn create_with_headers(&self, credential: &str, more: &[(&str, &str)], body: &Value) -> HttpResponse {
        let bearer = format!("Bearer {credential}");
        let headers = [&[("Authorization", bearer.as_str()), ("Content-Type", "application/json")], more].concat();
        let response = self.send("POST", "/v1/access-tokens", &headers, body.to_string());
        if response.status == 201 {
            self.remember_secret(response.token());
        }
        response
    }

    /// Sends a request to rotate the token `id`, or `self`.
    pub fn rotate(&self, credential: &str, id: &str, body: &Value) -> HttpResponse {
        let response = self.send_json("POST", &format!("/v1/access-tokens/{id}/rotate"), credential, body);
        if response.status == 201 {
            self.remember_secret(response.token());
        }
        response
    }

    /// Rotates the token `id`, or `self`, which must succeed. Returns the item of the successor and its token.
    #[track_caller]
    pub fn rotate_token(&self, credential: &str, id: &str, body: &Value) -> (Value, String) {
        let response = self.rotate(credential, id, body);
        assert_eq!(response.status, 201, "{}", response.body);
        (response.json(), response.token())
    }

    /// Creates a token with these members in addition to a name. Returns its item and the token.
    #[track_caller]
    pub fn create_token(&self, credential: &str, members: &Value) -> (Value, String) {
        let mut body = json!({"name": "Token for a test"});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let response = self.create(credential, &body);
        assert_eq!(response.status, 201, "{}", response.body);
        (response.json(), response.token())
    }
}

impl HttpResponse {
    async fn read(response: Response) -> Self {
        let headers = response.headers().iter();
        Self {
            status: response.status().as_u16(),
            headers: headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect(),
            body: response.text().await.expect("the response is complete"),
        }
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The token in the response to a create request.
    #[track_caller]
    pub fn token(&self) -> String {
        self.json()["token"].as_str().unwrap().to_owned()
    }

    /// The ids of a list, in its order.
    #[track_caller]
    pub fn ids<T: FromIterator<String>>(&self) -> T {
        assert_eq!(self.status, 200, "{}", self.body);
        self.json().as_array().unwrap().iter().map(|item| super::token_id(item).to_owned()).collect()
    }

    /// Asserts that this is a problem document with every member, this status and this code. Returns its `detail`.
    #[track_caller]
    pub fn assert_problem(&self, status: u16, code: &str) -> String {
        assert_eq!(self.status, status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.body);
        let problem = self.json();
        assert_eq!(problem["code"], code, "{problem}");
        assert_eq!(problem["type"], format!("urn:latchkey:problem:{code}"), "{problem}");
        assert_eq!(problem["error"], problem["detail"], "{problem}");
        assert_eq!(problem["instance"], self.header("x-amzn-requestid"), "{problem}");
        assert!(problem["title"].as_str().is_some_and(|title| !title.is_empty()), "{problem}");
        assert!(problem.get("status").is_none_or(|member| *member == status), "{problem}");
        assert_eq!(!self.header("retry-after").is_empty(), matches!(status, 429 | 503), "{problem}");
        problem["detail"].as_str().unwrap().to_owned()
    }
}
