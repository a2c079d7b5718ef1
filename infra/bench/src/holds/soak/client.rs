//! Somebody who sends one request after the other and minds each answer.

use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use reqwest::Method;
use tokio::time::sleep;

use super::{ORGANIZATIONS, Shared, made::Made, mix::Kind};
use crate::stack::{Answer, Ask, Caller, Outcome, TOKENS, path};

/// How often something that was unavailable is asked for again.
const TRIES: usize = 20;

/// A request that was answered.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked {
    pub(super) kind: Kind,
    pub(super) status: u16,
    pub(super) begun: Instant,
    pub(super) answered: Instant,
}

/// What clients saw.
#[derive(Debug, Default)]
pub(super) struct Log {
    pub(super) asked: Vec<Asked>,
    pub(super) made: Vec<Made>,
    /// Creates and revokes that were answered 503 and asked for again.
    pub(super) repeated: usize,
    /// What no answer should have been, each a sentence.
    pub(super) complaints: Vec<String>,
}

impl Log {
    /// Adds what another saw.
    pub(super) fn append(&mut self, mut other: Self) {
        self.asked.append(&mut other.asked);
        self.made.append(&mut other.made);
        self.complaints.append(&mut other.complaints);
        self.repeated += other.repeated;
    }
}

/// A client of one organization.
pub(super) struct Client {
    number: usize,
    org: usize,
    owner: String,
    caller: Caller,
    /// The same in every run.
    random: fastrand::Rng,
    shared: Arc<Shared>,
    log: Log,
}

impl Client {
    /// The client of this number, for the owner of its organization.
    pub(super) fn new(number: usize, caller: Caller, owners: &[String], shared: Arc<Shared>) -> Self {
        let org = number % ORGANIZATIONS;
        let (owner, random, log) =
            (owners[org].clone(), fastrand::Rng::with_seed(number.try_into().unwrap_or_default()), Log::default());
        Self { number, org, owner, caller, random, shared, log }
    }

    /// Sends requests until there are enough, and gives what it saw.
    pub(super) async fn until_over(mut self) -> Outcome<Log> {
        while self.shared.begun.load(Ordering::Relaxed) < self.shared.requests {
            let kind = if self.log.made.is_empty() { Kind::Create } else { Kind::draw(&mut self.random) };
            self.step(kind).await?;
        }
        Ok(self.log)
    }

    async fn step(&mut self, kind: Kind) -> Outcome<()> {
        let owner = self.owner.clone();
        match kind {
            Kind::Create => self.create().await,
            Kind::Revoke => self.revoke().await,
            Kind::List => self.get(kind, &format!("{TOKENS}?limit=20"), &owner, 200).await,
            Kind::Keys => self.get(kind, &format!("{TOKENS}/.well-known/jwks.json"), "", 200).await,
            Kind::Get => self.look().await,
            Kind::Own => self.with_a_token(kind, &path("self")).await,
            Kind::Decide => self.with_a_token(kind, &format!("{TOKENS}?limit=1")).await,
            Kind::Roles => self.with_a_token(kind, "/v1/permissions/me").await,
            Kind::Bad => self.bad().await,
            Kind::Foreign => self.foreign().await,
        }
    }

    async fn create(&mut self) -> Outcome<()> {
        let key = format!("soak-{}-{}", self.number, self.log.made.len());
        let (owner, body) = (self.owner.clone(), format!("{{\"name\":\"{key}\"}}"));
        let ask = Ask { path: TOKENS, bearer: &owner, key: &key, body: &body };
        let Some(answer) = self.until_answered(Kind::Create, Method::POST, ask, 201).await? else { return Ok(()) };
        let (id, token) = answer.created().ok_or("a create's answer has no token")?;
        self.shared.board.put(self.org, &id);
        self.log.made.push(Made { id, token, org: self.org, revoked: false });
        Ok(())
    }

