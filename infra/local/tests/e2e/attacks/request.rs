//! What is sent.

use contract_tests::ReceivedResponse;

use crate::harness::{Reply, World};

/// One request.
#[derive(Clone)]
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub headers: Vec<(&'static str, String)>,
    pub body: String,
}

impl Request {
    pub fn new(method: &'static str, path: &str, credential: &str) -> Self {
        let headers = vec![("Authorization", format!("Bearer {credential}"))];
        Self { method, path: path.to_owned(), headers, body: String::new() }
    }

    /// The same request with one header more.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same request with this JSON as its body.
    pub fn with_json(self, body: &str) -> Self {
        Self { body: body.to_owned(), ..self.with("Content-Type", "application/json") }
    }

    /// Sends it to the API.
    pub fn send(&self, world: &World) -> Reply {
        let headers: Vec<_> = self.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        world.send_to(&world.stack().local.url, self.method, &self.path, &headers, self.body.clone())
    }

    /// What is wrong with `reply`, beside its status.
    pub fn objection(&self, reply: &Reply) -> Option<String> {
        let (status, headers, body) = (reply.status, &reply.headers, reply.text.as_str());
        // What the gateway does not even read is answered by it alone.
        let foreseen = ReceivedResponse { method: self.method, path: &self.path, status, headers, body }
            .check()
            .err()
            .filter(|_| status != 431);
        let challenged = status != 401 || reply.header("www-authenticate") == "Bearer";
        foreseen.or_else(|| (!challenged).then(|| "there is no challenge".to_owned()))
    }
}
