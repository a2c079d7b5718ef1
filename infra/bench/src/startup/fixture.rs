//! Test data of the measurement: a local stack with tokens, and the events and variables of each candidate.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use serde_json::{Value, json};

use super::candidate::{Candidate, Family};
use crate::stack::{LocalStack, Result, TOKENS};

pub const FUNCTIONS: [&str; 4] = ["authorizer", "create-token", "list-tokens", "revoke-token"];

const ORG: &str = "123";

/// The number of tokens of the organization, which is what a list returns.
const TOKEN_COUNT: usize = 20;

pub struct Fixture {
    pub stack: LocalStack,
    workspace: PathBuf,
    token: String,
    token_id: String,
    revoked_id: String,
    jwk: Value,
}

impl Fixture {
    /// Starts a stack and creates the tokens. One token is used once, because the first use of a day makes an additional call.
    pub async fn prepare(workspace: &Path) -> Result<Self> {
        let stack = LocalStack::start(workspace, false).await?;
        let client = stack.client();
        let owner = stack.owner(ORG)?;
        let body = json!({"name": "measured", "assignments": ["123:token_admin"]}).to_string();
        let (token_id, token) = client.create(&owner, &body).await?;
        let (revoked_id, _) = client.create(&owner, &body).await?;
        for _ in 2..TOKEN_COUNT {
            client.create(&owner, &body).await?;
        }
        client.get(TOKENS, &token).await?;
        let keys = client.get(&format!("{TOKENS}/.well-known/jwks.json"), "").await?.json();
        let jwk = keys.pointer("/keys/0").ok_or("no key is published")?.clone();
        Ok(Self { stack, workspace: workspace.to_owned(), token, token_id, revoked_id, jwk })
    }

    pub fn candidate(
        &self,
        name: &'static str,
        family: Family,
        command: Vec<PathBuf>,
        endpoints: &BTreeMap<String, String>,
    ) -> Result<Candidate> {
        let package = command.clone();
        Ok(Candidate {
            name,
            family,
            command,
            package,
            environment: self.environment(name, endpoints)?,
            event: self.event(name)?,
        })
    }

    pub fn candidates(
        &self,
        binaries: &BTreeMap<String, PathBuf>,
        endpoints: &BTreeMap<String, String>,
    ) -> Result<Vec<Candidate>> {
        let function = |name| self.candidate(name, Family::Latchkey, vec![binaries[name].clone()], endpoints);
        let mut candidates = FUNCTIONS.into_iter().map(function).collect::<Result<Vec<_>>>()?;
        for (name, family) in [("sdk_only_authorizer", Family::SdkOnly), ("noop", Family::Noop)] {
            let command = vec![binaries[name].clone()];
            let authorizer = candidates[0].clone();
            let mut baseline = Candidate { name, family, package: command.clone(), command, ..authorizer };
            baseline.environment.extend(self.baseline_inputs());
            candidates.push(baseline);
        }
        Ok(candidates)
    }

    fn environment(&self, function: &str, endpoints: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>> {
        let spec = self.stack.stack.lambda.spec(function).ok_or("the template has no such function")?;
        let mut environment = spec.environment.clone();
        environment.extend(endpoints.clone());
        Ok(environment)
    }

    /// The token, its key, and the items that a decision about it reads.
    fn baseline_inputs(&self) -> [(String, String); 3] {
        let keys = json!([
            {"pk": format!("TOKEN#{}", self.token_id.trim_start_matches("api_")), "sk": "TOKEN"},
            {"pk": format!("ORG#{ORG}"), "sk": "ROLE#token_admin"},
            {"pk": format!("ORG#{ORG}"), "sk": "ROLE#root"},
        ]);
        let inputs = [("TOKEN", self.token.clone()), ("JWK", self.jwk.to_string()), ("KEYS", keys.to_string())];
        inputs.map(|(name, value)| (name.to_owned(), value))
    }

    /// The function's event in `events/`, with the fixture's tokens.
    fn event(&self, function: &str) -> Result<Bytes> {
        let case = if function == "authorizer" { "rest-api" } else { "valid" };
        let text = fs::read(self.workspace.join(format!("events/{function}/{case}.json")))?;
        let mut event: Value = serde_json::from_slice(&text)?;
        if function == "authorizer" {
            let credentials = format!("Bearer {}", self.token);
            event["multiValueHeaders"]["Authorization"] = json!([credentials]);
            event["headers"]["Authorization"] = credentials.into();
        } else if function == "revoke-token" {
            event["path"] = format!("{TOKENS}/{}", self.revoked_id).into();
            event["pathParameters"]["id"] = self.revoked_id.clone().into();
        }
        Ok(Bytes::from(event.to_string()))
    }
}
