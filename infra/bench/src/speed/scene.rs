//! Everything that is measured, made ready: a local stack with a person's tokens in it, and the events that ask about them.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use axum::body::Bytes;
use local::build;
use reqwest::Method;
use serde_json::{Value, json};

use super::{
    endpoint::Endpoint,
    subject::{Family, Subject},
};
use crate::stack::{Ask, Outcome, Running, TOKENS};

/// Our functions that are measured.
pub const OURS: [&str; 4] = ["authorizer", "create-token", "list-tokens", "revoke-token"];

/// The organization of the seed.
const ORG: &str = "123";

/// How many tokens the organization has, that is how many a list gives.
const LISTED: usize = 20;

/// What a decision is about.
pub struct Scene {
    /// The stack that the endpoint's answers come from.
    pub running: Running,
    /// A token that may create tokens by one role.
    token: String,
    id: String,
    /// Another token, which is revoked again and again.
    revoked: String,
    /// The key that signed it.
    key: Value,
}

impl Scene {
    /// A stack with tokens, of which one was used today: a token's first use of a day is noted, and that is another call.
    pub async fn prepare(workspace: &Path) -> Outcome<Self> {
        let running = Running::start(workspace, false).await?;
        let (caller, owner) = (running.caller(), running.owner(ORG)?);
        let body = json!({"name": "measured", "assignments": ["123:token_admin"]}).to_string();
        let mut made = Vec::new();
        for _ in 0..LISTED {
            made.push(caller.create(&owner, &body).await?);
        }
        let (revoked, _) = made.swap_remove(1);
        let (id, token) = made.swap_remove(0);
        caller.ask(Method::GET, Ask { path: TOKENS, bearer: &token, ..Ask::default() }).await?;
        let keys = format!("{TOKENS}/.well-known/jwks.json");
        let keys = caller.ask(Method::GET, Ask { path: &keys, ..Ask::default() }).await?.json();
        let key = keys.pointer("/keys/0").ok_or("no key is published")?.clone();
        Ok(Self { running, token, id, revoked, key })
    }

    /// Our function `name`, from this binary.
    pub fn ours(
        &self,
        workspace: &Path,
        name: &'static str,
        program: PathBuf,
        variables: &BTreeMap<String, String>,
    ) -> Outcome<Subject> {
        Ok(Subject {
            name,
            family: Family::Ours,
            ships: vec![program.clone()],
            command: vec![program],
            environment: self.environment(name, variables)?,
            event: self.event(workspace, name)?,
        })
    }

    /// The variables of the function `name`, with these over them.
    pub fn environment(&self, name: &str, variables: &BTreeMap<String, String>) -> Outcome<BTreeMap<String, String>> {
        let spec = self.running.stack.lambda.spec(name).ok_or("there is no such function")?;
        let mut environment = spec.environment.clone();
        environment.extend(variables.clone());
        Ok(environment)
    }

    /// Ours, and what lies below them.
    pub fn subjects(
        &self,
        workspace: &Path,
        binaries: &BTreeMap<String, PathBuf>,
        variables: &BTreeMap<String, String>,
    ) -> Outcome<Vec<Subject>> {
        let ours = OURS.into_iter().map(|name| self.ours(workspace, name, binaries[name].clone(), variables));
        let mut all = ours.collect::<Outcome<Vec<_>>>()?;
        let below = |family, name, more| {
            let (command, ships) = (vec![binaries[name].clone()], vec![binaries[name].clone()]);
            let mut subject = Subject { name, family, command, ships, ..all[0].clone() };
            subject.environment.extend(more);
            subject
        };
        let below = [below(Family::Least, "least", self.work()), below(Family::Floor, "floor", BTreeMap::new())];
        all.extend(below);
        Ok(all)
    }

    /// The environment of the programs of the baseline.
    pub fn baseline(&self, variables: &BTreeMap<String, String>) -> Outcome<BTreeMap<String, String>> {
        let mut environment = self.environment("get-token", variables)?;
        environment.extend(self.work());
        Ok(environment)
    }

    /// The token, the key that verifies it, and the rows that a decision about it reads, as the baseline's programs are told of them.
    fn work(&self) -> BTreeMap<String, String> {
        let keys = json!([
            {"pk": format!("TOKEN#{}", self.id.trim_start_matches("api_")), "sk": "TOKEN"},
            {"pk": format!("ORG#{ORG}"), "sk": "ROLE#token_admin"},
            {"pk": format!("ORG#{ORG}"), "sk": "ROLE#root"},
        ]);
        let own = [("TOKEN", self.token.clone()), ("JWK", self.key.to_string()), ("KEYS", keys.to_string())];
        own.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// The event of `events/` for the function, about our token.
    pub fn event(&self, workspace: &Path, name: &str) -> Outcome<Bytes> {
        let case = if name == "authorizer" { "rest-api" } else { "valid" };
        let text = fs::read(workspace.join(format!("events/{name}/{case}.json")))?;
        let mut event: Value = serde_json::from_slice(&text)?;
        match name {
            "authorizer" => {
                event["headers"]["Authorization"] = format!("Bearer {}", self.token).into();
                event["multiValueHeaders"]["Authorization"] = json!([format!("Bearer {}", self.token)]);
            }
            "revoke-token" => {
                event["path"] = format!("{TOKENS}/{}", self.revoked).into();
                event["pathParameters"]["id"] = self.revoked.clone().into();
            }
            _ => {}
        }
        Ok(Bytes::from(event.to_string()))
    }
}

/// The variables by which every function, in whatever language, finds the endpoint and trusts it.
pub fn variables(endpoint: &Endpoint, bundle: &Path) -> BTreeMap<String, String> {
    let bundle = bundle.display().to_string();
    let all = [
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoint.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_KMS", endpoint.kms.clone()),
        ("AWS_CA_BUNDLE", bundle.clone()),
        ("SSL_CERT_FILE", bundle.clone()),
        ("NODE_EXTRA_CA_CERTS", bundle),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Our functions and what they are held against, as they are deployed.
pub fn binaries(workspace: &Path) -> Outcome<BTreeMap<String, PathBuf>> {
    let packages: Vec<_> = OURS.into_iter().chain(["baseline"]).collect();
    Ok(build::released(workspace, &packages)?)
}
