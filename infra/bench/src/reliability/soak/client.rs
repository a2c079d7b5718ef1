//! A client that sends one request after another and checks each response.

use std::{
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use reqwest::Method;
use tokio::time::sleep;

use super::{ORGANIZATIONS, Shared, request_kind::RequestKind};
use crate::stack::{ApiClient, ApiRequest, ApiResponse, Result, TOKENS, token_path};

/// Attempts at a create or revoke while the service is unavailable.
const MAX_ATTEMPTS: usize = 20;

#[derive(Debug, Clone, Copy)]
pub struct LoggedResponse {
    pub kind: RequestKind,
    pub status: u16,
    /// The time before the first byte was sent.
    pub sent: Instant,
    pub received: Instant,
}

#[derive(Debug, Clone)]
pub struct CreatedToken {
    pub id: String,
    pub token: String,
    pub org: usize,
    pub is_revoked: bool,
}

#[derive(Debug, Default)]
pub struct ClientLog {
    pub responses: Vec<LoggedResponse>,
    pub tokens: Vec<CreatedToken>,
    pub retries: usize,
    pub violations: Vec<String>,
}

impl ClientLog {
    pub fn append(&mut self, mut other: Self) {
        self.responses.append(&mut other.responses);
        self.tokens.append(&mut other.tokens);
        self.violations.append(&mut other.violations);
        self.retries += other.retries;
    }
}

pub struct SoakClient {
    number: usize,
    org: usize,
    owner: String,
    client: ApiClient,
    /// Seeded with the number, so that runs are alike.
    random: fastrand::Rng,
    shared: Arc<Shared>,
    log: ClientLog,
}

impl SoakClient {
    pub fn new(number: usize, client: ApiClient, owners: &[String], shared: Arc<Shared>) -> Self {
        let org = number % ORGANIZATIONS;
        let random = fastrand::Rng::with_seed(number as u64);
        Self { number, org, owner: owners[org].clone(), client, random, shared, log: ClientLog::default() }
    }

    pub async fn run(mut self) -> Result<ClientLog> {
        while self.shared.sent.load(Ordering::Relaxed) < self.shared.total {
            let is_first = self.log.tokens.is_empty();
            let kind = if is_first { RequestKind::Create } else { RequestKind::random(&mut self.random) };
            self.step(kind).await?;
        }
        Ok(self.log)
    }

    async fn step(&mut self, kind: RequestKind) -> Result<()> {
        let owner = self.owner.clone();
        match kind {
            RequestKind::Create => self.create().await,
            RequestKind::Revoke => self.revoke().await,
            RequestKind::List => self.get(kind, &format!("{TOKENS}?limit=20"), &owner, 200).await,
            RequestKind::Jwks => self.get(kind, &format!("{TOKENS}/.well-known/jwks.json"), "", 200).await,
            RequestKind::Get => self.get_own_token().await,
            RequestKind::GetSelf => self.get_with_token(kind, &token_path("self")).await,
            RequestKind::ListByToken => self.get_with_token(kind, &format!("{TOKENS}?limit=1")).await,
            RequestKind::MyRoles => self.get_with_token(kind, "/v1/permissions/me").await,
            RequestKind::InvalidToken => self.get_with_invalid_token().await,
            RequestKind::ForeignId => self.get_foreign_token().await,
        }
    }

    async fn create(&mut self) -> Result<()> {
        let key = format!("soak-{}-{}", self.number, self.log.tokens.len());
        let owner = self.owner.clone();
        let body = format!("{{\"name\":\"{key}\"}}");
        let request =
            ApiRequest { idempotency_key: &key, body: &body, ..ApiRequest::new(Method::POST, TOKENS, &owner) };
        let Some(response) = self.send_until_available(RequestKind::Create, request, 201).await? else { return Ok(()) };
        let (id, token) = response.created_token().ok_or("the response to a create has no token")?;
        *self.shared.newest_ids[self.org].lock().unwrap_or_else(PoisonError::into_inner) = Some(id.clone());
        self.log.tokens.push(CreatedToken { id, token, org: self.org, is_revoked: false });
        Ok(())
    }

    async fn revoke(&mut self) -> Result<()> {
        let index = self.random.usize(..self.log.tokens.len());
        let path = token_path(&self.log.tokens[index].id);
        let owner = self.owner.clone();
        let request = ApiRequest::new(Method::DELETE, &path, &owner);
        if self.send_until_available(RequestKind::Revoke, request, 200).await?.is_some() {
            self.log.tokens[index].is_revoked = true;
        }
        Ok(())
    }

    /// Reads a token of this client, whose state must match the last response.
    async fn get_own_token(&mut self) -> Result<()> {
        let token = self.random_token();
        let path = token_path(&token.id);
        let owner = self.owner.clone();
        let request = ApiRequest::new(Method::GET, &path, &owner);
        let response = self.send(RequestKind::Get, request, 200).await?;
        if response.is_some_and(|response| response.json()["revoked_at"].is_string() != token.is_revoked) {
            self.log.violations.push(format!("the state of {} differs from the last response", token.id));
        }
        Ok(())
    }

    /// Uses a token of this client, which succeeds unless the token is revoked.
    async fn get_with_token(&mut self, kind: RequestKind, path: &str) -> Result<()> {
        let token = self.random_token();
        self.get(kind, path, &token.token, if token.is_revoked { 401 } else { 200 }).await
    }

    async fn get_with_invalid_token(&mut self) -> Result<()> {
        let token = self.random_token().token;
        let (truncated, _) = token.split_at(token.len() - 8);
        let invalid = match self.random.usize(..3) {
            0 => "not a token".to_owned(),
            1 => truncated.to_owned(),
            _ => format!("{truncated}AAAAAAAA"),
        };
        self.get(RequestKind::InvalidToken, &token_path("self"), &invalid, 401).await
    }

    async fn get_foreign_token(&mut self) -> Result<()> {
        let org = (self.org + 1 + self.random.usize(..ORGANIZATIONS - 1)) % ORGANIZATIONS;
        let id = self.shared.newest_ids[org].lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(id) = id else { return Ok(()) };
        let owner = self.owner.clone();
        self.get(RequestKind::ForeignId, &token_path(&id), &owner, 404).await
    }

    async fn get(&mut self, kind: RequestKind, path: &str, bearer: &str, expected: u16) -> Result<()> {
        self.send(kind, ApiRequest::new(Method::GET, path, bearer), expected).await.map(drop)
    }

    /// Retries until the response is not a 503.
    async fn send_until_available(
        &mut self,
        kind: RequestKind,
        request: ApiRequest<'_>,
        expected: u16,
    ) -> Result<Option<ApiResponse>> {
        for _ in 0..MAX_ATTEMPTS {
            let violations = self.log.violations.len();
            let response = self.send(kind, request.clone(), expected).await?;
            if response.is_some() || self.log.violations.len() > violations {
                return Ok(response);
            }
            self.log.retries += 1;
            sleep(Duration::from_secs(1)).await;
        }
        Err(format!("`{}` was unavailable in {MAX_ATTEMPTS} attempts", kind.name()).into())
    }

    /// Returns the response if it has the expected status. Any other than the contract's 503 is a violation.
    async fn send(&mut self, kind: RequestKind, request: ApiRequest<'_>, expected: u16) -> Result<Option<ApiResponse>> {
        self.shared.sent.fetch_add(1, Ordering::Relaxed);
        let response = self.client.send(request).await?;
        let ApiResponse { status, sent, received, .. } = response;
        self.log.responses.push(LoggedResponse { kind, status, sent, received });
        if status == expected {
            return Ok(Some(response));
        }
        if !is_unavailable(&response) {
            let body = String::from_utf8_lossy(&response.body);
            self.log.violations.push(format!("{}: status {status} instead of {expected}: {body}", kind.name()));
        }
        Ok(None)
    }

    fn random_token(&mut self) -> CreatedToken {
        let index = self.random.usize(..self.log.tokens.len());
        self.log.tokens[index].clone()
    }
}

/// Whether it is the contract's 503: `unavailable` with `Retry-After` in whole seconds.
fn is_unavailable(response: &ApiResponse) -> bool {
    let retry_after = response.headers.get("retry-after").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    response.status == 503 && retry_after.is_some() && response.json()["code"] == "unavailable"
}