    async fn revoke(&mut self) -> Outcome<()> {
        let at = self.random.usize(..self.log.made.len());
        let (path, owner) = (path(&self.log.made[at].id), self.owner.clone());
        let ask = Ask { path: &path, bearer: &owner, ..Ask::default() };
        if self.until_answered(Kind::Revoke, Method::DELETE, ask, 200).await?.is_some() {
            self.log.made[at].revoked = true;
        }
        Ok(())
    }

    /// Reads one of its tokens, which must be as it was left.
    async fn look(&mut self) -> Outcome<()> {
        let made = self.any();
        let (path, owner) = (path(&made.id), self.owner.clone());
        let answer =
            self.ask(Kind::Get, Method::GET, Ask { path: &path, bearer: &owner, ..Ask::default() }, 200).await?;
        if answer.is_some_and(|answer| answer.json()["revoked_at"].is_string() != made.revoked) {
            self.log.complaints.push(format!("{} is not revoked or living as it was answered", made.id));
        }
        Ok(())
    }

    /// Uses one of its tokens, which works unless token is revoked.
    async fn with_a_token(&mut self, kind: Kind, path: &str) -> Outcome<()> {
        let made = self.any();
        self.get(kind, path, &made.token, if made.revoked { 401 } else { 200 }).await
    }

    async fn bad(&mut self) -> Outcome<()> {
        let token = self.any().token;
        let cut = token.len() - 8;
        let bad = match self.random.usize(..3) {
            0 => "not a token".to_owned(),
            1 => token[..cut].to_owned(),
            _ => format!("{}AAAAAAAA", &token[..cut]),
        };
        self.get(Kind::Bad, &path("self"), &bad, 401).await
    }

    async fn foreign(&mut self) -> Outcome<()> {
        let other = (self.org + 1 + self.random.usize(..ORGANIZATIONS - 1)) % ORGANIZATIONS;
        let Some(id) = self.shared.board.get(other) else { return Ok(()) };
        let owner = self.owner.clone();
        self.get(Kind::Foreign, &path(&id), &owner, 404).await
    }

    async fn get(&mut self, kind: Kind, path: &str, bearer: &str, expected: u16) -> Outcome<()> {
        self.ask(kind, Method::GET, Ask { path, bearer, ..Ask::default() }, expected).await.map(|_| ())
    }

    /// Asks again, when the answer says so, until it is another than that the service is unavailable.
    async fn until_answered(
        &mut self,
        kind: Kind,
        method: Method,
        ask: Ask<'_>,
        expected: u16,
    ) -> Outcome<Option<Answer>> {
        for _ in 0..TRIES {
            let before = self.log.complaints.len();
            let answer = self.ask(kind, method.clone(), ask, expected).await?;
            if answer.is_some() || self.log.complaints.len() > before {
                return Ok(answer);
            }
            self.log.repeated += 1;
            sleep(Duration::from_secs(1)).await;
        }
        Err(format!("{} was unavailable for too long", kind.name()).into())
    }

    /// The answer, if it is the expected one. A 503 as the contract has it is none; any other is complained of.
    async fn ask(&mut self, kind: Kind, method: Method, ask: Ask<'_>, expected: u16) -> Outcome<Option<Answer>> {
        self.shared.begun.fetch_add(1, Ordering::Relaxed);
        let answer = self.caller.ask(method, ask).await?;
        let Answer { status, begun, answered, .. } = answer;
        self.log.asked.push(Asked { kind, status, begun, answered });
        if status == expected {
            return Ok(Some(answer));
        }
        if !is_unavailable(&answer) {
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            self.log.complaints.push(format!("{}: {status} in place of {expected}: {text}", kind.name()));
        }
        Ok(None)
    }

    fn any(&mut self) -> Made {
        let at = self.random.usize(..self.log.made.len());
        self.log.made[at].clone()
    }
}

/// Whether it is the contract's 503: `unavailable`, with whole seconds to wait.
fn is_unavailable(answer: &Answer) -> bool {
    let wait = answer.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    answer.status == 503 && wait.is_some() && answer.json()["code"] == "unavailable"
}
