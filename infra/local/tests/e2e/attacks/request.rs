//! A request of an attack.

use contract_tests::ReceivedResponse;

use crate::harness::{HttpResponse, TestStack};

#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Request {
    /// A request with a bearer token and without a body.
    pub fn new(method: &'static str, path: &str, credential: &str) -> Self {
        let headers = vec![("Authorization", format!("Bearer {credential}"))];
        Self { method, path: path.to_owned(), headers, body: String::new() }
    }

    /// The same request with an additional header.
    pub fn with_header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same request with this JSON as its body.
    pub fn with_json(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.with_header("Content-Type", "application/json") }
    }

    pub fn send(&self, stack: &TestStack) -> HttpResponse {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        stack.send_to(&stack.addresses().url, self.method, &self.path, &headers, self.body.clone())
    }

    /// How `response` deviates from the contract, apart from its status.
    pub fn deviation(&self, response: &HttpResponse) -> Option<String> {
        let status = response.status;
        let received = ReceivedResponse {
            method: self.method,
            path: &self.path,
            status,
            headers: &response.headers,
            body: &response.body,
        };
        // The gateway rejects too large headers itself, with a status that the contract does not define.
        let deviation = received.check().err().filter(|_| status != 431);
        let has_challenge = status != 401 || response.header("www-authenticate") == "Bearer";
        deviation.or_else(|| (!has_challenge).then(|| "the header `WWW-Authenticate` is missing".to_owned()))
    }
}
