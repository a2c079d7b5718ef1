//! Attacks, groups of them, and their results.

use std::collections::BTreeSet;

use serde_json::Value;

use super::request::Request;
use crate::harness::{HttpResponse, TestStack};

/// Succeeds for every authenticated caller.
const AUTHENTICATED_PATH: &str = "/v1/permissions/me";

/// Minimal length of a part of a request that identifies it in the log. Shorter texts occur by chance: ids have 36 characters.
const MIN_SECRET_LENGTH: usize = 40;

/// Requests, and the status that each response must have.
pub struct Attack {
    name: String,
    requests: Vec<Request>,
    status: u16,
}

/// Attacks of one kind.
pub struct AttackGroup {
    name: &'static str,
    /// A valid credential, which must be accepted after each attack.
    valid_credential: String,
    /// Unusual requests that must succeed.
    valid_variants: Vec<Attack>,
    attacks: Vec<Attack>,
}

#[derive(Clone)]
pub struct GroupResult {
    group: &'static str,
    pub attacks: usize,
    granted: usize,
    server_errors: usize,
    pub failures: Vec<String>,
}

impl Attack {
    pub fn new(name: impl Into<String>, status: u16, requests: Vec<Request>) -> Self {
        Self { name: name.into(), requests, status }
    }

    /// A credential that must be rejected with 401, in a read and in a create request.
    pub fn rejected(name: impl Into<String>, credential: &str) -> Self {
        let create = Request::new("POST", "/v1/access-tokens", credential).with_json(r#"{"name":"Attack"}"#);
        Self::new(name, 401, vec![Request::new("GET", AUTHENTICATED_PATH, credential), create])
    }

    /// An unusual credential that must be accepted.
    pub fn valid(name: impl Into<String>, credential: &str) -> Self {
        Self::new(name, 200, vec![Request::new("GET", AUTHENTICATED_PATH, credential)])
    }

    /// The parts of the requests that must not be logged.
    fn secrets(&self) -> impl Iterator<Item = &str> {
        self.requests.iter().flat_map(|request| {
            let headers = request.headers.iter().map(|(_, value)| value);
            headers.chain([&request.path, &request.body]).flat_map(|text| base64url_words(text))
        })
    }
}

/// The sequences of base64url characters in `text` of at least [`MIN_SECRET_LENGTH`].
fn base64url_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-' || letter == '_'));
    words.filter(|word| word.len() >= MIN_SECRET_LENGTH)
}

impl AttackGroup {
    pub fn new(name: &'static str, valid_credential: &str, attacks: Vec<Attack>) -> Self {
        let mut names = BTreeSet::new();
        let duplicates: Vec<_> =
            attacks.iter().map(|attack| &attack.name).filter(|name| !names.insert(*name)).collect();
        assert!(duplicates.is_empty(), "{name}: duplicate names: {duplicates:?}");
        Self { name, valid_credential: valid_credential.to_owned(), valid_variants: Vec::new(), attacks }
    }

    pub fn with_valid_variants(self, valid_variants: Vec<Attack>) -> Self {
        Self { valid_variants, ..self }
    }

    /// Sends every attack, and after each a request with the valid credential.
    pub fn send(&self, stack: &TestStack) -> GroupResult {
        let attacks = self.attacks.len();
        let mut result = GroupResult { group: self.name, attacks, granted: 0, server_errors: 0, failures: Vec::new() };
        let unauthenticated = body_without_instance(&Request::new("GET", AUTHENTICATED_PATH, "x").send(stack));
        for variant in &self.valid_variants {
            result.send(stack, variant, &unauthenticated);
        }
        result.granted = 0;
        result.server_errors = 0;
        for attack in &self.attacks {
            result.send(stack, attack, &unauthenticated);
            result.send_valid_credential(stack, &self.valid_credential, &attack.name);
        }
        result.search_log_for_secrets(stack, &self.attacks);
        result
    }
}

impl GroupResult {
    /// `unauthenticated` is the body that every 401 must have.
    fn send(&mut self, stack: &TestStack, attack: &Attack, unauthenticated: &Value) {
        for request in &attack.requests {
            let response = request.send(stack);
            let status = response.status;
            self.granted += usize::from(status < 300);
            self.server_errors += usize::from(status >= 500);
            let deviation = if status != attack.status {
                Some(format!("status {status}, expected {}", attack.status))
            } else if let Some(deviation) = request.deviation(&response) {
                Some(deviation)
            } else if status == 401 && body_without_instance(&response) != *unauthenticated {
                Some("the body differs from that of other 401 responses".to_owned())
            } else {
                None
            };
            if let Some(deviation) = deviation {
                self.fail(&format!("{}: {} {}: {deviation}", attack.name, request.method, request.path));
            }
        }
    }

    fn send_valid_credential(&mut self, stack: &TestStack, credential: &str, after: &str) {
        let status = Request::new("GET", AUTHENTICATED_PATH, credential).send(stack).status;
        if status != 200 {
            self.fail(&format!("the valid credential after {after}: {status}"));
        }
    }

    /// *(returned only on creation)* No part of a request is logged.
    fn search_log_for_secrets(&mut self, stack: &TestStack, attacks: &[Attack]) {
        let output = stack.output();
        let logged = base64url_words(&output).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>().join("\n");
        for attack in attacks {
            if let Some(secret) = attack.secrets().find(|secret| logged.contains(secret)) {
                self.fail(&format!("{}: the credential was logged: {secret}", attack.name));
            }
        }
    }

    fn fail(&mut self, message: &str) {
        self.failures.push(format!("{}: {message}", self.group));
    }
}

/// The body without the request id, which differs between responses.
fn body_without_instance(response: &HttpResponse) -> Value {
    let mut body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    if let Some(instance) = body.get_mut("instance") {
        instance.take();
    }
    body
}

/// A Markdown table of all groups.
pub fn table(results: &[GroupResult]) -> String {
    let mut table = "| group | attacks | granted | 5xx |\n|---|---|---|---|\n".to_owned();
    let mut total = [0; 3];
    for result in results {
        let counts = [result.attacks, result.granted, result.server_errors];
        table += &table_row(result.group, counts);
        total = [0, 1, 2].map(|column| total[column] + counts[column]);
    }
    table + &table_row("**all**", total)
}

fn table_row(group: &str, [attacks, granted, server_errors]: [usize; 3]) -> String {
    format!("| {group} | {attacks} | {granted} | {server_errors} |\n")
}
