//! Compares the responses and AWS calls of the authorizers in Node.js and Python with Latchkey's, request by request.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use local::build;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::{
    output,
    stack::{ApiRequest, Result, token_path},
    startup::{Candidate, Family, Fixture, Process, comparison},
};

const REQUESTS: &str = include_str!("../comparison/requests.json");

pub fn check() -> Result<()> {
    Runtime::new()?.block_on(async {
        let fixture = Fixture::prepare(&build::workspace()).await?;
        let requests: Value = serde_json::from_str(REQUESTS)?;
        let mut authorizers = Implementations::start(&fixture).await?;
        authorizers.compare_decisions(&requests).await?;
        authorizers.compare_last_used().await?;
        let Implementations { count, differences, .. } = authorizers;
        fixture.stack.stop().await?;
        output::print(&format!("{count} requests, {} differences\n", differences.len()));
        output::require_none(&differences)
    })
}

/// The implementations, Latchkey's first.
struct Implementations<'a> {
    fixture: &'a Fixture,
    processes: Vec<(Candidate, Process)>,
    count: usize,
    differences: Vec<String>,
}

impl<'a> Implementations<'a> {
    async fn start(fixture: &'a Fixture) -> Result<Self> {
        let binary = fixture.stack.stack.addresses.functions["authorizer"].clone();
        let mut candidates = vec![fixture.candidate("authorizer", Family::Latchkey, vec![binary], &[].into())?];
        candidates.extend(comparison::candidates(fixture, &build::workspace(), &[].into())?);
        let mut processes = Vec::new();
        for mut candidate in candidates {
            // Empty on the local stack, which boto3 rejects.
            candidate.environment.remove("AWS_CA_BUNDLE");
            let (process, _) = Process::start(&candidate).await?;
            processes.push((candidate, process));
        }
        Ok(Self { fixture, processes, count: 0, differences: Vec::new() })
    }

    /// Sends one event to all; returns responses and the names of the AWS calls.
    async fn invoke(&mut self, event: &Value) -> Result<Vec<(Value, Vec<String>)>> {
        let calls = &self.fixture.stack.stack.aws.calls;
        let mut results = Vec::new();
        for (candidate, process) in &mut self.processes {
            let mark = calls.mark();
            let response = serde_json::from_slice(&process.respond(event.to_string().into()).await?)?;
            let since = calls.since(mark).into_iter().filter(|call| call.caller == candidate.name);
            results.push((response, since.map(|call| call.action).collect()));
        }
        Ok(results)
    }

    fn compare(&mut self, request: &str, values: &[Value]) {
        self.count += 1;
        for ((candidate, _), value) in self.processes.iter().zip(values).filter(|(_, value)| **value != values[0]) {
            self.differences.push(format!("{request}: {} returns {value} instead of {}", candidate.label(), values[0]));
        }
    }

    async fn compare_decisions(&mut self, requests: &Value) -> Result<()> {
        for (name, token) in self.tokens(requests).await? {
            for route in requests["routes"].as_array().into_iter().flatten() {
                let mut event: Value = serde_json::from_slice(&self.processes[0].0.event)?;
                event.as_object_mut().ok_or("not an object")?.extend(route.as_object().cloned().unwrap_or_default());
                let path = route["resource"].as_str().unwrap_or_default();
                let path = path.replace("{id}", route["pathParameters"]["id"].as_str().unwrap_or_default());
                let method = route["httpMethod"].as_str().unwrap_or_default();
                event["methodArn"] =
                    format!("arn:aws:execute-api:us-east-1:000000000000:local/live/{method}{path}").into();
                event["path"] = path.into();
                event["multiValueHeaders"]["Authorization"] = json!([format!("Bearer {token}")]);
                let results = self.invoke(&event).await?;
                let decisions: Vec<_> = results.into_iter().map(decision).collect();
                self.compare(&format!("{name} {route}"), &decisions);
            }
        }
        Ok(())
    }

    /// Tokens with the members in `requests`, and others that are to be rejected.
    async fn tokens(&self, requests: &Value) -> Result<Vec<(String, String)>> {
        let client = self.fixture.stack.client();
        let owner = self.fixture.stack.owner("123")?;
        let mut tokens = Vec::new();
        for members in requests["tokens"].as_array().into_iter().flatten() {
            let (_, token) = client.create(&owner, &members.to_string()).await?;
            tokens.push((members.to_string(), token));
        }
        let (revoked_id, revoked) = client.create(&owner, r#"{"name":"revoked"}"#).await?;
        let (_, orphan) = client.create(&revoked, r#"{"name":"orphan"}"#).await?;
        client.send(ApiRequest::new(Method::DELETE, &token_path(&revoked_id), &owner)).await?;
        let (_, parent) = client.create(&owner, r#"{"name":"parent"}"#).await?;
        let (_, child) = client.create(&parent, r#"{"name":"child"}"#).await?;
        let [header, claims, signature] = parent.split('.').collect::<Vec<_>>()[..] else {
            return Err("no JWS".into());
        };
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"at+jwt"}"#);
        let others = [
            ("unsigned", format!("{header}.{claims}.")),
            ("alg none", format!("{none}.{claims}.")),
            ("wrong signature", format!("{header}.{claims}.{}", "A".repeat(signature.len()))),
            ("other claims", format!("{header}.{}.{signature}", child.split('.').nth(1).unwrap_or_default())),
            ("not a token", "x".to_owned()),
            ("child", child),
            ("revoked", revoked),
            ("orphan", orphan),
        ];
        tokens.extend(others.map(|(name, token)| (name.to_owned(), token)));
        Ok(tokens)
    }

    /// Each authorizer records the first use of a day, once.
    async fn compare_last_used(&mut self) -> Result<()> {
        let owner = self.fixture.stack.owner("123")?;
        let calls = &self.fixture.stack.stack.aws.calls;
        let mut updates = Vec::new();
        for (candidate, process) in &mut self.processes {
            let (_, token) = self.fixture.stack.client().create(&owner, r#"{"name":"unused"}"#).await?;
            let mut event: Value = serde_json::from_slice(&candidate.event)?;
            event["multiValueHeaders"]["Authorization"] = json!([format!("Bearer {token}")]);
            let mark = calls.mark();
            for _ in 0..2 {
                process.respond(event.to_string().into()).await?;
            }
            let since = calls.since(mark);
            updates.push(since.iter().filter(|call| call.action == "dynamodb:UpdateItem").count().into());
        }
        self.compare("updates of `last_used`", &updates);
        Ok(())
    }
}

/// A decision without its explanation and without `principalId`, which repeats the context. The first implementation records the
/// first use of a day, and a token that is rejected by its claims need not be read.
fn decision((mut response, mut calls): (Value, Vec<String>)) -> Value {
    if let Some(error) = response.get("errorMessage") {
        return error.clone();
    }
    calls.retain(|call| call != "dynamodb:UpdateItem");
    response["principalId"] = Value::Null;
    response["context"]["reason"] = Value::Null;
    json!([response, calls])
}
